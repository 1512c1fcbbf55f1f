/**
 * BundleEntryProto by hand: a checkpoint has one per tensor, up to a million, and the generic
 * runtime takes several times as long. A test compares both, byte for byte.
 *
 *     1 dtype varint · 2 shape { 2 dim { 1 size varint } } · 3 shard_id varint · 4 offset varint
 *     5 size varint · 6 crc32c fixed32 · 7 slices { 1 extent { 1 start varint · 2 length varint } }
 *
 * Source: TensorFlow `core/protobuf/tensor_bundle.proto`, `core/framework/tensor_shape.proto` and
 * `tensor_slice.proto`.
 *
 * @module
 */
import { corrupt, type CorruptReason } from '../../errors.js'
import type { BundleEntry, SliceExtent } from '../messages.js'
import { varintLength, writeVarint } from '../varint.js'
import { Malformed, WireReader } from './wire.js'

// (field number << 3) | wire type
const DTYPE = 0x08
const SHAPE = 0x12
const SHARD = 0x18
const OFFSET = 0x20
const SIZE = 0x28
const CRC = 0x35
const SLICES = 0x3a
const DIM = 0x12
const DIM_SIZE = 0x08
const EXTENT = 0x0a
const EXTENT_START = 0x08
const EXTENT_LENGTH = 0x10

/** Length of an extent that is a whole dimension. */
const WHOLE = -1
/** Two bytes in a file: many of them must not take much more in memory. */
const WHOLE_EXTENT: SliceExtent = Object.freeze({ start: 0, length: WHOLE })

// TensorFlow: core/framework/tensor_shape.h, MaxDimensions.
const MAX_RANK = 254

const SCALAR: BundleEntry['shape'] = Object.freeze([])
const NO_SLICES: BundleEntry['slices'] = Object.freeze([])

/** Bytes of a varint field with a tag of one byte; the default 0 is not written. */
function fieldLength(value: number): number {
  return value === 0 ? 0 : 1 + varintLength(value)
}

/** Writes what `fieldLength` counts. */
function writeField(target: Uint8Array, offset: number, tag: number, value: number): number {
  if (value === 0) return offset
  target[offset] = tag
  return writeVarint(target, offset + 1, value)
}

function shapeLength(shape: readonly number[]): number {
  let length = 0
  for (const size of shape) length += 2 + fieldLength(size)
  return length
}

function writeShape(target: Uint8Array, offset: number, shape: readonly number[]): number {
  let next = offset
  for (const size of shape) {
    target[next++] = DIM
    target[next++] = fieldLength(size)
    next = writeField(target, next, DIM_SIZE, size)
  }
  return next
}

function extentLength({ start, length }: SliceExtent): number {
  // Within a oneof even a length of 0 is written.
  return fieldLength(start) + (length === WHOLE ? 0 : 1 + varintLength(length))
}

function sliceLength(slice: readonly SliceExtent[]): number {
  let length = 0
  for (const extent of slice) length += 2 + extentLength(extent)
  return length
}

function writeSlice(target: Uint8Array, offset: number, slice: readonly SliceExtent[]): number {
  let next = offset
  for (const extent of slice) {
    target[next++] = EXTENT
    target[next++] = extentLength(extent)
    next = writeField(target, next, EXTENT_START, extent.start)
    if (extent.length === WHOLE) continue
    target[next++] = EXTENT_LENGTH
    next = writeVarint(target, next, extent.length)
  }
  return next
}

