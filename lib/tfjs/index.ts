/**
 * Checkpoints of TensorFlow.js: `ndcheckpoint/tfjs`. TensorFlow.js itself is handed in by the program.
 *
 * @module
 */
export { trackModel, trackOptimizer } from './track-model.js'
export { trackVariables } from './track-variables.js'
export { fromTensor, toTensor } from './tensors.js'
export type { TensorDType } from './tensors.js'
export type { TfjsTrackable } from './tracked-tfjs.js'
export type {
  LayerLike,
  ModelLike,
  OptimizerLike,
  TensorFlowJs,
  TensorLike,
  VariableLike,
  WeightLike,
} from './types.js'
