/**
 * What users hand in as an array: ours, typed arrays, and anything that has the parts of one, as the
 * arrays of the npm packages `ndarray` and `@stdlib/ndarray` and the tensors of onnxruntime. One
 * function checks them all.
 *
 * @module
 */
import { inspect, types } from 'node:util'
import type { NpyDescr } from './descr.js'
import { dtypeInfo, findDType, type DType, type DTypeInfo, type TypedArray } from './dtype.js'
import { checkBounds, checkShape, elementCount, NdArray } from './ndarray.js'
import { cStrides } from './strides.js'
import { arrayClassOf, isTypedArray, viewAs } from './typed-arrays.js'

/** An array by its parts; what the npm package `ndarray` makes fits. */
export interface ArrayParts {
  /** The elements; for complex dtypes re and im interleaved. */
  readonly data: TypedArray
  /** Length of each axis; empty for a scalar. */
  readonly shape: readonly number[]
  /** Elements to the next one along each axis. Default: C order. */
  readonly stride?: readonly number[]
  /** Index of the first element, in elements. Default 0. */
  readonly offset?: number
  /** One of ours, or npm `ndarray`'s name for it. Default: that of `data`. */
  readonly dtype?: string
}

/** An array of `@stdlib/ndarray`; its own kinds of typed arrays, of complex numbers, will do as well. */
export interface StdlibParts {
  /** The elements. */
  readonly data: TypedArray
  /** Length of each axis; empty for a scalar. */
  readonly shape: readonly number[]
  /** Elements to the next one along each axis. */
  readonly strides: readonly number[]
  /** Index of the first element, in elements. */
  readonly offset: number
  /** Its name, or the object that later versions have for it. */
  readonly dtype: unknown
}

/** A tensor of `onnxruntime-node` or `onnxruntime-web`, in memory and in C order. */
export interface OnnxParts {
  /** The elements, in C order. */
  readonly data: TypedArray
  /** Length of each axis; empty for a scalar. */
  readonly dims: readonly number[]
  /** Name of the element type: as ours, where both have it. */
  readonly type: string
}

/**
 * What is accepted as an array. A typed array alone is one axis of its own dtype; `Uint8ClampedArray`
 * counts as `uint8`.
 */
export type ArrayInput = NdArray | TypedArray | ArrayParts | StdlibParts | OnnxParts

/** An input after its check. Strides, shape and offset count elements. */
export interface CheckedInput {
  readonly info: DTypeInfo
  readonly data: TypedArray
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  readonly offset: number
  readonly itemsize: number
  readonly descr?: NpyDescr
}

/** The packages' names that differ from ours. `array` and `generic` are not typed. */
const NPM_NAMES: Readonly<Record<string, DType>> = {
  uint8_clamped: 'uint8',
  uint8c: 'uint8',
  bigint64: 'int64',
  biguint64: 'uint64',
  buffer: 'uint8',
}

/** The dtype of a typed array that says nothing more about itself. */
export function dtypeOfArray(data: TypedArray): DType {
  switch (arrayClassOf(data)) {
    case 'BigInt64Array':
      return 'int64'
    case 'BigUint64Array':
      return 'uint64'
    case 'Uint8ClampedArray':
      return 'uint8'
    case undefined:
      throw new TypeError('not a typed array')
    default:
      return (arrayClassOf(data) ?? '').replace('Array', '').toLowerCase() as DType
  }
}

/**
 * Checks an array input and takes it apart; copies nothing.
 *
 * @throws TypeError if it is no array or its parts disagree, RangeError if its strides leave its data
 */
export function checkInput(value: unknown): CheckedInput {
  if (isTypedArray(value)) return checkTypedArray(value)
  if (value instanceof NdArray) return fromNdArray(value as NdArray)
  if (typeof value !== 'object' || value === null) throw notAnArray(value)
  const parts = value as Record<string, unknown>
  const { offset, type, dtype: given = type } = parts
  // Of stdlib: an object of its own in later versions, which is its name when printed.
  const isNamed = 'strides' in parts && typeof given === 'object'
  const dtype = isNamed ? (given as { toString(): string } | null)?.toString() : given
  const data = typedData(parts['data'], dtype)
  if (data === undefined) {
    if (Array.isArray(parts['data'])) {
      throw new TypeError('the data of an array must be a typed array, got a plain array')
    }
    throw notAnArray(value)
  }
  const { shape = parts['dims'], stride = parts['strides'] } = parts
  return checkParts(data, shape, stride, offset, dtype)
}

