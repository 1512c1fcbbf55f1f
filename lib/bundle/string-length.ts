/**
 * How the length of a string is checksummed: not as the varint that the file holds, but at a fixed
 * width. Source: core/util/tensor_bundle/tensor_bundle.cc, WriteStringTensor.
 *
 * @module
 */

/** Lengths above this are checksummed as eight bytes, others as four. */
const LENGTH_32 = 0xffffffff

/** The bytes that a string's length is checksummed as. */
export function lengthBytes(length: number): Uint8Array {
  const bytes = Buffer.alloc(length > LENGTH_32 ? 8 : 4)
  if (length > LENGTH_32) bytes.writeBigUInt64LE(BigInt(length))
  else bytes.writeUInt32LE(length)
  return bytes
}
