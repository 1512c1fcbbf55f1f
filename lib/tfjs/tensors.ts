/**
 * From arrays to tensors of TensorFlow.js and back.
 *
 * @module
 */
import { inspect } from 'node:util'
import type { DType } from '../array/dtype.js'
import { checkInput, ndarray, type ArrayInput, type CheckedInput } from '../array/input.js'
import { contiguous } from '../array/contiguous.js'
import type { NdArray } from '../array/ndarray.js'
import { isTypedArray } from '../array/typed-arrays.js'
import type { TensorData, TensorFlowJs, TensorLike } from './types.js'

/** Element types of tensors that hold numbers as they are. */
export type TensorDType = 'float32' | 'int32' | 'bool'

/** Where no element can change. */
const HELD_BY: Partial<Readonly<Record<DType, TensorDType>>> = {
  float32: 'float32',
  float16: 'float32',
  bfloat16: 'float32',
  int32: 'int32',
  int16: 'int32',
  uint16: 'int32',
  int8: 'int32',
  uint8: 'int32',
  bool: 'bool',
}

export function isTensorDType(dtype: unknown): dtype is TensorDType {
  return dtype === 'float32' || dtype === 'int32' || dtype === 'bool'
}

/**
 * A tensor with the elements of an array. On the CPU backend `float32`, `int32` and `bool` arrays in C
 * order are shared, not copied: write to the array no more. Other backends copy.
 *
 * @param tf the module of TensorFlow.js
 * @param array an NdArray, a typed array or what is accepted as one
 * @param dtype of the tensor; needed where TensorFlow.js has none that holds every element: floats of
 *   64 bits are rounded then, integers must fit
 * @returns yours to dispose
 * @throws TypeError if it is no array, or not of real numbers; RangeError if an integer does not fit
 */
export function toTensor<T extends TensorLike>(
  tf: TensorFlowJs & { tensor(...args: never[]): T },
  array: ArrayInput,
  dtype?: TensorDType,
): T {
  const input = checkInput(array)
  const { name } = input.info
  const target = dtype ?? HELD_BY[name]
  if (dtype !== undefined && !isTensorDType(dtype)) {
    throw new TypeError(`dtype must be float32, int32 or bool, got ${inspect(dtype)}`)
  }
  if (target === undefined || input.info.lanes === 2 || name === 'void') {
    const hint = input.info.lanes === 2 || name === 'void' ? '' : `: name one that is to hold it`
    throw new TypeError(`TensorFlow.js has no dtype that holds ${name}${hint}`)
  }
  // Of these three dtypes the data is of these classes.
  const data = name === target ? (contiguous(input) as TensorData) : converted(input, target)
  return tf.tensor(data, [...input.shape], target) as T
}

/** The tensor's elements as an array. On the CPU backend they are shared, not copied. */
export function fromTensor(tensor: TensorLike): NdArray {
  const { dtype } = tensor
  const data = tensor.dataSync()
  const isKnown = isTensorDType(dtype) || dtype === 'complex64'
  if (isKnown && isTypedArray(data)) return ndarray(data, tensor.shape, { dtype })
  throw new TypeError(`a tensor of dtype ${dtype} is no array of numbers`)
}

function converted(input: CheckedInput, dtype: TensorDType): TensorData {
  const { name } = input.info
  const flat = ndarray(contiguous(input), undefined, { dtype: name })
  const data = new { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype](flat.size)
  for (let i = 0; i < data.length; i++) {
    // No complex numbers, which have been refused.
    const element = Number(flat.get(i))
    data[i] = dtype === 'bool' ? Number(element !== 0) : element
    // Floats are rounded; an integer is what it is.
    if (dtype === 'int32' && data[i] !== element) {
      throw new RangeError(`an int32 tensor cannot hold ${element} of a ${name} array`)
    }
  }
  return data
}
