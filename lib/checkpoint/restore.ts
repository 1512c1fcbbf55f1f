/**
 * Restores objects from a checkpoint: all that matches, or nothing if anything fails.
 *
 * @module
 */
import type { ObjectGraph } from '../bundle/messages.js'
import type { AccessOptions } from '../bundle/read/extent.js'
import { openReader } from '../bundle/read/open.js'
import { OBJECT_GRAPH_KEY, type CheckpointReader } from '../bundle/read/reader.js'
import { Operation } from '../bundle/operation.js'
import { SAVE_INFO_KEY } from '../bundle/save-info.js'
import { SLOT_MARK } from '../graph/keys.js'
import { graphOfNames, type NamedValue } from '../graph/names.js'
import type { TrackableNode } from '../graph/node.js'
import { extentsOf } from '../graph/plan.js'
import { newVersion, Restoration } from '../graph/restoration.js'
import { filterGraph, withoutSlots } from '../graph/select.js'
import { reach } from '../graph/walk.js'
import type { Steps } from '../twin.js'
import { Matches } from './matches.js'
import { remapGraph } from './remap.js'
import type { CheckedRestoreOptions } from './restore-options.js'

export function* restoreObjects(
  root: () => TrackableNode,
  path: string,
  options: CheckedRestoreOptions,
  sync: boolean,
): Steps<Matches> {
  const operation = new Operation(options, sync)
  const version = newVersion()
  return yield* operation.run(function* () {
    const reader = yield* openReader(path, options.access, sync)
    try {
      return yield* restoreFrom(reader, root, options, operation, version)
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
  version: number,
): Steps<Matches> {
  operation.check()
  const wanted = wantedOf(reader, root(), options)
  const restoration = new Restoration(wanted.graph, reader, version)
  const plan = restoration.plan(0, root())
  yield* reader.prepare(operation, extentsOf(plan))
  operation.check()
  // From here on nothing waits: the objects change together or not at all.
  const isAtOnce = operation.sync || !waits(options.access)
  restoration.commit(isAtOnce ? plan : restoration.current(plan))
  return new Matches(restoration, reader, root, wanted.includes)
}

/** True if arrays are checked or loaded before the objects change, which the program sees pass. */
const waits = ({ mode, verify }: AccessOptions): boolean => mode === 'load' || verify === 'eager'

/** The part of a checkpoint that is to be restored. */
interface Wanted {
  /** As it was saved, or made from names, and then as asked for. */
  readonly graph: ObjectGraph
  /** Tells of a key in the program whether it was to be restored. */
  readonly includes: (key: string) => boolean
}

function wantedOf(
  reader: CheckpointReader,
  root: TrackableNode,
  { passes, remap, skipSlotVariables }: CheckedRestoreOptions,
): Wanted {
  let graph = reader.objectGraph ?? namedGraph(reader, root)
  let keyOf = (key: string): string => key
  if (skipSlotVariables) graph = withoutSlots(graph)
  if (remap !== undefined) ({ graph, keyOf } = remapGraph(graph, remap, reader.path))
  if (passes !== undefined) graph = filterGraph(graph, passes)
  return {
    graph,
    includes: (key) =>
      !(skipSlotVariables && key.includes(SLOT_MARK)) &&
      (passes === undefined || passes(keyOf(key))),
  }
}

/** Of what is saved beside the values of objects. */
const OWN_KEYS: readonly string[] = [OBJECT_GRAPH_KEY, SAVE_INFO_KEY]

/** Variables with a name of their own are found by it, wherever they are in the program. */
function namedGraph(reader: CheckpointReader, root: TrackableNode): ObjectGraph {
  const keys = reader.variables().map(({ key }) => key)
  const named: NamedValue[] = []
  for (const { node, path } of reach(root)) {
    for (const { attribute, fullName } of node.values()) {
      if (fullName !== undefined && fullName !== '' && reader.has(fullName)) {
        named.push({ path, attribute, key: fullName })
      }
    }
  }
  return graphOfNames(
    keys.filter((key) => !OWN_KEYS.includes(key)),
    named,
  )
}
