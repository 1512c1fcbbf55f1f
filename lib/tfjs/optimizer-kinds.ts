/**
 * What the optimizers of TensorFlow.js keep, and what Keras 3 calls it. Sources: tfjs-core
 * src/optimizers, keras/src/optimizers.
 *
 * @module
 */
import { inspect } from 'node:util'
import type { OptimizerLike, VariableLike } from './types.js'

/** One array for each variable that is trained. */
export interface SlotKind {
  /** Member of the optimizer. */
  readonly field: string
  /** Keras' list of them. */
  readonly list: string
  /** What TensorFlow.js appends to the variable's name. */
  readonly suffix: string
  /** Default true. False where it has no effect, as Keras does not have it then. */
  readonly isUsed?: (optimizer: OptimizerFields) => boolean
  /** Elements before the first step; default 0. */
  readonly initial?: (optimizer: OptimizerFields) => number
}

/** A power of a decay rate that is multiplied by it at each step. Keras computes it from the step. */
export interface PowerKind {
  readonly field: string
  readonly rate: string
  /** Name among the optimizer's children; TensorFlow 1 had such variables. */
  readonly name: string
}

export interface OptimizerKind {
  readonly slots: readonly SlotKind[]
  /** Keras lists the slots of one variable after the other, not one kind after the other. */
  readonly isByVariable?: boolean
  /** Not what Keras has under such a name: kept out of the list that both share. */
  readonly isOwn?: boolean
  readonly powers?: readonly PowerKind[]
  /** A variable that counts the steps, beside the number that all optimizers have. */
  readonly counter?: string
}

/** An accumulator: what TensorFlow.js calls an OptimizerVariable. */
export interface Accumulator {
  readonly originalName: string
  readonly variable: VariableLike
}

/** An optimizer with its protected members. */
export interface OptimizerFields {
  iterations_: number
  learningRate: number
  setLearningRate?(rate: number): void
  readonly [field: string]: unknown
}

const BETA_1: PowerKind = { field: 'accBeta1', rate: 'beta1', name: 'beta1_power' }
const BETA_2: PowerKind = { field: 'accBeta2', rate: 'beta2', name: 'beta2_power' }

const KINDS: Readonly<Record<string, OptimizerKind>> = {
  SGD: { slots: [] },
  // Keras' momentum has the learning rate in it, and no division gives back the same bits.
  Momentum: {
    slots: [{ field: 'accumulations', list: 'accumulations', suffix: 'momentum' }],
    isOwn: true,
  },
  Adam: {
    slots: [
      { field: 'accumulatedFirstMoment', list: '_momentums', suffix: 'm' },
      { field: 'accumulatedSecondMoment', list: '_velocities', suffix: 'v' },
    ],
    isByVariable: true,
    powers: [BETA_1, BETA_2],
  },
  Adamax: {
    slots: [
      { field: 'accumulatedFirstMoment', list: '_m', suffix: 'm' },
      { field: 'accumulatedWeightedInfNorm', list: '_u', suffix: 'v' },
    ],
    isByVariable: true,
    powers: [BETA_1],
    counter: 'iteration',
  },
  RMSProp: {
    slots: [
      { field: 'accumulatedMeanSquares', list: '_velocities', suffix: 'rms' },
      {
        field: 'accumulatedMoments',
        list: '_momentums',
        suffix: 'momentum',
        isUsed: ({ momentum }) => momentum !== 0,
      },
      {
        field: 'accumulatedMeanGrads',
        list: '_average_gradients',
        suffix: 'mg',
        isUsed: ({ centered }) => centered === true,
      },
    ],
  },
  Adagrad: {
    slots: [
      {
        field: 'accumulatedGrads',
        list: '_accumulators',
        suffix: 'accumulator',
        initial: (optimizer) => optimizer['initialAccumulatorValue'] as number,
      },
    ],
  },
  Adadelta: {
    slots: [
      { field: 'accumulatedGrads', list: '_accumulated_grads', suffix: 'accum_grad' },
      { field: 'accumulatedUpdates', list: '_accumulated_delta_vars', suffix: 'accum_var' },
    ],
    isByVariable: true,
  },
}

/** @throws TypeError for what is no optimizer, or one of a class that is not known here */
export function kindOf(optimizer: OptimizerLike): OptimizerKind {
  const given = optimizer as Partial<OptimizerLike> | null | undefined
  const name = typeof given?.getClassName === 'function' ? given.getClassName() : undefined
  const kind = name === undefined ? undefined : KINDS[name]
  if (kind !== undefined) return kind
  const known = Object.keys(KINDS).join(', ')
  const shown = name ?? inspect(optimizer, { depth: 0, breakLength: Infinity })
  throw new TypeError(`expected one of the optimizers of TensorFlow.js (${known}), got ${shown}`)
}
