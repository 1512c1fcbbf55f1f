/**
 * Which objects can be saved, and how each kind of them is seen by the object graph.
 *
 * Classes of this package have a node of their own. A user's class is trackable by a method under
 * the symbol `trackable`, by `serialize` and `deserialize`, or both; plain objects and arrays are
 * trackable by their content.
 *
 * @module
 */
import { inspect } from 'node:util'
import { isTypedArray } from '../array/typed-arrays.js'
import { NO_VALUES, NODE, type TrackableNode } from './node.js'
import { isPythonState, isThenable, pythonStateValues, restorePythonState } from './python-state.js'

/**
 * Makes a class of any kind trackable: a method under this symbol returns the object's children by
 * name, in the order in which they are to be saved.
 *
 * ```js
 * class Agent {
 *   [trackable]() { return { policy: this.policy, steps: this.steps } }
 *   policy = new NumpyState()
 *   steps = new Variable(0)
 * }
 * ```
 *
 * It is asked at every save and restore. The symbol is `Symbol.for('ndcheckpoint.trackable')`, so
 * that a library can use it without depending on this package.
 */
export const trackable: unique symbol = Symbol.for('ndcheckpoint.trackable') as never

/** An object that names its children itself: by a record, a Map or pairs of name and child. */
export interface TrackableObject {
  /** The children by name, in the order in which they are saved. */
  [trackable](): Readonly<Record<string, unknown>> | Iterable<readonly [string, unknown]>
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
  const node = findNode(value, where)
  if (node === undefined) throw untrackable(value, where)
  return node
}

/** The node of an object, or undefined if it is none that can be tracked. */
export function findNode(value: unknown, where: string): TrackableNode | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (NODE in value) return (value as HasNode)[NODE]()
  if (trackable in value || isPythonState(value)) return protocolNode(value, where)
  if (Array.isArray(value)) return containerNode(value, where, Array.from(value.keys(), String))
  if (isPlainObject(value)) return containerNode(value, where, Object.keys(value))
  return undefined
}

/**
 * The node of a value among others that are none, as the properties of a `Trackable` are: numbers,
 * text and foreign objects are passed over, and so are containers that hold nothing else.
 *
 * @throws TypeError for an array as it is, which would be lost
 */
export function findMember(value: unknown, where: string): TrackableNode | undefined {
  checkMember(value, where)
  if (!isContainer(value)) return findNode(value, where)
  return holdsTrackable(value, where) ? looseNode(value, where) : undefined
}

/** @throws TypeError for an array as it is */
export function checkMember(value: unknown, where: string): void {
  if (!isBareArray(value)) return
  const shown = inspect(value, { depth: 0, maxArrayLength: 3, breakLength: Infinity })
  throw new TypeError(
    `'${where}' would not be saved: an array is to be a property of a NumpyState, or in a ` +
      `Variable; if it is not to be saved, wrap it in NoDependency; got ${shown}`,
  )
}

/** True for what says itself how it is saved. */
const hasProtocol = (value: object): boolean =>
  NODE in value || trackable in value || isPythonState(value)

/** A plain object or array that has no protocol of its own. */
const isContainer = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  !hasProtocol(value) &&
  (Array.isArray(value) || isPlainObject(value))

/** Not recursive: nothing is known of how deep it is. */
function holdsTrackable(container: object, where: string): boolean {
  const places = new Map<object, string>([[container, where]])
  // The map grows while it is walked.
  for (const [parent, place] of places) {
    for (const [name, value] of objectsIn(parent)) {
      const there = `${place}/${name}`
      checkMember(value, there)
      if (!isContainer(value)) {
        if (findNode(value, there) !== undefined) return true
      } else if (!places.has(value)) places.set(value, there)
    }
  }
  return false
}

/** Members that may be trackable: numbers and text, which may be many, are passed over. */
function* objectsIn(container: object): Generator<[name: string, value: object]> {
  const values = container as Readonly<Record<string, unknown>>
  for (const name of Object.keys(container)) {
    const value = values[name]
    const isObject = typeof value === 'object' && value !== null
    if (isObject && isMember(container, name)) yield [name, value]
  }
}

/** A container of which only the trackable members count. */
function looseNode(container: object, where: string): TrackableNode {
  const values = container as Readonly<Record<string, unknown>>
  return {
    ...NO_VALUES,
    identity: container,
    children: () =>
      Array.from(objectsIn(container)).flatMap(([name, value]) => {
        const child = findMember(value, `${where}/${name}`)
        return child === undefined ? [] : [[name, child] as const]
      }),
    child: (name) =>
      isMember(container, name) ? findMember(values[name], `${where}/${name}`) : undefined,
  }
}

