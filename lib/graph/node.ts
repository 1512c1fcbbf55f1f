/**
 * What the object graph needs of an object: its edges, its values, and how to take values back.
 *
 * @module
 */
import type { Extent } from '../bundle/read/extent.js'
import type { SerializedTensor } from '../bundle/messages.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import type { ValueForm } from '../bundle/write/forms.js'
import type { BundleValue } from '../bundle/write/values.js'
import type { Group } from './together.js'

/** Classes of this package answer with their node under this symbol. */
export const NODE: unique symbol = Symbol('ndcheckpoint.node')

/** What a value is, without its bytes. */
export interface ValueInfo {
  /** Of the array, where a string holds one (`.npy`). */
  readonly dtype: string
  readonly shape: readonly number[]
}

/** One value of an object. */
export interface NodeValue {
  /** Name of the attribute, such as `py_state`. */
  readonly attribute: string
  /** TensorFlow 1's variable name, for loading by name; absent: the object's path. */
  readonly fullName?: string | undefined
  describe(): ValueInfo
  /**
   * Its bytes as they are now.
   *
   * @param save one object for all values of a save, so that they may be made at once
   */
  encode(key: string, save: object): BundleValue
  /** Of an array: its bytes as they are now, if it can be told quickly that all else is as it was. */
  again?(form: ValueForm): ArrayBufferView | undefined
}

/** Arrays by name that are all the children of an object: the same list until one comes or goes. */
export interface Leaves {
  readonly names: readonly string[]
  readonly arrays: readonly Required<Pick<NodeValue, 'again'>>[]
}

/** A restore of one object, decided but not done: nothing changes before all of them are ready. */
export interface Assignment {
  /** Names of the attributes that it takes. */
  readonly attributes: readonly string[]
  /** Bytes to be checked or loaded first. */
  readonly extents: readonly Extent[]
  /**
   * For what may refuse its value, as a user's `deserialize` does: called before anything that
   * cannot. What it returns undoes it.
   */
  readonly attempt?: () => () => void
  /** Takes the values. Does not fail. */
  readonly apply: () => void
}

export interface TrackableNode {
  /** The object itself: what is reached twice is saved once. */
  readonly identity: object
  /** Edges in the order of tracking. */
  children(): Iterable<readonly [name: string, child: TrackableNode]>
  values(): Iterable<NodeValue>
  /** Of an object whose children are arrays, with one value each, and nothing else. */
  leaves?(): Leaves
  /** One of these as a value. */
  leafValue?(name: string, array: object): NodeValue
  /** The child to restore a saved edge into; undefined if the program has none of that name. */
  child(name: string): TrackableNode | undefined
  /** The node of the object as it is now; absent if this one looks at its object each time. */
  renewed?(): TrackableNode
  /** Prepares to take saved values; undefined if none of them is known here. */
  restore(attributes: readonly SerializedTensor[], reader: CheckpointReader): Assignment | undefined
  /** The objects with which this one is saved and restored, itself among them. */
  readonly together?: Group
  /** Of an optimizer: values that it keeps for each variable of a model. */
  readonly slots?: SlotSource
}

/** Slot variables. They are saved with the variable and the optimizer, and are nobody's child. */
export interface SlotSource {
  names(): Iterable<string>
  get(variable: object, name: string): TrackableNode | undefined
  /** The one to restore into; made when there is none. */
  forRestore(variable: object, name: string): TrackableNode
}

/** A restored object has nothing to take. */
export const NO_VALUES = {
  values: (): [] => [],
  restore: (): undefined => undefined,
} as const
