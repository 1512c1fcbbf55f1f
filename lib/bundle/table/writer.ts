import { crc32c } from '../../native.js'
import { mask } from '../masked-crc.js'
import { BlockWriter, ByteSink } from './block-writer.js'
import {
  BLOCK_SIZE,
  BLOCK_STORED,
  DATA_RESTART_INTERVAL,
  encodeFooter,
  encodeHandle,
  INDEX_RESTART_INTERVAL,
  TRAILER_SIZE,
  type BlockHandle,
} from './format.js'

/** A block of ordinary entries is flushed once it reaches the threshold, so it is little larger. */
const BLOCK_CAPACITY = BLOCK_SIZE + 65_536

/**
 * The shortest cheap key k with a <= k < b, for the index block: TensorFlow
 * `BytewiseComparatorImpl::FindShortestSeparator`. `common` is the length of the common prefix.
 */
function separator(a: Uint8Array, b: Uint8Array, common: number): Uint8Array {
  if (common >= a.length || common >= b.length) return a
  const byte = a[common] ?? 0
  if (byte === 0xff || byte + 1 >= (b[common] ?? 0)) return a
  const key = a.slice(0, common + 1)
  key[common] = byte + 1
  return key
}

/** A short key k >= a: TensorFlow `BytewiseComparatorImpl::FindShortSuccessor`. */
function successor(a: Uint8Array): Uint8Array {
  const i = a.findIndex((byte) => byte !== 0xff)
  if (i < 0) return a
  const key = a.slice(0, i + 1)
  key[i] = (a[i] ?? 0) + 1
  return key
}

function commonPrefix(a: Uint8Array, b: Uint8Array): number {
  const limit = Math.min(a.length, b.length)
  let i = 0
  while (i < limit && a[i] === b[i]) i++
  return i
}

/**
 * Builds a table with the bytes that TensorFlow's own builder writes for the same entries
 * (`core/lib/io/table_builder.cc`, never compressed).
 */
export class TableWriter {
  /** Those of the entries, in order. */
  readonly dataBlocks: BlockHandle[] = []
  readonly #file = new ByteSink(BLOCK_CAPACITY)
  readonly #block = new BlockWriter(DATA_RESTART_INTERVAL, BLOCK_CAPACITY)
  readonly #index = new BlockWriter(INDEX_RESTART_INTERVAL, 1024)
  /** The last flushed block; its index entry waits for the key that follows it. */
  #pending: BlockHandle | undefined
  #lastKey = new Uint8Array(256)
  #lastKeyLength = 0
  #count = 0
  #finished = false

  /**
   * Copies one entry.
   *
   * @returns where its value will end in the file
   * @throws RangeError if `key` does not sort behind the previous one, or after `finish`
   */
  add(key: Uint8Array, value: Uint8Array): number {
    if (this.#finished) throw new RangeError('this table is finished')
    const last = this.#lastKey.subarray(0, this.#lastKeyLength)
    const common = commonPrefix(last, key)
    if (this.#count > 0 && (key[common] ?? -1) <= (last[common] ?? -1)) {
      throw new RangeError(`keys must be added in increasing order, each once: ${quote(key)}`)
    }
    // A value this large gets a block of its own. The header, always first, never does.
    if (this.#count > 0 && key.length + value.length >= 2 * BLOCK_SIZE) this.#flush()
    if (this.#pending !== undefined) {
      this.#index.add(separator(last, key, common), 0, encodeHandle(this.#pending))
      this.#pending = undefined
    }
    this.#remember(key)
    this.#count++
    this.#block.add(key, common, value)
    const end = this.#file.length + this.#block.length
    if (this.#block.size >= BLOCK_SIZE) this.#flush()
    return end
  }

  /** The whole file. Nothing can be added afterwards. */
  finish(): Uint8Array {
    if (this.#finished) throw new RangeError('this table is finished')
    this.#finished = true
    this.#flush()
    const metaindex = this.#append(new BlockWriter(DATA_RESTART_INTERVAL, 64).finish())
    if (this.#pending !== undefined) {
      const last = this.#lastKey.subarray(0, this.#lastKeyLength)
      this.#index.add(successor(last), 0, encodeHandle(this.#pending))
    }
    const index = this.#append(this.#index.finish())
    this.#file.append(encodeFooter(metaindex, index))
    return this.#file.bytes.subarray(0, this.#file.length)
  }

  #remember(key: Uint8Array): void {
    if (key.length > this.#lastKey.length) this.#lastKey = new Uint8Array(key.length * 2)
    this.#lastKey.set(key)
    this.#lastKeyLength = key.length
  }

  #flush(): void {
    if (this.#block.empty) return
    this.#pending = this.#append(this.#block.finish())
    this.dataBlocks.push(this.#pending)
  }

  /** Writes a block and its trailer. */
  #append(contents: Uint8Array): BlockHandle {
    const file = this.#file
    const offset = file.length
    file.reserve(contents.length + TRAILER_SIZE)
    file.append(contents)
    file.bytes[file.length++] = BLOCK_STORED
    file.appendUint32(mask(crc32c(file.bytes.subarray(offset, file.length))))
    return { offset, size: contents.length }
  }
}

function quote(key: Uint8Array): string {
  return `'${Buffer.from(key.buffer, key.byteOffset, key.length).toString()}'`
}
