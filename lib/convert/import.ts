/**
 * Makes checkpoints of files of other formats. Memory is a small constant, and the checkpoint is
 * committed as one that is saved: all of it or nothing.
 *
 * @module
 */
import type { PathInput } from '../bundle/names.js'
import { runAsync, runSync } from '../twin.js'
import type { FileFormat } from './formats.js'
import { transfer } from './load-transfer.js'
import type { ConvertOptions, ImportOptions } from './options.js'
import type { TensorsInput, Transfer, TransferReport } from './transfer.js'

const request = (
  source: PathInput,
  destination: PathInput,
  options: ConvertOptions,
  from: FileFormat,
): Transfer => ({ source, destination, options, from, to: 'checkpoint' })

/**
 * Writes the array of a `.npy` as a checkpoint. Its name is that of the file, without `.npy`.
 *
 * @param prefix of the checkpoint: no number is added, no state file is written
 * @throws CheckpointError CKPT_NOT_FOUND, CKPT_CORRUPT, CKPT_UNSUPPORTED, CKPT_IO; `signal.reason` if
 *   aborted
 */
export async function importNpy(
  path: PathInput,
  prefix: PathInput,
  options: ImportOptions = {},
): Promise<TransferReport> {
  return runAsync(transfer(request(path, prefix, options, 'npy'), false))
}

/** The blocking twin of `importNpy`. */
export function importNpySync(
  path: PathInput,
  prefix: PathInput,
  options: ImportOptions = {},
): TransferReport {
  return runSync(transfer(request(path, prefix, options, 'npy'), true))
}

/** Writes the arrays of a `.npz` as a checkpoint; otherwise as `importNpy`. */
export async function importNpz(
  path: PathInput,
  prefix: PathInput,
  options: ImportOptions = {},
): Promise<TransferReport> {
  return runAsync(transfer(request(path, prefix, options, 'npz'), false))
}

/** The blocking twin of `importNpz`. */
export function importNpzSync(
  path: PathInput,
  prefix: PathInput,
  options: ImportOptions = {},
): TransferReport {
  return runSync(transfer(request(path, prefix, options, 'npz'), true))
}

/** Writes the tensors of a `.safetensors` as a checkpoint; otherwise as `importNpy`. */
export async function importSafetensors(
  path: PathInput,
  prefix: PathInput,
  options: ImportOptions = {},
): Promise<TransferReport> {
  return runAsync(transfer(request(path, prefix, options, 'safetensors'), false))
}

/** The blocking twin of `importSafetensors`. */
export function importSafetensorsSync(
  path: PathInput,
  prefix: PathInput,
  options: ImportOptions = {},
): TransferReport {
  return runSync(transfer(request(path, prefix, options, 'safetensors'), true))
}

/**
 * Writes the weights of a TensorFlow.js `model.json` as a checkpoint, quantized ones as the values that
 * they stand for; otherwise as `importNpy`.
 */
export async function importTfjs(
  path: PathInput,
  prefix: PathInput,
  options: ImportOptions = {},
): Promise<TransferReport> {
  return runAsync(transfer(request(path, prefix, options, 'tfjs'), false))
}

/** The blocking twin of `importTfjs`. */
export function importTfjsSync(
  path: PathInput,
  prefix: PathInput,
  options: ImportOptions = {},
): TransferReport {
  return runSync(transfer(request(path, prefix, options, 'tfjs'), true))
}

/**
 * From one format to another, which the names tell: `.npy`, `.npz`, `.safetensors`, `model.json`; any
 * other destination is the prefix of a checkpoint, and any other source a checkpoint or its directory.
 *
 * @throws as the exports and imports; TypeError and RangeError for bad arguments
 */
export async function convert(
  source: TensorsInput,
  destination: PathInput,
  options: ConvertOptions = {},
): Promise<TransferReport> {
  return runAsync(transfer({ source, destination, options }, false))
}

/** The blocking twin of `convert`. */
export function convertSync(
  source: TensorsInput,
  destination: PathInput,
  options: ConvertOptions = {},
): TransferReport {
  return runSync(transfer({ source, destination, options }, true))
}
