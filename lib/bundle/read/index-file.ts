/**
 * The index of a checkpoint in memory: every entry by its key.
 *
 * @module
 */
import { constants } from 'node:buffer'
import { corrupt, isCheckpointError } from '../../errors.js'
import type { Steps } from '../../twin.js'
import { readWhole } from '../files.js'
import { decodeEntry, decodeHeader, type BundleEntry, type BundleHeader } from '../messages.js'
import { indexPath } from '../names.js'
import { encodeSliceKey } from '../ordered-code.js'
import { notFound } from './not-found.js'
import { readTable } from '../table/reader.js'

export interface BundleIndex {
  readonly path: string
  readonly header: BundleHeader
  /** Tensors by key, in the order of the keys' bytes. Slices are not among them. */
  readonly entries: ReadonlyMap<string, BundleEntry>
  /** Slices of partitioned tensors, by `sliceId`. */
  readonly slices: ReadonlyMap<string, BundleEntry>
}

/** @throws CheckpointError CKPT_NOT_FOUND, CKPT_CORRUPT, CKPT_UNSUPPORTED, CKPT_TOO_LARGE, CKPT_IO */
export function* readIndex(prefix: string, sync: boolean): Steps<BundleIndex> {
  const path = indexPath(prefix)
  let bytes: Uint8Array
  try {
    bytes = yield* readWhole(path, constants.MAX_LENGTH, sync)
  } catch (error) {
    if (!isCheckpointError(error, 'CKPT_NOT_FOUND')) throw error
    throw yield* notFound(prefix, sync, error)
  }
  return parseIndex(bytes, path)
}

/** Identity of a slice's binary key as a string: one character a byte. */
const sliceId = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')

export function parseIndex(bytes: Uint8Array, path: string): BundleIndex {
  let header: BundleHeader | undefined
  const entries = new Map<string, BundleEntry>()
  const binary = new Map<string, BundleEntry>()
  for (const { key, value } of readTable(bytes, path)) {
    if (header === undefined) {
      // As TensorFlow: whatever comes first is the header.
      header = decodeHeader(value, path)
    } else if (key[0] === 0) {
      // Slice keys begin with 0 and sort first; which of them are slices their tensors tell.
      binary.set(sliceId(key), decodeEntry(value, sliceId(key), path))
    } else {
      const name = decodeKey(key)
      entries.set(name, decodeEntry(value, name, path))
    }
  }
  if (header === undefined) throw corrupt(`index '${path}' has no header`, 'framing', { path })
  return { path, header, ...separateSlices(entries, binary, path) }
}

/**
 * Each slice has a key that holds the name of its tensor, so honest names sum up to less than those
 * keys. Without a bound one long name of many slices would take the square of the file's size.
 */
function checkSliceNames(
  entries: ReadonlyMap<string, BundleEntry>,
  binary: ReadonlyMap<string, BundleEntry>,
  path: string,
): void {
  let room = 2 ** 20
  for (const id of binary.keys()) room += 16 * id.length
  for (const [key, { slices }] of entries) {
    room -= slices.length * key.length
    if (room >= 0) continue
    const message = `tensor '${key}' names far more slices than index '${path}' holds`
    throw corrupt(message, 'inconsistent', { key, path })
  }
}

function separateSlices(
  entries: Map<string, BundleEntry>,
  binary: Map<string, BundleEntry>,
  path: string,
): Pick<BundleIndex, 'entries' | 'slices'> {
  checkSliceNames(entries, binary, path)
  if (binary.size === 0) return { entries, slices: binary }
  const slices = new Map<string, BundleEntry>()
  const take = (name: string, entry: BundleEntry): void => {
    for (const slice of entry.slices) {
      const id = sliceId(encodeSliceKey(encodeKey(name), slice))
      const stored = binary.get(id)
      if (stored !== undefined) slices.set(id, stored)
    }
  }
  for (const [name, entry] of entries) take(name, entry)
  const named = [...binary].filter(([id]) => !slices.has(id))
  if (named.length === 0) return { entries, slices }
  // Tensors whose names begin with a zero byte: legal, and sorted before the others.
  const first = named.map(([id, entry]) => [decodeKey(Buffer.from(id, 'latin1')), entry] as const)
  return { entries: new Map([...first, ...entries]), slices }
}

/** The entry of one slice of a partitioned tensor. */
export function sliceEntry(
  index: BundleIndex,
  name: string,
  slice: BundleEntry['slices'][number],
): BundleEntry | undefined {
  return index.slices.get(sliceId(encodeSliceKey(encodeKey(name), slice)))
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A key as a string. Keys need not be UTF-8: a byte that is not becomes a lone surrogate U+DC80 …
 * U+DCFF, as Python does, so that different keys stay different.
 */
export function decodeKey(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('utf8')
  if (!text.includes('\ufffd')) return text
  try {
    return strict.decode(bytes)
  } catch {
    return decodePieces(buffer)
  }
}

function decodePieces(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at] ?? 0)
    const piece = bytes.subarray(at, at + length)
    const decoded = piece.toString('utf8')
    if (piece.length === length && Buffer.from(decoded).equals(piece)) {
      text += decoded
      at += length
    } else {
      text += String.fromCharCode(0xdc00 + (bytes[at++] ?? 0))
    }
  }
  return text
}

const sequenceLength = (first: number): number =>
  first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4

/** The bytes of a key that `decodeKey` made. */
export function encodeKey(key: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(key)) return Buffer.from(key)
  const parts = Array.from(key, (character) => {
    const code = character.charCodeAt(0)
    const lone = character.length === 1 && code >= 0xdc80 && code <= 0xdcff
    return lone ? Buffer.of(code - 0xdc00) : Buffer.from(character)
  })
  return Buffer.concat(parts)
}
