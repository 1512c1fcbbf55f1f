/**
 * Checkpoints of TensorFlow.js: `ndcheckpoint/tfjs`. TensorFlow.js itself is handed in by the program.
 *
 * @module ndcheckpoint/tfjs
 */
export { trackModel, trackOptimizer } from './track-model.js'
export { trackVariables } from './track-variables.js'
export { restoreByLayerName } from './restore-by-layer-name.js'
export type { ByLayerNameOptions } from './restore-by-layer-name.js'
export { checkpointCallback } from './checkpoint-callback.js'
export type {
  CheckpointCallback,
  CheckpointCallbackOptions,
  Progress,
  SavedAt,
} from './checkpoint-callback.js'
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
