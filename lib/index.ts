/**
 * TensorFlow checkpoints for Node.js.
 *
 * @module ndcheckpoint
 */
export { NdArray, zeros } from './array/ndarray.js'
export type { Complex, ElementOf } from './array/ndarray.js'
export { ndarray } from './array/input.js'
export type { ArrayInput, ArrayParts, OnnxParts, StdlibParts } from './array/input.js'
export { toOnnx } from './array/onnx.js'
export type { OnnxRuntime } from './array/onnx.js'
export type { DType, TypedArray } from './array/dtype.js'
export type { NpyDescr, NpyField } from './array/descr.js'
export { trackable } from './graph/trackable.js'
export type { TrackableObject } from './graph/trackable.js'
export type { PythonState } from './graph/python-state.js'
export { NumpyState } from './trackables/numpy-state.js'
export { Variable } from './trackables/variable.js'
export type { VariableOptions, VariableValue } from './trackables/variable.js'
export { VariableState } from './trackables/variable-state.js'
export type { AnyArrays } from './trackables/array-state.js'
export { List } from './trackables/list.js'
export { Mapping } from './trackables/mapping.js'
export type { MappingInput } from './trackables/mapping.js'
export { UniqueNameTracker } from './trackables/unique-name-tracker.js'
export { JsonState } from './trackables/json-state.js'
export { splitDependency } from './trackables/split-dependency.js'
export type { SplitValue } from './trackables/split-dependency.js'
export { OptimizerState } from './trackables/optimizer-state.js'
export type { SlotKey } from './trackables/optimizer-state.js'
export { Trackable } from './trackables/trackable.js'
export { NoDependency } from './trackables/no-dependency.js'
export { CheckpointView } from './views/checkpoint-view.js'
export type { CheckpointDiff } from './views/checkpoint-view.js'
export { dotGraphFromCheckpoint } from './views/dot-graph.js'
export type { DotGraphOptions } from './views/dot-graph.js'
export { listObjects } from './views/list-objects.js'
export { objectMetadata } from './views/object-metadata.js'
export { TrackableView } from './views/trackable-view.js'
export { Checkpoint } from './checkpoint/checkpoint.js'
export { RestoreStatus } from './checkpoint/status.js'
export type { RestoredValue } from './checkpoint/matches.js'
export type { IncrementalOptions } from './checkpoint/incremental/options.js'
export type { SaveOptions } from './checkpoint/options.js'
export type { SaveReport } from './checkpoint/report.js'
export type { Remap, RestoreOptions } from './checkpoint/restore-options.js'
export { CheckpointManager } from './manager/manager.js'
export type { ManagedSaveOptions, ManagerOptions, StepCounter } from './manager/options.js'
export type { PassedOver } from './manager/run.js'
export { keepBest, keepEvery, keepLatest } from './manager/retention.js'
export type { RetentionPolicy, SavedCheckpoint } from './manager/retention.js'
export { saveOnSignal } from './manager/save-on-signal.js'
export type { SaveOnSignalOptions } from './manager/save-on-signal.js'
export { checkpointsIterator } from './manager/checkpoints-iterator.js'
export type { CheckpointsIteratorOptions } from './manager/checkpoints-iterator.js'
export {
  listVariables,
  loadCheckpoint,
  loadVariable,
  openCheckpoint,
  openCheckpointSync,
} from './bundle/read/open.js'
export type { ReadOptions } from './bundle/read/open.js'
export { CheckpointReader } from './bundle/read/reader.js'
export type { VariableInfo } from './bundle/read/reader.js'
export {
  exportNpy,
  exportNpySync,
  exportNpz,
  exportNpzSync,
  exportSafetensors,
  exportSafetensorsSync,
  exportTfjs,
  exportTfjsSync,
} from './convert/export.js'
export {
  convert,
  convertSync,
  importNpy,
  importNpySync,
  importNpz,
  importNpzSync,
  importSafetensors,
  importSafetensorsSync,
  importTfjs,
  importTfjsSync,
} from './convert/import.js'
export { openTensors, openTensorsSync, TensorFile } from './convert/tensor-file.js'
export type { OpenTensorsOptions, TensorInfo } from './convert/tensor-file.js'
export type { FileFormat, Format } from './convert/formats.js'
export type {
  ConvertOptions,
  ImportOptions,
  NpyOptions,
  NpzOptions,
  SafetensorsOptions,
  TfjsOptions,
  TransferOptions,
} from './convert/options.js'
export type { Filter, SelectOptions } from './convert/select.js'
export type { ImportAs } from './convert/write-checkpoint.js'
export type { TensorsInput, TransferReport } from './convert/transfer.js'
export { StringTensor } from './bundle/read/strings.js'
export { getCheckpointState, latestCheckpoint } from './bundle/latest.js'
export type { CheckpointState } from './bundle/state-file.js'
export {
  checkpointExists,
  getCheckpointMtimes,
  removeCheckpoint,
  removeCheckpointSync,
} from './bundle/checkpoint-files.js'
export type { RemoveOptions } from './bundle/checkpoint-files.js'
export { updateCheckpointState, updateCheckpointStateSync } from './bundle/update-state.js'
export type { UpdateStateOptions } from './bundle/update-state.js'
export type { Progress, OperationOptions } from './bundle/operation.js'
export type { PathInput } from './bundle/names.js'
export type { VerifyProblem, VerifyReport } from './bundle/read/verify.js'
export type { ReadStats } from './bundle/read/extent.js'
export type {
  ObjectGraph,
  ObjectNode,
  ObjectReference,
  SerializedTensor,
  SlotVariableReference,
} from './bundle/messages.js'
export { CheckpointError, isCheckpointError } from './errors.js'
export type { CorruptReason, ErrorCode, ErrorDetails } from './errors.js'
