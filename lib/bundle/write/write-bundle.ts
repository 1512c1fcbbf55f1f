/**
 * Writes a checkpoint's files. The order of the steps is what makes it atomic and durable:
 *
 * 1. shards are filled and synced in a staging directory beside the final files;
 * 2. shards are renamed to their final names, the directory is synced;
 * 3. the index is renamed: the checkpoint exists from this instant (the directory is synced again);
 * 4. the state file is replaced the same way;
 * 5. only then are shards that the new index does not name removed.
 *
 * TensorFlow's own protocol (core/util/tensor_bundle/tensor_bundle.cc, MergeBundles) syncs nothing
 * and overwrites shards before the index.
 *
 * @module
 */
import { join } from 'node:path'
import {
  commit,
  discard,
  removeFiles,
  writeShards,
  type CommitPlan,
  createSnapshot,
  type ShardResult,
  type Snapshot,
  type SpareShards,
  type Writer,
} from '../../native.js'
import { wait, type Steps } from '../../twin.js'
import { listDirectory } from '../files.js'
import { indexPath, shardFilesOf, shardPath, splitPrefix } from '../names.js'
import { WRITE_THREADS, type Operation } from '../operation.js'
import { formatCheckpointState, statePath, type CheckpointState } from '../state-file.js'
import type { PlannedBundle } from './planned-bundle.js'

export interface BundleOptions {
  readonly maxShardBytes: number
  readonly alignment: number
  readonly durable: boolean
  readonly writer: Writer
  /** Infinity: no bound. */
  readonly maxBytesPerSecond: number
}

/** How arrays are kept as they are: `SaveOptions.snapshot`. */
export type SnapshotMode = 'copy' | 'fork' | 'none'

/**
 * Takes the arrays of a bundle. The snapshot is to be filled once its shards are on their way, and to
 * be released.
 *
 * @throws CheckpointError CKPT_IO if there is no memory, or no process can be forked
 */
export function takeArrays(
  { layout, extents, heads, sources }: PlannedBundle,
  mode: SnapshotMode,
): Snapshot {
  const shardSizes = Float64Array.from(layout.shardSizes)
  return createSnapshot({ shardSizes, extents, heads, sources }, mode)
}

/** The shards of a bundle, being written. */
export type ComingShards = ShardResult | Promise<ShardResult>

export interface WriteBundleInput {
  readonly prefix: string
  readonly bundle: PlannedBundle
  /** What `startShards` gave. */
  readonly shards: ComingShards
  readonly options: BundleOptions
  /** New content of the directory's state file, to be replaced with the commit; undefined: none. */
  readonly state?: CheckpointState | undefined
}

/**
 * Begins to write a bundle's shards into a staging directory: while the snapshot is being filled, or
 * later. What comes of it has to be given to `writeBundle` or to `discardShards`.
 *
 * @param directory absolute
 * @param spares shards that may be written over
 */
export function startShards(
  operation: Operation,
  directory: string,
  { byteLength }: PlannedBundle,
  snapshot: Snapshot,
  { durable, writer, maxBytesPerSecond }: BundleOptions,
  spares?: SpareShards,
): ComingShards {
  operation.begin('write', byteLength)
  const plan = {
    directory,
    snapshot,
    threads: WRITE_THREADS,
    durable,
    writer,
    maxBytesPerSecond: maxBytesPerSecond === Infinity ? 0 : maxBytesPerSecond,
    spares,
  }
  return writeShards(operation.job, plan, operation.sync)
}

/** Stops the writing of shards that will not be used, and removes them. */
export async function discardShards(operation: Operation, shards: ComingShards): Promise<void> {
  operation.job.cancel()
  try {
    await discard((await shards).staging, false)
  } catch {
    // They have failed, or were stopped: then nothing is left of them.
  }
}

/**
 * @returns what is left to do after the checkpoint is durable: the removal of replaced files, which
 *   can take longer than the save and which nobody has to wait for
 */
export function* writeBundle(
  operation: Operation,
  input: WriteBundleInput,
): Steps<() => Steps<void>> {
  const { job, sync } = operation
  const { directory, base } = splitPrefix(input.prefix)
  const { staging, crcs } = yield* wait(input.shards)
  let existing: { name: string; count: number }[]
  try {
    // The last report, before the commit: one that throws must still be able to prevent it.
    operation.end()
    operation.check()
    existing = shardFilesOf(base, yield* listDirectory(directory, sync))
    const taken = new Set(existing.map(({ count }) => count))
    const count = freeCount(input.bundle.layout.shardSizes.length, taken)
    const index = input.bundle.index(crcs, count)
    yield* wait(commit(job, staging, planCommit(directory, base, count, index, input), sync))
  } catch (error) {
    yield* wait(discard(staging, sync))
    throw error
  }
  operation.settle()
  const stale = existing.map(({ name }) => join(directory, name))
  return function* removeReplaced() {
    if (stale.length > 0) yield* wait(removeFiles(stale, sync))
  }
}

/**
 * How many shards there will be: more than were written, if files of that count exist. It is part of
 * every shard's name, so a checkpoint that replaces another of the same prefix gets names of its own,
 * and the rename of its index is the one instant at which the old becomes the new: nothing ever
 * mixes the two.
 */
function freeCount(written: number, taken: ReadonlySet<number>): number {
  let count = written
  while (taken.has(count)) count++
  return count
}

function planCommit(
  directory: string,
  base: string,
  count: number,
  index: Uint8Array,
  { bundle, options, state }: WriteBundleInput,
): CommitPlan {
  const path = join(directory, base)
  const plan = {
    shardPaths: Array.from({ length: count }, (_, shard) => shardPath(path, shard, count)),
    writtenShards: bundle.layout.shardSizes.length,
    indexPath: indexPath(path),
    index,
    durable: options.durable,
  }
  if (state === undefined) return plan
  const text = Buffer.from(formatCheckpointState(state))
  return { ...plan, statePath: statePath(directory), state: text }
}
