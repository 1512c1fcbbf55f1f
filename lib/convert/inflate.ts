/**
 * DEFLATE in pieces, in either manner. zlib of Node inflates in pieces only by streams, which a
 * blocking call cannot wait for; minizlib runs the same zlib at once. It is loaded where a member is
 * compressed, and nowhere else.
 *
 * @module
 */
import type { DeflateRaw, InflateRaw } from 'minizlib'

/** Bytes that are inflated at once: a thousand times as many may come of them. */
export const INFLATE_BYTES: number = 2 ** 12

type Minizlib = typeof import('minizlib')

function minizlib(): Minizlib {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- only when it is needed
  return require('minizlib') as Minizlib
}

/** Turns pieces into others. What comes is told by `push` and `finish` at once. */
export class Flate {
  readonly #stream: DeflateRaw | InflateRaw
  #made: Buffer[] = []
  #error: Error | undefined

  constructor(kind: 'inflate' | 'deflate') {
    const { DeflateRaw, InflateRaw } = minizlib()
    this.#stream = kind === 'inflate' ? new InflateRaw({}) : new DeflateRaw({})
    this.#stream.on('data', (made: Buffer) => {
      this.#made.push(made)
    })
    this.#stream.on('error', (error: unknown) => {
      this.#error ??= error as Error
    })
  }

  /** @throws the error of zlib, if the bytes are none of DEFLATE */
  push(piece: Uint8Array): Buffer[] {
    // Its own bytes: what is made of them is made now.
    this.#stream.write(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))
    return this.#take()
  }

  /** @throws the error of zlib, if the end is not reached */
  finish(): Buffer[] {
    this.#stream.end()
    return this.#take()
  }

  /** Gives up its memory. */
  close(): void {
    this.#stream.close()
  }

  #take(): Buffer[] {
    if (this.#error !== undefined) throw this.#error
    const made = this.#made
    this.#made = []
    return made
  }
}
