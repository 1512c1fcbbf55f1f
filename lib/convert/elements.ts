/**
 * Elements of one dtype made into those of another, piece by piece.
 *
 * @module
 */
import { dtypeInfo, type DType, type DTypeInfo } from '../array/dtype.js'
import { sizeOf } from '../array/strides.js'
import { arrayClassOf, laneBytes, viewAs } from '../array/typed-arrays.js'
import { CheckpointError } from '../errors.js'
import type { Quantization } from '../formats/tfjs.js'
import { collected, type Bytes } from './mapped-file.js'
import type { Scratch, Sink, TensorStream } from './tensor.js'

type Convert = (value: number | bigint) => number

/** Gives a sink what `convert` makes of each element. */
function converting(
  from: DTypeInfo,
  to: DTypeInfo,
  convert: Convert,
  scratch: Scratch,
  sink: Sink,
): Sink {
  const [fromClass = 'Uint8Array'] = from.classes
  const [toClass = 'Uint8Array'] = to.classes
  return function* (piece) {
    const aligned = piece.byteOffset % laneBytes(from) === 0 ? piece : piece.slice()
    const { buffer, byteOffset, byteLength } = aligned
    const source = viewAs(fromClass, buffer, byteOffset, byteLength)
    // A Float16Array has decoded its bits already.
    const codec = arrayClassOf(source) === 'Float16Array' ? undefined : from.codec
    const { output } = scratch
    const bytes = output.subarray(0, source.length * to.itemsize)
    const target = viewAs(toClass, bytes.buffer, bytes.byteOffset, bytes.length)
    for (let i = 0; i < source.length; i++) {
      const value = source[i] ?? 0
      target[i] = convert(codec === undefined ? value : codec.decode(value as number))
    }
    yield* sink(bytes)
  }
}

/** What quantized weights stand for: tfjs-core/src/io/io_utils.ts, decodeWeight. */
export function dequantized(
  stored: Bytes,
  dtype: DType,
  { dtype: by, scale, min }: Quantization,
  key: string,
): Bytes {
  const [from, to] = [dtypeInfo(by), dtypeInfo(dtype)]
  const length = (stored.length / from.itemsize) * to.itemsize
  const affine: Convert = (q) => Number(q) * scale + min
  const convert: Convert =
    by === 'float16' ? Number : dtype === 'int32' ? (q) => Math.round(affine(q)) : affine
  return collected(length, key, (scratch, sink) =>
    stored.stream(scratch, converting(from, to, convert, scratch, sink)),
  )
}

/** Dtypes that a cast may end in. */
export const CASTS = ['float32', 'float64', 'int32'] as const

const isComplex = (dtype: string): boolean => dtype.startsWith('complex')
export const isFloat = (dtype: string): boolean => /^b?float/.test(dtype)

/**
 * A tensor as one of another dtype. To a float, values are rounded to the nearest one; to int32 they
 * must be integers that it holds.
 *
 * @throws CheckpointError CKPT_UNSUPPORTED for complex numbers, strings and structures; while it is
 *   streamed, for a value that does not fit
 */
export function cast(tensor: TensorStream, to: (typeof CASTS)[number]): TensorStream {
  const { name, key, dtype, shape, fortranOrder } = tensor
  if (dtype === to) return tensor
  if (dtype === 'string' || dtype === 'void' || isComplex(dtype)) {
    throw notCast(key, dtype, to, 'it is no real number')
  }
  const [from, into] = [dtypeInfo(dtype), dtypeInfo(to)]
  const convert: Convert = to === 'int32' ? (value) => toInt32(value, key, dtype) : Number
  return {
    ...{ name, key, dtype: to, shape, fortranOrder },
    itemsize: into.itemsize,
    byteLength: sizeOf(shape) * into.itemsize,
    stream: (scratch, sink) =>
      tensor.stream(scratch, converting(from, into, convert, scratch, sink)),
  }
}

function toInt32(value: number | bigint, key: string, dtype: string): number {
  const number = Number(value)
  if ((number | 0) === number) return number
  throw notCast(key, dtype, 'int32', `it holds ${String(value)}`)
}

function notCast(key: string, dtype: string, to: string, why: string): CheckpointError {
  const feature = `a cast of ${dtype} to ${to}`
  const message = `'${key}' cannot be cast from ${dtype} to ${to}: ${why}; leave it out by 'filter'`
  return new CheckpointError('CKPT_UNSUPPORTED', message, { feature, key })
}
