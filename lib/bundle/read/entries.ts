/**
 * The entries of an index by key. A checkpoint may have a million of them, most of which are asked
 * for once: they are kept as columns of numbers, and become objects when they are asked for.
 *
 * @module
 */
import { isAscii } from 'node:buffer'
import type { BundleEntry } from '../messages.js'
import { ByteSink } from '../table/block-writer.js'
import { decodeKey } from './keys.js'

/** Numbers of an entry: dtype, shard, offset, size and checksum. */
const COLUMNS = 5

const SCALAR: readonly number[] = Object.freeze([])
const NO_SLICES: BundleEntry['slices'] = Object.freeze([])

/** Keys become text so many bytes at a time: a key in use keeps only those beside it. */
const TEXT_BYTES = 2 ** 16

/** What reads the entries may ask for. In the order in which they were added. */
export interface Entries extends Iterable<[key: string, entry: BundleEntry]> {
  readonly size: number
  has(key: string): boolean
  /** A new object each time, except for a partitioned tensor. */
  get(key: string): BundleEntry | undefined
  keys(): IterableIterator<string>
  values(): Iterable<BundleEntry>
  /** Those that are stored in slices. */
  partitioned(): Iterable<[key: string, entry: BundleEntry]>
  /** Numbers of the shards in which the others lie. */
  shards(): Set<number>
}

export class EntryColumns implements Entries {
  readonly #rows = new Map<string, number>()
  #numbers: Float64Array = new Float64Array(64 * COLUMNS)
  #count = 0
  readonly #shapes: (readonly number[])[] = []
  #lastShape = SCALAR
  readonly #partitioned = new Map<number, readonly [key: string, entry: BundleEntry]>()
  /** Keys that are not text yet, one behind the other, and where each ends. */
  readonly #keys = new ByteSink(TEXT_BYTES)
  readonly #ends: number[] = []

  /** @param keyLength so many bytes of `key` are the key, which is copied */
  add(key: Uint8Array, keyLength: number, entry: BundleEntry): void {
    this.#addKey(key, keyLength)
    const row = this.#count++
    this.#setNumbers(row, entry)
    this.#shapes.push(this.#shared(entry.shape))
    if (entry.slices.length === 0) return
    this.#partitioned.set(row, [decodeKey(key.subarray(0, keyLength)), entry])
  }

  #addKey(key: Uint8Array, length: number): void {
    const keys = this.#keys
    if (keys.length + length > TEXT_BYTES) this.#takeKeys()
    keys.reserve(length)
    const { bytes } = keys
    let at = keys.length
    for (let i = 0; i < length; i++) bytes[at++] = key[i] ?? 0
    keys.length = at
    this.#ends.push(at)
  }

  #setNumbers(row: number, { dtype, shard, offset, size, crc }: BundleEntry): void {
    const at = row * COLUMNS
    if (at === this.#numbers.length) {
      const larger = new Float64Array(2 * at)
      larger.set(this.#numbers)
      this.#numbers = larger
    }
    const numbers = this.#numbers
    numbers[at] = dtype
    numbers[at + 1] = shard
    numbers[at + 2] = offset
    numbers[at + 3] = size
    numbers[at + 4] = crc
  }

  /** Many arrays in a row have the same shape. */
  #shared(shape: readonly number[]): readonly number[] {
    const last = this.#lastShape
    const isSame = shape.length === last.length && shape.every((length, i) => length === last[i])
    if (!isSame) this.#lastShape = shape.length === 0 ? SCALAR : shape
    return this.#lastShape
  }

  /** Makes the keys so far text, all at once where they are ASCII. */
  #takeKeys(): void {
    const { bytes, length } = this.#keys
    const keys = Buffer.from(bytes.buffer, bytes.byteOffset, length)
    const text = isAscii(keys) ? keys.toString('latin1') : undefined
    let row = this.#count - this.#ends.length
    let start = 0
    for (const end of this.#ends) {
      const key = text?.substring(start, end) ?? decodeKey(keys.subarray(start, end))
      this.#rows.set(key, row++)
      start = end
    }
    this.#keys.length = 0
    this.#ends.length = 0
  }

  get #all(): Map<string, number> {
    if (this.#ends.length > 0) this.#takeKeys()
    return this.#rows
  }

  get size(): number {
    return this.#count
  }

  has(key: string): boolean {
    return this.#all.has(key)
  }

  get(key: string): BundleEntry | undefined {
    const row = this.#all.get(key)
    return row === undefined ? undefined : this.#at(row)
  }

  #at(row: number): BundleEntry {
    if (this.#partitioned.size > 0) {
      const known = this.#partitioned.get(row)
      if (known !== undefined) return known[1]
    }
    const numbers = this.#numbers
    const at = row * COLUMNS
    return {
      dtype: numbers[at] ?? 0,
      shape: this.#shapes[row] ?? SCALAR,
      shard: numbers[at + 1] ?? 0,
      offset: numbers[at + 2] ?? 0,
      size: numbers[at + 3] ?? 0,
      crc: numbers[at + 4] ?? 0,
      slices: NO_SLICES,
    }
  }

  keys(): IterableIterator<string> {
    return this.#all.keys()
  }

  *values(): Iterable<BundleEntry> {
    for (let row = 0; row < this.#count; row++) yield this.#at(row)
  }

  *[Symbol.iterator](): Iterator<[string, BundleEntry]> {
    for (const [key, row] of this.#all) yield [key, this.#at(row)]
  }

  *partitioned(): Iterable<[string, BundleEntry]> {
    for (const [key, entry] of this.#partitioned.values()) yield [key, entry]
  }

  shards(): Set<number> {
    const shards = new Set<number>()
    const numbers = this.#numbers
    let last = -1
    for (let row = 0; row < this.#count; row++) {
      const shard = numbers[row * COLUMNS + 1] ?? 0
      if (shard === last || this.#partitioned.has(row)) continue
      shards.add((last = shard))
    }
    return shards
  }
}
