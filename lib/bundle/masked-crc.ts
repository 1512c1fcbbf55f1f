/**
 * Masked checksums. TensorFlow stores no CRC-32C as it is, because the checksum of bytes that
 * contain their own checksum is degenerate; see `core/lib/hash/crc32c.h`, `Mask` and `Unmask`.
 *
 * @module
 */

// TensorFlow: core/lib/hash/crc32c.h, kMaskDelta.
const MASK_DELTA = 0xa282ead8

/** What is stored for the checksum `crc`. Both are unsigned 32-bit. */
export function mask(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0
}

/** The checksum that `masked` stands for. */
export function unmask(masked: number): number {
  const rotated = (masked - MASK_DELTA) >>> 0
  return ((rotated >>> 17) | (rotated << 15)) >>> 0
}
