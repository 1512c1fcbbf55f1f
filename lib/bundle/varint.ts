/**
 * Unsigned LEB128 integers, as in TensorFlow's `core/lib/core/coding.cc`: seven bits a byte, least
 * significant group first, the high bit set on all bytes but the last.
 *
 * Values are JavaScript numbers; what does not fit 2^53-1 is refused, never rounded.
 *
 * @module
 */

/** A 64-bit value takes ten bytes at most. */
const MAX_BYTES = 10

function requireEncodable(n: number): void {
  if (!Number.isSafeInteger(n) || n < 0) {
    throw new RangeError(`a varint holds 0 to 2^53-1, not ${String(n)}`)
  }
}

/** Bytes that `writeVarint` takes for `n`. */
export function varintLength(n: number): number {
  requireEncodable(n)
  let length = 1
  for (let rest = n; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++
  return length
}

/** Writes `n` at `offset`, without a check of room, and returns the offset behind it. */
export function writeVarint(target: Uint8Array, offset: number, n: number): number {
  if (n < 0x80 && n >= 0 && Number.isInteger(n)) {
    target[offset] = n
    return offset + 1
  }
  requireEncodable(n)
  let next = offset
  let rest = n
  // Bitwise operators cut at 32 bits, so the upper part of a large value is divided off first.
  while (rest > 0x7fffffff) {
    target[next++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  while (rest >= 0x80) {
    target[next++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  target[next++] = rest
  return next
}

/** Reads one varint after another without an allocation per call. */
export class VarintCursor {
  readonly bytes: Uint8Array
  /** Where the next read starts; unchanged by a failed read. */
  offset: number
  /** Where reads end, at most `bytes.length`. */
  limit: number

  constructor(bytes: Uint8Array, offset: number, limit: number) {
    this.bytes = bytes
    this.offset = offset
    this.limit = Math.min(limit, bytes.length)
  }

  /** The value, or -1 if it runs past the limit, is longer than ten bytes or above 2^53-1. */
  read(): number {
    const { offset } = this
    if (offset < this.limit) {
      const first = this.bytes[offset] ?? 0
      if (first < 0x80) {
        this.offset = offset + 1
        return first
      }
    }
    return this.#readLong()
  }

  #readLong(): number {
    const end = Math.min(this.limit, this.offset + MAX_BYTES)
    let value = 0
    let scale = 1
    for (let next = this.offset; next < end; next++) {
      const byte = this.bytes[next] ?? 0
      value += (byte & 0x7f) * scale
      if (value > Number.MAX_SAFE_INTEGER) return -1
      if (byte < 0x80) {
        this.offset = next + 1
        return value
      }
      scale *= 0x80
    }
    return -1
  }
}

/**
 * Reads the varint at `offset`; `next` is the offset behind it. Undefined if it runs past `limit`,
 * is longer than ten bytes or above 2^53-1.
 */
export function readVarint(
  bytes: Uint8Array,
  offset: number,
  limit: number,
): { value: number; next: number } | undefined {
  const cursor = new VarintCursor(bytes, offset, limit)
  const value = cursor.read()
  return value < 0 ? undefined : { value, next: cursor.offset }
}
