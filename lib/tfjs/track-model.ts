/**
 * trackModel and trackOptimizer: models of TensorFlow.js and what trains them.
 *
 * @module
 */
import { inspect } from 'node:util'
import { modelNode, requireLayers } from './layer-nodes.js'
import type { Edge } from './nodes.js'
import { kindOf } from './optimizer-kinds.js'
import { optimizerNode } from './optimizer-node.js'
import { requireVariable } from './track-variables.js'
import { TfjsTrackable } from './tracked-tfjs.js'
import {
  variableOf,
  type LayerLike,
  type ModelLike,
  type OptimizerLike,
  type TensorFlowJs,
  type VariableLike,
  type WeightLike,
} from './types.js'
import { namesOf } from './weights.js'

/** A model with what compiling it adds. */
interface Compiled extends ModelLike {
  readonly optimizer?: OptimizerLike | null
  readonly trainableWeights: WeightLike[]
  /** What the optimizer is given at each step. */
  readonly collectedTrainableWeights?: WeightLike[]
  /** Of a Sequential: the model that does its work. */
  readonly model?: Compiled
}

/**
 * Makes a `tf.LayersModel` trackable: its weights, and once it is compiled its optimizer.
 *
 * ```js
 * model.compile({ optimizer: 'adam', loss: 'meanSquaredError' })
 * const checkpoint = new Checkpoint({ model: trackModel(tf, model) })
 * ```
 *
 * Weights have the names that Keras 3 gives them in a `tf.train.Checkpoint(model=model)` of the same
 * layers, so that each restores the other's checkpoints. `restoreByLayerName` goes by other names.
 *
 * Their values are those at the call of `save()`. A restore assigns to the variables of the model, all
 * or none, and leaves as many tensors as there were; accumulators that the optimizer would make at its
 * first step are made by the restore.
 *
 * @param tf the module of TensorFlow.js
 * @param model with its layers
 * @throws TypeError if it is no such model, or has no layers yet. Restoring throws CKPT_MISMATCH if
 *   dtype or shape of a weight differ
 */
export function trackModel(tf: TensorFlowJs, model: ModelLike): TfjsTrackable {
  requireModel(model)
  return new TfjsTrackable(() => {
    const names = namesOf(model)
    return modelNode(tf, model, names, (): Edge[] => {
      const { optimizer } = model as Compiled
      if (optimizer === undefined || optimizer === null) return []
      return [['optimizer', optimizerNode(tf, optimizer, trainedBy(model), names)]]
    })
  })
}

/**
 * Makes an optimizer of TensorFlow.js trackable: its accumulators, the number of steps and the learning
 * rate. That of a compiled model is part of `trackModel` already.
 *
 * ```js
 * const optimizer = tf.train.adam(0.01)
 * const checkpoint = new Checkpoint({
 *   net: trackVariables(tf, { w, b }),
 *   optimizer: trackOptimizer(tf, optimizer, [w, b]),
 * })
 * optimizer.minimize(loss, false, [w, b])
 * ```
 *
 * @param variables those that it trains, in the order in which `minimize` is given them; or a model
 * @throws TypeError for an optimizer of a class that TensorFlow.js does not have
 */
export function trackOptimizer(
  tf: TensorFlowJs,
  optimizer: OptimizerLike,
  variables: readonly VariableLike[] | ModelLike,
): TfjsTrackable {
  kindOf(optimizer)
  if (!isList(variables)) requireModel(variables)
  return new TfjsTrackable(() => {
    if (!isList(variables)) {
      return optimizerNode(tf, optimizer, trainedBy(variables), namesOf(variables))
    }
    for (const [i, variable] of variables.entries()) {
      requireVariable(variable, `variables[${String(i)}]`)
    }
    return optimizerNode(tf, optimizer, variables)
  })
}

const isList = (value: readonly VariableLike[] | ModelLike): value is readonly VariableLike[] =>
  Array.isArray(value)

function trainedBy(model: ModelLike): VariableLike[] {
  requireLayers(model)
  const inner = (model as Compiled).model ?? (model as Compiled)
  return (inner.collectedTrainableWeights ?? inner.trainableWeights).map(variableOf)
}

function requireModel(value: unknown): void {
  const model = value as Partial<LayerLike & ModelLike> | null | undefined
  if (Array.isArray(model?.layers) && typeof model.getClassName === 'function') return
  const shown = inspect(value, { depth: 0, breakLength: Infinity })
  throw new TypeError(`expected a tf.LayersModel, got ${shown}`)
}
