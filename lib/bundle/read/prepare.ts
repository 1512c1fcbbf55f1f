/**
 * Brings the arrays of a restore into the state that its options ask for, all at once and on threads:
 * checked, loaded, and apart from one another.
 *
 * @module
 */
import { corrupt } from '../../errors.js'
import { checksum, loadRanges } from '../../native.js'
import { wait, type Steps } from '../../twin.js'
import { THREADS, type Operation } from '../operation.js'
import { ranges, rowsOf, type AccessOptions, type Extent } from './extent.js'
import type { Shard } from './shards.js'

const totalBytes = (extents: readonly Extent[]): number =>
  extents.reduce((sum, { range }) => sum + range.length, 0)

/**
 * Entries may overlap, so a small file could ask for any amount of work or memory. An honest
 * checkpoint names each byte about once.
 *
 * @param bytes what is asked for, of files that hold `fileBytes`
 */
export function checkEffort(
  bytes: number,
  fileBytes: number,
  where: { key?: string; path?: string },
): void {
  if (bytes <= 16 * fileBytes + 2 ** 20) return
  const message = `the entries claim ${String(bytes)} bytes of files that hold ${String(fileBytes)}`
  throw corrupt(message, 'inconsistent', where)
}

/**
 * Gives each extent memory of its own where several name the same bytes: two objects took one saved
 * array, and what is written to one must not show in the other.
 */
export function separate(extents: readonly Extent[], { verify }: AccessOptions): void {
  if (areInOrder(extents)) return
  const taken = new Set<string>()
  for (const extent of extents) {
    const { shard, offset, length } = extent.range
    const bytes = `${shard.path} ${String(offset)} ${String(length)}`
    if (taken.has(bytes)) {
      // Now: once the other one has been written to, there is nothing left to check or to copy.
      if (verify !== 'off') extent.checkNow()
      extent.detach()
    }
    taken.add(bytes)
  }
}

/** True if each begins behind the one before, as the arrays of a checkpoint mostly do: none twice. */
function areInOrder(extents: readonly Extent[]): boolean {
  let [last, end]: [Shard | undefined, number] = [undefined, -1]
  const before = new Set<Shard>()
  for (const { range } of extents) {
    if (range.shard !== last) {
      if (last !== undefined) before.add(last)
      if (before.has(range.shard)) return false
      last = range.shard
    } else if (range.offset <= end) return false
    end = range.offset
  }
  return true
}

/** `checkEffort` for extents that are about to be checked or loaded together. */
export function requireEffort(extents: readonly Extent[], fileBytes: number): void {
  const [first] = extents
  checkEffort(totalBytes(extents), fileBytes, first === undefined ? {} : { key: first.key })
}

/** Brings extents into the state that the options ask for: read, checked, or untouched. */
export function* prepare(
  operation: Operation,
  extents: readonly Extent[],
  fileBytes: number,
  { mode, verify }: AccessOptions,
): Steps<void> {
  requireEffort(extents, fileBytes)
  if (mode === 'load') return yield* load(operation, extents, verify !== 'off')
  if (verify === 'eager') yield* verifyAll(operation, extents)
}

function* load(operation: Operation, extents: readonly Extent[], verify: boolean): Steps<void> {
  const { job, sync } = operation
  operation.begin('load', totalBytes(extents))
  const [shards, rows] = rowsOf(extents)
  const paths = shards.map(({ path }) => path)
  const loaded = yield* wait(loadRanges(job, paths, rows, THREADS, sync))
  const { checksums } = loaded
  for (const [row, extent] of extents.entries()) {
    if (verify) extent.settle(checksums[row] ?? 0)
    extent.fill(loaded, row)
  }
  operation.end()
}

function* verifyAll(operation: Operation, extents: readonly Extent[]): Steps<void> {
  const crcs = yield* checksums(operation, extents)
  for (const [i, extent] of extents.entries()) extent.settle(crcs[i] ?? 0)
}

/** The checksum of each extent as its bytes are, on threads. */
export function* checksums(operation: Operation, extents: readonly Extent[]): Steps<Uint32Array> {
  const { job, sync } = operation
  operation.begin('verify', totalBytes(extents))
  const crcs = yield* wait(checksum(job, ...ranges(extents), THREADS, sync))
  operation.end()
  return crcs
}
