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

export interface TableEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** An error about the table `path`. */
export function damaged(path: string, why: string, reason: CorruptReason, cause?: unknown): Error {
  const options = cause === undefined ? undefined : { cause }
  return corrupt(`index '${path}' is damaged: ${why}`, reason, { path }, options)
}

function uint32(bytes: Uint8Array, offset: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(offset, offset + 4)
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0
}

/**
 * The contents of one block, expanded when it is compressed; TensorFlow `core/lib/io/format.cc`,
 * `ReadBlock`. A stored block is a view of `file`.
 */
export function readBlock(file: Uint8Array, handle: BlockHandle, path: string): Uint8Array {
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
        return decompress(contents)
      } catch (error) {
        throw damaged(path, `corrupted compressed block contents ${where}`, 'framing', error)
      }
    default:
      throw damaged(path, `bad block type ${where}`, 'framing')
  }
}

/** Reads the restart points of a block in step with its entries. */
class Restarts {
  readonly #block: Uint8Array
  readonly #path: string
  /** Where the entries end and the restart points begin. */
  readonly entriesEnd: number
  #next: number

  constructor(block: Uint8Array, path: string) {
    this.#block = block
    this.#path = path
    const count = block.length < 4 ? 0 : uint32(block, block.length - 4)
    if (count < 1 || count > (block.length - 4) / 4) {
      throw damaged(path, `bad count of restart points (${String(count)})`, 'bounds')
    }
    this.entriesEnd = block.length - 4 - 4 * count
    this.#next = this.entriesEnd
    if (this.#current() !== 0) throw damaged(path, 'the first restart point is not 0', 'framing')
    if (this.entriesEnd === 0 && count > 1) throw damaged(path, 'bad restart point', 'framing')
  }

  /** Checks the entry at `offset`: each restart point must be the start of a whole key. */
  visit(offset: number, shared: number): void {
    if (this.#current() !== offset) return
    if (shared !== 0) throw damaged(this.#path, 'a key at a restart point is not whole', 'framing')
    this.#next += 4
  }

  /** To be called behind the last entry. */
  finish(): void {
    if (this.#current() >= 0 && this.entriesEnd > 0) {
      throw damaged(this.#path, 'a restart point is not at an entry', 'framing')
    }
  }

  /** The next restart point to come, -1 behind the last. */
  #current(): number {
    return this.#next < this.#block.length - 4 ? uint32(this.#block, this.#next) : -1
  }
}

/**
 * The entries of a block in order. Keys are copies, values are views of `block`. Checks all but the
 * order of the keys.
 */
export function* blockEntries(block: Uint8Array, path: string): Generator<TableEntry, void, void> {
  const restarts = new Restarts(block, path)
  const end = restarts.entriesEnd
  const cursor = new VarintCursor(block, 0, end)
  // Prefix sharing lets a few bytes repeat a long key, so that keys could sum up to the square of
  // the file size. A key is whole at least every 16 entries, hence their sum is bounded.
  let keyBytes = DATA_RESTART_INTERVAL * block.length
  let previous = new Uint8Array(0)
  while (cursor.offset < end) {
    const start = cursor.offset
    const shared = cursor.read()
    const unshared = shared < 0 ? -1 : cursor.read()
    const size = unshared < 0 ? -1 : cursor.read()
    if (size < 0) throw damaged(path, 'an entry is not readable', 'framing')
    const keyEnd = cursor.offset + unshared
    if (shared > previous.length || keyEnd > end || size > end - keyEnd) {
      throw damaged(path, 'an entry leaves its block', 'bounds')
    }
    restarts.visit(start, shared)
    keyBytes -= shared + unshared
    if (keyBytes < 0) throw damaged(path, 'keys repeat too much between restart points', 'framing')
    const key = new Uint8Array(shared + unshared)
    if (shared > 0) key.set(previous.subarray(0, shared))
    key.set(block.subarray(cursor.offset, keyEnd), shared)
    cursor.offset = keyEnd + size
    previous = key
    yield { key, value: block.subarray(keyEnd, cursor.offset) }
  }
  restarts.finish()
}
