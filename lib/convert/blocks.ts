/**
 * Arrays whose elements do not lie in C order, given in that order block by block.
 *
 * @module
 */
import { gather, type StridedBytes } from '../array/strides.js'
import type { Steps } from '../twin.js'
import { PIECE, type Sink, type TensorStream, type SourceTensor } from './tensor.js'

/** Gives the elements of a strided array to a sink in C order, in pieces of at most `PIECE` bytes. */
export function* streamBlocks(array: StridedBytes, sink: Sink): Steps<void> {
  const { data, shape, stride, offset, itemsize } = array
  // The first axes are walked one by one, the next one in runs, and those behind it are whole.
  let axis = shape.length
  let bytes = itemsize
  while (axis > 0 && bytes * (shape[axis - 1] ?? 0) <= PIECE) bytes *= shape[--axis] ?? 0
  if (axis === 0) {
    yield* sink(gather(array))
    return
  }
  const cut = axis - 1
  const length = shape[cut] ?? 0
  const run = Math.max(1, Math.floor(PIECE / Math.max(bytes, 1)))
  for (const start of starts(shape.slice(0, cut), stride)) {
    for (let i = 0; i < length; i += run) {
      const part = {
        data,
        shape: [Math.min(run, length - i), ...shape.slice(cut + 1)],
        stride: stride.slice(cut),
        offset: offset + start + i * (stride[cut] ?? 0),
        itemsize,
      }
      yield* sink(gather(part))
    }
  }
}

/** Where each index of some axes begins, in C order, in elements. */
function* starts(shape: readonly number[], stride: readonly number[]): Generator<number> {
  const [length, ...rest] = shape
  if (length === undefined) {
    yield 0
    return
  }
  for (let i = 0; i < length; i++) {
    for (const inner of starts(rest, stride.slice(1))) yield i * (stride[0] ?? 0) + inner
  }
}

/** A tensor for a format that knows C order only. */
export function inCOrder(tensor: SourceTensor): TensorStream {
  if (!tensor.fortranOrder) return tensor
  const { name, key, dtype, shape, itemsize, byteLength, descr } = tensor
  return {
    ...{ name, key, dtype, shape, itemsize, byteLength, fortranOrder: false },
    ...(descr === undefined ? {} : { descr }),
    stream: (scratch, sink) => {
      const array = tensor.read()
      if (!('stride' in array)) return tensor.stream(scratch, sink)
      return streamBlocks(array, sink)
    },
  }
}
