/**
 * The data plane's surface: loads the addon, types it, turns its errors into ours. Nothing else in
 * lib/ touches the addon, and nothing else converts errors.
 *
 * TypeScript decides and parses; the addon moves the bytes it was told to move and checks every
 * range. Plans cross as packed columns, once: an object per array would cost more than the copy.
 *
 * @module
 */
import { join } from 'node:path'
import { getSystemErrorName } from 'node:util'
import { CheckpointError, corrupt } from './errors.js'

/** Cancels an operation and counts its bytes; one per save or restore, shared by its steps. */
export interface Job {
  /** Asks the threads to stop; the promise of the running step rejects with an abort. */
  cancel(): void
  readonly cancelled: boolean
  /** Bytes moved or checked so far, by all steps. */
  readonly done: number
}

/**
 * One shard mapped private and writable: stores never reach the file. Every buffer made by `view`
 * holds the mapping, so it outlives the reader; the mapping goes with the last of them.
 */
export interface Mapping {
  /** Bytes. */
  readonly size: number
  /** Zero-copy. `length` > 0; throws `CKPT_TOO_LARGE` above the runtime's ArrayBuffer limit. */
  view(offset: number, length: number): ArrayBuffer
  /** Copies `target.length` bytes from `offset`. */
  readInto(offset: number, target: Uint8Array): void
}

/**
 * The arrays of one save. With `copy` their bytes were copied when it was made, else it refers to
 * the live memory and keeps it alive.
 */
export interface Snapshot {
  readonly byteLength: number
  /** True if the bytes were copied. */
  readonly copied: boolean
  /** Gives the staging memory back to the pool. Idempotent; collection does it too. */
  release(): void
}

/**
 * A private directory beside the final files in which a save is assembled. A kernel lock marks it
 * as alive, so that other saves can tell it from the leftovers of a dead one.
 */
export interface Staging {
  readonly path: string
}

/** Columns of one row of `ShardPlan.extents`. */
export const EXTENT_COLUMNS = 6

/** Everything the data plane needs to write shards, decided before the first byte moves. */
export interface ShardPlan {
  /** Absolute path of the directory of the final files; created with its parents when missing. */
  readonly directory: string
  /** Bytes of each shard; files `shard-0`, `shard-1` … in the staging directory. */
  readonly shardSizes: Float64Array
  /**
   * Rows of [shard, offset, headStart, headLength, source, seed], sorted by shard and offset:
   * `heads[headStart … +headLength]` goes to `offset`, then the bytes of source number `source`
   * (-1: none) directly behind. `seed` is the CRC-32C that the source's bytes continue.
   */
  readonly extents: Float64Array
  readonly heads: Uint8Array
  readonly snapshot: Snapshot
  readonly threads: number
  /** Sync each shard and each directory made. */
  readonly durable: boolean
}

export interface ShardResult {
  readonly staging: Staging
  /** CRC-32C (unmasked) of each extent's source, continuing its seed. */
  readonly crcs: Uint32Array
}

export interface CommitPlan {
  /** Final absolute path of each shard, in order. None of them may exist. */
  readonly shardPaths: readonly string[]
  readonly indexPath: string
  readonly index: Uint8Array
  /** The `checkpoint` state file, when it is to be replaced. */
  readonly statePath?: string
  readonly state?: Uint8Array
  readonly durable: boolean
}

/** Columns of one row of checksum and load extents: [file, offset, length, seed]. */
export const RANGE_COLUMNS = 4

