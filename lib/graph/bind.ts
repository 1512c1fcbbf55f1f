/**
 * Matches the objects of a program with those of a checkpoint, from the root along equal names.
 * Source: python/checkpoint/restore.py.
 *
 * @module
 */
import type { ObjectGraph } from '../bundle/messages.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import { corrupt } from '../errors.js'
import type { Assignment, TrackableNode } from './trackable.js'

/**
 * Attributes and edges that may be looked at. Many edges may lead to one object that has many
 * itself; honest graphs lead to most objects once.
 */
function roomOf({ nodes }: ObjectGraph): number {
  let room = 2 ** 20
  for (const { attributes, children } of nodes) room += 16 * (attributes.length + children.length)
  return room
}

/**
 * Prepares the restore of everything that matches.
 *
 * Keys are never derived here: the graph names them. An object that two saved ones lead to takes the
 * values of the first; two objects that lead to one saved object both take its values, where
 * TensorFlow leaves the second as it was.
 */
export function bind(
  graph: ObjectGraph,
  root: TrackableNode,
  reader: CheckpointReader,
): Assignment[] {
  const queue: { id: number; node: TrackableNode }[] = [{ id: 0, node: root }]
  const seen = new Set<object>([root.identity])
  const assignments: Assignment[] = []
  let room = roomOf(graph)
  for (const { id, node } of queue) {
    const saved = graph.nodes[id]
    if (saved === undefined) continue
    room -= saved.attributes.length + saved.children.length
    if (room < 0) throw tooOften(reader.path)
    if (saved.attributes.length > 0) {
      const assignment = node.restore(saved.attributes, reader)
      if (assignment !== undefined) assignments.push(assignment)
    }
    for (const { nodeId, localName } of saved.children) {
      const child = node.child(localName)
      if (child === undefined || seen.has(child.identity)) continue
      seen.add(child.identity)
      queue.push({ id: nodeId, node: child })
    }
  }
  return assignments
}

function tooOften(path: string): Error {
  const message = `the object graph of '${path}' leads to the same objects too often`
  return corrupt(message, 'inconsistent', { path })
}
