/**
 * Finds what of a save the files of an earlier checkpoint have already: after a restart, and whenever
 * the objects are others than at the last save.
 *
 * @module
 */
import type { BundleEntry } from '../../bundle/messages.js'
import { shardPath } from '../../bundle/names.js'
import { THREADS, type Operation } from '../../bundle/operation.js'
import { readIndex, type BundleIndex } from '../../bundle/read/index-file.js'
import { decodeKey } from '../../bundle/read/keys.js'
import { identityOf, Places, type PlacedFile } from '../../bundle/write/places.js'
import type { PlannedBundle, StoredName } from '../../bundle/write/planned-bundle.js'
import { isCheckpointError } from '../../errors.js'
import { COMPARE_COLUMNS, compareRows, type Snapshot } from '../../native.js'
import { wait, type Steps } from '../../twin.js'

/** More are not opened. */
const MAX_FILES = 1000

/** @returns where values of the bundle are; undefined if there is no such checkpoint */
export function* compareWithFiles(
  operation: Operation,
  bundle: PlannedBundle,
  snapshot: Snapshot,
  prefix: string,
): Steps<Places | undefined> {
  const index = yield* indexOf(prefix, operation.sync)
  if (index === undefined) return undefined
  const { numShards } = index.header
  const numbers = new Map<number, number>()
  const rows: number[] = []
  const offsets = new Float64Array(bundle.count)
  for (const [value, name] of bundle.names().entries()) {
    const entry = entryOf(index, name)
    if (entry?.dtype !== name.dtype || entry.size !== bundle.sizeOf(value)) continue
    if (entry.slices.length > 0 || entry.shard >= numShards) continue
    const number = numbers.get(entry.shard) ?? numbers.size
    // An index may name any number of files.
    if (number === MAX_FILES) continue
    numbers.set(entry.shard, number)
    offsets[value] = entry.offset
    rows.push(value, number, entry.offset)
  }
  const paths = [...numbers.keys()].map((shard) => shardPath(prefix, shard, numShards))
  const plan = { snapshot, last: undefined, paths, rows: Float64Array.from(rows), threads: THREADS }
  const { same, crcs, files } = yield* wait(compareRows(operation.job, plan, operation.sync))
  const placed = paths.map((path, i): PlacedFile => {
    return { path, identity: identityOf(files, i), isSynced: false }
  })
  const places = new Places(bundle.count, placed)
  for (let i = 0; i < rows.length; i += COMPARE_COLUMNS) {
    const value = rows[i] ?? 0
    if (same[value] === 1) {
      places.set(value, rows[i + 1] ?? 0, offsets[value] ?? 0, crcs[value] ?? 0)
    }
  }
  return places
}

/** One that cannot be read, or is big-endian, has nothing that could be of use. */
function* indexOf(prefix: string, sync: boolean): Steps<BundleIndex | undefined> {
  try {
    const index = yield* readIndex(prefix, sync)
    return index.header.bigEndian ? undefined : index
  } catch (error) {
    if (!isCheckpointError(error)) throw error
    return undefined
  }
}

function entryOf({ entries, slices }: BundleIndex, { key }: StoredName): BundleEntry | undefined {
  if (key[0] !== 0) return entries.get(decodeKey(key))
  return slices.get(Buffer.from(key).toString('latin1'))
}
