import { writeVarint } from '../varint.js'

/** Bytes that three varints of an entry, or the parts of a trailer, never exceed. */
const SLACK = 32

/** Bytes appended to a buffer that doubles when it is full. */
export class ByteSink {
  bytes: Uint8Array
  length = 0

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity)
  }

  /** Makes room for `extra` more bytes. */
  reserve(extra: number): void {
    const needed = this.length + extra
    if (needed <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.length))
    this.bytes = grown
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  appendVarint(n: number): void {
    this.reserve(SLACK)
    this.length = writeVarint(this.bytes, this.length, n)
  }

  appendUint32(n: number): void {
    this.reserve(SLACK)
    const { bytes } = this
    bytes[this.length++] = n
    bytes[this.length++] = n >>> 8
    bytes[this.length++] = n >>> 16
    bytes[this.length++] = n >>> 24
  }
}

/** Builds the contents of one block after another; TensorFlow `core/lib/io/block_builder.cc`. */
export class BlockWriter {
  readonly #interval: number
  readonly #sink: ByteSink
  #restarts: number[] = [0]
  /** Entries since the last restart point. */
  #sinceRestart = 0

  constructor(interval: number, capacity: number) {
    this.#interval = interval
    this.#sink = new ByteSink(capacity)
  }

  get empty(): boolean {
    return this.#sink.length === 0
  }

  /** Bytes of the entries. */
  get length(): number {
    return this.#sink.length
  }

  /** `BlockBuilder::CurrentSizeEstimate`: what `finish` would return. */
  get size(): number {
    return this.#sink.length + 4 * this.#restarts.length + 4
  }

  /** `common` is how many leading bytes `key` has in common with the key of the previous call. */
  add(key: Uint8Array, common: number, value: Uint8Array): void {
    const sink = this.#sink
    if (this.#sinceRestart === this.#interval) {
      this.#restarts.push(sink.length)
      this.#sinceRestart = 0
    }
    // A new block starts as if its previous key were empty.
    const shared = this.#sinceRestart === 0 ? 0 : common
    sink.appendVarint(shared)
    sink.appendVarint(key.length - shared)
    sink.appendVarint(value.length)
    sink.append(shared === 0 ? key : key.subarray(shared))
    sink.append(value)
    this.#sinceRestart++
  }

  /** The contents, valid until the next `add`; the next block starts empty. */
  finish(): Uint8Array {
    const sink = this.#sink
    for (const offset of this.#restarts) sink.appendUint32(offset)
    sink.appendUint32(this.#restarts.length)
    const contents = sink.bytes.subarray(0, sink.length)
    sink.length = 0
    this.#restarts = [0]
    this.#sinceRestart = 0
    return contents
  }
}
