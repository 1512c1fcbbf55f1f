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

/** Characters and parts of a path; a file may ask for more than anybody reads, or memory holds. */
const MAX_PATH = 500
const MAX_PARTS = 100

/** An object where it is found first, breadth-first, as the keys of values are made. */
interface Known {
  readonly label: string
  readonly parent?: Known
  /** Other edges that lead to it. */
  readonly others: { readonly parent: Known; readonly label: string }[]
}

/**
 * By the key of a value, the paths to its object other than the first: an object that two others
 * share is saved once, under the path that is found first.
 */
function aliasesOf({ nodes }: ObjectGraph): Map<string, string[]> {
  const known = new Map<number, Known>([[0, { label: '', others: [] }]])
  // The map grows while it is walked.
  for (const [id, parent] of known) {
    for (const { nodeId, localName: label } of nodes[id]?.children ?? []) {
      const before = known.get(nodeId)
      if (before === undefined) known.set(nodeId, { label, parent, others: [] })
      else if (before.others.length < MAX_ALIASES) before.others.push({ parent, label })
    }
  }
  const aliases = new Map<string, string[]>()
  for (const [id, object] of known) {
    const attributes = nodes[id]?.attributes ?? []
    const others = attributes.length === 0 ? [] : othersOf(object)
    if (others.length === 0) continue
    for (const { checkpointKey } of attributes) aliases.set(checkpointKey, others)
  }
  return aliases
}

/** By other ways to the object itself, and to any of those above it. */
function othersOf(object: Known): string[] {
  const ways: { readonly parent: Known; readonly below: readonly string[] }[] = []
  const below: string[] = []
  for (const at of upFrom(object)) {
    for (const { parent, label } of at.others) ways.push({ parent, below: [label, ...below] })
    if (ways.length >= MAX_ALIASES) break
    below.unshift(at.label)
  }
  return ways.slice(0, MAX_ALIASES).flatMap((way) => pathOf(way.parent, way.below) ?? [])
}

/** An object and those above it, without the root, as far as a path may reach. */
function* upFrom(object: Known): Generator<Known> {
  let at = object
  let length = 0
  for (let parts = 0; parts < MAX_PARTS && at.parent !== undefined; parts++) {
    yield at
    length += at.label.length + 1
    if (length > MAX_PATH) return
    at = at.parent
  }
}

/** Undefined if it would be too long. */
function pathOf(parent: Known, below: readonly string[]): string | undefined {
  const above = [...upFrom(parent)]
  const isWhole = (above.at(-1) ?? parent).parent?.parent === undefined
  const parts = [...above.map(({ label }) => label).reverse(), ...below]
  const length = parts.reduce((sum, part) => sum + part.length + 1, 0)
  return isWhole && length <= MAX_PATH ? parts.join('/') : undefined
}
