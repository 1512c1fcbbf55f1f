/**
 * Tensors whose elements lie one behind the other in some bytes.
 *
 * @module
 */
import type { NpyDescr } from '../array/descr.js'
import { dtypeInfo, type DType, type DTypeInfo } from '../array/dtype.js'
import { NdArray } from '../array/ndarray.js'
import { fortranStrides, sizeOf } from '../array/strides.js'
import { laneBytes, viewAs } from '../array/typed-arrays.js'
import { allocate } from '../bundle/read/extent.js'
import type { Steps } from '../twin.js'
import type { Bytes } from './mapped-file.js'
import type { Scratch, Sink, SourceTensor } from './tensor.js'

export interface FileTensorParts {
  readonly name: string
  readonly key: string
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly bytes: Bytes
  readonly fortranOrder?: boolean
  readonly bigEndian?: boolean
  /** Of `void`. */
  readonly descr?: NpyDescr
  readonly itemsize?: number
}

/** Swaps the bytes of each element of a part, in place. */
export function swap(bytes: Buffer, lane: number): void {
  if (lane === 2) bytes.swap16()
  else if (lane === 4) bytes.swap32()
  else if (lane === 8) bytes.swap64()
}

export class FileTensor implements SourceTensor {
  readonly name: string
  readonly key: string
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly itemsize: number
  readonly byteLength: number
  readonly fortranOrder: boolean
  declare readonly descr?: NpyDescr
  readonly #info: DTypeInfo
  readonly #bytes: Bytes
  readonly #bigEndian: boolean

  constructor(parts: FileTensorParts) {
    const { name, key, dtype, shape, bytes, descr } = parts
    this.#info = dtypeInfo(dtype)
    this.name = name
    this.key = key
    this.dtype = dtype
    this.shape = shape
    this.itemsize = parts.itemsize ?? this.#info.itemsize
    this.byteLength = sizeOf(shape) * this.itemsize
    // The two orders are one where at most one axis is longer than 1.
    this.fortranOrder = parts.fortranOrder === true && shape.filter((n) => n > 1).length > 1
    if (descr !== undefined) this.descr = descr
    this.#bytes = bytes
    this.#bigEndian = parts.bigEndian === true && laneBytes(this.#info) > 1
  }

  read(): NdArray {
    const { dtype, shape, itemsize, descr, fortranOrder } = this
    const stride = fortranOrder ? { stride: fortranStrides(shape) } : {}
    const kind = descr === undefined ? {} : { descr, itemsize }
    return new NdArray({ dtype, shape, ...stride, ...kind, data: () => this.#load() })
  }

  #load(): NdArray['data'] {
    const lane = laneBytes(this.#info)
    let buffer = this.#bytes.buffer(lane)
    if (this.#bigEndian) {
      const swapped = allocate(buffer.byteLength, this.key)
      const bytes = Buffer.from(swapped)
      bytes.set(new Uint8Array(buffer))
      swap(bytes, lane)
      buffer = swapped
    }
    return viewAs(this.#info.classes[0] ?? 'Uint8Array', buffer, 0, buffer.byteLength)
  }

  stream(scratch: Scratch, sink: Sink): Steps<void> {
    if (!this.#bigEndian) return this.#bytes.stream(scratch, sink)
    const lane = laneBytes(this.#info)
    return this.#bytes.stream(scratch, function* (piece) {
      // A piece that was read may be changed: it is the transfer's own memory.
      swap(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength), lane)
      yield* sink(piece)
    })
  }
}
