/**
 * Restores that wait for objects which the program has not made yet: what is attached under a name
 * that a checkpoint has values for takes them then. TensorFlow's deferred restoration
 * (python/trackable/base.py, `_handle_deferred_dependencies`).
 *
 * @module
 */
import type { TrackableNode } from './node.js'

/** The rest of a restore, below one edge of its object graph. */
export interface Deferred {
  /** Of the restore: a later one has a greater number. */
  readonly version: number
  /** Takes what it can into the object, now. Throws before anything has changed. */
  restoreInto(node: TrackableNode): void
}

/**
 * By the object that lacks a child and the child's name. Of several restores the newest has the
 * place: the others would fill an object from two checkpoints, and pile up in a program that
 * restores again and again.
 */
const waiting = new WeakMap<object, Map<string, Deferred>>()

export function defer(parent: object, name: string, deferred: Deferred): void {
  const names = waiting.get(parent)
  if (names === undefined) waiting.set(parent, new Map([[name, deferred]]))
  // An older restore may come to an object later than a newer one: when its parent is attached.
  else if (deferred.version >= (names.get(name)?.version ?? 0)) names.set(name, deferred)
}

/** A restore has found a child: those before it wait for it no longer. */
export function settle(parent: object, name: string, version: number): void {
  const names = waiting.get(parent)
  if (names === undefined || (names.get(name)?.version ?? Infinity) > version) return
  names.delete(name)
  if (names.size === 0) waiting.delete(parent)
}

/** True if a restore waits for a child. */
export const isAnyAwaited = (parent: object): boolean => waiting.has(parent)

/** True if a restore waits for a child of that name. */
export const isAwaited = (parent: object, name: string): boolean =>
  waiting.get(parent)?.has(name) === true

/**
 * To be called before an object becomes a child: fills it from the restore that waits for it.
 *
 * @throws CheckpointError as `restore` does; the object is unchanged then, and still awaited
 */
export function attach(parent: object, name: string, child: TrackableNode): void {
  const names = waiting.get(parent)
  const deferred = names?.get(name)
  if (names === undefined || deferred === undefined) return
  // Before, since a user's `deserialize` may set the very property that is being set.
  names.delete(name)
  if (names.size === 0) waiting.delete(parent)
  try {
    deferred.restoreInto(child)
  } catch (error) {
    defer(parent, name, deferred)
    throw error
  }
}

/**
 * Fills the children that an object has got unnoticed.
 *
 * @returns true if there were any
 * @throws CheckpointError as `attach`; the children before that one are filled
 */
export function attachAll(parent: TrackableNode): boolean {
  let isAny = false
  for (const name of [...(waiting.get(parent.identity)?.keys() ?? [])]) {
    const child = parent.child(name)
    if (child === undefined) continue
    attach(parent.identity, name, child)
    isAny = true
  }
  return isAny
}
