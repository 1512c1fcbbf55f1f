/**
 * An array that a program set and a restore replaces.
 *
 * @module
 */
import { checkInput, dtypeOfArray, type ArrayInput, type CheckedInput } from '../array/input.js'
import { NdArray } from '../array/ndarray.js'
import type { DType, TypedArray } from '../array/dtype.js'
import type { NpyExtent } from '../bundle/read/npy-tensor.js'
import type { ValueForm } from '../bundle/write/forms.js'
import type { BundleValue } from '../bundle/write/values.js'
import { Notes } from '../graph/met.js'
import { arrayClassOf, isTypedArray, viewAs } from '../array/typed-arrays.js'

/** One array of a state or a variable; in a graph, TensorFlow's wrapper object around it. */
export class HeldArray extends Notes {
  #value: ArrayInput | undefined
  /** In place of the value: what was restored, until its first use. */
  #restored: RestoredArray | undefined
  /** The kind of typed array that it is to become. */
  #like: Likeness | undefined

  constructor(value?: ArrayInput) {
    super()
    this.#value = value
  }

  /** What was saved of the value: the value is still that one, since it is forgotten with it. */
  #saved: SavedArray | undefined

  /** The very object that was set; a restored array is made here, at its first use. */
  get value(): ArrayInput | undefined {
    if (this.#restored !== undefined) {
      const array = arrayOf(this.#restored)
      this.#value = this.#like?.make(array.data) ?? array
      this.#restored = undefined
      this.#like = undefined
    }
    return this.#value
  }

  set value(value: ArrayInput | undefined) {
    this.#value = value
    this.#restored = undefined
    this.#like = undefined
    this.#saved = undefined
  }

  /** Remembers what was saved, where `again` can tell whether it is still so. */
  remember(array: CheckedInput, { form, source }: BundleValue): void {
    const value = this.#value
    const isKnown = value instanceof NdArray ? value.descr === undefined : value === array.data
    // Elements that do not lie together were gathered.
    if (!isKnown || source?.buffer !== array.data.buffer || form === undefined) return
    this.#saved = new SavedArray(array, form, source)
  }

  /**
   * The bytes of an array that has been saved in this form, if it is the same one and nothing about it
   * has changed but its elements: it was not detached, resized or given another shape.
   */
  again(form: ValueForm): ArrayBufferView | undefined {
    const saved = this.#saved
    if (saved?.form !== form) return undefined
    const value = this.#value
    const isSame = value === saved.data || (value instanceof NdArray && saved.isArray(value))
    return isSame && saved.isWhole() ? saved.source : undefined
  }

  /** Dtype and shape of what is held; does not read what was restored. */
  get info(): { readonly dtype: DType; readonly shape: readonly number[] } | undefined {
    if (this.#restored !== undefined) return this.#restored
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
  replace(array: RestoredArray, dtype?: DType): void {
    const like = this.#like ?? likenessOf(this.#value, dtype)
    // The value is not kept: it may be large, and it is not to be seen again.
    this.value = undefined
    this.#restored = array
    if (like?.dtype === array.dtype && array.shape.length === 1) this.#like = like
  }
}

/** An array of a checkpoint, or what becomes one. */
export type RestoredArray = NdArray | NpyExtent

const arrayOf = (restored: RestoredArray): NdArray =>
  restored instanceof NdArray ? restored : restored.toArray()

/** An array as it was saved. */
class SavedArray {
  readonly form: ValueForm
  readonly data: TypedArray
  readonly source: ArrayBufferView
  readonly #bytes: number
  readonly #size: number
  readonly #dtype: DType
  readonly #shape: readonly number[]
  readonly #stride: readonly number[]
  readonly #offset: number

  constructor(array: CheckedInput, form: ValueForm, source: ArrayBufferView) {
    this.form = form
    this.data = array.data
    this.source = source
    this.#bytes = array.data.byteLength
    this.#size = source.byteLength
    this.#dtype = array.info.name
    this.#shape = array.shape
    this.#stride = array.stride
    this.#offset = array.offset
  }

  /** True unless the memory was detached or resized. */
  isWhole(): boolean {
    const { data, source } = this
    if (data.byteLength !== this.#bytes) return false
    return source === data || source.byteLength === this.#size
  }

  /** All but the elements. Shape and strides are frozen; nothing else is safe from a program. */
  isArray(array: NdArray): boolean {
    return (
      array.data === this.data &&
      array.shape === this.#shape &&
      array.stride === this.#stride &&
      array.offset === this.#offset &&
      array.dtype === this.#dtype &&
      array.descr === undefined
    )
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
