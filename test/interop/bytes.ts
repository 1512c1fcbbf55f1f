// The bytes of arrays, taken apart by code that shares nothing with the library's own.
import { createHash } from 'node:crypto'
import type { NdArray } from '../../lib/index.js'

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex')

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Every index of a shape, in C order. */
function* indices(shape: readonly number[]): Generator<number[]> {
  const [length, ...rest] = shape
  if (length === undefined) {
    yield []
    return
  }
  for (let i = 0; i < length; i++) for (const tail of indices(rest)) yield [i, ...tail]
}

/** Elements of a strided array in C order; stride and offset count elements of `itemsize` bytes. */
export function gatherBytes(
  data: ArrayBufferView,
  shape: readonly number[],
  stride: readonly number[],
  offset: number,
  itemsize: number,
): Buffer {
  const source = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  const elements = Array.from(indices(shape), (index) => {
    const at = index.reduce((sum, i, axis) => sum + i * (stride[axis] ?? 0), offset)
    return source.subarray(at * itemsize, (at + 1) * itemsize)
  })
  return Buffer.concat(elements)
}

/** Little-endian bytes of an array's elements in C order. */
export function arrayBytes(array: NdArray): Buffer {
  const { data, shape, stride, offset, itemsize } = array
  return gatherBytes(data, shape, stride, offset, itemsize)
}

export interface SplitNpy {
  readonly version: string
  /** The header without its padding. */
  readonly header: string
  readonly body: Buffer
}

/** A `.npy` taken apart; undefined if the bytes are none. */
export function splitNpy(bytes: Uint8Array): SplitNpy | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (file.toString('latin1', 0, 6) !== '\x93NUMPY') return undefined
  const start = file[6] === 1 ? 10 : 12
  const end = start + file.readUIntLE(8, start - 8)
  return {
    version: `${String(file[6])}.${String(file[7])}`,
    header: file.toString(file[6] === 3 ? 'utf8' : 'latin1', start, end).trimEnd(),
    body: file.subarray(end),
  }
}
