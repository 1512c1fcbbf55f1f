/**
 * Options of saves, checked.
 *
 * @module
 */
import { inspect } from 'node:util'
import { checkChoice, checkOperationOptions, type OperationOptions } from '../bundle/operation.js'
import type { BundleOptions } from '../bundle/write/write-bundle.js'
import { CheckpointError } from '../errors.js'
import type { SnapshotMode, Writer } from '../native.js'
import {
  checkIncremental,
  type CheckedIncremental,
  type IncrementalOptions,
} from './incremental/options.js'
import type { SaveReport } from './report.js'

/** How a save takes the state and writes it. */
export interface SaveOptions extends OperationOptions {
  /**
   * `copy` (default): the arrays are copied before the call returns its promise and may be changed
   * from then on. `none`: they are written from where they are and must not be changed, resized or
   * transferred before the promise settles; nothing is copied but arrays that are not contiguous.
   * `fork` (Linux only): a forked process holds the memory as it is at the call, and what the program
   * changes before all is written is copied by the kernel, page by page. For states that do not fit
   * into memory twice, or of which little changes. Memory that is shared with other processes is not
   * held. A blocking save needs none of it.
   */
  snapshot?: 'copy' | 'fork' | 'none'
  /** Bytes after which the next array begins another data file. Default: no limit. */
  maxShardBytes?: number
  /**
   * Bytes to which the elements of each array are aligned in the file, a power of two up to 65,536.
   * Default 64: they are restored without a copy. 1: TensorFlow's own dense layout.
   */
  alignment?: number
  /** Default true: the promise resolves when the checkpoint survives a power loss. */
  durable?: boolean
  /**
   * How data files are written. `map`: by stores into the mapped file. `direct`: past the page cache.
   * `buffered`: by the page cache. What a file system does not offer is replaced by `buffered`. Default
   * `auto`: the fastest for each file; docs/benchmarks.md has the figures.
   */
  writer?: 'auto' | 'map' | 'direct' | 'buffered'
  /** The most bytes a second that data files are written with, all threads together. Default: no limit. */
  maxBytesPerSecond?: number
  /**
   * Writes only what has changed since the checkpoint that this Checkpoint saved or restored last. Of
   * that one's data files those that are still of use get a second name (a hard link), so that each
   * checkpoint is whole by itself: every TensorFlow reads it, it can be copied, and the earlier one
   * can be removed. Where that is not possible everything is written, and the report says why.
   * Default false.
   */
  incremental?: boolean | IncrementalOptions
  /** Hears what the save has done, when the checkpoint is durable. What it throws is ignored. */
  onReport?: (report: SaveReport) => void
}

export interface CheckedSaveOptions extends OperationOptions {
  readonly snapshot: SnapshotMode
  readonly bundle: BundleOptions
  readonly incremental: CheckedIncremental | undefined
  readonly onReport: ((report: SaveReport) => void) | undefined
}

/** A cache line, and more than any element needs. */
const DEFAULT_ALIGNMENT = 64
const MAX_ALIGNMENT = 65536
const WRITERS: readonly Writer[] = ['auto', 'map', 'direct', 'buffered']

/** @throws TypeError or RangeError naming the option; CheckpointError CKPT_UNSUPPORTED for `fork` */
export function checkSaveOptions(options: SaveOptions): CheckedSaveOptions {
  checkOperationOptions(options)
  const snapshot = checkChoice(options.snapshot, 'snapshot', ['copy', 'fork', 'none'], 'copy')
  if (snapshot === 'fork' && process.platform !== 'linux') {
    const feature = "snapshot: 'fork'"
    const message = `${feature} needs Linux; use 'copy' or 'none'`
    throw new CheckpointError('CKPT_UNSUPPORTED', message, { feature })
  }
  const { durable = true, alignment = DEFAULT_ALIGNMENT } = options
  const { maxShardBytes = Infinity, maxBytesPerSecond = Infinity } = options
  if (typeof durable !== 'boolean') {
    throw new TypeError(`options.durable must be a boolean, got ${inspect(durable)}`)
  }
  checkNumber(alignment, 'alignment')
  if (!Number.isInteger(Math.log2(alignment)) || alignment > MAX_ALIGNMENT) {
    const range = `a power of two up to ${String(MAX_ALIGNMENT)}`
    throw new RangeError(`options.alignment must be ${range}, got ${inspect(alignment)}`)
  }
  checkNumber(maxShardBytes, 'maxShardBytes')
  checkNumber(maxBytesPerSecond, 'maxBytesPerSecond')
  const writer = checkChoice(options.writer, 'writer', WRITERS, 'auto')
  const { onReport } = options
  if (onReport !== undefined && typeof onReport !== 'function') {
    throw new TypeError(`options.onReport must be a function, got ${inspect(onReport)}`)
  }
  const incremental = checkIncremental(options.incremental)
  const sliceBytes = incremental?.sliceBytes ?? Infinity
  const bundle = { durable, alignment, maxShardBytes, sliceBytes, writer, maxBytesPerSecond }
  return { ...options, snapshot, bundle, incremental, onReport }
}

function checkNumber(value: unknown, what: string): void {
  if (typeof value !== 'number') {
    throw new TypeError(`options.${what} must be a number, got ${inspect(value)}`)
  }
  if (!(value >= 1) || (value !== Infinity && !Number.isSafeInteger(value))) {
    throw new RangeError(`options.${what} must be a positive integer, got ${inspect(value)}`)
  }
}
