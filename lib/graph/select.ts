/**
 * Which part of a saved object graph a restore looks at, and under which names: always a graph of
 * its own, so that the rest of a restore need not know.
 *
 * @module
 */
import type { ObjectGraph, ObjectNode, ObjectReference } from '../bundle/messages.js'
import { childPath } from './keys.js'

/** Without the values whose keys do not pass. */
export function filterGraph(graph: ObjectGraph, passes: (key: string) => boolean): ObjectGraph {
  const nodes = graph.nodes.map((node) => {
    const attributes = node.attributes.filter(({ checkpointKey }) => passes(checkpointKey))
    return { ...node, attributes }
  })
  return { nodes }
}

/** Without the slots of optimizers; their values are no longer anybody's. */
export function withoutSlots(graph: ObjectGraph): ObjectGraph {
  const slots = new Set(
    graph.nodes.flatMap(({ slotVariables }) =>
      slotVariables.map(({ slotVariableNodeId }) => slotVariableNodeId),
    ),
  )
  const nodes = graph.nodes.map((node, id) => ({
    ...node,
    slotVariables: [],
    attributes: slots.has(id) ? [] : node.attributes,
  }))
  return { nodes }
}

/** The path of each object that the root leads to; of several paths the one that is found first. */
export function pathsOf({ nodes }: ObjectGraph): Map<number, string> {
  const paths = new Map<number, string>([[0, '']])
  // The map grows while it is walked.
  for (const [id, path] of paths) {
    for (const { nodeId, localName } of nodes[id]?.children ?? []) {
      if (!paths.has(nodeId)) paths.set(nodeId, childPath(path || undefined, localName))
    }
  }
  return paths
}

/** Where an object lies that is to be found elsewhere. */
interface Move {
  readonly parent: number
  readonly edge: ObjectReference
  readonly target: readonly string[]
}

/**
 * With objects at other paths. What was at such a path goes.
 *
 * @param moves from a path in the checkpoint to one in the program; each part is escaped as in keys
 * @param missing called with a path that the checkpoint does not have
 */
export function moveObjects(
  graph: ObjectGraph,
  moves: ReadonlyMap<string, string>,
  missing: (path: string) => never,
): ObjectGraph {
  const nodes = graph.nodes.map((node) => ({ ...node, children: [...node.children] }))
  const found = Array.from(moves, ([from, to]): Move => {
    const { parent, edge } = find(nodes, from) ?? missing(from)
    return { parent, edge, target: namesOf(to) }
  })
  // All are taken away before one is put back: two may change places.
  for (const { parent, edge } of found) remove(nodes[parent], edge)
  // Parents before what is to be put below them.
  for (const { edge, target } of found.toSorted((a, b) => a.target.length - b.target.length)) {
    put(nodes, edge.nodeId, target)
  }
  return { nodes }
}

type EditableNode = Omit<ObjectNode, 'children'> & { children: ObjectReference[] }

/** Parts of a path, not escaped; none for the root. */
export const namesOf = (path: string): string[] =>
  path === '' ? [] : path.split('/').map(unescapeName)

const unescapeName = (name: string): string =>
  name.replace(/\.([.S])/g, (_, escaped: string) => (escaped === 'S' ? '/' : '.'))

function find(
  nodes: readonly EditableNode[],
  path: string,
): { parent: number; edge: ObjectReference } | undefined {
  let at: { parent: number; edge: ObjectReference } | undefined
  for (const name of namesOf(path)) {
    const parent: number = at?.edge.nodeId ?? 0
    const edge: ObjectReference | undefined = nodes[parent]?.children.find(
      ({ localName }) => localName === name,
    )
    if (edge === undefined) return undefined
    at = { parent, edge }
  }
  return at
}

function remove(node: EditableNode | undefined, edge: ObjectReference): void {
  if (node !== undefined) node.children = node.children.filter((other) => other !== edge)
}

function put(nodes: EditableNode[], id: number, target: readonly string[]): void {
  let parent = 0
  for (const [at, localName] of target.entries()) {
    const node = nodes[parent]
    if (node === undefined) return
    const there = node.children.find((edge) => edge.localName === localName)
    const isLast = at === target.length - 1
    if (!isLast && there !== undefined) {
      parent = there.nodeId
      continue
    }
    if (there !== undefined) remove(node, there)
    const nodeId = isLast ? id : nodes.push(emptyNode()) - 1
    node.children.push({ nodeId, localName })
    parent = nodeId
  }
}

const emptyNode = (): EditableNode => ({ children: [], attributes: [], slotVariables: [] })
