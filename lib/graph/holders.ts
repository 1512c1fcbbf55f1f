/**
 * Which objects of a saved graph hold values, themselves or below them.
 *
 * @module
 */
import type { ObjectGraph } from '../bundle/messages.js'

/** By node id: 1 if the node, its slot variables or a descendant has values. Takes linear time. */
export function holdersOfValues(graph: ObjectGraph): Uint8Array {
  const { nodes } = graph
  const holds = new Uint8Array(nodes.length)
  const parents: number[][] = nodes.map(() => [])
  const queue: number[] = []
  for (const [id, { children, attributes, slotVariables }] of nodes.entries()) {
    for (const { nodeId } of children) parents[nodeId]?.push(id)
    if (attributes.length > 0 || slotVariables.length > 0) {
      holds[id] = 1
      queue.push(id)
    }
  }
  for (const id of queue) {
    for (const parent of parents[id] ?? []) {
      if (holds[parent] === 1) continue
      holds[parent] = 1
      queue.push(parent)
    }
  }
  return holds
}
