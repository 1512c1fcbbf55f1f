/**
 * Values as they go into a bundle: the bytes that JavaScript makes (`head`) and the array's own
 * bytes (`source`), which never pass through JavaScript. Encodings: section "Data files" of
 * docs/format.md; source: core/util/tensor_bundle/tensor_bundle.cc.
 *
 * @module
 */
import { gather, sizeOf } from '../../array/strides.js'
import { DT_STRING, dtypeInfo, type DType } from '../../array/dtype.js'
import type { CheckedInput } from '../../array/input.js'
import { crc32c } from '../../native.js'
import { mask } from '../masked-crc.js'
import type { SliceExtent } from '../messages.js'
import { encodeSliceKey } from '../ordered-code.js'
import { lengthBytes } from '../string-length.js'
import { varintLength, writeVarint } from '../varint.js'
import { memoryOrder, npyForm, stringHead, tensorForm, type ValueForm } from './forms.js'

/** One entry to be written. `head` stands directly before the bytes of `source`. */
export interface BundleValue {
  readonly key: string
  /** The key as stored, where it is not `key` in UTF-8: slices have binary keys. */
  readonly keyBytes?: Uint8Array
  /** TensorFlow's DataType. */
  readonly dtype: number
  readonly shape: readonly number[]
  readonly head: Uint8Array
  /** CRC-32C of everything that the entry's checksum covers before `source`. */
  readonly seed: number
  /** Absent when the head is the whole value. Any class: not all bytes fit a Uint8Array on Node 20. */
  readonly source?: ArrayBufferView
  /** Of an array: what it has in common with others, and with itself at another save. */
  readonly form?: ValueForm
  /** The parts of a tensor that is stored in slices; such an entry has no bytes of its own. */
  readonly slices?: readonly (readonly SliceExtent[])[]
}

/** A scalar string held in memory. */
export function stringValue(key: string, bytes: Uint8Array): BundleValue {
  return { key, dtype: DT_STRING, shape: [], ...stringHead(bytes, 0) }
}

/** A string tensor: all varint lengths, their checksum, then the strings. */
export function stringTensorValue(
  key: string,
  shape: readonly number[],
  strings: readonly Uint8Array[],
): BundleValue {
  const lengths = strings.map(({ length }) => length)
  const digits = lengths.reduce((sum, length) => sum + varintLength(length), 0)
  const head = Buffer.allocUnsafe(digits + 4 + lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  let crc = 0
  for (const length of lengths) {
    at = writeVarint(head, at, length)
    crc = crc32c(lengthBytes(length), crc)
  }
  at = head.writeUInt32LE(mask(crc), at)
  for (const string of strings) {
    head.set(string, at)
    at += string.length
  }
  return { key, dtype: DT_STRING, shape, head, seed: crc32c(head.subarray(digits), crc) }
}

const NO_BYTES = new Uint8Array(0)

/** A tensor of fixed-width elements, C order, little-endian. */
export const tensorValue = (
  key: string,
  dtype: DType,
  shape: readonly number[],
  source: ArrayBufferView,
): BundleValue => valueOf(key, tensorForm(dtypeInfo(dtype).tf, shape), source)

/** A tensor stored in slices: an entry for each slice, then the one that names them. */
export function partitionedValues(
  key: string,
  dtype: DType,
  shape: readonly number[],
  parts: readonly { readonly slice: readonly SliceExtent[]; readonly bytes: ArrayBufferView }[],
): BundleValue[] {
  const values = parts.map(({ slice, bytes }): BundleValue => {
    const partShape = slice.map(({ length }, axis) => (length < 0 ? (shape[axis] ?? 0) : length))
    return { ...tensorValue(key, dtype, partShape, bytes), keyBytes: encodeSliceKey(key, slice) }
  })
  const slices = parts.map(({ slice }) => slice)
  return [...values, { key, dtype: dtypeInfo(dtype).tf, shape, head: NO_BYTES, seed: 0, slices }]
}

/** An int64 scalar, as TensorFlow's counters are. */
export function int64Value(key: string, value: number): BundleValue {
  const head = Buffer.alloc(8)
  head.writeBigInt64LE(BigInt(value))
  return { key, dtype: dtypeInfo('int64').tf, shape: [], head, seed: crc32c(head) }
}

/**
 * An array as a tensor: C order, shared where the elements lie so.
 *
 * @throws TypeError for text, dates and structures, which a tensor has no dtype for
 */
export function arrayValue(key: string, array: CheckedInput): BundleValue {
  const { info, shape } = array
  if (info.tf === 0) throw new TypeError('a tensor cannot hold text, dates or structures')
  const source = memoryOrder(array) === 'c' ? ownPart(array) : gather(array)
  return tensorValue(key, info.name, shape, source)
}

/** An array as a scalar string that holds what `numpy.save` writes. */
export function npyValue(key: string, array: CheckedInput): BundleValue {
  const order = memoryOrder(array)
  // As NumPy, Fortran order is kept when the array has it and not C order too.
  const form = npyForm(array, order === 'fortran')
  const source = order === 'strided' ? gather(array) : ownPart(array)
  return valueOf(key, form, source)
}

const valueOf = (key: string, form: ValueForm, source: ArrayBufferView): BundleValue => {
  const { dtype, shape, head, seed } = form
  return { key, dtype, shape, head, seed, source, form }
}

/** The array's own part of its data, when its elements lie together. */
function ownPart({ info, data, shape, offset, itemsize }: CheckedInput): ArrayBufferView {
  // Elements of `data` for one of the array.
  const lanes = info.name === 'void' ? itemsize : info.lanes
  const length = sizeOf(shape) * lanes
  const start = length === 0 ? 0 : offset * lanes
  return length === data.length ? data : data.subarray(start, start + length)
}
