/**
 * What a checkpoint holds: its tensors, and the ways to each of them through the objects.
 *
 * @module
 */
import type { ObjectGraph } from '../../bundle/messages.js'
import type { SourceEntry } from '../../convert/tensor.js'
import { isCheckpointError } from '../../errors.js'
import { isNumeric } from '../../inspect/numbers.js'
import type { Opened } from '../../inspect/open.js'
import type { Contents, TensorItem } from '../wire.js'
import type { Place } from './opened.js'

/** More would be a list that nobody reads. */
const MAX_ALIASES = 8

export function contentsOf(place: Place, id: string): Contents {
  const { opened } = place.open(id)
  const { graph, graphProblem } = graphOf(opened)
  const aliases = graph === undefined ? new Map<string, string[]>() : aliasesOf(graph)
  const tensors = opened.source.entries.map((entry): TensorItem => {
    const others = aliases.get(entry.key)
    return { ...describe(entry), ...(others && { aliases: others }) }
  })
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0)
  const { path, format } = opened
  return {
    ...{ path, format, tensors, bytes },
    ...(graph && { objects: graph.nodes.length }),
    ...(graphProblem !== undefined && { graphProblem }),
  }
}

/** One that cannot be read must not keep the others from being seen. */
function describe(entry: SourceEntry): TensorItem {
  const { name, key } = entry
  try {
    const { dtype, shape, byteLength } = entry.open()
    return { key, name, dtype, shape: [...shape], bytes: byteLength, numeric: isNumeric(dtype) }
  } catch (error) {
    if (!isCheckpointError(error)) throw error
    return { key, name, dtype: '?', shape: [], bytes: 0, numeric: false, problem: error.message }
  }
}

function graphOf({ reader }: Opened): { graph?: ObjectGraph; graphProblem?: string } {
  try {
    const graph = reader?.objectGraph
    return graph === undefined ? {} : { graph }
  } catch (error) {
    if (!isCheckpointError(error)) throw error
    return { graphProblem: error.message }
  }
}

interface Known {
  /** Breadth-first, as the keys of values are made. */
  readonly path: string
  readonly parent?: Known
  readonly label: string
  /** Other paths to the object. */
  readonly others: string[]
}

/**
 * By the key of a value, the paths to its object other than the first: an object that two others
 * share is saved once, under the path that is found first.
 */
function aliasesOf({ nodes }: ObjectGraph): Map<string, string[]> {
  const known = new Map<number, Known>([[0, { path: '', label: '', others: [] }]])
  // The map grows while it is walked.
  for (const [id, parent] of known) {
    for (const { nodeId, localName: label } of nodes[id]?.children ?? []) {
      const path = joined(parent.path, label)
      const before = known.get(nodeId)
      if (before === undefined) known.set(nodeId, { path, label, parent, others: [] })
      else if (before.others.length < MAX_ALIASES) before.others.push(path)
    }
  }
  const aliases = new Map<string, string[]>()
  for (const [id, object] of known) {
    const others = othersOf(object)
    if (others.length === 0) continue
    for (const { checkpointKey } of nodes[id]?.attributes ?? []) aliases.set(checkpointKey, others)
  }
  return aliases
}

/** By other ways to the object itself, and to any of those above it. */
function othersOf(object: Known): string[] {
  const found: string[] = []
  let below = ''
  for (let at: Known | undefined = object; at !== undefined; at = at.parent) {
    for (const other of at.others) {
      if (found.length < MAX_ALIASES) found.push(joined(other, below))
    }
    below = joined(at.label, below)
  }
  return found
}

const joined = (a: string, b: string): string => [a, b].filter((part) => part !== '').join('/')