/** The classes of stdlib that are no typed arrays, by the bytes under them: complex numbers, booleans. */
function typedData(data: unknown, dtype: unknown): TypedArray | undefined {
  if (isTypedArray(data)) return data
  const [arrayClass] = (typeof dtype === 'string' ? findDType(dtype) : undefined)?.classes ?? []
  if (arrayClass === undefined || typeof data !== 'object' || data === null) return undefined
  const { buffer, byteOffset, byteLength } = data as Partial<ArrayBufferView>
  const isView =
    types.isAnyArrayBuffer(buffer) && byteOffset !== undefined && byteLength !== undefined
  return isView ? viewAs(arrayClass, buffer, byteOffset, byteLength) : undefined
}

function notAnArray(value: unknown): TypeError {
  const shown = inspect(value, { depth: 0, maxStringLength: 40, breakLength: Infinity })
  const hint = Array.isArray(value) ? '; ndarray(Float64Array.from(…)) makes one' : ''
  return new TypeError(`expected an NdArray, a typed array or { data, shape }, got ${shown}${hint}`)
}

function checkTypedArray(data: TypedArray): CheckedInput {
  const info = dtypeInfo(dtypeOfArray(data))
  const { itemsize } = info
  return { info, data, shape: [data.length], stride: [1], offset: 0, itemsize }
}

function fromNdArray(array: NdArray): CheckedInput {
  const { data, shape, stride, offset, itemsize, descr } = array
  const info = dtypeInfo(array.dtype)
  // Checked again: a detached buffer has lost its elements since the array was made.
  checkBounds(shape, stride, offset, elementCount(data, info, itemsize))
  const parts = { info, data, shape, stride, offset, itemsize }
  return descr === undefined ? parts : { ...parts, descr }
}

function checkParts(
  data: TypedArray,
  shapeInput: unknown,
  strideInput: unknown,
  offsetInput: unknown,
  dtypeInput: unknown,
): CheckedInput {
  const info = dtypeInfo(checkDType(data, dtypeInput))
  const count = elementCount(data, info, info.itemsize)
  if (shapeInput === undefined && data.length % info.lanes !== 0) {
    const length = String(data.length)
    throw new TypeError(`dtype '${info.name}' takes pairs of re and im, got ${length} numbers`)
  }
  const shape = [...checkShape(shapeInput ?? [count])]
  const offset = checkInteger(offsetInput ?? 0, 'offset')
  const stride = strideInput === undefined ? cStrides(shape) : checkStride(strideInput, shape)
  checkBounds(shape, stride, offset, count)
  return { info, data, shape, stride, offset, itemsize: info.itemsize }
}

function checkDType(data: TypedArray, dtype: unknown): DType {
  if (dtype === undefined) return dtypeOfArray(data)
  if (typeof dtype !== 'string')
    throw new TypeError(`dtype must be a string, got ${inspect(dtype)}`)
  const info = findDType(NPM_NAMES[dtype] ?? dtype)
  if (info === undefined || info.itemsize === 0) throw new TypeError(`unknown dtype '${dtype}'`)
  const arrayClass = arrayClassOf(data) ?? 'Uint8Array'
  if (!info.classes.includes(arrayClass)) {
    throw new TypeError(`dtype '${dtype}' takes a ${info.classes.join(' or ')}, got ${arrayClass}`)
  }
  return info.name
}

function checkInteger(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`${what} must be an integer, got ${inspect(value)}`)
  }
  return value as number
}

function checkStride(stride: unknown, shape: readonly number[]): number[] {
  if (!Array.isArray(stride) || stride.length !== shape.length) {
    throw new TypeError(
      `stride must be an array of ${String(shape.length)} integers, got ${inspect(stride)}`,
    )
  }
  return stride.map((step) => checkInteger(step, 'stride'))
}

/**
 * An array over a typed array's memory, without a copy.
 *
 * @param data the elements; for complex dtypes re and im interleaved
 * @param shape default: one axis of all elements
 * @param options `dtype` where the typed array alone does not tell (`bool`, `float16`, `bfloat16`,
 *   complex …); `stride` default C order, `offset` default 0, both in elements
 * @throws TypeError, RangeError naming what does not fit
 */
export function ndarray(
  data: TypedArray,
  shape?: readonly number[],
  options: { dtype?: DType; stride?: readonly number[]; offset?: number } = {},
): NdArray {
  if (!isTypedArray(data)) throw new TypeError(`data must be a typed array, got ${inspect(data)}`)
  if (shape === undefined && (options.stride ?? options.offset) !== undefined) {
    throw new TypeError('stride and offset need a shape')
  }
  const checked = checkParts(data, shape, options.stride, options.offset, options.dtype)
  const { info, stride, offset } = checked
  return new NdArray({ dtype: info.name, shape: checked.shape, stride, offset, data })
}
