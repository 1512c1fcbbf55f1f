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
  const handler: ProxyHandler<object> = {
    // Assignments, class fields and Object.assign all end here.
    defineProperty: (_, name, descriptor) => {
      if (typeof name === 'symbol' || !('value' in descriptor)) {
        return Reflect.defineProperty(target, name, descriptor)
      }
      tracking.checkName?.(name)
      const value: unknown = descriptor.value
      if (value instanceof NoDependency) {
        untracked.add(name)
        return Reflect.defineProperty(target, name, { ...descriptor, value: value.value })
      }
      tracking.check(name, value)
      // Filled first: if that fails, nothing has been attached.
      fill(proxy, name, () => tracking.find(name, value))
      untracked.delete(name)
      return Reflect.defineProperty(target, name, descriptor)
    },
    deleteProperty: (_, name) => {
      if (typeof name === 'string') untracked.delete(name)
      return Reflect.deleteProperty(target, name)
    },
  }
  const proxy: object = new Proxy(target, handler)
  objects.set(proxy, { target, untracked })
  return proxy
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
  const { target, untracked } = trackedOf(proxy)
  return Object.entries(target).filter(([name]) => !untracked.has(name))
}

/** One of these values; undefined if there is none of that name. */
export function trackedValue(proxy: object, name: string): unknown {
  const { target, untracked } = trackedOf(proxy)
  const isOwn = Object.prototype.propertyIsEnumerable.call(target, name)
  if (!isOwn || untracked.has(name)) return undefined
  return (target as Readonly<Record<string, unknown>>)[name]
}
