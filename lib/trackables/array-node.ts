/**
 * The arrays of a state as objects of a graph: what they are saved as, and what a restore does to them.
 *
 * @module
 */
import { checkInput, type CheckedInput } from '../array/input.js'
import type { SerializedTensor } from '../bundle/messages.js'
import { Extent } from '../bundle/read/extent.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import type { ValueForm } from '../bundle/write/forms.js'
import type { BundleValue } from '../bundle/write/values.js'
import {
  NO_VALUES,
  type Assignment,
  type NodeValue,
  type TrackableNode,
  type ValueInfo,
} from '../graph/node.js'
import { HeldArray, type RestoredArray } from './held-array.js'
import type { Slots } from './slots.js'

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
  readonly array: RestoredArray
  /** Of an array that does not have its bytes itself. */
  readonly extents?: readonly Extent[]
}

const NONE: readonly never[] = Object.freeze([])

/** Makes an array that a restore brought part of its object. */
type Attach = (name: string, held: HeldArray) => void

/**
 * An array that is there, or one that a restore brings. It has one value: itself; and once a value is
 * found for it, it is the assignment of that: one object for what there may be a million of.
 */
export class ArrayNode implements TrackableNode, NodeValue, Assignment {
  readonly identity: HeldArray
  readonly #kind: ArrayKind
  readonly #name: string
  readonly #attach: Attach | undefined
  /** What a restore found for it, until it is taken. */
  #array: RestoredArray | undefined
  #extents: readonly Extent[] | undefined
  #taken: string

  constructor(held: HeldArray, kind: ArrayKind, name: string, attach?: Attach) {
    this.identity = held
    this.#kind = kind
    this.#name = name
    this.#attach = attach
    this.#taken = kind.attribute
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
    this.#array = found.array
    this.#extents = found.extents
    this.#taken = found.attribute
    return this
  }

  get attributes(): readonly string[] {
    const { attribute, attributes } = this.#kind
    return this.#taken === attribute ? attributes : [this.#taken]
  }

  get extents(): readonly Extent[] {
    const array = this.#array
    return this.#extents ?? (array instanceof Extent ? [array] : NONE)
  }

  apply(): void {
    if (this.#array === undefined) return
    this.identity.replace(this.#array)
    this.#attach?.(this.#name, this.identity)
    this.#array = undefined
    this.#extents = undefined
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

/** A state in a graph: its arrays are its children. */
export function stateNode(identity: object, slots: Slots, kind: ArrayKind): TrackableNode {
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
