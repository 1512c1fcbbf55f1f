// Random arrays of every dtype and layout, with what NumPy has to find in them.
import npm from 'ndarray'
import { DTYPES, type DTypeInfo } from '../../lib/array/dtype.js'
import {
  ndarray,
  type ArrayInput,
  type DType,
  type NpyDescr,
  type TypedArray,
} from '../../lib/index.js'
import { arrayBytes, gatherBytes, sha256 } from './bytes'
import type { NdArray } from '../../lib/index.js'

/** An array by what does not depend on who holds it. */
export interface ArrayDescription {
  readonly descr: NpyDescr
  readonly shape: readonly number[]
  /** Of the elements in C order. */
  readonly sha256: string
}

/** A source of random choices. */
export class Random {
  readonly #next: () => number

  /** @param next numbers from 0 to 1 */
  constructor(next: () => number) {
    this.#next = next
  }

  /** An integer from `first` to `last`, both included. */
  integer(first: number, last: number): number {
    return first + Math.floor(this.#next() * (last - first + 1))
  }

  chance(probability: number): boolean {
    return this.#next() < probability
  }

  choose<T>(items: readonly T[]): T {
    const item = items[this.integer(0, items.length - 1)]
    if (item === undefined) throw new Error('nothing to choose from')
    return item
  }

  shuffle<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, at: this.#next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item)
  }

  bytes(length: number): Buffer {
    return Buffer.from(Uint8Array.from({ length }, () => this.integer(0, 255)))
  }

  shape(): number[] {
    if (this.chance(0.1)) return [this.integer(500, 3000)]
    return Array.from({ length: this.integer(0, 5) }, () => this.integer(0, 4))
  }
}

export const ALL_DTYPES: readonly DType[] = DTYPES.map(({ name }) => name).filter(
  (name) => name !== 'void',
)

// Written down again here, so that a wrong row of the library's table does not agree with itself.
const DESCRS: Readonly<Partial<Record<DType, string>>> = {
  bool: '|b1',
  int8: '|i1',
  uint8: '|u1',
  int16: '<i2',
  uint16: '<u2',
  int32: '<i4',
  uint32: '<u4',
  int64: '<i8',
  uint64: '<u8',
  float16: '<f2',
  float32: '<f4',
  float64: '<f8',
  complex64: '<c8',
  complex128: '<c16',
}

/** NumPy's type of a dtype; where it has none, a structure that bears the dtype's name. */
function descrOf(dtype: DType, itemsize: number): NpyDescr {
  const bits: Readonly<Record<number, string>> = { 1: '|u1', 2: '<u2', 4: '<u4' }
  return DESCRS[dtype] ?? [[dtype, bits[itemsize] ?? '']]
}

export function describeArray(array: NdArray): ArrayDescription {
  const descr = array.descr ?? descrOf(array.dtype, array.itemsize)
  return { descr, shape: [...array.shape], sha256: sha256(arrayBytes(array)) }
}

interface TypedArrayClass {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBuffer, byteOffset: number, length: number): TypedArray
}

const classNamed = (name: string): TypedArrayClass =>
  (globalThis as unknown as Record<string, TypedArrayClass>)[name] as TypedArrayClass

/** Memory of `elements` elements, not at the start of its buffer. */
function memory(random: Random, info: DTypeInfo, elements: number): TypedArray {
  const length = elements * info.itemsize
  const bytes = random.bytes(length + 32)
  if (info.name === 'bool') for (const [i, byte] of bytes.entries()) bytes[i] = byte & 1
  const copy = Uint8Array.from(bytes).buffer
  const arrayClass = classNamed(random.choose(info.classes))
  const start = random.choose([0, 16])
  return new arrayClass(copy, start, length / arrayClass.BYTES_PER_ELEMENT)
}

export interface RandomArray {
  readonly input: ArrayInput
  readonly expected: ArrayDescription
}

/** A permutation of axes, each with a step that may be negative, inside a larger block. */
function strided(
  random: Random,
  shape: readonly number[],
): { stride: number[]; offset: number; elements: number } {
  const stride = shape.map(() => 0)
  let elements = 1
  let offset = random.integer(0, 3)
  const tight = random.chance(0.4)
  for (const axis of random.shuffle([...shape.keys()])) {
    const length = shape[axis] ?? 1
    const step = elements * (tight ? 1 : random.integer(1, 2))
    const backwards = random.chance(0.3)
    stride[axis] = backwards ? -step : step
    if (backwards && length > 0) offset += (length - 1) * step
    elements = step * Math.max(length, 1)
  }
  return { stride, offset, elements: elements + offset }
}

function ours(random: Random, dtype: DType): RandomArray {
  const info = DTYPES.find(({ name }) => name === dtype)
  if (info === undefined) throw new Error(dtype)
  const shape = random.shape()
  const { stride, offset, elements } = strided(random, shape)
  const data = memory(random, info, elements)
  const bytes = gatherBytes(data, shape, stride, offset, info.itemsize)
  const expected = { descr: descrOf(dtype, info.itemsize), shape, sha256: sha256(bytes) }
  const parts = { data, shape, stride, offset, dtype }
  // An object of these parts is as good as one of ours.
  return { input: random.chance(0.2) ? parts : ndarray(data, shape, parts), expected }
}

/** Plain typed arrays: a view of the whole, of a part, a Buffer, a clamped one. */
function typed(random: Random): RandomArray {
  const dtype = random.choose<DType>(
    ALL_DTYPES.filter(
      (name) => DESCRS[name] !== undefined && !/^(bool|complex|float16)/.test(name),
    ),
  )
  const info = DTYPES.find(({ name }) => name === dtype)
  if (info === undefined) throw new Error(dtype)
  const length = random.integer(0, 40)
  const data = memory(random, info, length)
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const input = dtype === 'uint8' && random.chance(0.5) ? bytes : data
  const expected = { descr: DESCRS[dtype] ?? '', shape: [length], sha256: sha256(bytes) }
  return { input, expected }
}

/** An object of the npm package `ndarray`, turned and cut by its own methods. */
function ofNpm(random: Random): RandomArray {
  const dtype = random.choose<DType>(['float32', 'float64', 'int16', 'uint32', 'int64', 'uint8'])
  const info = DTYPES.find(({ name }) => name === dtype)
  if (info === undefined) throw new Error(dtype)
  const shape = [random.integer(1, 6), random.integer(1, 6), random.integer(1, 6)]
  const elements = shape.reduce((size, length) => size * length, 1)
  let array = npm(memory(random, info, elements) as Float64Array, shape)
  array = array.transpose(...random.shuffle([0, 1, 2]))
  array = array.lo(random.integer(0, 1), 0, 0).step(1, random.choose([1, -1, 2]), -1)
  if (random.chance(0.3)) array = array.pick(null, 0, null)
  const bytes = gatherBytes(array.data, array.shape, array.stride, array.offset, info.itemsize)
  const expected = { descr: DESCRS[dtype] ?? '', shape: [...array.shape], sha256: sha256(bytes) }
  return { input: array, expected }
}

/** @param dtype of an array of ours; without it, an array of any kind */
export function randomArray(random: Random, dtype?: DType): RandomArray {
  if (dtype !== undefined) return ours(random, dtype)
  const make = random.choose([ours, ours, typed, ofNpm])
  return make(random, random.choose(ALL_DTYPES))
}
