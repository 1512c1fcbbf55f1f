/**
 * The layout of a TensorFlow table, the file `PREFIX.index`. It is LevelDB's table without filter
 * blocks; keys compare as unsigned bytes.
 *
 *     data block 0, trailer
 *     …
 *     data block n-1, trailer
 *     metaindex block (empty), trailer
 *     index block, trailer
 *     footer
 *
 * trailer: one byte of type, then the masked CRC-32C of contents and type, little-endian.
 *
 * block: entries, then the offset of each restart point as LE32, then their count as LE32.
 *
 * entry: varints shared, unshared, value length; then the unshared bytes of the key and the value.
 * `shared` bytes are taken from the previous key; it is 0 at a restart point.
 *
 * footer: the handles of the metaindex and the index block, zeros up to 40 bytes, the magic number.
 *
 * Source: TensorFlow `core/lib/io/format.{h,cc}`, `block_builder.cc`, `table_options.h`.
 *
 * @module
 */
import { varintLength, writeVarint, type VarintCursor } from '../varint.js'

// TensorFlow: core/lib/io/table_options.h, block_size.
export const BLOCK_SIZE = 262_144

// TensorFlow: core/lib/io/table_options.h, block_restart_interval.
export const DATA_RESTART_INTERVAL = 16

// TensorFlow: core/lib/io/table_builder.cc sets 1 for the index block.
export const INDEX_RESTART_INTERVAL = 1

// TensorFlow: core/lib/io/format.h, kBlockTrailerSize.
export const TRAILER_SIZE = 5

// TensorFlow: core/lib/io/format.h, CompressionType. On disk. Never renumber.
export const BLOCK_STORED = 0
export const BLOCK_SNAPPY = 1

// TensorFlow: core/lib/io/format.h, Footer::kEncodedLength.
export const FOOTER_SIZE = 48

/** Where the handles of the footer end and the magic number starts. */
export const FOOTER_MAGIC_OFFSET = 40

// TensorFlow: core/lib/io/format.h, kTableMagicNumber, as it lies in the file.
export const TABLE_MAGIC: readonly number[] = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]

/** Where a block lies. `size` is that of its contents, without the trailer. */
export interface BlockHandle {
  readonly offset: number
  readonly size: number
}

/** `BlockHandle::EncodeTo`: two varints. */
export function encodeHandle(handle: BlockHandle): Uint8Array {
  const bytes = new Uint8Array(varintLength(handle.offset) + varintLength(handle.size))
  writeVarint(bytes, writeVarint(bytes, 0, handle.offset), handle.size)
  return bytes
}

/** `BlockHandle::DecodeFrom`; undefined if a varint is cut off or too large. */
export function decodeHandle(cursor: VarintCursor): BlockHandle | undefined {
  const offset = cursor.read()
  const size = offset < 0 ? -1 : cursor.read()
  return size < 0 ? undefined : { offset, size }
}

/** `Footer::EncodeTo`. */
export function encodeFooter(metaindex: BlockHandle, index: BlockHandle): Uint8Array {
  const footer = new Uint8Array(FOOTER_SIZE)
  const handles = encodeHandle(metaindex)
  footer.set(handles)
  footer.set(encodeHandle(index), handles.length)
  footer.set(TABLE_MAGIC, FOOTER_MAGIC_OFFSET)
  return footer
}