/** True for a typed array, an NdArray and what has the parts of one: to be wrapped, not forgotten. */
export const isBareArray = (value: unknown): boolean =>
  ArrayBuffer.isView(value) ||
  (typeof value === 'object' && value !== null && !hasProtocol(value) && hasArrayParts(value))

/** Other objects, too, have data and a shape: these are an array's, as are strides. */
function hasArrayParts(value: object): boolean {
  if (!('data' in value)) return false
  const { shape, dims } = value as { readonly shape?: unknown; readonly dims?: unknown }
  const isStrided = 'stride' in value || 'strides' in value
  return Array.isArray(shape ?? dims) && (isStrided || isTypedArray(value.data))
}

function untrackable(value: unknown, where: string): TypeError {
  const shown = inspect(value, { depth: 0, maxArrayLength: 3, breakLength: Infinity })
  const hint = isBareArray(value)
    ? '; arrays are saved as properties of a NumpyState, or each in a Variable'
    : typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
      ? '; numbers are saved in a Variable'
      : ''
  return new TypeError(
    `'${where}' cannot be saved: expected a NumpyState, a Checkpoint, or another trackable object, ` +
      `or an object or array of them, got ${shown}${hint}`,
  )
}

export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  // Object.prototype of any realm is the one whose own prototype is null.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function containerNode(container: object, where: string, names: readonly string[]): TrackableNode {
  const values = container as Readonly<Record<string, unknown>>
  return {
    ...NO_VALUES,
    identity: container,
    children: () => names.map((name) => [name, nodeOf(values[name], `${where}/${name}`)] as const),
    child: (name) =>
      isMember(container, name) ? nodeOf(values[name], `${where}/${name}`) : undefined,
  }
}

/** An array's own members are its elements, whatever else was put on it. */
const isMember = (container: object, name: string): boolean =>
  Object.prototype.propertyIsEnumerable.call(container, name) &&
  (!Array.isArray(container) || String(Number(name)) === name)

/** An object that names its children, takes its state back, or both. */
function protocolNode(object: object, where: string): TrackableNode {
  return { ...namedNode(object, where), ...ownValues(object, where) }
}

/** The edges of an object that may name its children itself. */
export function namedNode(
  object: object,
  where: string,
): Pick<TrackableNode, 'identity' | 'children' | 'child' | 'renewed'> {
  /** For `child`: asked once for all of them, since an answer takes time for each. */
  let named: ReadonlyMap<string, unknown> | undefined
  const at = (name: string, child: unknown): TrackableNode => nodeOf(child, `${where}/${name}`)
  return {
    identity: object,
    children: () =>
      Array.from(childrenOf(object, where), ([name, child]) => [name, at(name, child)] as const),
    child: (name) => {
      named ??= childrenOf(object, where)
      return named.has(name) ? at(name, named.get(name)) : undefined
    },
    renewed: () => protocolNode(object, where),
  }
}

/** The values of an object that may be a state. */
export const ownValues = (
  object: object,
  where: string,
): Pick<TrackableNode, 'values' | 'restore'> =>
  isPythonState(object)
    ? {
        values: () => pythonStateValues(object, where),
        restore: (attributes, reader) => restorePythonState(object, where, attributes, reader),
      }
    : NO_VALUES

/** @throws TypeError unless the object named its children as it should */
function childrenOf(object: object, where: string): Map<string, unknown> {
  if (!(trackable in object)) return new Map()
  const method: unknown = object[trackable]
  const answer: unknown = typeof method === 'function' ? method.call(object) : method
  const isAnswer = typeof method === 'function' && typeof answer === 'object' && answer !== null
  // Of an asynchronous method all children would be lost.
  if (!isAnswer || isThenable(answer)) throw wrongAnswer(answer, where)
  if (!(Symbol.iterator in answer)) return new Map(Object.entries(answer))
  const children = new Map<string, unknown>()
  for (const pair of answer as Iterable<unknown>) {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string') throw wrongAnswer(answer, where)
    if (children.has(pair[0])) {
      throw new TypeError(`'${where}' names two children '${pair[0]}'`)
    }
    children.set(pair[0], pair[1])
  }
  return children
}

function wrongAnswer(answer: unknown, where: string): TypeError {
  const shown = inspect(answer, { depth: 1, breakLength: Infinity })
  return new TypeError(
    `[trackable]() of '${where}' must return an object of children, or pairs of name and child; ` +
      `got ${shown}`,
  )
}
