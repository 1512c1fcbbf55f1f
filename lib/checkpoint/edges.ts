/**
 * The children of a Checkpoint beside those of its root.
 *
 * @module
 */
import type { TrackableNode } from '../graph/node.js'

/** To a child, with the name by which it is known. */
export type Edge = readonly [name: string, node: TrackableNode]

/**
 * Those of the root first.
 *
 * @throws TypeError if both have a child of one name, and it is not the same object
 */
export function withRoot(root: TrackableNode | undefined, edges: readonly Edge[]): readonly Edge[] {
  if (root === undefined) return edges
  const ofRoot = new Map(root.children())
  const others = edges.filter(([name, { identity }]) => {
    const own = ofRoot.get(name)
    // Two children of one name are none of the user's intention.
    if (own !== undefined && own.identity !== identity) throw sameName(name)
    return own === undefined
  })
  return [...ofRoot, ...others]
}

export const sameName = (name: string): TypeError =>
  new TypeError(`root has a child '${name}' of its own; give the other one another name`)
