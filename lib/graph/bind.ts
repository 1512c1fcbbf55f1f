/**
 * Matches the objects of a program with those of a checkpoint, from the root along equal names.
 * Source: python/checkpoint/restore.py.
 *
 * @module
 */
import type { ObjectGraph } from '../bundle/messages.js'
import type { CheckpointReader } from '../bundle/reader.js'
import type { Assignment, TrackableNode } from './trackable.js'

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
  for (const { id, node } of queue) {
    const saved = graph.nodes[id]
    if (saved === undefined) continue
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
