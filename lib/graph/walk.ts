/**
 * From objects to what a checkpoint holds of them: values with their keys, and the object graph.
 * Source: python/checkpoint/graph_view.py and save_util.py.
 *
 * @module
 */
import type {
  ObjectGraph,
  ObjectNode,
  ObjectReference,
  SerializedTensor,
} from '../bundle/messages.js'
import type { BundleValue } from '../bundle/write/values.js'
import { childPath, valueKey } from './keys.js'
import type { TrackableNode } from './trackable.js'

export interface SavedObjects {
  /** In node order: TensorFlow 1.13's order in the data file. */
  readonly values: BundleValue[]
  readonly graph: ObjectGraph
}

interface Visit {
  readonly node: TrackableNode
  /** Of the first discovery, which breadth-first is the shortest; undefined for the root. */
  readonly path: string | undefined
}

/**
 * Breadth-first from the root. Objects are numbered as they are first seen; what is reached again,
 * by another edge or in a cycle, is an edge to the number it has.
 */
export function walk(root: TrackableNode): SavedObjects {
  const visits: Visit[] = [{ node: root, path: undefined }]
  const ids = new Map<object, number>([[root.identity, 0]])
  const nodes: ObjectNode[] = []
  const values: BundleValue[] = []
  // The list grows while it is walked.
  for (const { node, path } of visits) {
    const children: ObjectReference[] = []
    for (const [localName, child] of node.children()) {
      requireText(localName)
      let nodeId = ids.get(child.identity)
      if (nodeId === undefined) {
        nodeId = visits.length
        ids.set(child.identity, nodeId)
        visits.push({ node: child, path: childPath(path, localName) })
      }
      children.push({ nodeId, localName })
    }
    const attributes: SerializedTensor[] = []
    for (const { attribute, fullName, encode } of node.values()) {
      const checkpointKey = valueKey(path, attribute)
      values.push(encode(checkpointKey))
      attributes.push({ name: attribute, fullName, checkpointKey })
    }
    nodes.push({ children, attributes, slotVariables: [] })
  }
  return { values, graph: { nodes } }
}

/** Two names that differ only in lone surrogates would be one key. */
function requireText(name: string): void {
  if (!/\p{Surrogate}/u.test(name)) return
  throw new TypeError(`the name ${JSON.stringify(name)} cannot be saved: it is not valid Unicode`)
}
