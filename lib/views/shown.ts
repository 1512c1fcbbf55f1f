/**
 * What views show of the objects in a tree: those that the program itself holds.
 *
 * @module
 */
import type { ArrayInput } from '../array/input.js'
import { NdArray } from '../array/ndarray.js'
import { NO_VALUES, type TrackableNode } from '../graph/node.js'
import { isBareArray, nodeOf } from '../graph/trackable.js'
import { HeldArray } from '../trackables/held-array.js'

/** TensorFlow shows the wrapper around an array of a NumpyState; a program here has none of them. */
export function shown({ identity }: TrackableNode): object {
  // What is in the tree holds an array.
  return identity instanceof HeldArray ? (identity.value as ArrayInput) : identity
}

/**
 * The node of an object that was shown: one that can be tracked, or an array.
 *
 * @throws TypeError if it is neither
 */
export function nodeOfShown(object: unknown, where: string): TrackableNode {
  if (!isArray(object)) return nodeOf(object, where)
  return { ...NO_VALUES, identity: object, children: () => [], child: () => undefined }
}

/** Not a plain object whose children are called `data` and `shape`. */
const isArray = (object: unknown): object is ArrayInput =>
  object instanceof NdArray ||
  ArrayBuffer.isView(object) ||
  (isBareArray(object) && ArrayBuffer.isView((object as { data: unknown }).data))

/** An object and all below it, breadth-first, each once. */
export function descendantsOf(root: TrackableNode): TrackableNode[] {
  const found = new Map([[root.identity, root]])
  // The map grows while it is walked.
  for (const node of found.values()) {
    for (const [, child] of node.children()) {
      if (!found.has(child.identity)) found.set(child.identity, child)
    }
  }
  return [...found.values()]
}

/** By name, also where a name is that of a property of every object, as `__proto__`. */
export const recordOf = <T>(entries: Iterable<readonly [string, T]>): Record<string, T> =>
  Object.setPrototypeOf(Object.fromEntries(entries), null) as Record<string, T>
