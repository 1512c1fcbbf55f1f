import { varintLength, writeVarint } from '../varint.js'

/** Bytes that a tag and a varint never exceed. */
const SLACK = 16

/**
 * Writes the fields of protocol buffers one behind the other, into memory that grows. Fields whose
 * value is the default are not written.
 */
export class MessageWriter {
  #bytes: Uint8Array
  #length = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
  }

  /** A varint under a tag of one byte. */
  number(tag: number, value: number): void {
    if (value === 0) return
    this.#reserve(SLACK)
    this.#bytes[this.#length++] = tag
    if (value < 0) {
      this.#negative(value)
      return
    }
    this.#length = writeVarint(this.#bytes, this.#length, value)
  }

  /** As all 64 bits of it. */
  #negative(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value))
    for (; rest >= 0x80n; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80
    this.#bytes[this.#length++] = Number(rest)
  }

  /** A string under a tag of one byte. */
  text(tag: number, text: string): void {
    const { length } = text
    if (length === 0) return
    this.#reserve(SLACK + length)
    const bytes = this.#bytes
    const start = this.#length
    bytes[start] = tag
    const begin = writeVarint(bytes, start + 1, length)
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code >= 0x80) {
        this.#encoded(tag, Buffer.from(text))
        return
      }
      bytes[begin + i] = code
    }
    this.#length = begin + length
  }

  /** Varints without tags of their own, under one tag of one byte. */
  packed(tag: number, values: readonly number[]): void {
    if (values.length === 0) return
    const at = this.begin(tag)
    for (const value of values) {
      this.#reserve(SLACK)
      this.#length = writeVarint(this.#bytes, this.#length, value)
    }
    this.end(at)
  }

  #encoded(tag: number, text: Uint8Array): void {
    this.#reserve(SLACK + text.length)
    this.#bytes[this.#length++] = tag
    this.#length = writeVarint(this.#bytes, this.#length, text.length)
    this.#bytes.set(text, this.#length)
    this.#length += text.length
  }

  /**
   * Begins a message under a tag of one byte; it is written though it be empty.
   *
   * @returns what `end` takes
   */
  begin(tag: number): number {
    this.#reserve(SLACK)
    this.#bytes[this.#length++] = tag
    // Most messages are short: their length takes this one byte.
    return this.#length++
  }

  /** Ends the message that began there. */
  end(at: number): void {
    const size = this.#length - at - 1
    if (size >= 0x80) {
      this.#reserve(SLACK)
      const more = varintLength(size) - 1
      this.#bytes.copyWithin(at + 1 + more, at + 1, this.#length)
      this.#length += more
    }
    writeVarint(this.#bytes, at, size)
  }

  /** All that was written; nothing is to be written afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(extra: number): void {
    const needed = this.#length + extra
    if (needed <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}
