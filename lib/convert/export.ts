/**
 * Writes tensors in the formats of others.
 *
 * Memory is a small constant, whatever the size of the tensors: they go through in pieces. The file is
 * complete or not there: it is written beside its place and renamed, and an export that fails or is
 * aborted leaves what was there before.
 *
 * @module
 */
import type { PathInput } from '../bundle/names.js'
import { runAsync, runSync } from '../twin.js'
import type { Format } from './formats.js'
import { transfer } from './load-transfer.js'
import type {
  ConvertOptions,
  NpyOptions,
  NpzOptions,
  SafetensorsOptions,
  TfjsOptions,
} from './options.js'
import type { TensorsInput, Transfer, TransferReport } from './transfer.js'

const request = (
  source: TensorsInput,
  destination: PathInput,
  options: ConvertOptions,
  to: Format,
): Transfer => ({ source, destination, options, to })

/**
 * Writes one array as a `.npy`, as `numpy.save`.
 *
 * @param source with `filter`, if it has more than one array
 * @throws CheckpointError CKPT_UNSUPPORTED for strings of a checkpoint, or several arrays;
 *   CKPT_CORRUPT, CKPT_IO; `signal.reason` if aborted
 */
export async function exportNpy(
  source: TensorsInput,
  path: PathInput,
  options: NpyOptions = {},
): Promise<TransferReport> {
  return runAsync(transfer(request(source, path, options, 'npy'), false))
}

/** The blocking twin of `exportNpy`. */
export function exportNpySync(
  source: TensorsInput,
  path: PathInput,
  options: NpyOptions = {},
): TransferReport {
  return runSync(transfer(request(source, path, options, 'npy'), true))
}

/**
 * Writes arrays as a `.npz`, as `numpy.savez`. Their elements are aligned, so that they can be mapped.
 * What NumPy has no type for (bfloat16, float8 …) is a structure of one field that has its name.
 *
 * @throws CheckpointError CKPT_UNSUPPORTED for strings of a checkpoint, and names that lead out of
 *   the archive; CKPT_CORRUPT, CKPT_IO; `signal.reason` if aborted
 */
export async function exportNpz(
  source: TensorsInput,
  path: PathInput,
  options: NpzOptions = {},
): Promise<TransferReport> {
  return runAsync(transfer(request(source, path, options, 'npz'), false))
}

/** The blocking twin of `exportNpz`. */
export function exportNpzSync(
  source: TensorsInput,
  path: PathInput,
  options: NpzOptions = {},
): TransferReport {
  return runSync(transfer(request(source, path, options, 'npz'), true))
}

/**
 * Writes tensors as a `.safetensors`. bfloat16 and float8 are carried bit by bit.
 *
 * @throws CheckpointError CKPT_UNSUPPORTED for what the format does not have: complex128, strings,
 *   NumPy's structures, numbers of less than a byte; CKPT_CORRUPT, CKPT_IO; `signal.reason` if aborted
 */
export async function exportSafetensors(
  source: TensorsInput,
  path: PathInput,
  options: SafetensorsOptions = {},
): Promise<TransferReport> {
  return runAsync(transfer(request(source, path, options, 'safetensors'), false))
}

/** The blocking twin of `exportSafetensors`. */
export function exportSafetensorsSync(
  source: TensorsInput,
  path: PathInput,
  options: SafetensorsOptions = {},
): TransferReport {
  return runSync(transfer(request(source, path, options, 'safetensors'), true))
}

/**
 * Writes weights for TensorFlow.js: a `model.json` and files beside it. Without `model` it holds
 * weights only, which `tf.io.loadWeights` and `tf.io.decodeWeights` read. float16 is stored as such
 * and loaded as float32.
 *
 * @param path of the `model.json`
 * @throws CheckpointError CKPT_UNSUPPORTED for a dtype that TensorFlow.js does not load, with the
 *   `cast` that makes one of it; CKPT_CORRUPT, CKPT_IO; `signal.reason` if aborted
 */
export async function exportTfjs(
  source: TensorsInput,
  path: PathInput,
  options: TfjsOptions = {},
): Promise<TransferReport> {
  return runAsync(transfer(request(source, path, options, 'tfjs'), false))
}

/** The blocking twin of `exportTfjs`. */
export function exportTfjsSync(
  source: TensorsInput,
  path: PathInput,
  options: TfjsOptions = {},
): TransferReport {
  return runSync(transfer(request(source, path, options, 'tfjs'), true))
}
