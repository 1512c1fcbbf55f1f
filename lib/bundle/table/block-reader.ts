import { corrupt, type CorruptReason } from '../../errors.js'
import { crc32c } from '../../native.js'
import { mask } from '../masked-crc.js'
import { VarintCursor } from '../varint.js'
import {
  BLOCK_SNAPPY,
  BLOCK_STORED,
  DATA_RESTART_INTERVAL,
  TRAILER_SIZE,
  type BlockHandle,
} from './format.js'
import { decompress } from './snappy.js'

const NOTHING = new Uint8Array(0)

/** Of small files no bound is worth its trouble. */
const SOME_BYTES = 2 ** 16

/** An error about the table `path`. */
export function damaged(path: string, why: string, reason: CorruptReason, cause?: unknown): Error {
  const options = cause === undefined ? undefined : { cause }
  return corrupt(`index '${path}' is damaged: ${why}`, reason, { path }, options)
}

function uint32(bytes: Uint8Array, offset: number): number {
  const low = (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8)
  return (low | ((bytes[offset + 2] ?? 0) << 16) | ((bytes[offset + 3] ?? 0) << 24)) >>> 0
}

/**
 * The contents of one block, expanded when it is compressed; TensorFlow `core/lib/io/format.cc`,
 * `ReadBlock`. A stored block is a view of `file`.
 *
 * @param room bytes that a compressed block may become
 */
export function readBlock(
  file: Uint8Array,
  handle: BlockHandle,
  path: string,
  room: number,
): Uint8Array {
  const { offset, size } = handle
  const where = `(block of ${String(size)} bytes at ${String(offset)})`
  if (offset > file.length || size > file.length - offset - TRAILER_SIZE) {
    throw damaged(path, `truncated block read ${where}`, 'bounds')
  }
  const end = offset + size
  if (mask(crc32c(file.subarray(offset, end + 1))) !== uint32(file, end + 1)) {
    throw damaged(path, `block checksum mismatch ${where}`, 'checksum')
  }
  const contents = file.subarray(offset, end)
  switch (file[end]) {
    case BLOCK_STORED:
      return contents
    case BLOCK_SNAPPY:
      try {
        return decompress(contents, room)
      } catch (error) {
        throw damaged(path, `corrupted compressed block contents ${where}`, 'framing', error)
      }
    default:
      throw damaged(path, `bad block type ${where}`, 'framing')
  }
}

/**
 * Goes through the entries of one block after another, in place: the fields tell of the entry that
 * `next` has come to. Checks all but the order of the keys, of which it tells.
 */
export class BlockCursor {
  /** Holds the key of the entry, which is its first `keyLength` bytes until the next call. */
  key: Uint8Array = new Uint8Array(256)
  keyLength = 0
  block: Uint8Array = NOTHING
  /** Of the value in `block`. */
  valueStart = 0
  valueEnd = 0
  /** True if the key is greater than the one before, of an earlier block if need be. */
  isAscending = true
  readonly #path: string
  #varints: VarintCursor = new VarintCursor(NOTHING, 0, 0)
  /** Where the entries end and the restart points begin. */
  #end = 0
  /** Of the next restart point, in `block` and as it is; -1 behind the last. */
  #restartAt = 0
  #restart = -1
  #keyBytes = 0
  #isFirst = true
  /** A key may have bytes in common with the one before, but for the first of a block. */
  #sharable = 0

  constructor(path: string) {
    this.#path = path
  }

  /**
   * Begins with another block.
   *
   * @param stored bytes that it takes in the file, fewer if it is compressed
   */
  open(block: Uint8Array, stored: number = block.length): void {
    const count = block.length < 4 ? 0 : uint32(block, block.length - 4)
    if (count < 1 || count > (block.length - 4) / 4) {
      throw damaged(this.#path, `bad count of restart points (${String(count)})`, 'bounds')
    }
    this.block = block
    this.#end = block.length - 4 - 4 * count
    this.#varints = new VarintCursor(block, 0, this.#end)
    this.#restartAt = this.#end
    this.#restart = uint32(block, this.#end)
    if (this.#restart !== 0) {
      throw damaged(this.#path, 'the first restart point is not 0', 'framing')
    }
    if (this.#end === 0 && count > 1) throw damaged(this.#path, 'bad restart point', 'framing')
    // Prefix sharing lets a few bytes repeat a long key, so that keys could sum up to the square of
    // the file size. A key is whole at least every 16 entries, hence their sum is bounded.
    this.#keyBytes = DATA_RESTART_INTERVAL * Math.min(block.length, stored + SOME_BYTES)
    this.#sharable = 0
  }

  /** False behind the last entry of the block. */
  next(): boolean {
    const varints = this.#varints
    const start = varints.offset
    if (start >= this.#end) {
      this.#finish()
      return false
    }
    const shared = varints.read()
    const unshared = shared < 0 ? -1 : varints.read()
    const size = unshared < 0 ? -1 : varints.read()
    if (size < 0) throw damaged(this.#path, 'an entry is not readable', 'framing')
    const keyStart = varints.offset
    const keyEnd = keyStart + unshared
    if (shared > this.#sharable || keyEnd > this.#end || size > this.#end - keyEnd) {
      throw damaged(this.#path, 'an entry leaves its block', 'bounds')
    }
    if (this.#restart === start) this.#passRestart(shared)
    this.#keyBytes -= shared + unshared
    if (this.#keyBytes < 0) {
      throw damaged(this.#path, 'keys repeat too much between restart points', 'framing')
    }
    this.#takeKey(shared, keyStart, keyEnd)
    this.valueStart = keyEnd
    this.valueEnd = keyEnd + size
    varints.offset = keyEnd + size
    return true
  }

  /** Replaces the key behind its first `shared` bytes, and compares what goes with what comes. */
  #takeKey(shared: number, start: number, end: number): void {
    const { block } = this
    const before = this.keyLength
    const length = shared + end - start
    this.#makeRoom(length)
    const { key } = this
    let isDifferent = false
    let isGreater = false
    for (let at = shared, from = start; from < end; at++, from++) {
      const byte = block[from] ?? 0
      if (!isDifferent) {
        const old = at < before ? (key[at] ?? 0) : -1
        isDifferent = byte !== old
        isGreater = byte > old
      }
      key[at] = byte
    }
    this.isAscending = isGreater || this.#isFirst
    this.#isFirst = false
    this.keyLength = length
    this.#sharable = length
  }

  #makeRoom(length: number): void {
    if (length <= this.key.length) return
    const larger = new Uint8Array(2 * length)
    larger.set(this.key)
    this.key = larger
  }

  /** Each restart point must be the start of a whole key. */
  #passRestart(shared: number): void {
    if (shared !== 0) throw damaged(this.#path, 'a key at a restart point is not whole', 'framing')
    this.#restartAt += 4
    const { block } = this
    this.#restart = this.#restartAt < block.length - 4 ? uint32(block, this.#restartAt) : -1
  }

  #finish(): void {
    if (this.#restart >= 0 && this.#end > 0) {
      throw damaged(this.#path, 'a restart point is not at an entry', 'framing')
    }
  }
}
