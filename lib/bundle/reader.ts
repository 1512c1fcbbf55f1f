/**
 * Reads any TensorBundle checkpoint, whoever wrote it.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { inspect } from 'node:util'
import { dataTypeName, DT_STRING, DT_VARIANT, type DType } from '../array/dtype.js'
import type { NdArray } from '../array/ndarray.js'
import { CheckpointError } from '../errors.js'
import { runAsync, runSync, type Steps } from '../twin.js'
import { prepare, separate, type AccessOptions, type Extent, type ReadStats } from './extent.js'
import { isDirectory } from './files.js'
import { readIndex, sliceEntry } from './index-file.js'
import { latestCheckpoint } from './latest.js'
import { decodeObjectGraph, type BundleEntry, type ObjectGraph } from './messages.js'
import { checkPath, indexPath, type PathInput } from './names.js'
import {
  checkChoice,
  checkOperationOptions,
  Operation,
  type OperationOptions,
} from './operation.js'
import { Shards } from './shards.js'
import type { StringTensor } from './strings.js'
import { checkClaims, type TensorContext } from './tensor-context.js'
import { numericTensor, npyTensor, scalarString, stringTensor, type LazyArray } from './tensors.js'
import { toProblem, verifyBundle, type VerifyReport } from './verify.js'

/** Key of the object graph in every object-based checkpoint: python/trackable/base.py. */
export const OBJECT_GRAPH_KEY = '_CHECKPOINTABLE_OBJECT_GRAPH'

export interface ReadOptions extends OperationOptions {
  /**
   * `map`: arrays are views of the mapped file, made at first use. `load`: arrays are read into
   * memory of their own, for a trainer that rewrites all of them at once.
   */
  mode?: 'map' | 'load'
  /**
   * `eager`: every byte's checksum is checked before the promise resolves. `lazy`: each array's at
   * its first use. `off`: never.
   */
  verify?: 'eager' | 'lazy' | 'off'
}

export interface VariableInfo {
  readonly key: string
  /** Ours where we have one, else TensorFlow's lower-case name: `string`, `variant` … */
  readonly dtype: DType | 'string' | 'variant' | (string & {})
  readonly shape: number[]
  /** Bytes in the data files. */
  readonly byteLength: number
  /** Shard that holds them; of a partitioned tensor, that of its first slice. */
  readonly shard: number
}

/**
 * An open checkpoint.
 *
 * Arrays are views of one private mapping for each data file where alignment allows: what you write
 * to those is seen by later `get`s of this reader and by nobody else, and never reaches the file.
 * They stay valid after the reader is closed and after the files are removed.
 */
export class CheckpointReader {
  /** The prefix, absolute. */
  readonly path: string
  /** Absent once closed: the mappings live on in the arrays that hold them. */
  #context: TensorContext | undefined
  #graph: { readonly value: ObjectGraph | undefined } | undefined

  /** @internal */
  constructor(path: string, context: TensorContext) {
    this.path = path
    this.#context = context
  }

  /** Every tensor of the checkpoint, sorted by the bytes of its key. */
  variables(): VariableInfo[] {
    const { index } = this.#use()
    return Array.from(index.entries, ([key, entry]) => this.#describe(key, entry))
  }

  #describe(key: string, entry: BundleEntry): VariableInfo {
    const dtype = dataTypeName(entry.dtype)
    const shape = [...entry.shape]
    if (entry.slices.length === 0) {
      return { key, dtype, shape, byteLength: entry.size, shard: entry.shard }
    }
    // As the index tells it: a tensor that lacks a slice must not keep the others from being listed.
    const { index } = this.#use()
    const slices = entry.slices.map((slice) => sliceEntry(index, key, slice))
    const byteLength = slices.reduce((sum, slice) => sum + (slice?.size ?? 0), 0)
    return { key, dtype, shape, byteLength, shard: slices[0]?.shard ?? entry.shard }
  }

  has(key: string): boolean {
    return this.#use().index.entries.has(key)
  }

