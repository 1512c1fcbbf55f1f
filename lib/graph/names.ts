/**
 * Objects for a checkpoint that was written without them, by TensorFlow 1's `tf.train.Saver`: one
 * for each part of a variable's name.
 *
 * @module
 */
import type { ObjectGraph, ObjectReference, SerializedTensor } from '../bundle/messages.js'
import { VARIABLE_VALUE } from './keys.js'
import { namesOf } from './select.js'

interface NamedNode {
  children: ObjectReference[]
  attributes: SerializedTensor[]
  readonly slotVariables: []
}

/** As in keys of objects: what stands behind it is an attribute, and what is before it is escaped. */
const ATTRIBUTES = '/.ATTRIBUTES/'

/** @param keys of all tensors; `dense/kernel` becomes the value of `kernel` under `dense` */
export function graphOfNames(keys: Iterable<string>): ObjectGraph {
  const nodes: NamedNode[] = []
  const ids = new Map<string, number>()
  const add = (path: string): number => {
    const id = nodes.push({ children: [], attributes: [], slotVariables: [] }) - 1
    ids.set(path, id)
    return id
  }
  add('')
  const nodeAt = (names: readonly string[]): number => {
    let parent = 0
    let path = ''
    for (const localName of names) {
      path += `/${localName}`
      let id = ids.get(path)
      if (id === undefined) {
        id = add(path)
        nodes[parent]?.children.push({ nodeId: id, localName })
      }
      parent = id
    }
    return parent
  }
  for (const key of keys) {
    const at = key.indexOf(ATTRIBUTES)
    const names = at < 0 ? key.split('/') : namesOf(key.slice(0, at))
    const name = at < 0 ? VARIABLE_VALUE : key.slice(at + ATTRIBUTES.length)
    const attribute = { name, fullName: key, checkpointKey: key }
    nodes[nodeAt(names)]?.attributes.push(attribute)
  }
  return { nodes }
}
