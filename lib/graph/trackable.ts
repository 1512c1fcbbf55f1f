/**
 * What the object graph needs of an object: its edges, its values, and how to take values back.
 *
 * A class becomes trackable by a method under the symbol `NODE` that answers with a `TrackableNode`;
 * plain objects and arrays are trackable by their content.
 *
 * @module
 */
import { inspect } from 'node:util'
import type { Extent } from '../bundle/read/extent.js'
import type { SerializedTensor } from '../bundle/messages.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import type { BundleValue } from '../bundle/write/values.js'

export const NODE: unique symbol = Symbol('ndcheckpoint.node')

/** One value of an object. */
export interface NodeValue {
  /** Name of the attribute, such as `py_state`. */
  readonly attribute: string
  /** TensorFlow 1's variable name, for loading by name; empty for Python state. */
  readonly fullName: string
  /** Its bytes as they are now. */
  readonly encode: (key: string) => BundleValue
}

/** A restore of one object, decided but not done: nothing changes before all of them are ready. */
export interface Assignment {
  /** Bytes to be checked or loaded first. */
  readonly extents: readonly Extent[]
  /** Takes the values. Does not fail. */
  readonly apply: () => void
}

export interface TrackableNode {
  /** The object itself: what is reached twice is saved once. */
  readonly identity: object
  /** Edges in the order of tracking. */
  children(): Iterable<readonly [name: string, child: TrackableNode]>
  values(): Iterable<NodeValue>
  /** The child to restore a saved edge into; undefined if the program has none of that name. */
  child(name: string): TrackableNode | undefined
  /** Prepares to take saved values; undefined if none of them is known here. */
  restore(attributes: readonly SerializedTensor[], reader: CheckpointReader): Assignment | undefined
}

interface HasNode {
  [NODE](): TrackableNode
}

/**
 * The node of an object.
 *
 * @param where name of the object, for the error
 * @throws TypeError if it cannot be tracked
 */
export function nodeOf(value: unknown, where: string): TrackableNode {
  if (typeof value === 'object' && value !== null) {
    if (NODE in value) return (value as HasNode)[NODE]()
    if (Array.isArray(value)) return containerNode(value, where, Array.from(value.keys(), String))
    if (isPlainObject(value)) return containerNode(value, where, Object.keys(value))
  }
  throw untrackable(value, where)
}

function untrackable(value: unknown, where: string): TypeError {
  const shown = inspect(value, { depth: 0, maxArrayLength: 3, breakLength: Infinity })
  const array = ArrayBuffer.isView(value) || (typeof value === 'object' && value && 'data' in value)
  const hint = array ? '; arrays are saved as properties of a NumpyState' : ''
  return new TypeError(
    `'${where}' cannot be saved: expected a NumpyState, a Checkpoint, or an object or array of ` +
      `them, got ${shown}${hint}`,
  )
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  // Object.prototype of any realm is the one whose own prototype is null.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function containerNode(container: object, where: string, names: readonly string[]): TrackableNode {
  const values = container as Readonly<Record<string, unknown>>
  return {
    identity: container,
    children: () => names.map((name) => [name, nodeOf(values[name], `${where}/${name}`)] as const),
    values: () => [],
    child: (name) =>
      Object.hasOwn(container, name) && names.includes(name)
        ? nodeOf(values[name], `${where}/${name}`)
        : undefined,
    restore: () => undefined,
  }
}
