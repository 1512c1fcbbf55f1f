/**
 * The index of a checkpoint in memory: every entry by its key.
 *
 * @module
 */
import { constants } from 'node:buffer'
import { corrupt, isCheckpointError } from '../../errors.js'
import type { Steps } from '../../twin.js'
import { readWhole } from '../files.js'
import { decodeHeader, readBundleEntry, type BundleEntry, type BundleHeader } from '../messages.js'
import { indexPath } from '../names.js'
import { encodeSliceKey } from '../ordered-code.js'
import type { EntryName } from '../proto/entry.js'
import { WireReader } from '../proto/wire.js'
import { visitTable, type BlockCursor } from '../table/reader.js'
import { EntryColumns, type Entries } from './entries.js'
import { decodeKey, encodeKey } from './keys.js'
import { notFound } from './not-found.js'

export interface BundleIndex {
  readonly path: string
  readonly header: BundleHeader
  /** Tensors by key, in the order of the keys' bytes. Slices are not among them. */
  readonly entries: Entries
  /** Slices of partitioned tensors, by `sliceId`. */
  readonly slices: ReadonlyMap<string, BundleEntry>
}

/**
 * @param onDamage as `parseIndex` takes it
 * @throws CheckpointError CKPT_NOT_FOUND, CKPT_CORRUPT, CKPT_UNSUPPORTED, CKPT_TOO_LARGE, CKPT_IO
 */
export function* readIndex(
  prefix: string,
  sync: boolean,
  onDamage?: (error: unknown) => void,
): Steps<BundleIndex> {
  const path = indexPath(prefix)
  let bytes: Uint8Array
  try {
    bytes = yield* readWhole(path, constants.MAX_LENGTH, sync)
  } catch (error) {
    if (!isCheckpointError(error, 'CKPT_NOT_FOUND')) throw error
    throw yield* notFound(prefix, sync, error)
  }
  return parseIndex(bytes, path, onDamage)
}

/** Identity of a slice's binary key as a string: one character a byte. */
const sliceId = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')

/** Of the entry at a cursor; made only for messages. */
class NameOfEntry implements EntryName {
  readonly path: string
  cursor: BlockCursor | undefined

  constructor(path: string) {
    this.path = path
  }

  get key(): string {
    const { key, keyLength } = this.cursor ?? { key: new Uint8Array(0), keyLength: 0 }
    return decodeKey(key.subarray(0, keyLength))
  }
}

/**
 * An entry takes a hundred bytes of memory at least, so that compressed ones, or such as say nothing,
 * could fill it. The shortest that TensorFlow writes has 15 bytes.
 */
const SHORTEST_ENTRY = 8
const SOME_ENTRIES = 2 ** 16

/**
 * @param onDamage hears of each block that cannot be read, in whose place there are no entries; without
 *   it that is thrown
 * @throws CheckpointError CKPT_CORRUPT, CKPT_UNSUPPORTED
 */
export function parseIndex(
  bytes: Uint8Array,
  path: string,
  onDamage?: (error: unknown) => void,
): BundleIndex {
  let header: BundleHeader | undefined
  let isHeaderLost = false
  const entries = new EntryColumns()
  const binary = new Map<string, BundleEntry>()
  let reader = new WireReader(bytes, 0, 0)
  const name = new NameOfEntry(path)
  let room = SOME_ENTRIES + bytes.length / SHORTEST_ENTRY
  const visit = (cursor: BlockCursor): void => {
    if (isHeaderLost) return
    const { key, keyLength, block, valueStart, valueEnd } = cursor
    name.cursor = cursor
    if (header === undefined) {
      // As TensorFlow: whatever comes first is the header.
      header = decodeHeader(block.subarray(valueStart, valueEnd), path)
      return
    }
    if (--room < 0) {
      const message = `index '${path}' of ${String(bytes.length)} bytes has far too many entries`
      throw corrupt(message, 'inconsistent', { path })
    }
    if (reader.bytes !== block) reader = new WireReader(block, 0, 0)
    reader.offset = valueStart
    reader.limit = valueEnd
    const entry = readBundleEntry(reader, name)
    // Slice keys begin with 0 and sort first; which of them are slices their tensors tell.
    if (key[0] === 0 && keyLength > 0) binary.set(sliceId(key.subarray(0, keyLength)), entry)
    else entries.add(key, keyLength, entry)
  }
  const note = (error: unknown): void => {
    isHeaderLost ||= header === undefined
    onDamage?.(error)
  }
  visitTable(bytes, path, visit, onDamage && note)
  if (header === undefined) throw corrupt(`index '${path}' has no header`, 'framing', { path })
  return { path, header, ...separateSlices(entries, binary, path) }
}

/**
 * Each slice has a key that holds the name of its tensor, so honest names sum up to less than those
 * keys. Without a bound one long name of many slices would take the square of the file's size.
 */
function checkSliceNames(
  entries: Entries,
  binary: ReadonlyMap<string, BundleEntry>,
  path: string,
): void {
  let room = 2 ** 20
  for (const id of binary.keys()) room += 16 * id.length
  for (const [key, { slices }] of entries.partitioned()) {
    room -= slices.length * key.length
    if (room >= 0) continue
    const message = `tensor '${key}' names far more slices than index '${path}' holds`
    throw corrupt(message, 'inconsistent', { key, path })
  }
}

function separateSlices(
  entries: EntryColumns,
  binary: Map<string, BundleEntry>,
  path: string,
): Pick<BundleIndex, 'entries' | 'slices'> {
  checkSliceNames(entries, binary, path)
  if (binary.size === 0) return { entries, slices: binary }
  const slices = new Map<string, BundleEntry>()
  for (const [name, entry] of entries.partitioned()) {
    for (const slice of entry.slices) {
      const id = sliceId(encodeSliceKey(encodeKey(name), slice))
      const stored = binary.get(id)
      if (stored !== undefined) slices.set(id, stored)
    }
  }
  if (slices.size === binary.size) return { entries, slices }
  // Tensors whose names begin with a zero byte: legal, and sorted before the others.
  const all = new EntryColumns()
  for (const [id, entry] of binary) {
    if (!slices.has(id)) all.add(Buffer.from(id, 'latin1'), id.length, entry)
  }
  for (const [key, entry] of entries) {
    const bytes = encodeKey(key)
    all.add(bytes, bytes.length, entry)
  }
  return { entries: all, slices }
}

/** The entry of one slice of a partitioned tensor. */
export function sliceEntry(
  index: BundleIndex,
  name: string,
  slice: BundleEntry['slices'][number],
): BundleEntry | undefined {
  return index.slices.get(sliceId(encodeSliceKey(encodeKey(name), slice)))
}
