/**
 * The addon: what it exports, and how it is found. Nothing else in lib/ touches it.
 *
 * @module
 */
import { join } from 'node:path'
import type {
  CommitPlan,
  ComparePlan,
  DirectoryLock,
  Job,
  LinkPlan,
  Mapping,
  PageTracker,
  ShardColumns,
  ShardPlan,
  Snapshot,
  SnapshotMode,
  SpareShards,
  Staging,
} from './data-plane.js'

export interface Addon {
  Job: new () => Job
  PageTracker: new () => PageTracker
  /** Whether arrays of 64 KiB and more can be tracked: Linux 6.7, unless something forbids it. */
  trackingAvailable(): boolean
  crc32c(bytes: Uint8Array, seed: number): number
  /** Implementation in use: 'avx512', 'sse4.2', 'arm64' or 'portable'. */
  crc32cImplementation(): string
  openMappings(paths: readonly string[], sync: boolean): unknown
  /** @param last an image that is not needed any more, whose memory is taken if it fits */
  createSnapshot(columns: ShardColumns, mode: SnapshotMode, last: Snapshot | undefined): Snapshot
  createSpareShards(directory: string): SpareShards
  writeShards(job: Job, plan: ShardPlan, sync: boolean): unknown
  compareRows(job: Job, plan: ComparePlan, sync: boolean): unknown
  linkShards(job: Job, plan: LinkPlan, sync: boolean): unknown
  commit(job: Job, staging: Staging, plan: CommitPlan, sync: boolean): unknown
  discard(staging: Staging, sync: boolean): unknown
  removeFiles(paths: readonly string[], sync: boolean): unknown
  /** Makes the directory if it is missing. */
  lockDirectory(path: string): DirectoryLock
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
    threads: number,
    sync: boolean,
  ): unknown
  /** Lets the kernel take the memory that is kept for the next copy. */
  coolStaging(): void
  /** Live counts in this process, for tests of leaks. */
  counts(): {
    mappings: number
    snapshots: number
    stagings: number
    tasks: number
    locks: number
    spares: number
    trackers: number
  }
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

/** @throws Error telling where the addon was looked for and how to build it */
export function loadAddon(): Addon {
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
