/**
 * Restores objects from a checkpoint: all that matches, or nothing if anything fails.
 *
 * @module
 */
import { openReader, type CheckedReadOptions } from '../bundle/read/open.js'
import { OBJECT_GRAPH_KEY, type CheckpointReader } from '../bundle/read/reader.js'
import { Operation } from '../bundle/operation.js'
import { CheckpointError } from '../errors.js'
import { bind } from '../graph/bind.js'
import type { TrackableNode } from '../graph/trackable.js'
import type { Steps } from '../twin.js'

/** @returns how many arrays and counters took a value */
export function* restoreObjects(
  root: TrackableNode,
  path: string,
  options: CheckedReadOptions,
  sync: boolean,
): Steps<number> {
  const operation = new Operation(options, sync)
  return yield* operation.run(function* () {
    const reader = yield* openReader(path, options.access, sync)
    try {
      return yield* restoreFrom(reader, root, operation)
    } finally {
      // The arrays need the mappings only.
      reader.closeSync()
    }
  })
}

function* restoreFrom(
  reader: CheckpointReader,
  root: TrackableNode,
  operation: Operation,
): Steps<number> {
  const { path } = reader
  operation.check()
  const graph = reader.objectGraph
  if (graph === undefined) {
    const feature = 'a checkpoint without objects'
    const message = `'${path}' was written without objects (there is no key '${OBJECT_GRAPH_KEY}'), so there is nothing to match; read its tensors with openCheckpoint`
    throw new CheckpointError('CKPT_UNSUPPORTED', message, { feature, path })
  }
  const assignments = bind(graph, root, reader)
  yield* reader.prepare(
    operation,
    assignments.flatMap(({ extents }) => extents),
  )
  operation.check()
  // From here on nothing fails: the objects change together or not at all.
  for (const { apply } of assignments) apply()
  return assignments.length
}
