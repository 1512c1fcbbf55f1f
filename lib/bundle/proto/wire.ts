import { VarintCursor } from '../varint.js'

/** Wire types of protocol buffers. On disk. Never renumber. */
const VARINT = 0
const FIXED64 = 1
const DELIMITED = 2
const GROUP_START = 3
const GROUP_END = 4
const FIXED32 = 5

/** Groups nest at most as deep as in TensorFlow's own parser. */
const MAX_DEPTH = 100

/** A 64-bit varint takes ten bytes at most. */
const MAX_VARINT = 10

/** Thrown for bytes that are no protocol buffer; callers know what they were reading. */
export class Malformed extends Error {}

/**
 * Reads the fields of a protocol buffer in place. `limit` is the end of the message being read; a
 * caller enters a submessage by lowering it.
 */
export class WireReader extends VarintCursor {
  /** True behind the last field. */
  get done(): boolean {
    return this.offset >= this.limit
  }

  /** (field number << 3) | wire type. */
  tag(): number {
    const tag = this.read()
    if (tag < 8 || tag > 0xffffffff) throw new Malformed('bad field number')
    return tag
  }

  /** An int64, or -1 if it is negative or above 2^53-1. */
  int64(): number {
    const value = this.read()
    if (value < 0) this.#skipVarint()
    return value
  }

  /** An int32: like all parsers, takes the low 32 bits of what is there. */
  int32(): number {
    const start = this.offset
    const value = this.read()
    if (value >= 0) return value | 0
    this.#skipVarint()
    let low = 0
    for (let i = Math.min(5, this.offset - start) - 1; i >= 0; i--) {
      low = (low << 7) | ((this.bytes[start + i] ?? 0) & 0x7f)
    }
    return low
  }

  /** A fixed32, unsigned. */
  fixed32(): number {
    const start = this.offset
    this.#advance(4)
    const { bytes } = this
    const low = (bytes[start] ?? 0) | ((bytes[start + 1] ?? 0) << 8)
    return (low | ((bytes[start + 2] ?? 0) << 16) | ((bytes[start + 3] ?? 0) << 24)) >>> 0
  }

  /** Reads a length and returns the end of what it covers. */
  delimited(): number {
    const length = this.read()
    if (length < 0 || length > this.limit - this.offset) throw new Malformed('a field is cut off')
    return this.offset + length
  }

  /** Skips the rest of the field that `tag` began. */
  skip(tag: number, depth = 0): void {
    switch (tag & 7) {
      case VARINT:
        this.#skipVarint()
        return
      case FIXED64:
        this.#advance(8)
        return
      case DELIMITED:
        this.offset = this.delimited()
        return
      case GROUP_START:
        this.#skipGroup(tag, depth)
        return
      case FIXED32:
        this.#advance(4)
        return
      default:
        throw new Malformed('bad wire type')
    }
  }

  #skipGroup(start: number, depth: number): void {
    if (depth >= MAX_DEPTH) throw new Malformed('groups nest too deep')
    for (;;) {
      const tag = this.tag()
      if ((tag & 7) !== GROUP_END) this.skip(tag, depth + 1)
      else if (tag >>> 3 === start >>> 3) return
      else throw new Malformed('a group ends with the number of another')
    }
  }

  #skipVarint(): void {
    const end = Math.min(this.limit, this.offset + MAX_VARINT)
    for (let next = this.offset; next < end; next++) {
      if ((this.bytes[next] ?? 0) < 0x80) {
        this.offset = next + 1
        return
      }
    }
    throw new Malformed('a number is cut off or too long')
  }

  #advance(count: number): void {
    if (count > this.limit - this.offset) throw new Malformed('a field is cut off')
    this.offset += count
  }
}
