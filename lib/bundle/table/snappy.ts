/**
 * Decoder of raw snappy, which a block of type 1 holds. TensorFlow has not compressed the index of
 * a checkpoint since 1.2 but still reads such blocks.
 *
 * A varint gives the length of the output. Then elements; the low two bits of the first byte of
 * each are its kind:
 *
 * - 0: literal of (byte >> 2) + 1 bytes; 60 to 63 there mean that 1 to 4 bytes of length - 1 follow
 * - 1: copy of 4 to 11 bytes, offset of 11 bits
 * - 2: copy of 1 to 64 bytes, offset of 16 bits
 * - 3: copy of 1 to 64 bytes, offset of 32 bits
 *
 * Source: snappy `format_description.txt`.
 *
 * @module
 */
import { corrupt } from '../../errors.js'
import { VarintCursor } from '../varint.js'

// The densest element is a copy of 64 bytes in 3.
const DENSEST_OUTPUT = 64
const DENSEST_INPUT = 3

/** Output position and input position of a run, moved by each element. */
class Decoder {
  readonly #input: Uint8Array
  readonly #output: Uint8Array
  #from: number
  #to = 0

  constructor(input: Uint8Array, from: number, output: Uint8Array) {
    this.#input = input
    this.#from = from
    this.#output = output
  }

  run(): void {
    while (this.#from < this.#input.length) {
      const tag = this.#input[this.#from++] ?? 0
      const kind = tag & 3
      if (kind === 0) this.#literal(tag >> 2)
      else if (kind === 1) this.#copy(4 + ((tag >> 2) & 7), ((tag >> 5) << 8) | this.#little(1))
      else this.#copy((tag >> 2) + 1, this.#little(kind === 2 ? 2 : 4))
    }
    if (this.#to !== this.#output.length) throw damaged('the output is shorter than claimed')
  }

  /** An unsigned little-endian integer of up to four bytes. */
  #little(size: number): number {
    if (size > this.#input.length - this.#from) throw damaged('an element is cut off')
    let value = 0
    for (let i = size - 1; i >= 0; i--) value = value * 0x100 + (this.#input[this.#from + i] ?? 0)
    this.#from += size
    return value
  }

  #literal(code: number): void {
    const length = (code < 60 ? code : this.#little(code - 59)) + 1
    if (length > this.#input.length - this.#from) throw damaged('a literal is cut off')
    this.#requireRoom(length)
    this.#output.set(this.#input.subarray(this.#from, this.#from + length), this.#to)
    this.#from += length
    this.#to += length
  }

  #copy(length: number, offset: number): void {
    if (offset === 0 || offset > this.#to) throw damaged('a copy starts before the output')
    this.#requireRoom(length)
    const output = this.#output
    // Byte by byte: a copy may run into its own output and so repeat it.
    for (const end = this.#to + length; this.#to < end; this.#to++) {
      output[this.#to] = output[this.#to - offset] ?? 0
    }
  }

  #requireRoom(length: number): void {
    if (length > this.#output.length - this.#to) throw damaged('the output is longer than claimed')
  }
}

function damaged(why: string): Error {
  return corrupt(`corrupted compressed block contents: ${why}`, 'framing')
}

/**
 * The expanded bytes, of their own buffer.
 *
 * @param limit more bytes than this are refused before they take memory
 * @throws CheckpointError CKPT_CORRUPT, without a path
 */
export function decompress(bytes: Uint8Array, limit: number = Infinity): Uint8Array {
  const cursor = new VarintCursor(bytes, 0, bytes.length)
  const length = cursor.read()
  if (length < 0) throw damaged('the length is not readable')
  const room = ((bytes.length - cursor.offset) * DENSEST_OUTPUT) / DENSEST_INPUT
  if (length > room) throw damaged(`${String(bytes.length)} bytes cannot hold ${String(length)}`)
  if (length > limit) throw damaged(`${String(length)} bytes are far more than the file justifies`)
  const output = new Uint8Array(length)
  new Decoder(bytes, cursor.offset, output).run()
  return output
}
