/**
 * What a checkpoint holds: its tensors, and the ways to each of them through the objects.
 *
 * @module
 */
import type { ObjectGraph } from '../../bundle/messages.js'
import { isNumeric } from '../../inspect/numbers.js'
import type { Contents, TensorItem } from '../wire.js'
import type { Place } from './opened.js'

/** More would be a list that nobody reads. */
const MAX_ALIASES = 8

export function contentsOf(place: Place, id: string): Contents {
  const { opened } = place.open(id)
  const graph = opened.reader?.objectGraph
  const aliases = graph === undefined ? new Map<string, string[]>() : aliasesOf(graph)
  const tensors = opened.source.entries.map((entry): TensorItem => {
    const { name, key, dtype, shape, byteLength } = entry.open()
    const others = aliases.get(key)
    return {
      ...{ key, name, dtype, shape: [...shape], bytes: byteLength, numeric: isNumeric(dtype) },
      ...(others && { aliases: others }),
    }
  })
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0)
  const { path, format } = opened
  return { path, format, tensors, bytes, ...(graph && { objects: graph.nodes.length }) }
}

/**
 * By the key of a value, the paths to its object other than the first: an object that two others
 * share is saved once, under the path that is found first, breadth-first.
 */
function aliasesOf({ nodes }: ObjectGraph): Map<string, string[]> {
  const paths = new Map<number, string>([[0, '']])
  const aliases = new Map<string, string[]>()
  // The map grows while it is walked.
  for (const [id, path] of paths) {
    for (const { nodeId, localName } of nodes[id]?.children ?? []) {
      const own = path === '' ? localName : `${path}/${localName}`
      if (!paths.has(nodeId)) {
        paths.set(nodeId, own)
        continue
      }
      for (const { checkpointKey } of nodes[nodeId]?.attributes ?? []) {
        const known = aliases.get(checkpointKey) ?? []
        if (known.length < MAX_ALIASES) aliases.set(checkpointKey, [...known, own])
      }
    }
  }
  return aliases
}
