/**
 * The operations of the data plane, typed, with their errors converted.
 *
 * @module
 */
import { loadAddon, type Addon } from './addon.js'
import type {
  CommitPlan,
  ComparePlan,
  Comparison,
  DirectoryLock,
  Job,
  LinkedShards,
  LinkPlan,
  Loaded,
  Mapping,
  PageTracker,
  ShardColumns,
  ShardPlan,
  ShardResult,
  Snapshot,
  SnapshotMode,
  SpareShards,
  Staging,
} from './data-plane.js'
import { fromAddonError } from './failures.js'

export {
  COMPARE_COLUMNS,
  EXTENT_COLUMNS,
  FILE_COLUMNS,
  PART_COLUMNS,
  RANGE_COLUMNS,
} from './data-plane.js'
export type {
  CommitPlan,
  Comparison,
  DirectoryLock,
  Job,
  Loaded,
  Mapping,
  PageTracker,
  ShardColumns,
  ShardPlan,
  ShardResult,
  Snapshot,
  SnapshotMode,
  SpareShards,
  Staging,
  Writer,
} from './data-plane.js'
export { Aborted, fromNodeError, ioError } from './failures.js'

const addon = loadAddon()

/** Runs a step of the addon in either manner, with its errors converted. */
function call<T>(step: () => unknown): T | Promise<T> {
  let result: unknown
  try {
    result = step()
  } catch (error) {
    throw fromAddonError(error)
  }
  if (!(result instanceof Promise)) return result as T
  return (result as Promise<T>).catch((error: unknown) => {
    throw fromAddonError(error)
  })
}

export const createJob = (): Job => call<Job>(() => new addon.Job()) as Job

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

/** Copies bytes of a mapped file; CKPT_CORRUPT if the file has become shorter. */
export const readMapped = (mapping: Mapping, offset: number, target: Uint8Array): void => {
  call(() => {
    mapping.readInto(offset, target)
  })
}

/**
 * Takes arrays as they are now. With `copy` only once it is filled.
 *
 * @param last an image that is not needed any more, whose memory is taken if it fits
 */
export const createSnapshot = (
  columns: ShardColumns,
  mode: SnapshotMode,
  last?: Snapshot,
): Snapshot => call<Snapshot>(() => addon.createSnapshot(columns, mode, last)) as Snapshot

/** Some rows of a filled snapshot: [shard, offset, row] for each. */
export const partOfSnapshot = (
  whole: Snapshot,
  shardSizes: Float64Array,
  rows: Float64Array,
): Snapshot => call<Snapshot>(() => whole.part(shardSizes, rows)) as Snapshot

/** Lets the kernel take the memory that is kept for the next copy. */
export const coolStaging = (): void => {
  addon.coolStaging()
}

/** Whether arrays of 64 KiB and more can be tracked here. */
export const isTrackingAvailable = (): boolean => addon.trackingAvailable()

/** Knows nothing yet: in its first scan nothing is clean. */
export const createPageTracker = (): PageTracker =>
  call<PageTracker>(() => new addon.PageTracker()) as PageTracker

/** 1 for each array that cannot have been written to since the last scan of this tracker. */
export const scanPages = (tracker: PageTracker, sources: readonly ArrayBufferView[]): Uint8Array =>
  call<Uint8Array>(() => tracker.scan(sources)) as Uint8Array

/** Ends the tracking, so that writing costs nothing any more. */
export const releaseTracker = (tracker: PageTracker): void => {
  tracker.release()
}

/** Makes nothing yet. */
export const createSpareShards = (directory: string): SpareShards =>
  call<SpareShards>(() => addon.createSpareShards(directory)) as SpareShards

/** Takes over the shards of a checkpoint that is gone; CKPT_IO if those of no use cannot be removed. */
export const addSpareShards = (
  spares: SpareShards,
  paths: readonly string[],
  durable: boolean,
  sync: boolean,
): undefined | Promise<undefined> => call(() => spares.add(paths, durable, sync))

/** Removes all spare shards. */
export const clearSpareShards = (
  spares: SpareShards,
  sync: boolean,
): undefined | Promise<undefined> => call(() => spares.clear(sync))

export const writeShards = (
  job: Job,
  plan: ShardPlan,
  sync: boolean,
): ShardResult | Promise<ShardResult> => call(() => addon.writeShards(job, plan, sync))

/** Which rows of a filled snapshot are byte for byte what an earlier checkpoint has, on threads. */
export const compareRows = (
  job: Job,
  plan: ComparePlan,
  sync: boolean,
): Comparison | Promise<Comparison> => call(() => addon.compareRows(job, plan, sync))

/** Gives shards second names in a new staging directory, as far as that is possible. */
export const linkShards = (
  job: Job,
  plan: LinkPlan,
  sync: boolean,
): LinkedShards | Promise<LinkedShards> => call(() => addon.linkShards(job, plan, sync))

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

/**
 * Takes the ownership of a directory, which is made if it is missing.
 *
 * @throws CheckpointError CKPT_BUSY if it has an owner, in this process or another one
 */
export const lockDirectory = (path: string): DirectoryLock =>
  call<DirectoryLock>(() => addon.lockDirectory(path)) as DirectoryLock

/** CRC-32C of ranges of mappings, on threads. */
export const checksum = (
  job: Job,
  mappings: readonly Mapping[],
  ranges: Float64Array,
  threads: number,
  sync: boolean,
): Uint32Array | Promise<Uint32Array> =>
  call(() => addon.checksum(job, mappings, ranges, threads, sync))

/** Reads ranges of files into memory of their own, checksum fused, on threads. */
export const loadRanges = (
  job: Job,
  paths: readonly string[],
  ranges: Float64Array,
  threads: number,
  sync: boolean,
): Loaded | Promise<Loaded> => call(() => addon.load(job, paths, ranges, threads, sync))

/** The bytes of a range that was loaded; at most once for each. */
export const takeLoaded = (loaded: Loaded, row: number): ArrayBuffer =>
  call<ArrayBuffer>(() => loaded.take(row)) as ArrayBuffer