interface Addon {
  Job: new () => Job
  crc32c(bytes: Uint8Array, seed: number): number
  /** Implementation in use: 'sse4.2', 'arm64' or 'portable'. */
  crc32cImplementation(): string
  openMappings(paths: readonly string[], sync: boolean): unknown
  capture(sources: readonly ArrayBufferView[], copy: boolean): Snapshot
  writeShards(job: Job, plan: ShardPlan, sync: boolean): unknown
  commit(job: Job, staging: Staging, plan: CommitPlan, sync: boolean): unknown
  discard(staging: Staging, sync: boolean): unknown
  removeFiles(paths: readonly string[], sync: boolean): unknown
  checksum(
    job: Job,
    mappings: readonly Mapping[],
    ranges: Float64Array,
    threads: number,
    sync: boolean,
  ): unknown
  load(
    job: Job,
    paths: readonly string[],
    ranges: Float64Array,
    targets: readonly ArrayBuffer[],
    threads: number,
    sync: boolean,
  ): unknown
  /** Live counts in this process, for tests of leaks. */
  counts(): { mappings: number; snapshots: number; stagings: number; tasks: number }
}

/** What the addon throws and rejects with: `Status` of native/core/status.h. */
interface NativeFailure extends Error {
  status: 'io' | 'aborted' | 'corrupt' | 'too-large' | 'invalid'
  /** Positive; 0 when no system call failed. */
  osErrno: number
  syscall: string
  path: string
  bytes: number
  limit: number
}

/** Thrown when `Job.cancel` stopped a step; callers turn it into `signal.reason`. Never public. */
export class Aborted extends Error {}

/** The way out of a system error, for the ones that users meet. */
const WAY_OUT: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space or save elsewhere; earlier checkpoints are intact',
  EDQUOT: 'the quota is used up; earlier checkpoints are intact',
  EACCES: 'check the permissions of the directory',
  EPERM: 'check the permissions of the directory',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a file stands where a directory should be',
  EISDIR: 'a directory stands where a file should be',
  EEXIST: 'another process writes the same prefix; give each its own',
  EMFILE: 'too many open files; raise the limit (ulimit -n)',
  EFBIG: 'a file may not grow that large here (ulimit -f, or the file system)',
}

/** A failed system call as `CKPT_IO`; a missing file as `CKPT_NOT_FOUND`. */
export function ioError(
  osErrno: number,
  syscall: string,
  path: string,
  cause?: unknown,
): CheckpointError {
  const errno = -Math.abs(osErrno)
  const name = getSystemErrorName(errno)
  const options = cause === undefined ? undefined : { cause }
  if (name === 'ENOENT' && syscall === 'open') {
    return new CheckpointError('CKPT_NOT_FOUND', `no file ${quote(path)}`, { path }, options)
  }
  const advice = WAY_OUT[name]
  const message = `${syscall} of ${quote(path)} failed: ${name}${advice ? ` (${advice})` : ''}`
  return new CheckpointError('CKPT_IO', message, { errno, name, syscall, path }, options)
}

/**
 * Node's own `fs` errors as ours; anything else unchanged.
 *
 * @param where the path, which Node leaves out where it knows only a descriptor
 */
export function fromNodeError(error: unknown, where = ''): unknown {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') {
    return error
  }
  const { errno, syscall, path } = error as NodeJS.ErrnoException
  return ioError(errno ?? 0, syscall ?? 'read', path ?? where, error)
}

function convert(error: unknown): unknown {
  if (!(error instanceof Error) || !('status' in error)) return error
  const failure = error as NativeFailure
  switch (failure.status) {
    case 'aborted':
      return new Aborted()
    case 'io':
      // An error born on a thread has no JavaScript stack; the new one has this caller's.
      return ioError(failure.osErrno, failure.syscall, failure.path, failure)
    case 'too-large': {
      const { bytes, limit } = failure
      return new CheckpointError('CKPT_TOO_LARGE', failure.message, { bytes, limit })
    }
    case 'corrupt':
      return corrupt(failure.message, 'bounds', { path: failure.path }, { cause: failure })
    case 'invalid':
      return new RangeError(failure.message)
  }
}

function quote(path: string): string {
  return `'${path}'`
}

const root = join(__dirname, '..')