/** @throws RangeError if a number is negative or above 2^53-1 */
export function encodeEntry(entry: BundleEntry): Uint8Array {
  const { dtype, shape, shard, offset, size, crc, slices } = entry
  const shapeSize = shapeLength(shape)
  // The shape is written even when it is empty, as for a scalar.
  let total = fieldLength(dtype) + 1 + varintLength(shapeSize) + shapeSize
  total += fieldLength(shard) + fieldLength(offset) + fieldLength(size) + (crc === 0 ? 0 : 5)
  for (const slice of slices) {
    const length = sliceLength(slice)
    total += 1 + varintLength(length) + length
  }
  const bytes = new Uint8Array(total)
  let next = writeField(bytes, 0, DTYPE, dtype)
  bytes[next++] = SHAPE
  next = writeShape(bytes, writeVarint(bytes, next, shapeSize), shape)
  next = writeField(bytes, next, SHARD, shard)
  next = writeField(bytes, next, OFFSET, offset)
  next = writeField(bytes, next, SIZE, size)
  if (crc !== 0) {
    bytes[next++] = CRC
    for (let shift = 0; shift < 32; shift += 8) bytes[next++] = crc >>> shift
  }
  for (const slice of slices) {
    bytes[next++] = SLICES
    next = writeSlice(bytes, writeVarint(bytes, next, sliceLength(slice)), slice)
  }
  return bytes
}

/** Behind a varint. */
function skipVarint(bytes: Uint8Array, offset: number): number {
  let next = offset
  while ((bytes[next++] ?? 0) >= 0x80);
  return next
}

/** Bytes that `moveEntry` may write more than the entry had. */
export const MOVE_SLACK = 32

/**
 * Copies an entry that `encodeEntry` made, with another place and checksum. So an index of a million
 * entries is changed without an object for each of them.
 *
 * @param target has room for the entry and MOVE_SLACK
 * @returns bytes of the new entry, at the start of `target`
 */
export function moveEntry(
  target: Uint8Array,
  source: Uint8Array,
  start: number,
  end: number,
  { shard, offset, crc }: Pick<BundleEntry, 'shard' | 'offset' | 'crc'>,
): number {
  let at = start
  if (source[at] === DTYPE) at = skipVarint(source, at + 1)
  if (source[at] === SHAPE) {
    let length = 0
    let scale = 1
    for (at++; (source[at] ?? 0) >= 0x80; at++, scale *= 128) {
      length += ((source[at] ?? 0) & 127) * scale
    }
    at += 1 + length + (source[at] ?? 0) * scale
  }
  let next = 0
  for (let i = start; i < at; i++) target[next++] = source[i] ?? 0
  next = writeField(target, next, SHARD, shard)
  next = writeField(target, next, OFFSET, offset)
  while (at < end && (source[at] === SHARD || source[at] === OFFSET)) {
    at = skipVarint(source, at + 1)
  }
  if (source[at] === SIZE) {
    const behind = skipVarint(source, at + 1)
    while (at < behind) target[next++] = source[at++] ?? 0
  }
  if (crc === 0) return next
  target[next++] = CRC
  for (let shift = 0; shift < 32; shift += 8) target[next++] = crc >>> shift
  return next
}

/** A value that a well-formed entry may not have. */
class OutOfRange extends Error {
  readonly reason: CorruptReason

  constructor(message: string, reason: CorruptReason = 'bounds') {
    super(message)
    this.reason = reason
  }
}

/** Runs `field` on each field of the submessage that begins here. */
function readMessage(reader: WireReader, field: (tag: number) => void): void {
  const outer = reader.limit
  reader.limit = reader.delimited()
  while (!reader.done) field(reader.tag())
  reader.limit = outer
}

function readDim(reader: WireReader): number {
  const outer = reader.limit
  reader.limit = reader.delimited()
  let size = 0
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === DIM_SIZE) size = reader.int64()
    else reader.skip(tag)
  }
  reader.limit = outer
  return size
}

/** Appends to an earlier shape: a message field that occurs twice is merged. */
function readShape(reader: WireReader, earlier: number[] | undefined): number[] | undefined {
  const outer = reader.limit
  reader.limit = reader.delimited()
  let shape = earlier
  while (!reader.done) {
    const tag = reader.tag()
    if (tag !== DIM) {
      reader.skip(tag)
      continue
    }
    shape ??= []
    shape.push(readDim(reader))
    if (shape.length > MAX_RANK)
      throw new OutOfRange(`an invalid tensor shape: more than ${String(MAX_RANK)} dimensions`)
  }
  reader.limit = outer
  return shape
}

