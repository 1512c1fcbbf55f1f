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
  FILE_COLUMNS,
  removeFiles,
  writeShards,
  type CommitPlan,
  createSnapshot,
  type ShardResult,
  type Snapshot,
  type SnapshotMode,
  type SpareShards,
  type Staging,
  type Writer,
} from '../../native.js'
import { wait, type Steps } from '../../twin.js'
import { listDirectory } from '../files.js'
import { indexPath, shardFilesOf, shardPath, splitPrefix } from '../names.js'
import { WRITE_THREADS, type Operation } from '../operation.js'
import { formatCheckpointState, statePath, type CheckpointState } from '../state-file.js'
import type { Delta } from './delta.js'
import { identityOf, sizeOfFile, type PlacedFile, type Places } from './places.js'
import type { PlannedBundle } from './planned-bundle.js'

export interface BundleOptions {
  readonly maxShardBytes: number
  readonly alignment: number
  /** As in `LayoutOptions`. */
  readonly sliceBytes?: number
  readonly durable: boolean
  readonly writer: Writer
  /** Infinity: no bound. */
  readonly maxBytesPerSecond: number
}

/**
 * Takes the arrays of a bundle. The snapshot is to be filled once its shards are on their way, and to
 * be released.
 *
 * @param last an image that is not needed any more, whose memory is taken if it fits
 * @throws CheckpointError CKPT_IO if there is no memory, or no process can be forked
 */
export function takeArrays(
  { layout, extents, heads, sources }: PlannedBundle,
  mode: SnapshotMode,
  last?: Snapshot,
): Snapshot {
  const shardSizes = Float64Array.from(layout.shardSizes)
  return createSnapshot({ shardSizes, extents, heads, sources }, mode, last)
}

/** The shards of a bundle, being written. */
export type ComingShards = ShardResult | Promise<ShardResult>

export interface WriteBundleInput {
  readonly prefix: string
  readonly bundle: PlannedBundle
  /** What `startShards` gave. */
  readonly shards: ComingShards
  readonly options: BundleOptions
  /** If some of the data files are links: what is written beside them, and where all values are. */
  readonly delta?: Delta | undefined
  /** New content of the directory's state file, to be replaced with the commit; undefined: none. */
  readonly state?: CheckpointState | undefined
}

/**
 * Begins to write a bundle's shards into a staging directory: while the snapshot is being filled, or
 * later. What comes of it has to be given to `writeBundle` or to `discardShards`.
 *
 * @param directory absolute
 * @param spares shards that may be written over
 * @param linked a staging directory with so many shards in it
 */
export function startShards(
  operation: Operation,
  directory: string,
  { byteLength }: { readonly byteLength: number },
  snapshot: Snapshot,
  { durable, writer, maxBytesPerSecond }: BundleOptions,
  spares?: SpareShards,
  linked?: { readonly staging: Staging; readonly count: number },
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
    staging: linked?.staging,
    firstShard: linked?.count ?? 0,
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

export interface WrittenBundle {
  /** Where its values are. */
  places(): Places
  /** Of the data files that were written, and of the index. */
  readonly bytesWritten: number
  /**
   * What is left to do when the checkpoint is durable: the removal of replaced files, which can take
   * longer than the save and which nobody has to wait for.
   */
  removeReplaced(): Steps<void>
}

export function* writeBundle(operation: Operation, input: WriteBundleInput): Steps<WrittenBundle> {
  const { job, sync } = operation
  const { bundle, delta } = input
  const { directory, base } = splitPrefix(input.prefix)
  const { staging, crcs, files } = yield* wait(input.shards)
  let existing: { name: string; count: number }[]
  let plan: CommitPlan
  let made: Written
  try {
    // The last report, before the commit: one that throws must still be able to prevent it.
    operation.end()
    operation.check()
    existing = shardFilesOf(base, yield* listDirectory(directory, sync))
    const taken = new Set(existing.map(({ count }) => count))
    const count = freeCount(delta?.fileCount ?? bundle.layout.shardSizes.length, taken)
    const pathOf = (shard: number): string => shardPath(join(directory, base), shard, count)
    made = { crcs, files: filesOf(input, files, pathOf) }
    const index =
      delta === undefined
        ? bundle.index(crcs, count)
        : yield* bundle.indexOf(delta.places([], crcs), count, sync)
    plan = planCommit(
      directory,
      base,
      Array.from({ length: count }, (_, i) => pathOf(i)),
      index,
      input,
    )
    yield* wait(commit(job, staging, plan, sync))
  } catch (error) {
    yield* wait(discard(staging, sync))
    throw error
  }
  operation.settle()
  const stale = existing.map(({ name }) => join(directory, name))
  const written = made.files.slice(delta?.links.length ?? 0)
  const bytes = written.reduce((sum, file) => sum + sizeOfFile(file), 0)
  return {
    places: () => (delta ?? bundle).places(made.files, made.crcs),
    bytesWritten: bytes + plan.index.length,
    *removeReplaced() {
      if (stale.length > 0) yield* wait(removeFiles(stale, sync))
    },
  }
}

/** What came of the writing. */
interface Written {
  /** Of the values that were written. */
  readonly crcs: Uint32Array
  /** All data files with values. */
  readonly files: readonly PlacedFile[]
}

function filesOf(
  { delta, options }: WriteBundleInput,
  identities: BigUint64Array,
  pathOf: (shard: number) => string,
): PlacedFile[] {
  const linked = (delta?.links ?? []).map((file, i): PlacedFile => {
    return { ...file, path: pathOf(i), isSynced: file.isSynced || options.durable }
  })
  const count = identities.length / FILE_COLUMNS
  const written = Array.from({ length: count }, (_, i): PlacedFile => {
    const identity = identityOf(identities, i)
    return { path: pathOf(linked.length + i), identity, isSynced: options.durable }
  })
  return [...linked, ...written]
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
  shardPaths: string[],
  index: Uint8Array,
  { bundle, delta, options, state }: WriteBundleInput,
): CommitPlan {
  const plan = {
    shardPaths,
    writtenShards: delta?.fileCount ?? bundle.layout.shardSizes.length,
    indexPath: indexPath(join(directory, base)),
    index,
    durable: options.durable,
  }
  if (state === undefined) return plan
  const text = Buffer.from(formatCheckpointState(state))
  return { ...plan, statePath: statePath(directory), state: text }
}