  /**
   * One tensor. Numbers come as an array (a view where alignment allows), strings and variants as a
   * `StringTensor` of bytes.
   *
   * @param key as in `variables()`, for example `model/w/.ATTRIBUTES/VARIABLE_VALUE`
   * @throws CheckpointError CKPT_NOT_FOUND if there is no such key; CKPT_CORRUPT; CKPT_UNSUPPORTED
   */
  get(key: string): NdArray | StringTensor {
    return this.tensor(key).tensor
  }

  /** @internal `get`, with the bytes that may be checked before they are used. */
  tensor(key: string): { tensor: NdArray | StringTensor; extents: Extent[] } {
    return this.#tensor(this.#entry(key), key)
  }

  #tensor(entry: BundleEntry, key: string): { tensor: NdArray | StringTensor; extents: Extent[] } {
    const context = this.#use()
    if (entry.dtype === DT_STRING || entry.dtype === DT_VARIANT) {
      return stringTensor(context, entry, key)
    }
    const { array, extents } = numericTensor(context, entry, key)
    return { tensor: array, extents }
  }

  #entry(key: string): BundleEntry {
    const entry = this.#use().index.entries.get(key)
    if (entry !== undefined) return entry
    const { path } = this
    const message = `key '${key}' not found in checkpoint '${path}'`
    throw new CheckpointError('CKPT_NOT_FOUND', message, { path, key })
  }

  /**
   * The objects that were saved and how they hang together; undefined if the checkpoint was written
   * without objects (`tf.train.Saver`).
   *
   * @throws CheckpointError CKPT_CORRUPT
   */
  get objectGraph(): ObjectGraph | undefined {
    const context = this.#use()
    this.#graph ??= { value: readGraph(context) }
    return this.#graph.value
  }

  /** How the arrays handed out so far came into memory. */
  get stats(): Readonly<ReadStats> {
    return { ...this.#use().stats }
  }

  /**
   * Checks every block of the index and every tensor, off the main thread: the files as they are
   * now, not this reader's arrays, which may have been written to.
   *
   * @returns all problems, not only the first
   */
  async verify(options: OperationOptions = {}): Promise<VerifyReport> {
    checkOperationOptions(options)
    return runAsync(this.#verify(new Operation(options, false)))
  }

  /** The blocking twin of `verify`. */
  verifySync(options: OperationOptions = {}): VerifyReport {
    checkOperationOptions(options)
    return runSync(this.#verify(new Operation(options, true)))
  }

  #verify(operation: Operation): Steps<VerifyReport> {
    this.#use()
    const { path } = this
    return operation.run(function* () {
      const access = { mode: 'map', verify: 'off' } as const
      let reader: CheckpointReader
      try {
        reader = yield* openReader(path, access, operation.sync)
      } catch (error) {
        return { ok: false, problems: [toProblem(error, indexPath(path))], tensors: 0, bytes: 0 }
      }
      return yield* verifyBundle(reader.#use(), operation)
    })
  }

  /** @internal Checks or loads arrays as the options ask, before they are handed out. */
  *prepare(operation: Operation, extents: readonly Extent[]): Steps<void> {
    const { shards, access } = this.#use()
    yield* prepare(operation, extents, shards.totalBytes, access)
    separate(extents, access)
  }

  /** @internal Checks everything once; afterwards nothing is checked again. */
  *verifyEagerly(operation: Operation): Steps<void> {
    const context = this.#use()
    const { index, shards, access } = context
    checkClaims(context)
    const extents = Array.from(index.entries, ([key, entry]) => this.#tensor(entry, key).extents)
    const check = { mode: 'map', verify: 'eager' } as const
    yield* prepare(operation, extents.flat(), shards.totalBytes, check)
    this.#context = { ...context, access: { ...access, verify: 'off' } }
  }

  /** @internal A string that holds a `.npy`, as an array. */
  getNpy(key: string): LazyArray {
    return npyTensor(this.#use(), this.#entry(key), key)
  }

  /** Lets go of the files. May be called twice; arrays already handed out stay valid. */
  close(): Promise<void> {
    this.#context = undefined
    return Promise.resolve()
  }

  /** The same as `close`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #use(): TensorContext {
    if (this.#context !== undefined) return this.#context
    const { path } = this
    const message = `the reader of '${path}' is closed`
    throw new CheckpointError('CKPT_CLOSED', message, { path })
  }
}

function readGraph(context: TensorContext): ObjectGraph | undefined {
  const entry = context.index.entries.get(OBJECT_GRAPH_KEY)
  if (entry === undefined) return undefined
  const bytes = scalarString(context, entry, OBJECT_GRAPH_KEY)
  return decodeObjectGraph(bytes, context.shards.pathOf(entry.shard))
}

export interface CheckedReadOptions extends OperationOptions {
  readonly access: AccessOptions
}

/** @throws TypeError naming the option that is not what it should be */
export function checkReadOptions(
  options: ReadOptions,
  verify: AccessOptions['verify'],
): CheckedReadOptions {
  checkOperationOptions(options)
  const access = {
    mode: checkChoice(options.mode, 'mode', ['map', 'load'], 'map'),
    verify: checkChoice(options.verify, 'verify', ['eager', 'lazy', 'off'], verify),
  }
  return { ...options, access }
}

/** @internal Opens a prefix; the body of `openCheckpoint` and of every restore. */
export function* openReader(
  prefix: string,
  access: AccessOptions,
  sync: boolean,
): Steps<CheckpointReader> {
  const index = yield* readIndex(prefix, sync)
  const shards = new Shards(prefix, index.header.numShards)
  yield* shards.open(index, sync)
  const stats = { mapped: 0, copied: 0, loaded: 0 }
  return new CheckpointReader(prefix, { index, shards, access, stats })
}

function* openSteps(path: PathInput, options: ReadOptions, sync: boolean): Steps<CheckpointReader> {
  // Lazy by default: listing what a large checkpoint holds should not read all of it.
  const checked = checkReadOptions(options, 'lazy')
  const operation = new Operation(checked, sync)
  return yield* operation.run(function* () {
    const prefix = yield* resolvePrefix(resolve(checkPath(path, 'path')), sync)
    const reader = yield* openReader(prefix, checked.access, sync)
    if (checked.access.verify === 'eager') yield* reader.verifyEagerly(operation)
    return reader
  })
}

/** A prefix as it is; a directory as its latest checkpoint. */
function* resolvePrefix(path: string, sync: boolean): Steps<string> {
  if (existsSync(indexPath(path)) || !(yield* isDirectory(path, sync))) return path
  const latest = latestCheckpoint(path)
  if (latest !== null) return latest
  const message = `directory '${path}' has no latest checkpoint: no readable state file 'checkpoint', or what it names is gone`
  throw new CheckpointError('CKPT_NOT_FOUND', message, { path })
}

/**
 * Opens a checkpoint for reading.
 *
 * @param path the prefix that `save` returned, or a directory: its latest checkpoint
 * @param options `verify` is `lazy` by default here
 * @throws CheckpointError CKPT_NOT_FOUND, CKPT_CORRUPT, CKPT_UNSUPPORTED, CKPT_IO
 */
export async function openCheckpoint(
  path: PathInput,
  options: ReadOptions = {},
): Promise<CheckpointReader> {
  return runAsync(openSteps(path, options, false))
}

/** The blocking twin of `openCheckpoint`. */
export function openCheckpointSync(path: PathInput, options: ReadOptions = {}): CheckpointReader {
  return runSync(openSteps(path, options, true))
}

/**
 * Keys and shapes of a checkpoint, sorted by key.
 *
 * @param path a prefix, or a directory: its latest checkpoint
 */
export function listVariables(path: PathInput): [key: string, shape: number[]][] {
  return openCheckpointSync(path)
    .variables()
    .map(({ key, shape }) => [key, shape])
}

/**
 * One tensor of a checkpoint, checked.
 *
 * @param path a prefix, or a directory: its latest checkpoint
 * @param key as `listVariables` gives it; a `:0` at its end is dropped, as TensorFlow does
 */
export function loadVariable(path: PathInput, key: string): NdArray | StringTensor {
  if (typeof key !== 'string') throw new TypeError(`key must be a string, got ${inspect(key)}`)
  const reader = openCheckpointSync(path)
  const { tensor, extents } = reader.tensor(reader.has(key) ? key : key.replace(/:0$/, ''))
  // Now, not at first use: the caller asked for the value, not for a view.
  for (const extent of extents) extent.checkNow()
  return tensor
}
