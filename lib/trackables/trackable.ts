/**
 * Trackable: the base class of users' classes. TensorFlow's `tf.contrib.checkpoint.Checkpointable`
 * and `tf.Module` (python/trackable/autotrackable.py).
 *
 * @module
 */
import { NODE, type TrackableNode } from '../graph/node.js'
import { checkMember, findMember, namedNode, ownValues } from '../graph/trackable.js'
import { track, trackedEntries, trackedValue } from './tracked.js'

const TRACKING = { check: checkMemberOf, find: findMemberOf }

function checkMemberOf(name: string, value: unknown): void {
  checkMember(value, name)
}

function findMemberOf(name: string, value: unknown): TrackableNode | undefined {
  return findMember(value, name)
}

/**
 * A base class whose properties are saved as they are assigned: trackable objects, and plain objects
 * and arrays of them. Other values (numbers, text, functions) stay with the program; for a number to
 * be saved, make it a `Variable`, and for configuration, a `JsonState`.
 *
 * ```js
 * class Agent extends Trackable {
 *   policy = new NumpyState()
 *   steps = new Variable(0)
 *   name = 'left' // not saved
 * }
 * const checkpoint = new Checkpoint({ agent: new Agent() })
 * ```
 *
 * What is assigned after a restore takes its saved values at the assignment. A class may also have
 * `serialize` and `deserialize`: see `PythonState`. What it keeps in private fields, which nobody
 * else sees being assigned, it may name by a method under the symbol `trackable`.
 *
 * @throws TypeError when a bare array is assigned, which would not be saved: see `NoDependency`
 */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- users' classes have the members
export class Trackable {
  /** Returns the object that sees its properties being set; `this` of a subclass is that one. */
  constructor() {
    return track(this, TRACKING)
  }

  static {
    Object.defineProperty(this.prototype, NODE, {
      value(this: object): TrackableNode {
        return trackableNode(this)
      },
      writable: true,
    })
  }
}

/** @internal The node of an object that `track` has made. */
export function trackableNode(object: object): TrackableNode {
  // Not `object.constructor`, which may be a child.
  const where = (Object.getPrototypeOf(object) as object).constructor.name
  const named = namedNode(object, where)
  const assigned = (): Edge[] =>
    trackedEntries(object).flatMap(([name, value]) => {
      const child = findMember(value, name)
      return child === undefined ? [] : [[name, child] as const]
    })
  return {
    ...ownValues(object, where),
    identity: object,
    children: () => joined([...assigned(), ...named.children()], where),
    child: (name) => findMember(trackedValue(object, name), name) ?? named.child(name),
    // By its class: that of an optimizer has slots as well.
    renewed: () => (object as { [NODE](): TrackableNode })[NODE](),
  }
}

type Edge = readonly [name: string, child: TrackableNode]

/** Each name once. @throws TypeError if two objects have one name */
function joined(edges: readonly Edge[], where: string): Edge[] {
  const byName = new Map<string, TrackableNode>()
  for (const [name, child] of edges) {
    const known = byName.get(name)
    if (known !== undefined && known.identity !== child.identity) {
      throw new TypeError(
        `'${where}' names a child '${name}' and has another one as its property; rename one of them`,
      )
    }
    if (known === undefined) byName.set(name, child)
  }
  return [...byName]
}
