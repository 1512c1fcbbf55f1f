/**
 * Trackable: the base class of users' classes. TensorFlow's `tf.contrib.checkpoint.Checkpointable`
 * and `tf.Module` (python/trackable/autotrackable.py).
 *
 * @module
 */
import { NO_VALUES, NODE, type TrackableNode } from '../graph/node.js'
import { isPythonState, pythonStateValues, restorePythonState } from '../graph/python-state.js'
import { checkMember, findMember } from '../graph/trackable.js'
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
 * `serialize` and `deserialize`: see `PythonState`.
 *
 * @throws TypeError when a bare array is assigned, which would not be saved: see `NoDependency`
 */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- users' classes have the members
export class Trackable {
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
  const node = {
    identity: object,
    children: () =>
      trackedEntries(object).flatMap(([name, value]) => {
        const child = findMember(value, name)
        return child === undefined ? [] : [[name, child] as const]
      }),
    child: (name: string) => findMember(trackedValue(object, name), name),
  }
  if (!isPythonState(object)) return { ...NO_VALUES, ...node }
  const where = object.constructor.name
  return {
    ...node,
    values: () => pythonStateValues(object, where),
    restore: (attributes, reader) => restorePythonState(object, where, attributes, reader),
  }
}
