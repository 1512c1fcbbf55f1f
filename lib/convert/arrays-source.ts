/**
 * Arrays of a program as a source, by their names: those of a `NumpyState`, or of a plain object.
 *
 * @module
 */
import { inspect } from 'node:util'
import { checkInput, type CheckedInput } from '../array/input.js'
import { NdArray } from '../array/ndarray.js'
import { isCContiguous, isFortranContiguous, sizeOf } from '../array/strides.js'
import type { Steps } from '../twin.js'
import { streamBlocks } from './blocks.js'
import {
  streamMemory,
  type Scratch,
  type Sink,
  type SourceTensor,
  type TensorSource,
} from './tensor.js'

/** @throws TypeError naming what is no array */
export function arraysSource(arrays: object): TensorSource {
  const entries = Object.entries(arrays).map(([name, value]) => {
    const array = check(name, value)
    return { name, key: name, isMinor: false, open: () => arrayTensor(name, array) }
  })
  return { entries, metadata: {}, close: () => undefined }
}

function check(name: string, value: unknown): CheckedInput {
  try {
    return checkInput(value)
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause
    throw new TypeError(`'${name}' is not an array that can be written: ${cause.message}`, {
      cause,
    })
  }
}

function arrayTensor(name: string, array: CheckedInput): SourceTensor {
  const { info, shape, stride, offset, data, itemsize, descr } = array
  const isC = isCContiguous(shape, stride)
  const isFortran = !isC && isFortranContiguous(shape, stride)
  const size = sizeOf(shape)
  const kind = descr === undefined ? {} : { descr, itemsize }
  return {
    ...{ name, key: name, dtype: info.name, shape, itemsize, byteLength: size * itemsize },
    fortranOrder: isFortran,
    ...(descr === undefined ? {} : { descr }),
    read: () => new NdArray({ dtype: info.name, shape, stride, offset, data, ...kind }),
    stream(_scratch: Scratch, sink: Sink): Steps<void> {
      if (!isC && !isFortran) return streamBlocks(array, sink)
      // Elements of `data` for one of the array.
      const lanes = info.name === 'void' ? itemsize : info.lanes
      const start = size === 0 ? 0 : offset * lanes
      return streamMemory(data.subarray(start, start + size * lanes), sink)
    },
  }
}

/** @throws TypeError unless it is an object of arrays */
export function checkArrays(value: unknown): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  const wanted = 'a path, an open checkpoint or file, or an object of arrays'
  throw new TypeError(`source must be ${wanted}, got ${inspect(value, { depth: 0 })}`)
}
