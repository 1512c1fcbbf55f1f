import { VarintCursor } from '../varint.js'
import { blockEntries, damaged, readBlock, type TableEntry } from './block-reader.js'
import {
  decodeHandle,
  FOOTER_MAGIC_OFFSET,
  FOOTER_SIZE,
  TABLE_MAGIC,
  TRAILER_SIZE,
  type BlockHandle,
} from './format.js'

export type { TableEntry } from './block-reader.js'

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

/** The data blocks that the index block names. Each starts behind the one before. */
function* dataBlocks(file: Uint8Array, path: string): Generator<Uint8Array, void, void> {
  const index = readBlock(file, readFooter(file, path), path)
  let free = 0
  for (const { value } of blockEntries(index, path)) {
    const handle = decodeHandle(new VarintCursor(value, 0, value.length))
    if (handle === undefined) throw damaged(path, 'bad block handle in the index block', 'framing')
    // Without this rule an index of many handles could have one large block read again and again.
    if (handle.offset < free) throw damaged(path, 'data blocks overlap', 'framing')
    yield readBlock(file, handle, path)
    free = handle.offset + handle.size + TRAILER_SIZE
  }
}

/**
 * The entries of the table `bytes`, in key order. A key is a copy; a value is a view of `bytes`, or
 * of an expanded block.
 *
 * Every length, checksum and key order is checked before an entry is yielded, but the file is read
 * block by block: an error may come after some entries. Time and memory are linear in the size of
 * the file.
 *
 * @throws CheckpointError CKPT_CORRUPT
 */
export function* readTable(bytes: Uint8Array, path: string): Generator<TableEntry, void, void> {
  let previous: Uint8Array | undefined
  for (const block of dataBlocks(bytes, path)) {
    for (const entry of blockEntries(block, path)) {
      if (previous !== undefined && Buffer.compare(previous, entry.key) >= 0) {
        throw damaged(path, 'keys are not in increasing order', 'framing')
      }
      previous = entry.key
      yield entry
    }
  }
}
