/**
 * The object graph of a checkpoint. TensorFlow's `tf.contrib.checkpoint.object_metadata`
 * (python/checkpoint/checkpoint.py).
 *
 * @module
 */
import type { ObjectGraph } from '../bundle/messages.js'
import type { PathInput } from '../bundle/names.js'
import { openCheckpointSync } from '../bundle/read/open.js'
import { OBJECT_GRAPH_KEY, type CheckpointReader } from '../bundle/read/reader.js'
import { CheckpointError } from '../errors.js'

/**
 * The objects of a checkpoint and how they hang together: node 0 is the root, ids are places in
 * `nodes`. Synchronous, as in TensorFlow; `openCheckpoint` gives the same without blocking, as
 * `objectGraph`.
 *
 * @param path the prefix that `save` returned, or a directory: its latest checkpoint
 * @throws CheckpointError CKPT_NOT_FOUND if there is no checkpoint, or one that was written without
 *   objects (`tf.train.Saver`); CKPT_CORRUPT, CKPT_UNSUPPORTED, CKPT_IO
 */
export function objectMetadata(path: PathInput): ObjectGraph {
  return withGraph(path, (_, graph) => graph)
}

/** Opens a checkpoint that has objects, for as long as `body` runs. */
export function withGraph<T>(
  path: PathInput,
  body: (reader: CheckpointReader, graph: ObjectGraph) => T,
): T {
  const reader = openCheckpointSync(path)
  try {
    return body(reader, reader.objectGraph ?? withoutObjects(reader))
  } finally {
    reader.closeSync()
  }
}

function withoutObjects({ path }: CheckpointReader): never {
  const message =
    `checkpoint '${path}' has no object graph (key '${OBJECT_GRAPH_KEY}'): it was written by name, ` +
    "as by TensorFlow 1's tf.train.Saver; listVariables shows what it holds"
  throw new CheckpointError('CKPT_NOT_FOUND', message, { path, key: OBJECT_GRAPH_KEY })
}
