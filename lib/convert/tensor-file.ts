/**
 * Reads the arrays of a file of another format.
 *
 * @module
 */
import { resolve } from 'node:path'
import type { DType } from '../array/dtype.js'
import type { NdArray } from '../array/ndarray.js'
import { checkPath, type PathInput } from '../bundle/names.js'
import { checkChoice } from '../bundle/operation.js'
import type { StringTensor } from '../bundle/read/strings.js'
import { CheckpointError } from '../errors.js'
import { runAsync, runSync, type Steps } from '../twin.js'
import { FORMATS, formatOf, type FileFormat, type Format } from './formats.js'
import type { SourceEntry, TensorSource } from './tensor.js'

type OpenSource = typeof import('./open-source.js')

/** The readers of all formats, loaded when the first file is opened: `TensorFile` itself needs none. */
function openSource(path: string, format: FileFormat, sync: boolean): Steps<TensorSource> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- only when it is needed
  return (require('./open-source.js') as OpenSource).openSource(path, format, sync)
}

/** A tensor of a file. */
export interface TensorInfo {
  /** Its name, which `get` takes. */
  readonly name: string
  /** `string`: texts, which come as a `StringTensor`. */
  readonly dtype: DType | 'string'
  /** Length of each axis; empty for a scalar. */
  readonly shape: number[]
  /** Bytes of all elements. */
  readonly byteLength: number
}

/** @internal */
export const SOURCE: unique symbol = Symbol('ndcheckpoint.source')

/**
 * An open `.npy`, `.npz`, `.safetensors` or `model.json`.
 *
 * Arrays are views of a private mapping of the file where they lie in it as they are and aligned;
 * what you write to them never reaches the file. They stay valid after the file is closed. What is
 * compressed, quantized, big-endian or not aligned is read into memory of its own.
 */
export class TensorFile {
  /** Absolute. */
  readonly path: string
  /** What it was opened as. */
  readonly format: FileFormat
  readonly #entries: ReadonlyMap<string, SourceEntry>
  #source: TensorSource | undefined

  /** @internal */
  constructor(path: string, format: FileFormat, source: TensorSource) {
    this.path = path
    this.format = format
    this.#source = source
    this.#entries = new Map(source.entries.map((entry) => [entry.name, entry]))
  }

  /** The texts in the header of a `.safetensors`, by their names; none in other formats. */
  get metadata(): Readonly<Record<string, string>> {
    return { ...this[SOURCE]().metadata }
  }

  /** Names of all tensors, in the order of the file. Reads nothing. */
  names(): string[] {
    this[SOURCE]()
    return [...this.#entries.keys()]
  }

  /**
   * What each of them is.
   *
   * @throws CheckpointError CKPT_CORRUPT, CKPT_UNSUPPORTED for one that cannot be read
   */
  tensors(): TensorInfo[] {
    return this[SOURCE]().entries.map((entry) => {
      const { name, dtype, shape, byteLength } = entry.open()
      return { name, dtype, shape: [...shape], byteLength }
    })
  }

  /** Whether there is a tensor of this name. */
  has(name: string): boolean {
    this[SOURCE]()
    return this.#entries.has(name)
  }

  /**
   * One array; texts of TensorFlow.js as a `StringTensor`. It is read at its first use, and checked
   * then if the format has a checksum (`.npz`).
   *
   * @throws CheckpointError CKPT_NOT_FOUND, CKPT_CORRUPT, CKPT_UNSUPPORTED
   */
  get(name: string): NdArray | StringTensor {
    this[SOURCE]()
    const entry = this.#entries.get(name)
    if (entry !== undefined) return entry.open().read()
    const { path } = this
    const message = `'${name}' not found in '${path}'`
    throw new CheckpointError('CKPT_NOT_FOUND', message, { path, key: name })
  }

  /** Lets go of the file. May be called twice; arrays already handed out stay valid. */
  close(): Promise<void> {
    this.closeSync()
    return Promise.resolve()
  }

  /** The same as `close`, at once. */
  closeSync(): void {
    this.#source?.close()
    this.#source = undefined
  }

  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal */
  [SOURCE](): TensorSource {
    if (this.#source !== undefined) return this.#source
    const { path } = this
    throw new CheckpointError('CKPT_CLOSED', `'${path}' is closed`, { path })
  }
}

/** How a file of arrays is opened. */
export interface OpenTensorsOptions {
  /** Default: what the name of the file says. */
  format?: FileFormat
}

function* openSteps(
  input: PathInput,
  options: OpenTensorsOptions,
  sync: boolean,
): Steps<TensorFile> {
  const path = resolve(checkPath(input, 'path'))
  const files = FORMATS.filter((format): format is FileFormat => format !== 'checkpoint')
  const named: Format = options.format ?? formatOf(path)
  if (named === 'checkpoint') {
    throw new TypeError(
      `'${path}' is named for no format; give options.format, or openCheckpoint it`,
    )
  }
  const format = checkChoice(named, 'format', files, 'npz')
  return new TensorFile(path, format, yield* openSource(path, format, sync))
}

/**
 * Opens a file of arrays: `.npy`, `.npz`, `.safetensors`, or the `model.json` of TensorFlow.js.
 *
 * @throws CheckpointError CKPT_NOT_FOUND, CKPT_CORRUPT, CKPT_UNSUPPORTED, CKPT_TOO_LARGE, CKPT_IO
 */
export async function openTensors(
  path: PathInput,
  options: OpenTensorsOptions = {},
): Promise<TensorFile> {
  return runAsync(openSteps(path, options, false))
}

/** The blocking twin of `openTensors`. */
export function openTensorsSync(path: PathInput, options: OpenTensorsOptions = {}): TensorFile {
  return runSync(openSteps(path, options, true))
}
