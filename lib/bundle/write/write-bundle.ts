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
  capture,
  commit,
  discard,
  EXTENT_COLUMNS,
  removeFiles,
  writeShards,
  type CommitPlan,
  type ShardPlan,
  type Snapshot,
} from '../../native.js'
import { wait, type Steps } from '../../twin.js'
import { listDirectory } from '../files.js'
import { planLayout, type Layout } from './layout.js'
import { mask } from '../masked-crc.js'
import { encodeEntry, encodeHeader } from '../messages.js'
import { indexPath, shardFilesOf, shardPath, splitPrefix } from '../names.js'
import { THREADS, type Operation } from '../operation.js'
import { formatCheckpointState, statePath, type CheckpointState } from '../state-file.js'
import { TableWriter } from '../table/writer.js'
import type { BundleValue } from './values.js'

export interface BundleOptions {
  readonly maxShardBytes: number
  readonly alignment: number
  readonly durable: boolean
}

export interface WriteBundleInput {
  readonly prefix: string
  readonly values: readonly BundleValue[]
  /**
   * Made when the values were taken, before anything is known of the directory: another one is made
   * if files of its shard count are there.
   */
  readonly layout: Layout
  /** Of the values' sources, in order: `captureSources`. */
  readonly snapshot: Snapshot
  readonly options: BundleOptions
  /** New content of the directory's state file, to be replaced with the commit; undefined: none. */
  readonly state?: CheckpointState | undefined
}

/** Takes the bytes of the values' arrays: copies of them, or references. */
export function captureSources(values: readonly BundleValue[], copy: boolean): Snapshot {
  return capture(
    values.flatMap(({ source }) => (source === undefined ? [] : [source])),
    copy,
  )
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
  const { prefix, values, options } = input
  const { directory, base } = splitPrefix(prefix)
  const existing = shardFilesOf(base, yield* listDirectory(directory, sync))
  const layout = freeLayout(input, new Set(existing.map(({ count }) => count)))
  const plan = planShards(directory, layout, input)
  operation.begin('write', totalBytes(values))
  const { staging, crcs } = yield* wait(writeShards(job, plan, sync))
  try {
    // The last report, before the commit: one that throws must still be able to prevent it.
    operation.end()
    operation.check()
    const index = buildIndex(values, layout, crcs)
    yield* wait(commit(job, staging, planCommit(directory, base, layout, index, input), sync))
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

/** The layout that was made at the call, or one whose shards have names that are free. */
const freeLayout = (
  { values, layout, options }: WriteBundleInput,
  takenCounts: ReadonlySet<number>,
): Layout =>
  takenCounts.has(layout.shardSizes.length)
    ? planLayout(values, { ...options, takenCounts })
    : layout

const totalBytes = (values: readonly BundleValue[]): number =>
  values.reduce((sum, { head, source }) => sum + head.length + (source?.byteLength ?? 0), 0)

function planShards(directory: string, layout: Layout, input: WriteBundleInput): ShardPlan {
  const { values, snapshot, options } = input
  const stored = values.flatMap((value, i) => (value.slices === undefined ? [i] : []))
  const extents = new Float64Array(stored.length * EXTENT_COLUMNS)
  const heads = new Uint8Array(values.reduce((sum, { head }) => sum + head.length, 0))
  let row = 0
  let headStart = 0
  let source = 0
  for (const i of stored) {
    const value = values[i]
    const placement = layout.placements[i]
    if (value === undefined || placement === undefined) continue
    const { head, seed } = value
    heads.set(head, headStart)
    extents.set(
      [
        placement.shard,
        placement.offset,
        headStart,
        head.length,
        value.source === undefined ? -1 : source++,
        seed,
      ],
      row,
    )
    headStart += head.length
    row += EXTENT_COLUMNS
  }
  const shardSizes = Float64Array.from(layout.shardSizes)
  return {
    directory,
    shardSizes,
    extents,
    heads,
    snapshot,
    threads: THREADS,
    durable: options.durable,
  }
}

interface IndexRow {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

function buildIndex(values: readonly BundleValue[], layout: Layout, crcs: Uint32Array): Uint8Array {
  let stored = 0
  const rows = values.map((value, i): IndexRow => {
    const { key, keyBytes = Buffer.from(key), dtype, shape, head, source, slices } = value
    if (slices !== undefined) {
      const entry = { dtype, shape, shard: 0, offset: 0, size: 0, crc: 0, slices }
      return { key: keyBytes, value: encodeEntry(entry) }
    }
    const { shard, offset } = layout.placements[i] ?? { shard: 0, offset: 0 }
    const size = head.length + (source?.byteLength ?? 0)
    const crc = mask(crcs[stored++] ?? 0)
    return {
      key: keyBytes,
      value: encodeEntry({ dtype, shape, shard, offset, size, crc, slices: [] }),
    }
  })
  rows.sort((a, b) => Buffer.compare(a.key, b.key))
  const table = new TableWriter()
  const numShards = layout.shardSizes.length
  const header = { numShards, bigEndian: false, producer: 1, minConsumer: 0, badConsumers: [] }
  // The empty key sorts before all others.
  table.add(new Uint8Array(0), encodeHeader(header))
  for (const { key, value } of rows) table.add(key, value)
  return table.finish()
}

function planCommit(
  directory: string,
  base: string,
  layout: Layout,
  index: Uint8Array,
  { options, state }: WriteBundleInput,
): CommitPlan {
  const path = join(directory, base)
  const count = layout.shardSizes.length
  const plan = {
    shardPaths: layout.shardSizes.map((_, shard) => shardPath(path, shard, count)),
    indexPath: indexPath(path),
    index,
    durable: options.durable,
  }
  if (state === undefined) return plan
  const text = Buffer.from(formatCheckpointState(state))
  return { ...plan, statePath: statePath(directory), state: text }
}
