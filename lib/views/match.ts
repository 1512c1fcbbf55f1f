/**
 * Which objects of a program are those of a saved graph, by their names from the root on. Source:
 * python/checkpoint/checkpoint_view.py, `match`.
 *
 * @module
 */
import type { ObjectGraph } from '../bundle/messages.js'
import type { TrackableNode } from '../graph/node.js'

/** Ids of the children by name; of two edges of one name the last counts, as in a Python dict. */
export function edgesOf({ nodes }: ObjectGraph, id: number): Map<string, number> {
  const edges = new Map<string, number>()
  for (const { localName, nodeId } of nodes[id]?.children ?? []) edges.set(localName, nodeId)
  return edges
}

/**
 * By id. The roots always match; of several objects that lead to one saved object the first one
 * counts. Each saved object is visited once, and the children of each of the program's are asked for
 * once: what already is, never what a restore would make.
 */
export function matchObjects(graph: ObjectGraph, root: TrackableNode): Map<number, TrackableNode> {
  const matched = new Map<number, TrackableNode>()
  if (graph.nodes.length > 0) matched.set(0, root)
  const known = new Map<object, ReadonlyMap<string, TrackableNode>>()
  const childrenOf = (node: TrackableNode): ReadonlyMap<string, TrackableNode> => {
    const children = known.get(node.identity) ?? new Map(node.children())
    known.set(node.identity, children)
    return children
  }
  // The map grows while it is walked.
  for (const [id, node] of matched) {
    const children = childrenOf(node)
    if (children.size === 0) continue
    for (const [name, childId] of edgesOf(graph, id)) {
      const child = children.get(name)
      if (child !== undefined && !matched.has(childId)) matched.set(childId, child)
    }
  }
  return matched
}
