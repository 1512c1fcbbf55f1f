/**
 * Arrays of any rank over a typed array, in the vocabulary of the npm package `ndarray`.
 *
 * @module
 */
import { inspect, type InspectOptions } from 'node:util'
import type { NpyDescr } from './descr.js'
import { dtypeInfo, type DType, type DTypeInfo, type TypedArray } from './dtype.js'
import { readable, Unreadable } from './readable.js'
import { cStrides, extentOf, sizeOf } from './strides.js'
import { arrayClassOf, laneBytes, viewAs } from './typed-arrays.js'

/** An element of a complex array. */
export interface Complex {
  /** The real part. */
  re: number
  /** The imaginary part. */
  im: number
}

/** What `get` gives and `set` takes. */
export type ElementOf<D extends DType> = D extends 'int64' | 'uint64'
  ? bigint
  : D extends 'complex64' | 'complex128'
    ? Complex
    : D extends 'void'
      ? Uint8Array
      : number

/** Both frozen: many arrays may have the same one. */
export interface ArrayLayout {
  readonly shape: readonly number[]
  readonly stride: readonly number[]
}

/** @internal */
export interface NdArrayInit<D extends DType> {
  readonly dtype: D
  readonly shape: readonly number[]
  readonly stride?: readonly number[]
  readonly offset?: number
  /** In place of copies of `shape` and `stride`. */
  readonly layout?: ArrayLayout
  /** The elements, or what gives them at first use. */
  readonly data: TypedArray | (() => TypedArray) | { load(): TypedArray }
  /** For `void` only. */
  readonly descr?: NpyDescr
  readonly itemsize?: number
}

/**
 * An array of `shape` over `data`. Element (i, j, …) is `data[offset + i * stride[0] + j *
 * stride[1] …]`; for complex dtypes `data` interleaves re and im, and shape, stride and offset count
 * complex elements; for `void` they count elements of `itemsize` bytes.
 *
 * Made by `zeros`, `ndarray` and by restoring. Objects of the npm package `ndarray` are accepted
 * wherever one of these is.
 */
export class NdArray<D extends DType = DType> {
  /** Name of the element type. */
  readonly dtype: D
  /** Length of each axis; empty for a scalar. */
  readonly shape: readonly number[]
  /** Elements to the next one along each axis. */
  readonly stride: readonly number[]
  /** Index of the first element, in elements. */
  readonly offset: number
  /** Number of elements. */
  readonly size: number
  /** Bytes of one element. */
  readonly itemsize: number
  /** NumPy's type of a `void` array, such as `<U3` or a list of fields; absent for the others. */
  declare readonly descr?: NpyDescr
  #data: TypedArray | undefined
  #source: { load(): TypedArray } | undefined
  readonly #info: DTypeInfo

  /** @internal */
  constructor(init: NdArrayInit<D>) {
    const { dtype, shape, data, descr } = init
    this.#info = dtypeInfo(dtype)
    this.dtype = dtype
    const { layout } = init
    this.shape = layout?.shape ?? Object.freeze([...shape])
    this.stride = layout?.stride ?? Object.freeze([...(init.stride ?? cStrides(shape))])
    this.offset = init.offset ?? 0
    this.size = sizeOf(shape)
    this.itemsize = init.itemsize ?? this.#info.itemsize
    if (descr !== undefined) this.descr = descr
    if (typeof data === 'function') this.#source = { load: data }
    else if ('load' in data) this.#source = data
    else this.#data = data
  }

  /**
   * The elements, as a typed array that may hold more than this array's own. After a restore it is
   * made at first use.
   *
   * @throws CheckpointError CKPT_CORRUPT at first use, if the array was restored with `verify:
   *   'lazy'` and its checksum does not match.
   */
  get data(): TypedArray {
    if (this.#data === undefined) {
      // #source stays when it throws: a corrupt array fails at each use, not only at the first.
      this.#data = this.#source?.load() ?? new Uint8Array(0)
      this.#source = undefined
    }
    return this.#data
  }

  /**
   * The element at an index of `shape.length` integers: a number; a bigint for int64 and uint64;
   * `{ re, im }` for complex dtypes; its bytes (shared) for `void`.
   *
   * @throws RangeError if an index lies outside its axis, TypeError if their number is wrong.
   */
  get(...index: number[]): ElementOf<D> {
    return this.#read(this.#position(index)) as ElementOf<D>
  }

  /**
   * Sets the element at an index: `set(i, j, value)`. Numbers and bigints are converted to the
   * dtype as typed arrays do; booleans count as 0 and 1.
   *
   * @throws RangeError if an index lies outside its axis, TypeError if the value does not fit.
   */
  set(
    ...indexThenValue: [...index: number[], value: ElementOf<D> | number | bigint | boolean]
  ): void {
    const value = indexThenValue.at(-1)
    const index = indexThenValue.slice(0, -1) as number[]
    if (indexThenValue.length === 0) throw new TypeError('set needs an index and a value')
    this.#write(this.#position(index), value)
  }

