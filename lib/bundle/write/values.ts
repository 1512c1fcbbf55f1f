/**
 * Values as they go into a bundle: the bytes that JavaScript makes (`head`) and the array's own
 * bytes (`source`), which never pass through JavaScript. Encodings: section "Data files" of
 * docs/format.md; source: core/util/tensor_bundle/tensor_bundle.cc.
 *
 * @module
 */
import { gather, isCContiguous, isFortranContiguous, sizeOf } from '../../array/strides.js'
import { DT_STRING, dtypeInfo, type DType } from '../../array/dtype.js'
import type { CheckedInput } from '../../array/input.js'
import { encodeNpyHeader } from '../../formats/npy.js'
import { descrOfDType } from '../../formats/npy-descr.js'
import { crc32c } from '../../native.js'
import { mask } from '../masked-crc.js'
import type { SliceExtent } from '../messages.js'
import { encodeSliceKey } from '../ordered-code.js'
import { lengthBytes } from '../string-length.js'
import { varintLength, writeVarint } from '../varint.js'

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
  /** The parts of a tensor that is stored in slices; such an entry has no bytes of its own. */
  readonly slices?: readonly (readonly SliceExtent[])[]
}

/**
 * The head of a scalar string of `start` followed by `rest` bytes more: varint length, masked
 * checksum of the length, `start`.
 */
function stringHead(start: Uint8Array, rest: number): { head: Uint8Array; seed: number } {
  const length = start.length + rest
  const digits = varintLength(length)
  const head = Buffer.allocUnsafe(digits + 4 + start.length)
  writeVarint(head, 0, length)
  const lengthCrc = crc32c(lengthBytes(length))
  head.writeUInt32LE(mask(lengthCrc), digits)
  head.set(start, digits + 4)
  // The varint itself is not covered; the fixed-width length is, then the checksum as stored.
  return { head, seed: crc32c(head.subarray(digits), lengthCrc) }
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
export function tensorValue(
  key: string,
  dtype: DType,
  shape: readonly number[],
  source: ArrayBufferView,
): BundleValue {
  return { key, dtype: dtypeInfo(dtype).tf, shape, head: NO_BYTES, seed: 0, source }
}

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
  const { info, shape, stride } = array
  if (info.tf === 0) throw new TypeError('a tensor cannot hold text, dates or structures')
  const source = isCContiguous(shape, stride) ? own(array) : gather(array)
  return tensorValue(key, info.name, shape, source)
}

/** An array as a scalar string that holds what `numpy.save` writes. */
export function npyValue(key: string, array: CheckedInput): BundleValue {
  const { info, shape, descr } = array
  const { source, fortranOrder } = contiguous(array)
  const header = encodeNpyHeader({ descr: descr ?? descrOfDType(info), fortranOrder, shape })
  const { head, seed } = stringHead(header, source.byteLength)
  return { key, dtype: DT_STRING, shape: [], head, seed, source }
}

/**
 * The elements in memory order, shared where they lie together, else gathered in C order. As NumPy,
 * Fortran order is kept when the array has it and not C order too.
 */
function contiguous(array: CheckedInput): { source: ArrayBufferView; fortranOrder: boolean } {
  const { shape, stride } = array
  const c = isCContiguous(shape, stride)
  const fortranOrder = !c && isFortranContiguous(shape, stride)
  return { source: c || fortranOrder ? own(array) : gather(array), fortranOrder }
}

/** The array's own part of its data, when its elements lie together. */
function own({ info, data, shape, offset, itemsize }: CheckedInput): ArrayBufferView {
  // Elements of `data` for one of the array.
  const lanes = info.name === 'void' ? itemsize : info.lanes
  const length = sizeOf(shape) * lanes
  const start = length === 0 ? 0 : offset * lanes
  return data.subarray(start, start + length)
}
