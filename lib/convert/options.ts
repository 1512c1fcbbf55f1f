/**
 * Options of exports and imports, checked.
 *
 * @module
 */
import { inspect } from 'node:util'
import { checkChoice, checkOperationOptions, type OperationOptions } from '../bundle/operation.js'
import { SHARD_BYTES } from '../formats/tfjs.js'
import type { Format } from './formats.js'
import { FORMATS } from './formats.js'
import { checkSelectOptions, type SelectOptions } from './select.js'
import type { CheckpointOutput, ImportAs } from './write-checkpoint.js'

/** What every export and import may be told. */
export interface TransferOptions extends OperationOptions, SelectOptions {
  /** Default true: the promise resolves when the file survives a power loss. */
  durable?: boolean
}

/** Options of `.npy`: none of its own. */
export type NpyOptions = TransferOptions

/** Options of `.npz`. */
export interface NpzOptions extends TransferOptions {
  /** Deflate the arrays, as `numpy.savez_compressed`. Default false: they can be mapped. */
  compress?: boolean
}

/** Options of `.safetensors`. */
export interface SafetensorsOptions extends TransferOptions {
  /** Texts of the header, by their names. Default: those of the source, if it is a `.safetensors`. */
  metadata?: Readonly<Record<string, string>>
}

/** Options of the `model.json` of TensorFlow.js. */
export interface TfjsOptions extends TransferOptions {
  /** Bytes of one file of weights at most. Default: 4 MiB. */
  shardBytes?: number
  /** Members of the `model.json` beside the weights, such as `modelTopology` and `format`. */
  model?: Readonly<Record<string, unknown>>
}

/** What is imported becomes a checkpoint: of which kind. */
export interface ImportOptions extends TransferOptions {
  /**
   * `tensors` (default): each under its name, as `tf.compat.v1.train.Saver` names them, for
   * `loadVariable`, `tf.train.load_checkpoint` and programs whose variables have these paths or
   * names. `variables`: a tree of variables, one object for each part of a name between slashes, for
   * `tf.train.Checkpoint`. `numpyState`: the arrays of one `NumpyState`.
   */
  as?: ImportAs
  /** With `numpyState`: the name that the state has in its Checkpoint. Default `numpy_arrays`. */
  attribute?: string
  /** Bytes after which the next array begins another data file. Default: no limit. */
  maxShardBytes?: number
  /** Bytes to which arrays are aligned in the file: see `SaveOptions.alignment`. Default 64. */
  alignment?: number
}

/** Options of all formats: what the destination has no use for is ignored. */
export interface ConvertOptions extends NpzOptions, SafetensorsOptions, TfjsOptions, ImportOptions {
  /** Format of the source. Default: what its name says. */
  from?: Format
  /** Format of the destination. Default: what its name says. */
  to?: Format
}

/** All of them, with their defaults. */
export interface CheckedOptions extends OperationOptions, SelectOptions {
  readonly from: Format | undefined
  readonly to: Format | undefined
  readonly compress: boolean
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly shardBytes: number
  readonly model: Readonly<Record<string, unknown>>
  readonly checkpoint: CheckpointOutput
  readonly durable: boolean
}

const IMPORTS: readonly ImportAs[] = ['tensors', 'variables', 'numpyState']

/** @throws TypeError or RangeError naming the option */
export function checkOptions(options: ConvertOptions): CheckedOptions {
  checkOperationOptions(options)
  checkSelectOptions(options)
  const { durable = true, compress = false, attribute = 'numpy_arrays' } = options
  const { shardBytes = SHARD_BYTES, maxShardBytes = Infinity, alignment = 64 } = options
  const { metadata, model = {} } = options
  checkKind(durable, 'durable', 'boolean')
  checkKind(compress, 'compress', 'boolean')
  checkKind(attribute, 'attribute', 'string')
  checkKind(model, 'model', 'object')
  checkMetadata(metadata)
  checkBytes(shardBytes, 'shardBytes')
  if (maxShardBytes !== Infinity) checkBytes(maxShardBytes, 'maxShardBytes')
  checkBytes(alignment, 'alignment')
  if (!Number.isInteger(Math.log2(alignment)) || alignment > 65536) {
    const wanted = 'a power of two up to 65536'
    throw new RangeError(`options.alignment must be ${wanted}, got ${inspect(alignment)}`)
  }
  const as = checkChoice(options.as, 'as', IMPORTS, 'tensors')
  const from = options.from && checkChoice(options.from, 'from', FORMATS, 'npz')
  const to = options.to && checkChoice(options.to, 'to', FORMATS, 'npz')
  const checkpoint = { as, attribute, maxShardBytes, alignment, durable }
  return { ...options, from, to, compress, metadata, shardBytes, model, checkpoint, durable }
}

function checkKind(value: unknown, what: string, kind: 'boolean' | 'string' | 'object'): void {
  if (typeof value === kind && value !== null) return
  const article = kind === 'object' ? 'an' : 'a'
  throw new TypeError(`options.${what} must be ${article} ${kind}, got ${inspect(value)}`)
}

function checkMetadata(value: unknown): void {
  if (value === undefined) return
  checkKind(value, 'metadata', 'object')
  for (const [name, text] of Object.entries(value as object)) {
    if (typeof text === 'string') continue
    throw new TypeError(`options.metadata.${name} must be a string, got ${inspect(text)}`)
  }
}

function checkBytes(value: unknown, what: string): void {
  if (typeof value !== 'number') {
    throw new TypeError(`options.${what} must be a number, got ${inspect(value)}`)
  }
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`options.${what} must be a positive integer, got ${inspect(value)}`)
  }
}