  #position(index: readonly number[]): number {
    const { shape, stride } = this
    if (index.length !== shape.length) {
      throw new TypeError(`expected ${String(shape.length)} indices, got ${String(index.length)}`)
    }
    let position = this.offset
    for (const [axis, i] of index.entries()) {
      const length = shape[axis] ?? 0
      if (!Number.isInteger(i) || i < 0 || i >= length) {
        throw new RangeError(
          `index ${String(i)} is outside axis ${String(axis)} of ${String(length)} elements`,
        )
      }
      position += i * (stride[axis] ?? 0)
    }
    return position
  }

  #read(position: number): unknown {
    const data = this.data
    const { lanes, codec } = this.#info
    if (this.dtype === 'void') {
      const start = position * this.itemsize
      return (data as Uint8Array).subarray(start, start + this.itemsize)
    }
    if (lanes === 2) return { re: data[2 * position], im: data[2 * position + 1] }
    const element = data[position]
    // A Float16Array has decoded its bits already.
    if (codec === undefined || !isBits(data)) return element
    return codec.decode(element as number)
  }

  #write(position: number, value: unknown): void {
    const data = this.data as unknown as (number | bigint)[]
    const { lanes, codec, name } = this.#info
    if (name === 'void') {
      this.#writeBytes(position, value)
    } else if (lanes === 2) {
      const { re, im } = toComplex(value)
      data[2 * position] = re
      data[2 * position + 1] = im
    } else if (name === 'int64' || name === 'uint64') {
      data[position] = toBigInt(value)
    } else {
      const number = toNumber(value)
      data[position] = codec === undefined || !isBits(this.data) ? number : codec.encode(number)
    }
  }

  #writeBytes(position: number, value: unknown): void {
    if (!(value instanceof Uint8Array) || value.length !== this.itemsize) {
      throw new TypeError(`a void element takes a Uint8Array of ${String(this.itemsize)} bytes`)
    }
    const bytes = this.data as Uint8Array
    bytes.set(value, position * this.itemsize)
  }

  static {
    // Under isolatedDeclarations a computed member needs its definition here.
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: NdArray, _depth: number, options: InspectOptions): string {
        const { offset, size, shape, dtype } = this
        const head = `NdArray ${dtype} [${shape.join(', ')}]`
        const data = readable(() => this.data)
        if (data instanceof Unreadable) return `${head} ${inspect(data)}`
        if (dtype === 'void') return `${head} ${inspect(this.descr, options)}`
        const elements = size === sizeOf([data.length]) ? data : data.subarray(offset)
        return `${head} ${inspect(elements, { ...options, maxArrayLength: 8 })}`
      },
    })
  }
}

const isBits = (data: TypedArray): boolean => arrayClassOf(data) !== 'Float16Array'

function toNumber(value: unknown): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean' || typeof value === 'bigint') return Number(value)
  throw new TypeError(`expected a number, got ${inspect(value)}`)
}

function toBigInt(value: unknown): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return BigInt(value as number)
  throw new TypeError(`expected a bigint or a safe integer, got ${inspect(value)}`)
}

function toComplex(value: unknown): Complex {
  if (typeof value === 'object' && value !== null && 're' in value && 'im' in value) {
    return { re: toNumber(value.re), im: toNumber(value.im) }
  }
  return { re: toNumber(value), im: 0 }
}

/** @throws TypeError naming `what` unless it is an array of axis lengths. */
export function checkShape(shape: unknown, what = 'shape'): readonly number[] {
  if (!Array.isArray(shape)) throw new TypeError(`${what} must be an array, got ${inspect(shape)}`)
  for (const dimension of shape as unknown[]) {
    if (!Number.isSafeInteger(dimension) || (dimension as number) < 0) {
      throw new RangeError(`${what} must hold non-negative integers, got ${inspect(shape)}`)
    }
  }
  if (!Number.isSafeInteger(sizeOf(shape as number[]))) {
    throw new RangeError(`${what} ${inspect(shape)} has too many elements`)
  }
  return shape as number[]
}

/** @throws RangeError unless every element lies within `length` elements of data. */
export function checkBounds(
  shape: readonly number[],
  stride: readonly number[],
  offset: number,
  length: number,
): void {
  const extent = extentOf(shape, stride, offset)
  if (extent !== undefined && (extent.first < 0 || extent.last >= length)) {
    throw new RangeError(
      `shape [${shape.join(', ')}] with stride [${stride.join(', ')}] and offset ${String(offset)} ` +
        `leaves the data, which holds ${String(length)} elements`,
    )
  }
}

/**
 * An array of zeros in C order, of dtype `float64`, as in NumPy.
 *
 * @param shape length of each axis; `[]` is a scalar
 * @throws TypeError, RangeError naming a bad argument
 */
// Overloads: a default type parameter would be inferred from what the result is assigned to, and
// `const a: NdArray<'int64'> = zeros([2])` would compile.
export function zeros(shape: readonly number[]): NdArray<'float64'>
/**
 * An array of zeros in C order, of a dtype.
 *
 * @param shape length of each axis; `[]` is a scalar
 * @param dtype default `float64`, as in NumPy
 * @throws TypeError, RangeError naming a bad argument; TypeError for `void`, whose elements have no size
 */
export function zeros<D extends DType>(shape: readonly number[], dtype: D): NdArray<D>
/** As the others, for a dtype that is known at run time only. */
export function zeros(shape: readonly number[], dtype?: DType): NdArray
export function zeros(shape: readonly number[], name: DType = 'float64'): NdArray {
  const info = dtypeInfo(name)
  if (info.itemsize === 0) throw new TypeError(`zeros cannot make dtype '${name}'`)
  const bytes = sizeOf(checkShape(shape)) * info.itemsize
  const buffer = new ArrayBuffer(bytes)
  const [arrayClass = 'Uint8Array'] = info.classes
  return new NdArray({ dtype: name, shape, data: viewAs(arrayClass, buffer, 0, bytes) })
}

/** Elements (not lanes) that `data` holds; any number of those that have no bytes. */
export function elementCount(data: TypedArray, info: DTypeInfo, itemsize: number): number {
  if (info.name === 'void') return itemsize === 0 ? Infinity : Math.floor(data.length / itemsize)
  return Math.floor(data.byteLength / (laneBytes(info) * info.lanes))
}