/** Tells what was tried and what to do: most users meet this after a skipped install script. */
function loadFailure(cause: unknown): Error {
  const candidates = [process.env['CKPT_NATIVE'], join(root, 'build'), join(root, 'prebuilds')]
  const tried = candidates.filter((path) => path !== undefined).map((path) => `  ${path}`)
  const { platform, arch, versions } = process
  return new Error(
    [
      `ndcheckpoint's native addon could not be loaded on ${platform}-${arch}, Node ${versions.node}.`,
      `Looked in:\n${tried.join('\n')}`,
      `Build it with a C++20 compiler, make and Python 3:\n  npm rebuild ndcheckpoint`,
      `Install scripts switched off (--ignore-scripts) leave it unbuilt.`,
    ].join('\n'),
    { cause },
  )
}

function load(): Addon {
  try {
    // CKPT_NATIVE chooses another build of the addon: sanitizers run the whole suite that way.
    const path = process.env['CKPT_NATIVE']
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- addons load only by require
    if (path !== undefined) return require(path) as Addon
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
    return (require('node-gyp-build') as (dir: string) => Addon)(root)
  } catch (error) {
    throw loadFailure(error)
  }
}

const addon = load()

/** Runs a step of the addon in either manner, with its errors converted. */
function call<T>(step: () => unknown): T | Promise<T> {
  let result: unknown
  try {
    result = step()
  } catch (error) {
    throw convert(error)
  }
  if (!(result instanceof Promise)) return result as T
  return (result as Promise<T>).catch((error: unknown) => {
    throw convert(error)
  })
}

export const createJob = (): Job => new addon.Job()

/** CRC-32C (Castagnoli, unmasked) of `bytes`, continuing the finished value `seed`. */
export const crc32c = (bytes: Uint8Array, seed = 0): number => addon.crc32c(bytes, seed)

export const crc32cImplementation = (): string => addon.crc32cImplementation()

export const counts = (): ReturnType<Addon['counts']> => addon.counts()

/** Maps each file whole; one missing file fails all. */
export const openMappings = (
  paths: readonly string[],
  sync: boolean,
): Mapping[] | Promise<Mapping[]> => call(() => addon.openMappings(paths, sync))

/** A zero-copy buffer over part of a mapping; `length` > 0. */
export const mapView = (mapping: Mapping, offset: number, length: number): ArrayBuffer =>
  call<ArrayBuffer>(() => mapping.view(offset, length)) as ArrayBuffer

/** Takes the bytes of contiguous views, at once. */
export const capture = (sources: readonly ArrayBufferView[], copy: boolean): Snapshot =>
  call<Snapshot>(() => addon.capture(sources, copy)) as Snapshot

export const writeShards = (
  job: Job,
  plan: ShardPlan,
  sync: boolean,
): ShardResult | Promise<ShardResult> => call(() => addon.writeShards(job, plan, sync))

/** Publishes a staging directory: all of it or nothing. */
export const commit = (
  job: Job,
  staging: Staging,
  plan: CommitPlan,
  sync: boolean,
): undefined | Promise<undefined> => call(() => addon.commit(job, staging, plan, sync))

/** Removes a staging directory that will not be committed. Never fails. */
export const discard = (staging: Staging, sync: boolean): undefined | Promise<undefined> =>
  call(() => addon.discard(staging, sync))

/** Removes files, those that are there. */
export const removeFiles = (
  paths: readonly string[],
  sync: boolean,
): undefined | Promise<undefined> => call(() => addon.removeFiles(paths, sync))

/** CRC-32C of ranges of mappings, on threads. */
export const checksum = (
  job: Job,
  mappings: readonly Mapping[],
  ranges: Float64Array,
  threads: number,
  sync: boolean,
): Uint32Array | Promise<Uint32Array> =>
  call(() => addon.checksum(job, mappings, ranges, threads, sync))

/** Reads ranges of files into buffers, checksum fused, on threads. */
export const loadRanges = (
  job: Job,
  paths: readonly string[],
  ranges: Float64Array,
  targets: readonly ArrayBuffer[],
  threads: number,
  sync: boolean,
): Uint32Array | Promise<Uint32Array> =>
  call(() => addon.load(job, paths, ranges, targets, threads, sync))
