/**
 * Shapes and strides: in elements, never bytes.
 *
 * @module
 */

/** Product of a shape's dimensions; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1
  for (const dimension of shape) size *= dimension
  return size
}

/** Strides of a C-order (row-major) array. */
export function cStrides(shape: readonly number[]): number[] {
  const stride = new Array<number>(shape.length)
  let step = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    stride[axis] = step
    step *= Math.max(shape[axis] ?? 1, 1)
  }
  return stride
}

/** Strides of a Fortran-order (column-major) array. */
export function fortranStrides(shape: readonly number[]): number[] {
  return cStrides([...shape].reverse()).reverse()
}

/** In row-major order, the last axis first; axes of one element do not matter. */
export function isCContiguous(shape: readonly number[], stride: readonly number[]): boolean {
  let step = 1
  let isSo = true
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const dimension = shape[axis] ?? 0
    if (dimension === 0) return true
    if (dimension > 1 && stride[axis] !== step) isSo = false
    step *= dimension
  }
  return isSo
}

/** In column-major order, the first axis first. */
export function isFortranContiguous(shape: readonly number[], stride: readonly number[]): boolean {
  let step = 1
  let isSo = true
  for (let axis = 0; axis < shape.length; axis++) {
    const dimension = shape[axis] ?? 0
    if (dimension === 0) return true
    if (dimension > 1 && stride[axis] !== step) isSo = false
    step *= dimension
  }
  return isSo
}

/** First and last element index that a strided array touches; undefined when it has no elements. */
export function extentOf(
  shape: readonly number[],
  stride: readonly number[],
  offset: number,
): { first: number; last: number } | undefined {
  let first = offset
  let last = offset
  for (let axis = 0; axis < shape.length; axis++) {
    const dimension = shape[axis] ?? 0
    if (dimension === 0) return undefined
    const reach = (dimension - 1) * (stride[axis] ?? 0)
    if (reach < 0) first += reach
    else last += reach
  }
  return { first, last }
}

export interface StridedBytes {
  /** The memory that holds the elements. */
  readonly data: ArrayBufferView
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  readonly offset: number
  /** Bytes of one element. */
  readonly itemsize: number
}

type Lanes = Uint8Array | Uint16Array | Uint32Array

/**
 * Copies a strided array into new C-order bytes.
 *
 * Elements move as integers, never as floats: assigning a float may quieten a NaN, and bits have to
 * survive.
 */
export function gather(source: StridedBytes): Uint8Array {
  const { data, shape, stride, offset, itemsize } = source
  const size = sizeOf(shape)
  const target = new Uint8Array(size * itemsize)
  if (size === 0) return target
  const width = itemsize % 4 === 0 && itemsize > 0 ? 4 : itemsize === 2 ? 2 : 1
  const perElement = itemsize / width
  const from = lanesOf(data, width)
  const to = lanesOf(target, width)
  const inner = shape.length - 1
  const run = inner < 0 ? 1 : (shape[inner] ?? 1)
  const step = (inner < 0 ? 1 : (stride[inner] ?? 1)) * perElement
  const index = new Array<number>(Math.max(inner, 0)).fill(0)
  let at = 0
  let start = offset * perElement
  while (at < to.length) {
    at = copyRun(from, to, start, at, run, step, perElement)
    // The odometer of the outer axes, kept incremental so that rank costs nothing per element.
    for (let axis = inner - 1; axis >= 0; axis--) {
      const move = (stride[axis] ?? 0) * perElement
      const position = (index[axis] ?? 0) + 1
      if (position < (shape[axis] ?? 0)) {
        index[axis] = position
        start += move
        break
      }
      index[axis] = 0
      start -= move * (position - 1)
    }
  }
  return target
}

function copyRun(
  from: Lanes,
  to: Lanes,
  start: number,
  at: number,
  run: number,
  step: number,
  perElement: number,
): number {
  if (step === perElement) {
    to.set(from.subarray(start, start + run * perElement), at)
    return at + run * perElement
  }
  for (let i = 0; i < run; i++, start += step) {
    for (let lane = 0; lane < perElement; lane++) to[at++] = from[start + lane] ?? 0
  }
  return at
}

function lanesOf(view: ArrayBufferView, width: 1 | 2 | 4): Lanes {
  const { buffer, byteOffset, byteLength } = view
  if (width === 4) return new Uint32Array(buffer, byteOffset, byteLength / 4)
  if (width === 2) return new Uint16Array(buffer, byteOffset, byteLength / 2)
  return new Uint8Array(buffer, byteOffset, byteLength)
}