/** Refuses what TensorFlow's `TensorSlice::BuildTensorSlice` refuses. */
function readExtent(reader: WireReader): SliceExtent {
  let start = 0
  let length: number | undefined
  readMessage(reader, (tag) => {
    if (tag === EXTENT_START) start = reader.int64()
    else if (tag === EXTENT_LENGTH) length = reader.int64()
    else reader.skip(tag)
  })
  if (length === undefined && start === 0) return WHOLE_EXTENT
  if (start < 0 || length === undefined || length <= 0) {
    throw new OutOfRange('a slice without a start from 0 and a length from 1')
  }
  return { start, length }
}

function readSlice(reader: WireReader): SliceExtent[] {
  const slice: SliceExtent[] = []
  readMessage(reader, (tag) => {
    if (tag === EXTENT) slice.push(readExtent(reader))
    else reader.skip(tag)
  })
  return slice
}

function readEntry(reader: WireReader): BundleEntry {
  let shape: number[] | undefined
  let slices: SliceExtent[][] | undefined
  let dtype = 0
  let shard = 0
  let offset = 0
  let size = 0
  let crc = 0
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === DTYPE) dtype = reader.int32()
    else if (tag === SHAPE) shape = readShape(reader, shape)
    else if (tag === SHARD) shard = reader.int32()
    else if (tag === OFFSET) offset = reader.int64()
    else if (tag === SIZE) size = reader.int64()
    else if (tag === CRC) crc = reader.fixed32()
    else if (tag === SLICES) (slices ??= []).push(readSlice(reader))
    else reader.skip(tag)
  }
  if (shard < 0) throw new OutOfRange(`shard ${String(shard)}`)
  if (offset < 0) throw new OutOfRange('an offset that is negative or above 2^53-1')
  if (size < 0) throw new OutOfRange('a size that is negative or above 2^53-1')
  return { dtype, shape: shape ?? SCALAR, shard, offset, size, crc, slices: slices ?? NO_SLICES }
}

/** TensorFlow `TensorShapeBase::IsValid`, with 2^53-1 in place of 2^63-1. */
function hasValidShape({ shape }: BundleEntry): boolean {
  let elements = 1
  for (const size of shape) {
    elements *= size
    if (size < 0 || elements > Number.MAX_SAFE_INTEGER) return false
  }
  return true
}

function requireSlicesInside({ shape, slices }: BundleEntry): void {
  if (slices.length === 0) return
  for (const slice of slices) {
    if (slice.length !== shape.length) {
      throw new OutOfRange('a slice of another rank than the shape', 'inconsistent')
    }
    slice.forEach(({ start, length }, i) => {
      // A whole dimension has start 0 and length -1, which always fits.
      if (start + length > (shape[i] ?? 0)) throw new OutOfRange('a slice that leaves the tensor')
    })
  }
}

/** What an entry is that cannot be read, for messages. */
export interface EntryName {
  /** Its key as text. */
  readonly key: string
  /** The file. */
  readonly path: string
}

/**
 * @param reader at the entry, which ends at its limit
 * @throws CheckpointError CKPT_CORRUPT. Rank is at most 254, the element count at most 2^53-1, and
 *   slices lie inside the shape
 */
export function readBundleEntry(reader: WireReader, name: EntryName): BundleEntry {
  try {
    const entry = readEntry(reader)
    if (!hasValidShape(entry)) {
      const found = `an invalid tensor shape: [${entry.shape.join(', ')}]`
      throw new OutOfRange(`${found}; -1 stands for anything below 0 or above 2^53-1`)
    }
    requireSlicesInside(entry)
    return entry
  } catch (error) {
    const { key, path } = name
    const what = `entry for key '${key}' of '${path}'`
    if (error instanceof OutOfRange) {
      throw corrupt(`${what} has ${error.message}`, error.reason, { path, key })
    }
    if (error instanceof Malformed) {
      throw corrupt(`${what} not parseable: ${error.message}`, 'framing', { path, key })
    }
    throw error
  }
}

/** `readBundleEntry` for the bytes of one entry. */
export function decodeEntry(bytes: Uint8Array, key: string, path: string): BundleEntry {
  return readBundleEntry(new WireReader(bytes, 0, bytes.length), { key, path })
}
