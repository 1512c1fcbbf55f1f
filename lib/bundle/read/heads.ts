/**
 * The beginnings of entries, which tell what the rest of their bytes is. Those of many small entries
 * lie close together: they are read many at a time.
 *
 * From the file and not from a mapping, of which a page would become resident for each.
 *
 * @module
 */
import { isCheckpointError } from '../../errors.js'
import { readMapped } from '../../native.js'
import type { ByteRange, Shard } from './shards.js'

/** Enough for the length, its checksum and the header of an ordinary `.npy`. */
export const PEEK = 256

const LARGEST = 2 ** 18

/** What is this close behind the window makes the next one larger. */
const CLOSE = 2 ** 12

export class Heads {
  /** Where `find` has put what it was asked for. */
  bytes: Buffer = Buffer.allocUnsafeSlow(PEEK)
  #shard: Shard | undefined
  /** In the shard, of the first byte in `bytes`. */
  #start = 0
  #length = 0
  #isClosed = false

  /**
   * Makes the first `length` bytes of a range, which it has, available until the next call.
   *
   * @returns their place in `bytes`
   * @throws CheckpointError CKPT_CORRUPT if the file has become shorter
   */
  find({ shard, offset }: ByteRange, length: number): number {
    const at = offset - this.#start
    if (shard === this.#shard && at >= 0 && length <= this.#length - at) return at
    const isNext = shard === this.#shard && at >= 0 && at < this.#length + CLOSE
    const wanted = isNext ? Math.min(4 * this.#length, LARGEST) : PEEK
    this.#read(shard, offset, length, Math.min(wanted, shard.size - offset))
    return 0
  }

  #read(shard: Shard, offset: number, length: number, wanted: number): void {
    const isMore = wanted > length && !this.#isClosed
    if (!isMore || !this.#tryMore(shard, offset, wanted)) this.#fill(shard, offset, length)
  }

  /** False if the file has become shorter: what was asked for may be there all the same. */
  #tryMore(shard: Shard, offset: number, wanted: number): boolean {
    try {
      this.#fill(shard, offset, wanted)
      return true
    } catch (error) {
      if (!isCheckpointError(error)) throw error
      return false
    }
  }

  #fill(shard: Shard, offset: number, length: number): void {
    this.#shard = undefined
    if (length > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(Math.max(length, LARGEST))
    if (length > 0) readMapped(shard.mapping, offset, this.bytes.subarray(0, length))
    this.#shard = this.#isClosed ? undefined : shard
    this.#start = offset
    this.#length = length
  }

  /** From now on nothing is read ahead: from mappings, parts of which may be written to. */
  close(): void {
    this.#isClosed = true
    this.#shard = undefined
    this.bytes = Buffer.allocUnsafeSlow(PEEK)
  }
}
