/**
 * Objects for a checkpoint that was written without them, by TensorFlow 1's `tf.train.Saver`: one
 * for each part of a variable's name.
 *
 * @module
 */
import type { ObjectGraph, ObjectNode, SerializedTensor } from '../bundle/messages.js'
import { namesOf, VARIABLE_VALUE } from './keys.js'

/** As in keys of objects: what stands behind it is an attribute, and what is before it is escaped. */
const ATTRIBUTES = '/.ATTRIBUTES/'

/** A variable of the program that has a name of its own. */
export interface NamedValue {
  /** Where it is in the program; undefined for the root. */
  readonly path: string | undefined
  readonly attribute: string
  /** The tensor that it is to take. */
  readonly key: string
}

/**
 * @param keys of all tensors; `dense/kernel` becomes the value of `kernel` under `dense`
 * @param named what is found by its name, wherever it is in the program; it counts before a tensor
 *   that has this path for a name
 */
export function graphOfNames(
  keys: readonly string[],
  named: readonly NamedValue[] = [],
): ObjectGraph {
  const tree = new Tree(2 ** 14 + PARTS * (keys.length + named.length))
  const taken = new Set<string>()
  for (const { path, attribute, key } of named) {
    taken.add(key)
    tree.place(path === undefined ? [] : namesOf(path), attributeOf(attribute, key))
  }
  for (const key of keys) {
    if (taken.has(key)) continue
    const at = key.indexOf(ATTRIBUTES)
    const name = at < 0 ? VARIABLE_VALUE : key.slice(at + ATTRIBUTES.length)
    tree.place(key.length > MAX_NAME ? undefined : partsOf(key, at), attributeOf(name, key))
  }
  return tree.graph()
}

/** Parts of a name that honest ones have on average at most, and characters of the longest. */
const PARTS = 32
const MAX_NAME = 4096

function partsOf(key: string, attributesAt: number): string[] {
  if (attributesAt < 0) return key.split('/')
  return attributesAt === 0 ? [] : namesOf(key.slice(0, attributesAt))
}

const attributeOf = (name: string, key: string): SerializedTensor => ({
  name,
  fullName: key,
  checkpointKey: key,
})

class Tree {
  readonly #nodes: { children: Map<string, number>; attributes: SerializedTensor[] }[] = []
  /** Objects that it may get: names of many parts must not make more than the file justifies. */
  #room: number

  constructor(room: number) {
    this.#room = room
    this.#add()
  }

  /**
   * Gives an attribute to the object at a path. If that has another of its name, and without a path,
   * it goes to an object apart that nothing leads to.
   */
  place(names: readonly string[] | undefined, attribute: SerializedTensor): void {
    const isLong = names === undefined || names.length > this.#room
    const node = this.#nodes[isLong ? this.#add() : this.#at(names)]
    const isTaken = node?.attributes.some(({ name }) => name === attribute.name)
    const place = isTaken === true ? this.#nodes[this.#add()] : node
    place?.attributes.push(attribute)
  }

  #at(names: readonly string[]): number {
    let id = 0
    for (const name of names) {
      const children = this.#nodes[id]?.children
      const child = children?.get(name) ?? this.#add()
      children?.set(name, child)
      id = child
    }
    return id
  }

  #add(): number {
    this.#room--
    return this.#nodes.push({ children: new Map<string, number>(), attributes: [] }) - 1
  }

  graph(): ObjectGraph {
    const nodes = this.#nodes.map(({ children, attributes }): ObjectNode => ({
      children: Array.from(children, ([localName, nodeId]) => ({ nodeId, localName })),
      attributes,
      slotVariables: [],
    }))
    return { nodes }
  }
}
