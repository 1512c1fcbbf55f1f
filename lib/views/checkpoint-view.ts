/**
 * CheckpointView: the objects of a checkpoint, and which of a program's they are. TensorFlow's
 * `tf.train.CheckpointView` (python/checkpoint/checkpoint_view.py).
 *
 * @module
 */
import { inspect } from 'node:util'
import type { ObjectGraph } from '../bundle/messages.js'
import type { PathInput } from '../bundle/names.js'
import { nodeOf } from '../graph/trackable.js'
import { edgesOf, matchObjects } from './match.js'
import { withGraph } from './object-metadata.js'
import { descendantsOf, recordOf, shown } from './shown.js'

/** A checkpoint and objects of a program, compared. */
export interface CheckpointDiff {
  /** What both have: objects by the id of their node. */
  readonly matched: Map<number, object>
  /** Ids of the nodes that match no object, breadth-first. Slot variables are not compared. */
  readonly onlyInCheckpoint: number[]
  /** Objects that match no node, breadth-first. */
  readonly onlyInObject: object[]
}

/**
 * The object graph of a checkpoint, without its values: what is in it, and what of it a restore would
 * find in a program, asked before anything is restored. Nothing is changed by any of it.
 *
 * ```js
 * const view = new CheckpointView(latestCheckpoint('run'))
 * view.children(0) // { model: 1, optimizer: 2, save_counter: 3 }
 * const { onlyInCheckpoint } = view.diff(checkpoint)
 * onlyInCheckpoint.map((id) => view.objectGraph.nodes[id].attributes)
 * ```
 *
 * Saved objects go by their number: an id is a place in `objectGraph.nodes`, 0 is the root. Objects of
 * the program are shown as `listObjects` shows them.
 */
export class CheckpointView {
  /** The prefix, absolute. */
  readonly path: string
  /** The objects as they were saved. */
  readonly objectGraph: ObjectGraph

  /**
   * Reads the object graph; the files are not kept open.
   *
   * @param path the prefix that `save` returned, or a directory: its latest checkpoint
   * @throws CheckpointError CKPT_NOT_FOUND if there is no checkpoint, or one that was written without
   *   objects (`tf.train.Saver`); CKPT_CORRUPT, CKPT_UNSUPPORTED, CKPT_IO
   */
  constructor(path: PathInput) {
    const found = withGraph(path, (reader, graph) => ({ path: reader.path, graph }))
    this.path = found.path
    this.objectGraph = found.graph
  }

  /**
   * Ids of the children of a node by name. The record has no prototype.
   *
   * @throws TypeError, RangeError if there is no such node
   */
  children(nodeId: number): Record<string, number> {
    if (typeof nodeId !== 'number') {
      throw new TypeError(`nodeId must be a number, got ${inspect(nodeId)}`)
    }
    const { length } = this.objectGraph.nodes
    if (Number.isInteger(nodeId) && nodeId >= 0 && nodeId < length) {
      return recordOf(edgesOf(this.objectGraph, nodeId))
    }
    throw new RangeError(
      `nodeId must be that of one of the ${String(length)} nodes of '${this.path}', from 0 on, ` +
        `got ${String(nodeId)}`,
    )
  }

  /**
   * Ids of the root and all below it, breadth-first, each once. Slot variables are nobody's children,
   * so they are not among them.
   */
  descendants(): number[] {
    const { nodes } = this.objectGraph
    const found = new Set(nodes.length > 0 ? [0] : [])
    // The set grows while it is walked.
    for (const id of found) for (const { nodeId } of nodes[id]?.children ?? []) found.add(nodeId)
    return [...found]
  }

  /**
   * The objects that have the same names from the root on as saved ones, by the ids of these. The
   * root always matches. What a restore would create, as the arrays of an empty `NumpyState`, is no
   * match.
   *
   * @param object stands for the root of the checkpoint
   * @throws TypeError for what cannot be saved
   */
  match(object: object): Map<number, object> {
    const matched = matchObjects(this.objectGraph, nodeOf(object, 'object'))
    return new Map(Array.from(matched, ([id, node]) => [id, shown(node)]))
  }

  /**
   * What `match` finds, and what it does not find on either side.
   *
   * @param object stands for the root of the checkpoint
   * @throws TypeError for what cannot be saved
   */
  diff(object: object): CheckpointDiff {
    const root = nodeOf(object, 'object')
    const matched = matchObjects(this.objectGraph, root)
    const identities = new Set(Array.from(matched.values(), ({ identity }) => identity))
    return {
      matched: new Map(Array.from(matched, ([id, node]) => [id, shown(node)])),
      onlyInCheckpoint: this.descendants().filter((id) => !matched.has(id)),
      onlyInObject: descendantsOf(root)
        .filter(({ identity }) => !identities.has(identity))
        .map(shown),
    }
  }
}
