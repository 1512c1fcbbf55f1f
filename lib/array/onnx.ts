/**
 * toOnnx: arrays as tensors of onnxruntime.
 *
 * @module
 */
import type { DType, TypedArray } from './dtype.js'
import { checkInput, type ArrayInput } from './input.js'
import { contiguous } from './contiguous.js'

/** The module of `onnxruntime-node`, `onnxruntime-web` or `onnxruntime-common`. */
export interface OnnxRuntime<T> {
  /** Its class of tensors. The arguments are `never` so that every version of the module fits. */
  readonly Tensor: {
    /** Makes a tensor of a dtype, its elements in C order and the length of each axis. */
    new (type: never, data: never, dims?: readonly number[]): T
  }
}

/** Names are the same; what onnxruntime has no tensor for is missing. */
const TYPES: ReadonlySet<DType> = new Set<DType>([
  ...(['float32', 'float64', 'float16', 'bool', 'int8', 'uint8'] as const),
  ...(['int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'] as const),
])

/**
 * A tensor with the elements of an array. Elements that lie in C order are shared, not copied.
 *
 * ```js
 * const ort = require('onnxruntime-node')
 * const results = await session.run({ input: toOnnx(ort, arrays.x) })
 * ```
 *
 * The other way there is nothing to do: a tensor of onnxruntime is accepted where an array is.
 *
 * @param ort the module of onnxruntime
 * @throws TypeError if it is no array, or of a dtype that onnxruntime has no tensor for
 */
export function toOnnx<T>(ort: OnnxRuntime<T>, array: ArrayInput): T {
  const input = checkInput(array)
  const { name } = input.info
  if (!TYPES.has(name)) throw new TypeError(`onnxruntime has no tensor of dtype ${name}`)
  const { Tensor } = ort as unknown as {
    readonly Tensor: new (type: string, data: TypedArray, dims: readonly number[]) => T
  }
  return new Tensor(name, contiguous(input), [...input.shape])
}
