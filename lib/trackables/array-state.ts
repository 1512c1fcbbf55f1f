/**
 * Objects whose properties are arrays. What becomes of an array in a checkpoint is the matter of its
 * kind: `NumpyState` and `VariableState`.
 *
 * @module
 */
import { inspect, type InspectOptions } from 'node:util'
import { checkInput, type ArrayInput } from '../array/input.js'
import type { NdArray } from '../array/ndarray.js'
import { readable, Unreadable } from '../array/readable.js'
import type { SerializedTensor } from '../bundle/messages.js'
import type { Extent } from '../bundle/read/extent.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import type { BundleValue } from '../bundle/write/values.js'
import type { CheckedInput } from '../array/input.js'
import {
  NO_VALUES,
  NODE,
  type Assignment,
  type NodeValue,
  type TrackableNode,
  type ValueInfo,
} from '../graph/node.js'
import { HeldArray } from './held-array.js'

/** How the arrays of a state are saved. */
export interface ArrayKind {
  readonly className: string
  /** What an array is of its object, for errors; default: a property. */
  readonly member?: string
  /** Name of the attribute under which an array is written. */
  readonly attribute: string
  /** TensorFlow 1's variable name; absent: the path. */
  readonly fullName?: string
  encode(key: string, array: CheckedInput): BundleValue
  /** The saved array; undefined if the object has none. */
  find(
    attributes: readonly SerializedTensor[],
    reader: CheckpointReader,
    held: HeldArray,
  ): FoundArray | undefined
}

export interface FoundArray {
  readonly attribute: string
  readonly array: NdArray
  readonly extents: readonly Extent[]
}

/** A record without a prototype: `__proto__` and `constructor` are names like any other. */
type Slots = Record<string, HeldArray>

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
    return typeof key === 'string' ? this.#slots[key] : undefined
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
    const slot = this.#slots[key]
    // The same slot for the same name: TensorFlow keeps its wrapper too.
    if (slot === undefined) this.#slots[key] = new HeldArray(value as ArrayInput)
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

/** An array that is there, or one that a restore brings. */
export class ArrayNode implements TrackableNode {
  readonly identity: HeldArray
  readonly #kind: ArrayKind
  readonly #name: string
  readonly #attach: (() => void) | undefined

  constructor(held: HeldArray, kind: ArrayKind, name: string, attach?: () => void) {
    this.identity = held
    this.#kind = kind
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
    const { attribute, fullName } = this.#kind
    const held = this.identity
    return [
      {
        attribute,
        ...(fullName !== undefined && { fullName }),
        // What is a child holds something.
        describe: () => this.#named(() => held.info as ValueInfo),
        encode: (key) => this.#named(() => this.#kind.encode(key, checkInput(held.value))),
      },
    ]
  }

  #named<T>(body: () => T): T {
    try {
      return body()
    } catch (cause) {
      if (!(cause instanceof TypeError || cause instanceof RangeError)) throw cause
      const { className, member = 'property' } = this.#kind
      const what = `${className} ${member} '${this.#name}' cannot be saved`
      throw new TypeError(`${what}: ${cause.message}`, { cause })
    }
  }

  restore(
    attributes: readonly SerializedTensor[],
    reader: CheckpointReader,
  ): Assignment | undefined {
    const found = this.#kind.find(attributes, reader, this.identity)
    if (found === undefined) return undefined
    const { attribute, array, extents } = found
    const apply = (): void => {
      this.identity.replace(array)
      this.#attach?.()
    }
    return { attributes: [attribute], extents, apply }
  }
}

function stateNode(identity: object, slots: Slots, kind: ArrayKind): TrackableNode {
  /** Arrays that a restore may bring: always the same one, as long as any restore is about it. */
  const coming = new Map<string, WeakRef<HeldArray>>()
  const comingAs = (name: string): HeldArray => {
    const known = coming.get(name)?.deref()
    if (known !== undefined) return known
    const created = new HeldArray()
    coming.set(name, new WeakRef(created))
    return created
  }
  return {
    ...NO_VALUES,
    identity,
    children: () =>
      Object.entries(slots).map(([name, held]) => [name, new ArrayNode(held, kind, name)] as const),
    child: (name) => {
      const held = slots[name]
      if (held !== undefined) return new ArrayNode(held, kind, name)
      // What is not declared appears by being restored.
      const created = comingAs(name)
      return new ArrayNode(created, kind, name, () => {
        slots[name] = created
        coming.delete(name)
      })
    },
  }
}

const nodes = new WeakMap<object, TrackableNode>()
const arrays = new WeakMap<object, Slots>()

/** True for a NumpyState or VariableState. */
export const isArrayState = (value: object): boolean => arrays.has(value)

/** What stands for an array of a state in a graph; undefined if there is no such array. */
export const heldArray = (state: object, name: string): HeldArray | undefined =>
  arrays.get(state)?.[name]

/** To be called by the constructor of a state: the object that it returns instead of itself. */
export function createArrayState(target: object, kind: ArrayKind): object {
  const slots = Object.create(null) as Slots
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
