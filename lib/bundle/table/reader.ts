import { VarintCursor } from '../varint.js'
import { BlockCursor, damaged, readBlock } from './block-reader.js'
import {
  decodeHandle,
  FOOTER_MAGIC_OFFSET,
  FOOTER_SIZE,
  TABLE_MAGIC,
  TRAILER_SIZE,
  type BlockHandle,
} from './format.js'

export type { BlockCursor } from './block-reader.js'

export interface TableEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/**
 * The handle of the index block; TensorFlow `core/lib/io/format.cc`, `Footer::DecodeFrom`. The
 * metaindex block must lie in the file but is not read, as in TensorFlow.
 */
function readFooter(file: Uint8Array, path: string): BlockHandle {
  const start = file.length - FOOTER_SIZE
  if (start < 0) {
    const found = `${String(file.length)} bytes, the footer alone takes ${String(FOOTER_SIZE)}`
    throw damaged(path, `file is too short to be an sstable (${found})`, 'framing')
  }
  const footer = file.subarray(start)
  if (!TABLE_MAGIC.every((byte, i) => footer[FOOTER_MAGIC_OFFSET + i] === byte)) {
    throw damaged(path, 'not an sstable (bad magic number)', 'framing')
  }
  const cursor = new VarintCursor(footer, 0, FOOTER_MAGIC_OFFSET)
  const metaindex = decodeHandle(cursor)
  const index = metaindex === undefined ? undefined : decodeHandle(cursor)
  if (metaindex === undefined || index === undefined) {
    throw damaged(path, 'bad block handle in the footer', 'framing')
  }
  for (const { offset, size } of [metaindex, index]) {
    if (offset > start || size > start - offset - TRAILER_SIZE) {
      throw damaged(
        path,
        'truncated block read: the footer names a block outside the file',
        'bounds',
      )
    }
  }
  return index
}

/**
 * Bytes that the blocks of a file may become. Snappy can make 21 of one, but not of an index, whose
 * keys and checksums differ; what is made of those bytes takes several times as many again.
 */
const roomFor = (file: Uint8Array): number => 8 * file.length + 2 ** 20

/** Of the data blocks, as the index block names them. Each starts behind the one before. */
function* dataBlocks(file: Uint8Array, path: string): Generator<BlockHandle, void, void> {
  const cursor = new BlockCursor(path)
  const handle = readFooter(file, path)
  cursor.open(readBlock(file, handle, path, roomFor(file)), handle.size)
  let free = 0
  while (cursor.next()) {
    const handle = decodeHandle(new VarintCursor(cursor.block, cursor.valueStart, cursor.valueEnd))
    if (handle === undefined) throw damaged(path, 'bad block handle in the index block', 'framing')
    // Without this rule an index of many handles could have one large block read again and again.
    if (handle.offset < free) throw damaged(path, 'data blocks overlap', 'framing')
    yield handle
    free = handle.offset + handle.size + TRAILER_SIZE
  }
}

/**
 * Goes through the entries of the table `bytes` in key order.
 *
 * Every length, checksum and key order is checked before an entry is visited, but the file is read
 * block by block: an error may come after some entries. Time and memory are linear in the size of
 * the file.
 *
 * @param visit gets the cursor at the entry; a block is a view of `bytes`, or an expanded one
 * @param onDamage hears what is wrong with a data block, the rest of which is passed over; without it
 *   that is thrown
 * @throws CheckpointError CKPT_CORRUPT
 */
export function visitTable(
  bytes: Uint8Array,
  path: string,
  visit: (entry: BlockCursor) => void,
  onDamage?: (error: unknown) => void,
): void {
  const cursor = new BlockCursor(path)
  let room = roomFor(bytes)
  for (const handle of dataBlocks(bytes, path)) {
    try {
      const block = readBlock(bytes, handle, path, room)
      room -= block.length
      cursor.open(block, handle.size)
      while (cursor.next()) {
        if (!cursor.isAscending) throw damaged(path, 'keys are not in increasing order', 'framing')
        visit(cursor)
      }
    } catch (error) {
      if (onDamage === undefined) throw error
      onDamage(error)
    }
  }
}

/** The same one by one: the cursor at each entry. */
export function* entriesOf(bytes: Uint8Array, path: string): Generator<BlockCursor, void, void> {
  const cursor = new BlockCursor(path)
  for (const handle of dataBlocks(bytes, path)) {
    cursor.open(readBlock(bytes, handle, path, roomFor(bytes)), handle.size)
    while (cursor.next()) yield cursor
  }
}

/**
 * The entries of a table as a list. A key is a copy; a value is a view of `bytes`, or of an expanded
 * block.
 *
 * @throws CheckpointError CKPT_CORRUPT
 */
export function readTable(bytes: Uint8Array, path: string): TableEntry[] {
  const entries: TableEntry[] = []
  visitTable(bytes, path, ({ key, keyLength, block, valueStart, valueEnd }) => {
    entries.push({ key: key.slice(0, keyLength), value: block.subarray(valueStart, valueEnd) })
  })
  return entries
}
