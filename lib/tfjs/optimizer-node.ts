/**
 * An optimizer of TensorFlow.js as an object of a graph, under the names of Keras 3.
 *
 * Not by its `getWeights` and `setWeights`: they are asynchronous, while the state of a program is
 * taken in the call of `save()`; they leave out the learning rate and what Adam has multiplied up,
 * which other bits come of when it is computed anew; and Adamax has none.
 *
 * @module
 */
import { zeros, type NdArray } from '../array/ndarray.js'
import type { TrackableNode } from '../graph/node.js'
import type { Names } from './layer-nodes.js'
import { branch, listOf, partOf, scalarNode, valueNode, variableNode, type Edge } from './nodes.js'
import {
  kindOf,
  type Accumulator,
  type OptimizerFields,
  type OptimizerKind,
  type PowerKind,
  type SlotKind,
} from './optimizer-kinds.js'
import { toTensor } from './tensors.js'
import type { OptimizerLike, TensorFlowJs, VariableLike } from './types.js'

class OptimizerParts {
  readonly #tf: TensorFlowJs
  readonly #optimizer: OptimizerLike
  readonly #fields: OptimizerFields
  readonly #kind: OptimizerKind
  readonly #variables: readonly VariableLike[]
  readonly #names: Names

  constructor(
    tf: TensorFlowJs,
    optimizer: OptimizerLike,
    variables: readonly VariableLike[],
    names: Names,
  ) {
    this.#tf = tf
    this.#optimizer = optimizer
    this.#fields = optimizer as unknown as OptimizerFields
    this.#kind = kindOf(optimizer)
    this.#variables = variables
    this.#names = names
  }

  get node(): TrackableNode {
    return branch(
      this.#optimizer,
      () => [...this.#edges(), ...this.#powers((power) => !this.#isExpected(power))],
      () => this.#powers(() => true),
    )
  }

  /** In the order of Keras, on which the keys of what is reached twice depend. */
  #edges(): Edge[] {
    const { isOwn = false, isByVariable = false } = this.#kind
    const [step, rate] = [this.#step(), this.#rate()]
    const kinds = this.#kind.slots.filter(({ isUsed }) => isUsed?.(this.#fields) ?? true)
    const bySlot = kinds.map((kind) =>
      this.#variables.map((variable, i) => this.#slot(kind, variable, i)),
    )
    const inOrder = isByVariable
      ? this.#variables.flatMap((_, i) => bySlot.map((nodes) => nodes[i] as TrackableNode))
      : bySlot.flat()
    const trained = this.#variables.map((variable) =>
      variableNode(this.#tf, variable, this.#names.get(variable)),
    )
    return [
      this.#list('_variables', [step, rate, ...(isOwn ? [] : inOrder)]),
      this.#list('_trainable_variables', trained),
      ['_iterations', step],
      ['_learning_rate', rate],
      ...kinds.map(({ list }, i) => this.#list(list, bySlot[i] ?? [])),
    ]
  }

  #list(name: string, nodes: readonly TrackableNode[]): Edge {
    return [name, listOf(partOf(this.#optimizer, name), () => nodes)]
  }

  #step(): TrackableNode {
    const set = (step: number): void => {
      this.#fields.iterations_ = step
      for (const power of this.#kind.powers ?? [])
        this.#setScalar(power.field, this.#expected(power))
      if (this.#kind.counter !== undefined) this.#setScalar(this.#kind.counter, step)
    }
    const identity = partOf(this.#optimizer, '_iterations')
    return scalarNode(identity, 'int64', () => this.#optimizer.iterations, set)
  }

  #rate(): TrackableNode {
    const set = (rate: number): void => {
      const fields = this.#fields
      // What the program wrote, as 0.1, stays unless it is another float.
      if (Math.fround(fields.learningRate) === rate) return
      if (fields.setLearningRate === undefined) fields.learningRate = rate
      else fields.setLearningRate(rate)
    }
    const identity = partOf(this.#optimizer, '_learning_rate')
    return scalarNode(identity, 'float32', () => this.#fields.learningRate, set)
  }

  #accumulators({ field }: SlotKind): (Accumulator | undefined)[] {
    return this.#fields[field] as (Accumulator | undefined)[]
  }

  #slot(kind: SlotKind, variable: VariableLike, i: number): TrackableNode {
    const identity = partOf(this.#optimizer, `${kind.list}/${String(i)}`)
    const name = `${variable.name}/${kind.suffix}`
    const accumulator = this.#accumulators(kind)[i]
    if (accumulator !== undefined) {
      return variableNode(this.#tf, accumulator.variable, name, identity)
    }
    const info = { dtype: 'float32', shape: variable.shape } as const
    return valueNode(identity, {
      info,
      fullName: name,
      // As if it had been made: a checkpoint before the first step has all that one after it has.
      read: () => {
        const array = zeros(info.shape, info.dtype)
        const data = array.data as Float32Array
        data.fill(kind.initial?.(this.#fields) ?? 0)
        return array
      },
      prepare: (array) => this.#creation(kind, i, name, array),
    })
  }

  #creation(kind: SlotKind, i: number, name: string, array: NdArray): Prepared {
    const tensor = toTensor(this.#tf, array)
    return {
      apply: () => {
        const created = this.#tf.variable(tensor, false)
        this.#accumulators(kind)[i] = { originalName: name, variable: created }
        tensor.dispose()
      },
      undo: () => {
        tensor.dispose()
      },
    }
  }

  /** Powers that are not what the number of steps makes of them: somebody has set the weights. */
  #powers(isWanted: (power: PowerKind) => boolean): Edge[] {
    return (this.#kind.powers ?? []).filter(isWanted).map(({ field, name }) => {
      const identity = partOf(this.#optimizer, name)
      return [name, variableNode(this.#tf, this.#scalar(field), name, identity)] as const
    })
  }

  #scalar(field: string): VariableLike {
    return this.#fields[field] as VariableLike
  }

  #setScalar(field: string, value: number): void {
    const tensor = this.#tf.tensor(Float32Array.of(value), [], 'float32')
    this.#scalar(field).assign(tensor)
    tensor.dispose()
  }

  #isExpected(power: PowerKind): boolean {
    const [value] = this.#scalar(power.field).dataSync() as Float32Array
    return value === this.#expected(power)
  }

  /** Multiplied step by step, as the optimizer does: `Math.pow` gives other bits. */
  #expected({ rate }: PowerKind): number {
    const factor = Math.fround(this.#fields[rate] as number)
    let power = factor
    for (let step = this.#optimizer.iterations; step > 0; step--) {
      const next = Math.fround(power * factor)
      // Nothing comes after zero, nor after the smallest of floats.
      if (next === power) break
      power = next
    }
    return power
  }
}

type Prepared = ReturnType<Parameters<typeof valueNode>[1]['prepare']>

export const optimizerNode = (
  tf: TensorFlowJs,
  optimizer: OptimizerLike,
  variables: readonly VariableLike[],
  names: Names = new Map(),
): TrackableNode => new OptimizerParts(tf, optimizer, variables, names).node
