/**
 * Large tensors in slices along their first axis, so that a save writes only the slices that have
 * changed. TensorFlow puts them together when it reads the tensor.
 *
 * @module
 */
import type { SliceExtent } from '../messages.js'
import { encodeSliceKey } from '../ordered-code.js'
import type { BundleValue } from './values.js'

/**
 * TensorFlow's DataType numbers of what its kernels can put together: float, double, int32, uint8,
 * int16, int8, complex64, int64, bool, qint8, quint8, qint32, bfloat16, complex128, int4. It reads
 * others only as they were stored (core/util/tensor_slice_util.h, core/framework/register_types.h).
 */
const CAN_BE_CUT: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 18])

/** Bytes of a slice that fit a view on every Node. */
const MAX_SLICE = 2 ** 31

/** Bytes of an array that are one value. */
interface Part {
  readonly begin: number
  readonly length: number
}

const NO_BYTES = new Uint8Array(0)
const WHOLE: SliceExtent = { start: 0, length: -1 }

export class Cuts {
  /** What is written in place of the values that were given. */
  readonly values: readonly BundleValue[]
  /** Of each given array: its parts; undefined if it is whole. */
  readonly #parts: readonly (readonly Part[] | undefined)[]
  /** Of each given value: the number of its first stored one. */
  readonly #rows: Int32Array

  private constructor(
    values: readonly BundleValue[],
    parts: readonly (readonly Part[] | undefined)[],
    rows: Int32Array,
  ) {
    this.values = values
    this.#parts = parts
    this.#rows = rows
  }

  /** @param sliceBytes above which a tensor is cut, and of about how many its slices are */
  static of(values: readonly BundleValue[], sliceBytes: number): Cuts {
    const all: BundleValue[] = []
    const parts: (readonly Part[] | undefined)[] = []
    const rows = new Int32Array(values.length)
    let stored = 0
    for (const [i, value] of values.entries()) {
      rows[i] = stored
      const slices = slicesOf(value, sliceBytes)
      if (value.source !== undefined) parts.push(slices?.map(({ part }) => part))
      if (slices === undefined) {
        all.push(value)
        stored += value.slices === undefined ? 1 : 0
        continue
      }
      for (const slice of slices) all.push(slice.value)
      stored += slices.length
      const { key, dtype, shape } = value
      const named = slices.map(({ extents }) => extents)
      all.push({ key, dtype, shape, head: NO_BYTES, seed: 0, slices: named })
    }
    return new Cuts(all, parts, rows)
  }

  /** Number of a given value among the stored ones. */
  rowOf(given: number): number {
    return this.#rows[given] ?? -1
  }

  /** Other arrays in the place of those that were given. */
  split(sources: readonly ArrayBufferView[]): ArrayBufferView[] {
    return sources.flatMap((source, i) => {
      const parts = this.#parts[i]
      return parts === undefined ? [source] : parts.map((part) => viewOf(source, part))
    })
  }
}

function viewOf(source: ArrayBufferView, { begin, length }: Part): Uint8Array {
  return new Uint8Array(source.buffer, source.byteOffset + begin, length)
}

interface Slice {
  readonly part: Part
  readonly extents: readonly SliceExtent[]
  readonly value: BundleValue
}

function slicesOf(value: BundleValue, sliceBytes: number): Slice[] | undefined {
  const { key, dtype, shape, source, head, seed } = value
  const [count = 0, ...rest] = shape
  if (source === undefined || source.byteLength <= sliceBytes || count < 2) return undefined
  // Only what is a tensor's elements and nothing else, under a key of its own.
  if (head.length > 0 || value.keyBytes !== undefined || !CAN_BE_CUT.has(dtype)) return undefined
  const rowBytes = source.byteLength / count
  if (rowBytes > MAX_SLICE) return undefined
  const rows = Math.max(1, Math.floor(Math.min(sliceBytes, MAX_SLICE) / rowBytes))
  const slices: Slice[] = []
  for (let start = 0; start < count; start += rows) {
    const length = Math.min(rows, count - start)
    const part = { begin: start * rowBytes, length: length * rowBytes }
    const extents = [{ start, length }, ...rest.map(() => WHOLE)]
    const keyBytes = encodeSliceKey(key, extents)
    const own = { key, keyBytes, dtype, shape: [length, ...rest], head, seed }
    slices.push({ part, extents, value: { ...own, source: viewOf(source, part) } })
  }
  return slices
}
