/**
 * Objects whose properties are tracked as they are assigned. TensorFlow's `AutoTrackable`
 * (python/trackable/autotrackable.py).
 *
 * @module
 */
import { attach, isAwaited } from '../graph/deferred.js'
import { NODE, type TrackableNode } from '../graph/node.js'
import { NoDependency } from './no-dependency.js'

/** What becomes of the properties' values. */
export interface Tracking {
  /** @throws TypeError to refuse a name, whatever its value */
  checkName?(name: string): void
  /** @throws TypeError to refuse a value */
  check(name: string, value: unknown): void
  /** The node of a value that is to be tracked. */
  find(name: string, value: unknown): TrackableNode | undefined
}

/** The object behind a proxy, and the names of properties that were set through NoDependency. */
interface Tracked {
  readonly target: object
  readonly untracked: Set<string>
}

const objects = new WeakMap<object, Tracked>()

/** The object that a constructor returns in place of its own, so that assignments are seen. */
export function track(target: object, tracking: Tracking): object {
  const untracked = new Set<string>()
  const set = (name: string, descriptor: PropertyDescriptor): boolean => {
    tracking.checkName?.(name)
    const value: unknown = descriptor.value
    if (value instanceof NoDependency) {
      const isDone = Reflect.defineProperty(target, name, { ...descriptor, value: value.value })
      if (isDone) untracked.add(name)
      return isDone
    }
    tracking.check(name, value)
    // Filled first: if that fails, nothing has been attached.
    if (becomesChild(target, name, descriptor)) fill(proxy, name, () => tracking.find(name, value))
    const isDone = Reflect.defineProperty(target, name, descriptor)
    if (isDone) untracked.delete(name)
    return isDone
  }
  const handler: ProxyHandler<object> = {
    // Assignments, class fields and Object.assign all end here.
    defineProperty: (_, name, descriptor) =>
      typeof name === 'symbol' || !('value' in descriptor)
        ? Reflect.defineProperty(target, name, descriptor)
        : set(name, descriptor),
    deleteProperty: (_, name) => {
      const isDone = Reflect.deleteProperty(target, name)
      if (isDone && typeof name === 'string') untracked.delete(name)
      return isDone
    },
  }
  const proxy: object = new Proxy(target, handler)
  objects.set(proxy, { target, untracked })
  return proxy
}

/** False for what stays hidden, and for what a frozen object will not take. */
function becomesChild(target: object, name: string, descriptor: PropertyDescriptor): boolean {
  const own = Object.getOwnPropertyDescriptor(target, name)
  if (own === undefined) return descriptor.enumerable === true && Object.isExtensible(target)
  const isFixed = own.configurable === false && own.writable !== true
  return !isFixed && (descriptor.enumerable ?? own.enumerable) === true
}

/** Fills what becomes a child, if a restore waits for it. */
function fill(parent: object, name: string, find: () => TrackableNode | undefined): void {
  const { identity } = (parent as { [NODE](): TrackableNode })[NODE]()
  if (!isAwaited(identity, name)) return
  const node = find()
  if (node !== undefined) attach(identity, name, node)
}

const trackedOf = (proxy: object): Tracked =>
  objects.get(proxy) ?? { target: proxy, untracked: new Set() }

/** Names and values of the properties that may be children, in the order of assignment. */
export function trackedEntries(proxy: object): [name: string, value: unknown][] {
  return Object.keys(trackedOf(proxy).target).flatMap((name) => {
    const tracked = trackedProperty(proxy, name)
    return tracked === undefined ? [] : [[name, tracked.value] as [string, unknown]]
  })
}

/** One of these values; undefined if there is none of that name. */
export const trackedValue = (proxy: object, name: string): unknown =>
  trackedProperty(proxy, name)?.value

/** Not of accessors, which were not assigned: a getter may make something new each time. */
function trackedProperty(proxy: object, name: string): { readonly value: unknown } | undefined {
  const { target, untracked } = trackedOf(proxy)
  const own = Object.getOwnPropertyDescriptor(target, name)
  const isTracked = own?.enumerable === true && 'value' in own && !untracked.has(name)
  return isTracked ? { value: own.value as unknown } : undefined
}
