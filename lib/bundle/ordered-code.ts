/**
 * Keys of the slices of a partitioned tensor: an encoding whose byte order is the order of its
 * values, so that slices sort by name, then by position.
 *
 * Follows `EncodeTensorNameSlice` of TensorFlow's `core/util/saved_tensor_slice_util.cc` over
 * `core/lib/strings/ordered_code.cc`:
 *
 *     num(0) str(name) num(rank) { snum(start) snum(length) } for each dimension
 *
 * A dimension taken whole has start 0 and length -1.
 *
 * @module
 */
import type { SliceExtent } from './messages.js'

// OrderedCode: 0x00 and 0xff inside a string are followed by the other, the end is 00 01.
const STRING_ZERO: readonly number[] = [0x00, 0xff]
const STRING_FF: readonly number[] = [0xff, 0x00]
const STRING_END: readonly number[] = [0x00, 0x01]

/** First two bytes that a signed number of n bytes is combined with, at index n. */
const SIGNED_HEADERS: readonly (readonly [number, number])[] = [
  [0x00, 0x00],
  [0x80, 0x00],
  [0xc0, 0x00],
  [0xe0, 0x00],
  [0xf0, 0x00],
  [0xf8, 0x00],
  [0xfc, 0x00],
  [0xfe, 0x00],
  [0xff, 0x00],
  [0xff, 0x80],
  [0xff, 0xc0],
]

/** `OrderedCode::WriteNumIncreasing`: a count of significant bytes, then those, high first. */
export function encodeUnsigned(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 0x100)) bytes.unshift(rest % 0x100)
  return [bytes.length, ...bytes]
}

/** `OrderedCode::WriteSignedNumIncreasing`, for the whole int64 range. */
export function encodeSigned(value: number | bigint): number[] {
  const wide = BigInt(value)
  const magnitude = wide >= 0n ? wide : ~wide
  if (magnitude < 64n) return [0x80 ^ Number(wide & 0xffn)]
  const length = Math.floor(magnitude.toString(2).length / 7) + 1
  const bytes: number[] = []
  for (let i = length - 1; i >= 0; i--) bytes.push(Number((wide >> BigInt(8 * i)) & 0xffn))
  const [first, second] = SIGNED_HEADERS[length] ?? [0, 0]
  bytes[0] = (bytes[0] ?? 0) ^ first
  bytes[1] = (bytes[1] ?? 0) ^ second
  return bytes
}

/** `OrderedCode::WriteString`. */
function pushString(target: number[], bytes: Uint8Array): void {
  for (const byte of bytes) {
    if (byte === 0x00) target.push(...STRING_ZERO)
    else if (byte === 0xff) target.push(...STRING_FF)
    else target.push(byte)
  }
  target.push(...STRING_END)
}

/**
 * The table key of one slice of the tensor `name`; a string stands for its UTF-8 bytes. The key
 * starts with a zero byte, so slices sort before all ordinary names.
 */
export function encodeSliceKey(
  name: Uint8Array | string,
  slice: readonly SliceExtent[],
): Uint8Array {
  const key = encodeUnsigned(0)
  pushString(key, typeof name === 'string' ? new TextEncoder().encode(name) : name)
  key.push(...encodeUnsigned(slice.length))
  for (const { start, length } of slice) {
    key.push(...encodeSigned(start), ...encodeSigned(length))
  }
  return Uint8Array.from(key)
}
