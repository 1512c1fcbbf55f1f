/**
 * NumpyState: an object whose properties are arrays that a `Checkpoint` saves. TensorFlow's
 * `tf.contrib.checkpoint.NumpyState` (contrib/checkpoint/python/python_state.py, 1.13).
 *
 * @module
 */
import { inspect, type InspectOptions } from 'node:util'
import { checkInput, dtypeOfArray, type ArrayInput } from '../array/input.js'
import { NdArray } from '../array/ndarray.js'
import type { DType, TypedArray } from '../array/dtype.js'
import { arrayClassOf, isTypedArray, viewAs } from '../array/typed-arrays.js'
import type { SerializedTensor } from '../bundle/messages.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import { npyValue } from '../bundle/write/values.js'
import { PY_STATE, PY_STATE_OLD } from '../graph/keys.js'
import { NODE, type Assignment, type NodeValue, type TrackableNode } from '../graph/trackable.js'

/** Holds one array of a state; the wrapper object of TensorFlow's class, a node of its own. */
class Slot {
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

  /** Replaces the value by a restored one; a typed array stays one if rank and element type fit. */
  replace(array: NdArray): void {
    const like = this.#restored?.like ?? likenessOf(this.#value)
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

function likenessOf(held: ArrayInput | undefined): Likeness | undefined {
  if (!isTypedArray(held)) return undefined
  const name = Buffer.isBuffer(held) ? 'Buffer' : (arrayClassOf(held) ?? 'Uint8Array')
  return {
    dtype: dtypeOfArray(held),
    make: ({ buffer, byteOffset, byteLength }) =>
      name === 'Buffer'
        ? Buffer.from(buffer, byteOffset, byteLength)
        : viewAs(name, buffer, byteOffset, byteLength),
  }
}

/** A record without a prototype: `__proto__` and `constructor` are names like any other. */
type Slots = Record<string, Slot>

const describe = (key: string | symbol): string =>
  typeof key === 'symbol' ? key.toString() : `'${key}'`

class Handler implements ProxyHandler<object> {
  readonly #slots: Slots

  constructor(slots: Slots) {
    this.#slots = slots
  }

  #slot(key: string | symbol): Slot | undefined {
    return typeof key === 'string' ? this.#slots[key] : undefined
  }

  get(target: object, key: string | symbol, receiver: unknown): unknown {
    const slot = this.#slot(key)
    return slot === undefined ? Reflect.get(target, key, receiver) : slot.value
  }

  set(_target: object, key: string | symbol, value: unknown): boolean {
    if (typeof key === 'symbol') {
      throw new TypeError(`NumpyState holds arrays under string names, not ${describe(key)}`)
    }
    try {
      checkInput(value)
    } catch (cause) {
      // An array that is one, but whose bytes are corrupt, is not the caller's mistake.
      if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause
      const message = `NumpyState property '${key}' must be an array: ${cause.message}`
      throw new TypeError(message, { cause })
    }
    const slot = this.#slots[key]
    // The same slot for the same name: TensorFlow keeps its wrapper too.
    if (slot === undefined) this.#slots[key] = new Slot(value as ArrayInput)
    else slot.value = value as ArrayInput
    return true
  }

  has(target: object, key: string | symbol): boolean {
    return this.#slot(key) !== undefined || Reflect.has(target, key)
  }

  deleteProperty(_target: object, key: string | symbol): boolean {
    if (typeof key === 'string') Reflect.deleteProperty(this.#slots, key)
    return true
  }

  ownKeys(): string[] {
    return Object.keys(this.#slots)
  }

  getOwnPropertyDescriptor(_target: object, key: string | symbol): PropertyDescriptor | undefined {
    const slot = this.#slot(key)
    if (slot === undefined) return undefined
    return { value: slot.value, writable: true, enumerable: true, configurable: true }
  }

  defineProperty(target: object, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    const plain =
      'value' in descriptor &&
      descriptor.writable !== false &&
      descriptor.enumerable !== false &&
      descriptor.configurable !== false
    if (!plain) {
      throw new TypeError(`NumpyState property ${describe(key)} must be a plain, writable value`)
    }
    return this.set(target, key, descriptor.value)
  }

  /** Restoring has to be able to add what is missing. */
  preventExtensions(): boolean {
    return false
  }

  setPrototypeOf(): boolean {
    return false
  }
}

class ArraySlotNode implements TrackableNode {
  readonly identity: Slot
  readonly #name: string
  readonly #attach: (() => void) | undefined

  constructor(slot: Slot, name: string, attach?: () => void) {
    this.identity = slot
    this.#name = name
    this.#attach = attach
  }

  children(): [] {
    return []
  }

  child(): undefined {
    return undefined
  }

  values(): NodeValue[] {
    const { value } = this.identity
    const name = this.#name
    const encode: NodeValue['encode'] = (key) => {
      try {
        return npyValue(key, checkInput(value))
      } catch (cause) {
        if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause
        throw new TypeError(`NumpyState property '${name}' cannot be saved: ${cause.message}`, {
          cause,
        })
      }
    }
    return [{ attribute: PY_STATE, fullName: '', encode }]
  }

  restore(
    attributes: readonly SerializedTensor[],
    reader: CheckpointReader,
  ): Assignment | undefined {
    const attribute =
      attributes.find(({ name }) => name === PY_STATE) ??
      attributes.find(({ name }) => name === PY_STATE_OLD)
    if (attribute === undefined) return undefined
    const { array, extent } = reader.getNpy(attribute.checkpointKey)
    const apply = (): void => {
      this.identity.replace(array)
      this.#attach?.()
    }
    return { extents: [extent], apply }
  }
}

function stateNode(identity: object, slots: Slots): TrackableNode {
  return {
    identity,
    children: () =>
      Object.entries(slots).map(([name, slot]) => [name, new ArraySlotNode(slot, name)] as const),
    values: () => [],
    restore: () => undefined,
    child: (name) => {
      const slot = slots[name]
      if (slot !== undefined) return new ArraySlotNode(slot, name)
      // What is not declared appears by being restored.
      const created = new Slot()
      return new ArraySlotNode(created, name, () => {
        slots[name] = created
      })
    },
  }
}

// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- its members are the arrays
class NumpyStateBase {
  constructor() {
    const slots = Object.create(null) as Slots
    const proxy: object = new Proxy(this, new Handler(slots))
    nodes.set(proxy, stateNode(proxy, slots))
    return proxy
  }

  static {
    Object.defineProperty(this, 'name', { value: 'NumpyState' })
    Object.defineProperty(this.prototype, NODE, {
      value(this: object): TrackableNode {
        const node = nodes.get(this)
        if (node === undefined) throw new TypeError('not a NumpyState')
        return node
      },
    })
    // A proxy is inspected as its target, which is empty: show the arrays instead.
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: object, depth: number, options: InspectOptions): string {
        if (depth < 0) return '[NumpyState]'
        const arrays = inspect({ ...this }, { ...options, depth: options.depth ?? null })
        return `NumpyState ${arrays}`
      },
    })
  }
}

const nodes = new WeakMap<object, TrackableNode>()

/**
 * Arrays by name. Every property is an array: an `NdArray`, a typed array, or an object of the npm
 * package `ndarray`. Reading gives the very object that was set; a restore replaces it by a new
 * array of the saved dtype and shape, and creates what is missing. Otherwise it behaves as a plain
 * object that holds the arrays.
 *
 * ```js
 * const arrays = new NumpyState()
 * const checkpoint = new Checkpoint({ arrays })
 * arrays.weights = zeros([3, 4])
 * ```
 *
 * TypeScript checks names and kinds of the arrays if it is told them:
 * `new NumpyState<{ weights: NdArray<'float32'>; step: BigInt64Array }>()`.
 *
 * @throws TypeError naming the property, when it is set to anything but an array
 */
export type NumpyState<T extends object = AnyArrays> = T

/** Typed arrays go in as well as NdArrays, and which one comes out only the program knows. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a union would need a cast at each use
export type AnyArrays = Record<string, any>

interface NumpyStateConstructor {
  new <T extends object = AnyArrays>(): NumpyState<T>
  readonly prototype: object
}

export const NumpyState: NumpyStateConstructor = NumpyStateBase as unknown as NumpyStateConstructor
