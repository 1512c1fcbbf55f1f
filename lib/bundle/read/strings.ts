/**
 * String and variant tensors. Layout: docs/format.md, "Data files"; source:
 * core/util/tensor_bundle/tensor_bundle.cc, ReadStringTensor and ReadVariantTensor.
 *
 * @module
 */
import { sizeOf } from '../../array/strides.js'
import { corrupt } from '../../errors.js'
import { crc32c } from '../../native.js'
import { mask } from '../masked-crc.js'
import { lengthBytes } from '../string-length.js'
import { readVarint } from '../varint.js'

/** A tensor of byte strings, in C order. The bytes are this process's own copy, or a view of it. */
export class StringTensor {
  /** `variant`: each element is a serialised VariantTensorDataProto. */
  readonly dtype: 'string' | 'variant'
  /** Length of each axis; empty for a scalar. */
  readonly shape: readonly number[]
  /** Number of elements. */
  readonly size: number
  readonly #elements: (i: number) => Uint8Array

  /** @internal */
  constructor(
    dtype: 'string' | 'variant',
    shape: readonly number[],
    elements: (i: number) => Uint8Array,
  ) {
    this.dtype = dtype
    this.shape = Object.freeze([...shape])
    this.size = sizeOf(shape)
    this.#elements = elements
  }

  /**
   * The bytes of one element; no index for a scalar.
   *
   * @throws RangeError if an index lies outside its axis, TypeError if their number is wrong
   */
  get(...index: number[]): Uint8Array {
    if (index.length !== this.shape.length) {
      throw new TypeError(
        `expected ${String(this.shape.length)} indices, got ${String(index.length)}`,
      )
    }
    let position = 0
    for (const [axis, dimension] of this.shape.entries()) {
      const i = index[axis] ?? -1
      if (!Number.isInteger(i) || i < 0 || i >= dimension) {
        throw new RangeError(
          `index ${String(i)} is outside axis ${String(axis)} of ${String(dimension)} elements`,
        )
      }
      position = position * dimension + i
    }
    return this.#elements(position)
  }

  /** All elements in C order. */
  *[Symbol.iterator](): Generator<Uint8Array, void, undefined> {
    for (let i = 0; i < this.size; i++) yield this.#elements(i)
  }
}

/** Where the strings of an entry lie, and the checksum of all that stands before them. */
export interface StringLayout {
  /** Start of each string and the end of the last, from the start of the entry. */
  readonly offsets: Float64Array
  /** CRC-32C of the lengths and their stored checksum: what the strings' bytes continue. */
  readonly seed: number
}

/**
 * Parses the lengths of a string tensor.
 *
 * @param bytes the entry's bytes; for a scalar its first ones are enough
 * @param size bytes of the whole entry
 */
export function parseStrings(
  bytes: Uint8Array,
  size: number,
  count: number,
  key: string,
): StringLayout {
  if (count > size) {
    throw corrupt(
      `invalid size in bundle entry: key '${key}'; stored size ${String(size)}; expected size is ` +
        `at least ${String(count)}`,
      'bounds',
      { key },
    )
  }
  const offsets = new Float64Array(count + 1)
  let at = 0
  let crc = 0
  for (let i = 0; i < count; i++) {
    const length = readVarint(bytes, at, bytes.length)
    if (length === undefined) throw lengthsTooLong(key)
    at = length.next
    offsets[i + 1] = length.value
    crc = crc32c(lengthBytes(length.value), crc)
  }
  if (at + 4 > bytes.length) {
    // Written without any bytes: what TensorFlow accepts for a tensor of no elements.
    if (count === 0 && size === 0) return { offsets, seed: 0 }
    throw lengthsTooLong(key)
  }
  const stored = bytes.subarray(at, at + 4)
  checkLengths(stored, crc, key)
  let end = at + 4
  for (let i = 0; i <= count; i++) offsets[i] = end += offsets[i] ?? 0
  if (end > size) throw lengthsTooLong(key)
  return { offsets, seed: crc32c(stored, crc) }
}

function lengthsTooLong(key: string): Error {
  const message = `string lengths longer than expected offset: key '${key}'`
  return corrupt(message, 'bounds', { key })
}

function checkLengths(stored: Uint8Array, crc: number, key: string): void {
  const expected = new DataView(stored.buffer, stored.byteOffset).getUint32(0, true)
  if (expected !== mask(crc)) {
    const message = `the length checksum of '${key}' does not match: stored ${String(expected)}, its lengths give ${String(mask(crc))}`
    throw corrupt(message, 'checksum', { key })
  }
}

/**
 * Parses a variant tensor; checks every checksum on the way, since each element's is needed to go
 * on.
 *
 * @returns the elements and the CRC-32C of the entry
 */
export function parseVariants(
  bytes: Uint8Array,
  count: number,
  key: string,
): { elements: Uint8Array[]; crc: number } {
  const elements: Uint8Array[] = []
  let at = 0
  let crc = 0
  for (let i = 0; i < count; i++) {
    const length = readVarint(bytes, at, bytes.length)
    if (length === undefined || length.value + 4 > bytes.length - length.next) {
      throw lengthsTooLong(key)
    }
    const end = length.next + length.value
    const element = bytes.subarray(length.next, end)
    const digits = Buffer.alloc(8)
    digits.writeBigUInt64LE(BigInt(length.value))
    crc = crc32c(element, crc32c(digits, crc))
    const stored = bytes.subarray(end, end + 4)
    checkLengths(stored, crc, key)
    crc = crc32c(stored, crc)
    elements.push(element)
    at = end + 4
  }
  return { elements, crc }
}
