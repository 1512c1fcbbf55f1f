/**
 * Many short texts that lie close together in a file, made strings a stretch at a time: a call for each
 * of a hundred thousand names takes several times as long as the names themselves.
 *
 * @module
 */
import { isAscii } from 'node:buffer'

/** A string that is in use keeps those beside it in memory, so many bytes at most. */
const STRETCH = 2 ** 16

export class TextWindow {
  readonly #bytes: Buffer
  #text = ''
  /** Of `#text` in the bytes. */
  #start = 0
  #end = -1
  /** A stretch that is not all ASCII is not tried again. */
  #isAscii = true

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** The bytes from `start` to `end` as text; undefined if they, or some beside them, are not ASCII. */
  slice(start: number, end: number): string | undefined {
    if (start < this.#start || end > this.#end) this.#move(start, end)
    return this.#isAscii ? this.#text.substring(start - this.#start, end - this.#start) : undefined
  }

  #move(start: number, end: number): void {
    this.#start = start
    this.#end = Math.max(end, Math.min(start + STRETCH, this.#bytes.length))
    const stretch = this.#bytes.subarray(start, this.#end)
    this.#isAscii = isAscii(stretch)
    this.#text = this.#isAscii ? stretch.toString('latin1') : ''
  }
}
