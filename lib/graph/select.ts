/**
 * Which part of a saved object graph a restore looks at, and under which names: always a graph of
 * its own, so that the rest of a restore need not know.
 *
 * @module
 */
import type { ObjectGraph, ObjectNode } from '../bundle/messages.js'
import { corrupt } from '../errors.js'
import { childPath, namesOf } from './keys.js'

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

/**
 * The edges that can be moved, each with its path: that on which its parent is found first.
 *
 * @throws CheckpointError CKPT_CORRUPT if the paths are far too long, as those of a long chain
 */
export function* edgesOf({ nodes }: ObjectGraph): Generator<[path: string, edge: Edge]> {
  const paths = new Map<number, string | undefined>([[0, undefined]])
  let room = roomOf(nodes)
  // The map grows while it is walked.
  for (const [parent, parentPath] of paths) {
    for (const { nodeId, localName: name } of nodes[parent]?.children ?? []) {
      // The root has no place to go to.
      if (nodeId === 0) continue
      const path = childPath(parentPath, name)
      room -= path.length
      if (room < 0) throw corrupt('the paths of the object graph are too long', 'inconsistent')
      if (!paths.has(nodeId)) paths.set(nodeId, path)
      yield [path, { parent, name, nodeId }]
    }
  }
}

/** Characters that all paths together may have. Honest graphs are wide, not deep. */
function roomOf(nodes: readonly ObjectNode[]): number {
  let room = 2 ** 24
  for (const { children } of nodes) {
    for (const { localName } of children) room += 64 * (localName.length + 1)
  }
  return room
}

/** Where an object lies. */
export interface Edge {
  readonly parent: number
  readonly name: string
  readonly nodeId: number
}

/** The edge at the end of a path from the root. */
export function findEdge({ nodes }: ObjectGraph): (path: string) => Edge | undefined {
  const editable = nodes.map(toEditable)
  return (path) => {
    let nodeId = 0
    let edge: Edge | undefined
    for (const name of namesOf(path)) {
      const next = editable[nodeId]?.children.get(name)
      if (next === undefined) return undefined
      edge = { parent: nodeId, name, nodeId: next }
      nodeId = next
    }
    return edge
  }
}

/** A graph whose edges are found by their names. */
type EditableNode = Omit<ObjectNode, 'children'> & { readonly children: Map<string, number> }

function toEditable({ children, ...node }: ObjectNode): EditableNode {
  const byName = new Map<string, number>()
  // Of two edges of one name the first counts, as everywhere.
  for (const { nodeId, localName } of children) {
    if (!byName.has(localName)) byName.set(localName, nodeId)
  }
  return { ...node, children: byName }
}

const toNode = ({ children, ...node }: EditableNode): ObjectNode => ({
  ...node,
  children: Array.from(children, ([localName, nodeId]) => ({ nodeId, localName })),
})

/**
 * With objects at other paths. What was at such a path goes.
 *
 * @param moves each an edge and a path in the program, whose parts are escaped as in keys
 * @throws TypeError if two objects are to have one path
 */
export function moveObjects(
  graph: ObjectGraph,
  moves: readonly (readonly [edge: Edge, path: string])[],
): ObjectGraph {
  const nodes = graph.nodes.map(toEditable)
  // All are taken away before one is put back: two may change places.
  for (const [{ parent, name }] of moves) nodes[parent]?.children.delete(name)
  const targets = moves.map(([{ nodeId }, path]) => ({ nodeId, path, names: namesOf(path) }))
  checkTargets(targets)
  // Parents before what is to be put below them.
  targets.sort((a, b) => a.names.length - b.names.length)
  for (const { nodeId, names } of targets) put(nodes, nodeId, names)
  return { nodes: nodes.map(toNode) }
}

/** Where an object is to be found. */
interface Target {
  readonly nodeId: number
  readonly path: string
  readonly names: readonly string[]
}

function checkTargets(targets: readonly Target[]): void {
  const ids = new Map<string, number>()
  for (const { nodeId, path, names } of targets) {
    const id = JSON.stringify(names)
    if ((ids.get(id) ?? nodeId) !== nodeId) {
      throw new TypeError(`two objects of the checkpoint are to be restored as '${path}'`)
    }
    ids.set(id, nodeId)
  }
}

function put(nodes: EditableNode[], nodeId: number, names: readonly string[]): void {
  let parent = 0
  for (const [at, name] of names.entries()) {
    const children = nodes[parent]?.children
    if (children === undefined) return
    const isLast = at === names.length - 1
    const next = isLast ? nodeId : (children.get(name) ?? nodes.push(emptyNode()) - 1)
    children.set(name, next)
    parent = next
  }
}

const emptyNode = (): EditableNode => ({
  children: new Map<string, number>(),
  attributes: [],
  slotVariables: [],
})
