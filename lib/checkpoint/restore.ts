/**
 * Restores objects from a checkpoint: all that matches, or nothing if anything fails.
 *
 * @module
 */
import type { ObjectGraph } from '../bundle/messages.js'
import { openReader } from '../bundle/read/open.js'
import { OBJECT_GRAPH_KEY, type CheckpointReader } from '../bundle/read/reader.js'
import { Operation } from '../bundle/operation.js'
import { SAVE_INFO_KEY } from '../bundle/save-info.js'
import { CheckpointError } from '../errors.js'
import { SLOT_MARK } from '../graph/keys.js'
import { graphOfNames } from '../graph/names.js'
import type { TrackableNode } from '../graph/node.js'
import { extentsOf } from '../graph/plan.js'
import { Restoration } from '../graph/restoration.js'
import { filterGraph, moveObjects, pathsOf, withoutSlots } from '../graph/select.js'
import { reach } from '../graph/walk.js'
import type { Steps } from '../twin.js'
import { Matches } from './matches.js'
import type { CheckedRestoreOptions } from './restore-options.js'

export function* restoreObjects(
  root: () => TrackableNode,
  path: string,
  options: CheckedRestoreOptions,
  sync: boolean,
): Steps<Matches> {
  const operation = new Operation(options, sync)
  return yield* operation.run(function* () {
    const reader = yield* openReader(path, options.access, sync)
    try {
      return yield* restoreFrom(reader, root, options, operation)
    } catch (error) {
      reader.closeSync()
      throw error
    } finally {
      // Objects that come later are read from the mappings.
      reader.closeFiles()
    }
  })
}

function* restoreFrom(
  reader: CheckpointReader,
  root: () => TrackableNode,
  options: CheckedRestoreOptions,
  operation: Operation,
): Steps<Matches> {
  operation.check()
  const graph = graphFor(reader, root(), options)
  const restoration = new Restoration(graph, reader)
  const plan = restoration.plan(0, root())
  yield* reader.prepare(operation, extentsOf(plan))
  operation.check()
  // From here on nothing waits: the objects change together or not at all.
  restoration.commit(operation.sync ? plan : restoration.current(plan))
  return new Matches(restoration, reader, root, wantedKeys(options))
}

/** The graph that is to be restored: as it was saved, or made from names, and then as asked for. */
function graphFor(
  reader: CheckpointReader,
  root: TrackableNode,
  { passes, remap, skipSlotVariables }: CheckedRestoreOptions,
): ObjectGraph {
  let graph = reader.objectGraph ?? namedGraph(reader, root)
  if (skipSlotVariables) graph = withoutSlots(graph)
  if (remap !== undefined) graph = moveObjects(graph, movesOf(graph, remap), missingIn(reader))
  if (passes !== undefined) graph = filterGraph(graph, passes)
  return graph
}

function wantedKeys({
  passes,
  skipSlotVariables,
}: CheckedRestoreOptions): (key: string) => boolean {
  return (key) =>
    (passes === undefined || passes(key)) && !(skipSlotVariables && key.includes(SLOT_MARK))
}

/** Of what is saved beside the values of objects. */
const OWN_KEYS: readonly string[] = [OBJECT_GRAPH_KEY, SAVE_INFO_KEY]

/** Variables with a name of their own are found by it, wherever they are in the program. */
function namedGraph(reader: CheckpointReader, root: TrackableNode): ObjectGraph {
  const keys = reader.variables().map(({ key }) => key)
  const graph = graphOfNames(keys.filter((key) => !OWN_KEYS.includes(key)))
  const moves = new Map<string, string>()
  for (const { node, path } of reach(root)) {
    for (const { fullName } of node.values()) {
      const isElsewhere = fullName !== undefined && fullName !== '' && fullName !== path
      if (path !== undefined && isElsewhere && reader.has(fullName)) moves.set(fullName, path)
    }
  }
  return moveObjects(graph, moves, missingIn(reader))
}

function movesOf(
  graph: ObjectGraph,
  remap: NonNullable<CheckedRestoreOptions['remap']>,
): Map<string, string> {
  if (typeof remap !== 'function') return new Map(Object.entries(remap))
  const moves = new Map<string, string>()
  for (const path of pathsOf(graph).values()) {
    const moved = path === '' ? path : remap(path)
    if (moved !== path) moves.set(path, moved)
  }
  return moves
}

function missingIn({ path }: CheckpointReader): (key: string) => never {
  return (key) => {
    const message = `options.remap names the object '${key}', which checkpoint '${path}' does not have`
    throw new CheckpointError('CKPT_NOT_FOUND', message, { path, key })
  }
}
