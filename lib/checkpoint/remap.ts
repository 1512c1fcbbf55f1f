/**
 * Objects that have another name in the program than in the checkpoint.
 *
 * @module
 */
import { inspect } from 'node:util'
import type { ObjectGraph } from '../bundle/messages.js'
import { CheckpointError } from '../errors.js'
import { edgesOf, findEdge, moveObjects, type Edge } from '../graph/select.js'
import type { Remap } from './restore-options.js'

type MoveTo = (path: string) => string

export interface Remapped {
  readonly graph: ObjectGraph
  /** The key in the checkpoint of what has this one in the program. */
  readonly keyOf: (key: string) => string
}

/** An object with its path in the checkpoint and that in the program. */
interface Move {
  readonly edge: Edge
  readonly from: string
  readonly to: string
}

/**
 * @param checkpoint its prefix, for errors
 * @throws CheckpointError CKPT_NOT_FOUND if it has no object of a path; TypeError if a function
 *   returns no path, or two objects get one
 */
export function remapGraph(
  graph: ObjectGraph,
  remap: Remap | MoveTo,
  checkpoint: string,
): Remapped {
  const moves =
    typeof remap === 'function' ? movesBy(remap, graph) : movesOf(remap, graph, checkpoint)
  const origins = new Map(moves.map(({ from, to }) => [to, from]))
  return {
    graph: moveObjects(
      graph,
      moves.map(({ edge, to }) => [edge, to]),
    ),
    keyOf: (key) => originOf(key, origins),
  }
}

function movesOf(remap: Remap, graph: ObjectGraph, path: string): Move[] {
  const find = findEdge(graph)
  return Object.entries(remap).map(([from, to]) => {
    const edge = find(from)
    if (edge !== undefined) return { edge, from, to }
    const message = `options.remap names the object '${from}', which checkpoint '${path}' does not have`
    throw new CheckpointError('CKPT_NOT_FOUND', message, { path, key: from })
  })
}

function movesBy(remap: MoveTo, graph: ObjectGraph): Move[] {
  const moves: Move[] = []
  for (const [from, edge] of edgesOf(graph)) {
    const to: unknown = remap(from)
    if (to === from) continue
    if (typeof to !== 'string' || to === '') {
      const shown = inspect(to, { depth: 0, breakLength: Infinity })
      throw new TypeError(`options.remap must return a path for '${from}', got ${shown}`)
    }
    moves.push({ edge, from, to })
  }
  return moves
}

/** With the longest path that was moved to put back where it came from. */
function originOf(key: string, origins: ReadonlyMap<string, string>): string {
  for (let end = key.lastIndexOf('/'); end >= 0; end = key.lastIndexOf('/', end - 1)) {
    const from = origins.get(key.slice(0, end))
    if (from !== undefined) return from + key.slice(end)
    if (end === 0) break
  }
  return key
}
