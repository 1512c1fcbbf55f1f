/**
 * An array that a program set and a restore replaces.
 *
 * @module
 */
import { checkInput, dtypeOfArray, type ArrayInput } from '../array/input.js'
import { NdArray } from '../array/ndarray.js'
import type { DType, TypedArray } from '../array/dtype.js'
import { arrayClassOf, isTypedArray, viewAs } from '../array/typed-arrays.js'

/** One array of a state or a variable; in a graph, TensorFlow's wrapper object around it. */
export class HeldArray {
  #value: ArrayInput | undefined
  /** In place of the value: what was restored, and what kind of typed array it is to become. */
  #restored: { readonly array: NdArray; readonly like: Likeness } | undefined

  constructor(value?: ArrayInput) {
    this.#value = value
  }

  /** The very object that was set; a restored typed array is made here, at its first use. */
  get value(): ArrayInput | undefined {
    if (this.#restored !== undefined) {
      const { array, like } = this.#restored
      this.#value = like.make(array.data)
      this.#restored = undefined
    }
    return this.#value
  }

  set value(value: ArrayInput | undefined) {
    this.#value = value
    this.#restored = undefined
  }

  /** Dtype and shape of what is held; does not read what was restored. */
  get info(): { readonly dtype: DType; readonly shape: readonly number[] } | undefined {
    if (this.#restored !== undefined) return this.#restored.array
    // Not checked: that would take its data.
    if (this.#value === undefined || this.#value instanceof NdArray) return this.#value
    const { info, shape } = checkInput(this.#value)
    return { dtype: info.name, shape }
  }

  /**
   * Replaces the value by a restored one; a typed array stays one if rank and element type fit.
   *
   * @param dtype of the present value, where its class alone does not tell
   */
  replace(array: NdArray, dtype?: DType): void {
    const like = this.#restored?.like ?? likenessOf(this.#value, dtype)
    this.value = array
    if (like?.dtype !== array.dtype || array.shape.length !== 1) return
    this.#restored = { array, like }
    // Not kept: it may be large, and it is not to be seen again.
    this.#value = undefined
  }
}

/** A kind of typed array. */
interface Likeness {
  readonly dtype: DType
  make(data: TypedArray): TypedArray
}

function likenessOf(held: ArrayInput | undefined, dtype?: DType): Likeness | undefined {
  if (!isTypedArray(held)) return undefined
  const name = Buffer.isBuffer(held) ? 'Buffer' : (arrayClassOf(held) ?? 'Uint8Array')
  return {
    dtype: dtype ?? dtypeOfArray(held),
    make: ({ buffer, byteOffset, byteLength }) =>
      name === 'Buffer'
        ? Buffer.from(buffer, byteOffset, byteLength)
        : viewAs(name, buffer, byteOffset, byteLength),
  }
}
