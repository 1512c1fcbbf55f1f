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
import type { ValueForm } from '../bundle/write/forms.js'
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
import { Slots } from './slots.js'

/** How the arrays of a state are saved. */
export interface ArrayKind {
  readonly className: string
  /** What an array is of its object, for errors; default: a property. */
  readonly member?: string
  /** Name of the attribute under which an array is written. */
  readonly attribute: string
  /** The same in a list, which all restores of such arrays share. */
  readonly attributes: readonly string[]
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

const NONE: readonly never[] = Object.freeze([])

/** Makes an array that a restore brought part of its object. */
type Attach = (name: string, held: HeldArray) => void

/** An array that is there, or one that a restore brings. It has one value: itself. */
export class ArrayNode implements TrackableNode, NodeValue {
  readonly identity: HeldArray
  readonly #kind: ArrayKind
  readonly #name: string
  readonly #attach: Attach | undefined

  constructor(held: HeldArray, kind: ArrayKind, name: string, attach?: Attach) {
    this.identity = held
    this.#kind = kind
    this.#name = name
    this.#attach = attach
  }

  children(): readonly never[] {
    return NONE
  }

  child(): undefined {
    return undefined
  }

  values(): NodeValue[] {
    return [this]
  }

  get attribute(): string {
    return this.#kind.attribute
  }

  get fullName(): string | undefined {
    return this.#kind.fullName
  }

  describe(): ValueInfo {
    try {
      // What is a child holds something.
      return this.identity.info as ValueInfo
    } catch (cause) {
      throw this.#named(cause)
    }
  }

  encode(key: string): BundleValue {
    try {
      const array = checkInput(this.identity.value)
      const value = this.#kind.encode(key, array)
      this.identity.remember(array, value)
      return value
    } catch (cause) {
      throw this.#named(cause)
    }
  }

  again(form: ValueForm): ArrayBufferView | undefined {
    return this.identity.again(form)
  }

  #named(cause: unknown): unknown {
    if (!(cause instanceof TypeError || cause instanceof RangeError)) return cause
    const { className, member = 'property' } = this.#kind
    const what = `${className} ${member} '${this.#name}' cannot be saved`
    return new TypeError(`${what}: ${cause.message}`, { cause })
  }

  restore(
    attributes: readonly SerializedTensor[],
    reader: CheckpointReader,
  ): Assignment | undefined {
    const found = this.#kind.find(attributes, reader, this.identity)
    if (found === undefined) return undefined
    const { attribute, array, extents } = found
    const { attributes: own } = this.#kind
    return {
      attributes: own[0] === attribute ? own : [attribute],
      extents,
      apply: () => {
        this.identity.replace(array)
        this.#attach?.(this.#name, this.identity)
      },
    }
  }
}

/** Arrays that restores may bring to a state: for a name always the same one. */
class Coming {
  readonly #arrays = new Map<string, HeldArray>()
  readonly attach: Attach

  constructor(slots: Slots) {
    this.attach = (name, held) => {
      slots.set(name, held)
      this.#arrays.delete(name)
    }
  }

  get(name: string): HeldArray {
    let held = this.#arrays.get(name)
    if (held === undefined) this.#arrays.set(name, (held = new HeldArray()))
    return held
  }
}

function stateNode(identity: object, slots: Slots, kind: ArrayKind): TrackableNode {
  /** Held by the nodes of its arrays, so for as long as any restore is about one of them. */
  let coming: WeakRef<Coming> | undefined
  const comingNow = (): Coming => {
    const known = coming?.deref()
    if (known !== undefined) return known
    const created = new Coming(slots)
    coming = new WeakRef(created)
    return created
  }
  return {
    ...NO_VALUES,
    identity,
    leaves: () => slots.list,
    leafValue: (name, array) => new ArrayNode(array as HeldArray, kind, name),
    children: () => {
      const { names, arrays } = slots.list
      return names.map((name, i) => [name, new ArrayNode(arrays[i] as HeldArray, kind, name)])
    },
    child: (name) => {
      const held = slots.get(name)
      if (held !== undefined) return new ArrayNode(held, kind, name)
      // What is not declared appears by being restored.
      const all = comingNow()
      return new ArrayNode(all.get(name), kind, name, all.attach)
    },
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
