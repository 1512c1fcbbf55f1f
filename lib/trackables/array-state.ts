/**
 * Objects whose properties are arrays. What becomes of an array in a checkpoint is the matter of its
 * kind: `NumpyState` and `VariableState`.
 *
 * @module
 */
import { inspect, type InspectOptions } from 'node:util'
import { checkInput, type ArrayInput } from '../array/input.js'
import { readable, Unreadable } from '../array/readable.js'
import { NODE, type TrackableNode } from '../graph/node.js'
import { stateNode, type ArrayKind } from './array-node.js'
import { HeldArray } from './held-array.js'
import { Slots } from './slots.js'

const describe = (key: string | symbol): string =>
  typeof key === 'symbol' ? key.toString() : `'${key}'`

class Handler implements ProxyHandler<object> {
  readonly #slots: Slots
  readonly #className: string

  constructor(slots: Slots, className: string) {
    this.#slots = slots
    this.#className = className
  }

  #slot(key: string | symbol): HeldArray | undefined {
    return typeof key === 'string' ? this.#slots.get(key) : undefined
  }

  get(target: object, key: string | symbol, receiver: unknown): unknown {
    const slot = this.#slot(key)
    return slot === undefined ? Reflect.get(target, key, receiver) : slot.value
  }

  set(_target: object, key: string | symbol, value: unknown): boolean {
    if (typeof key === 'symbol') {
      throw new TypeError(
        `${this.#className} holds arrays under string names, not ${describe(key)}`,
      )
    }
    try {
      checkInput(value)
    } catch (cause) {
      // An array that is one, but whose bytes are corrupt, is not the caller's mistake.
      if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause
      const message = `${this.#className} property '${key}' must be an array: ${cause.message}`
      throw new TypeError(message, { cause })
    }
    const slot = this.#slots.get(key)
    // The same slot for the same name: TensorFlow keeps its wrapper too.
    if (slot === undefined) this.#slots.set(key, new HeldArray(value as ArrayInput))
    else slot.value = value as ArrayInput
    return true
  }

  has(target: object, key: string | symbol): boolean {
    return this.#slot(key) !== undefined || Reflect.has(target, key)
  }

  deleteProperty(_target: object, key: string | symbol): boolean {
    if (typeof key === 'string') this.#slots.delete(key)
    return true
  }

  ownKeys(): string[] {
    return [...this.#slots.list.names]
  }

  getOwnPropertyDescriptor(_target: object, key: string | symbol): PropertyDescriptor | undefined {
    const slot = this.#slot(key)
    if (slot === undefined) return undefined
    const [value, common] = [readable(() => slot.value), { enumerable: true, configurable: true }]
    // Names can be listed, by Object.keys, though an array is corrupt: it fails where it is used.
    return value instanceof Unreadable
      ? { ...common, get: () => slot.value }
      : { ...common, value, writable: true }
  }

  defineProperty(target: object, key: string | symbol, descriptor: PropertyDescriptor): boolean {
    const plain =
      'value' in descriptor &&
      descriptor.writable !== false &&
      descriptor.enumerable !== false &&
      descriptor.configurable !== false
    if (!plain) {
      throw new TypeError(
        `${this.#className} property ${describe(key)} must be a plain, writable value`,
      )
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

const nodes = new WeakMap<object, TrackableNode>()
const arrays = new WeakMap<object, Slots>()

/** True for a NumpyState or VariableState. */
export const isArrayState = (value: object): boolean => arrays.has(value)

/** What stands for an array of a state in a graph; undefined if there is no such array. */
export const heldArray = (state: object, name: string): HeldArray | undefined =>
  arrays.get(state)?.get(name)

/** To be called by the constructor of a state: the object that it returns instead of itself. */
export function createArrayState(target: object, kind: ArrayKind): object {
  const slots = new Slots()
  const proxy: object = new Proxy(target, new Handler(slots, kind.className))
  nodes.set(proxy, stateNode(proxy, slots, kind))
  arrays.set(proxy, slots)
  return proxy
}

/** Gives the class of a state what all of them have. */
export function defineArrayState(base: { readonly prototype: object }, className: string): void {
  Object.defineProperty(base, 'name', { value: className })
  Object.defineProperty(base.prototype, NODE, {
    value(this: object): TrackableNode {
      const node = nodes.get(this)
      if (node === undefined) throw new TypeError(`not a ${className}`)
      return node
    },
  })
  // A proxy is inspected as its target, which is empty: show the arrays instead.
  Object.defineProperty(base.prototype, inspect.custom, {
    value(this: object, depth: number, options: InspectOptions): string {
      if (depth < 0) return `[${className}]`
      const arrays = Object.keys(this).map(
        (name) => [name, readable(() => (this as AnyArrays)[name] as unknown)] as const,
      )
      const shown = inspect(Object.fromEntries(arrays), {
        ...options,
        depth: options.depth ?? null,
      })
      return `${className} ${shown}`
    },
  })
}

/** Typed arrays go in as well as NdArrays, and which one comes out only the program knows. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a union would need a cast at each use
export type AnyArrays = Record<string, any>
