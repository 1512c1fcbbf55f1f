/**
 * The elements of an array in C order, for libraries that know no strides.
 *
 * @module
 */
import type { CheckedInput } from './input.js'
import type { TypedArray } from './dtype.js'
import { gather, isCContiguous, sizeOf } from './strides.js'
import { arrayClassOf, viewAs } from './typed-arrays.js'

/** A typed array of the class of the array's data: the array's own memory where it lies so, else a copy. */
export function contiguous(array: CheckedInput): TypedArray {
  const { info, data, shape, stride, offset } = array
  const length = sizeOf(shape) * info.lanes
  if (length > 0 && isCContiguous(shape, stride)) {
    const start = offset * info.lanes
    return data.length === length ? data : data.subarray(start, start + length)
  }
  const { buffer, byteOffset, byteLength } = gather(array)
  return viewAs(arrayClassOf(data) ?? 'Uint8Array', buffer, byteOffset, byteLength)
}
