/**
 * Reads any TensorBundle checkpoint, whoever wrote it.
 *
 * @module
 */
import {
  dataTypeEnumName,
  dataTypeName,
  DT_STRING,
  DT_VARIANT,
  type DType,
} from '../../array/dtype.js'
import type { NdArray } from '../../array/ndarray.js'
import { CheckpointError } from '../../errors.js'
import { runAsync, runSync, type Steps } from '../../twin.js'
import type { Extent, ReadStats } from './extent.js'
import { prepare, requireEffort, separate } from './prepare.js'
import { sliceEntry } from './index-file.js'
import { decodeObjectGraph, type BundleEntry, type ObjectGraph } from '../messages.js'
import { indexPath } from '../names.js'
import { checkOperationOptions, Operation, type OperationOptions } from '../operation.js'
import type { StringTensor } from './strings.js'
import { checkClaims, openContext, type TensorContext } from './tensor-context.js'
import { npyTensor, type NpyExtent } from './npy-tensor.js'
import { numericTensor, scalarString, stringTensor } from './tensors.js'
import { toProblem, verifyBundle, type VerifyProblem, type VerifyReport } from './verify.js'

/** Key of the object graph in every object-based checkpoint: python/trackable/base.py. */
export const OBJECT_GRAPH_KEY = '_CHECKPOINTABLE_OBJECT_GRAPH'

/** A tensor of a checkpoint, as its index tells it. */
export interface VariableInfo {
  /** Its name, which `get` takes. */
  readonly key: string
  /** Ours where we have one, else TensorFlow's lower-case name: `string`, `variant` … */
  readonly dtype: DType | 'string' | 'variant' | (string & {})
  /** Length of each axis; empty for a scalar. */
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

  /** The shape of every tensor by its key, in the order of `variables()`. */
  getVariableToShapeMap(): Map<string, number[]> {
    return new Map(this.variables().map(({ key, shape }) => [key, shape]))
  }

  /** The dtype of every tensor by its key, in the order of `variables()`. */
  getVariableToDtypeMap(): Map<string, VariableInfo['dtype']> {
    return new Map(this.variables().map(({ key, dtype }) => [key, dtype]))
  }

  /**
   * A line for each tensor: `key (DT_FLOAT) [3,4]`. Of a partitioned tensor TensorFlow has the binary
   * keys of its slices instead.
   */
  debugString(): string {
    const { entries } = this.#use().index
    return Array.from(entries, ([key, { dtype, shape }]) => {
      return `${key} (${dataTypeEnumName(dtype)}) [${shape.join(',')}]\n`
    }).join('')
  }

  /** Whether there is a tensor of this key. */
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
      const problems: VerifyProblem[] = []
      const note = (error: unknown): void => {
        problems.push(toProblem(error, indexPath(path)))
      }
      let context: TensorContext
      try {
        context = yield* openContext(path, access, operation.sync, note)
      } catch (error) {
        note(error)
        return { ok: false, problems, tensors: 0, bytes: 0 }
      }
      try {
        return yield* verifyBundle(context, operation, problems)
      } finally {
        context.shards.closeFiles()
      }
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

  /** @internal True if the bytes of numbers are the other way round in the files. */
  get bigEndian(): boolean {
    return this.#use().index.header.bigEndian
  }

  /** @internal A string that holds a `.npy`, as an array. */
  getNpy(key: string): NpyExtent {
    return npyTensor(this.#use(), this.#entry(key), key)
  }

  /** @internal The content of a scalar string, checked, in memory of its own. */
  getBytes(key: string): Uint8Array {
    return scalarString(this.#use(), this.#entry(key), key)
  }

  /** @internal Dtype and shape of a tensor, from the index. */
  describe(key: string): { dtype: string; shape: readonly number[] } | undefined {
    const entry = this.#use().index.entries.get(key)
    return entry && { dtype: dataTypeName(entry.dtype), shape: entry.shape }
  }

  /** @internal `prepare` for a few arrays, at once and from the mappings: the files may be gone. */
  prepareNow(extents: readonly Extent[]): void {
    const { access, shards } = this.#use()
    requireEffort(extents, shards.totalBytes)
    for (const extent of extents) {
      if (access.verify === 'eager') extent.checkNow()
      if (access.mode === 'load') extent.loadUnlessFilled()
    }
    separate(extents, access)
  }

  /** @internal Lets go of the files, but not of the mappings: what is read from now on is from them. */
  closeFiles(): void {
    this.#context?.shards.closeFiles()
  }

  /** Lets go of the files. May be called twice; arrays already handed out stay valid. */
  close(): Promise<void> {
    this.closeSync()
    return Promise.resolve()
  }

  /** The same as `close`, at once. */
  closeSync(): void {
    this.#context?.shards.closeFiles()
    this.#context = undefined
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
