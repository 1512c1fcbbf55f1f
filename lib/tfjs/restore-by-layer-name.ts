/**
 * restoreByLayerName: weights of a Keras checkpoint for the layers of the same names, whatever else is
 * in it and however the layers hang together there.
 *
 * A checkpoint of TensorFlow has the full name of each variable, such as `net/hidden/kernel`. All
 * versions of Keras put the layer's name into it, while the names of its objects differ.
 *
 * @module
 */
import { inspect } from 'node:util'
import type { ObjectGraph } from '../bundle/messages.js'
import type { PathInput } from '../bundle/names.js'
import { openCheckpoint } from '../bundle/read/open.js'
import type { VariableInfo } from '../bundle/read/reader.js'
import { Checkpoint } from '../checkpoint/checkpoint.js'
import type { RestoreOptions } from '../checkpoint/restore-options.js'
import type { TrackableNode } from '../graph/node.js'
import { groupBy, pairsOf, variablesBelow, variablesByKey, type Pair } from './match-weights.js'
import { branch, variableNode, type Edge } from './nodes.js'
import { TfjsTrackable } from './tracked-tfjs.js'
import type { ModelLike, TensorFlowJs } from './types.js'
import { weightsOf } from './weights.js'

/** Where to look, and what may be missing. */
export interface ByLayerNameOptions extends Pick<
  RestoreOptions,
  'signal' | 'onProgress' | 'mode' | 'verify'
> {
  /** Looks below this object of the checkpoint only: `model`, `agent/policy`. Default: everywhere. */
  from?: string
  /** True leaves weights as they are for which the checkpoint has none. Default false. */
  allowMissing?: boolean
}

/**
 * Restores the weights of a model from a checkpoint whose layers have the same names: of Keras, of any
 * version, or of `trackModel`. Optimizers are left out. All weights are restored, or none if anything
 * fails; as many tensors as before are left.
 *
 * @param path prefix of the checkpoint
 * @returns full names of the weights that were restored
 * @throws CheckpointError CKPT_MISMATCH saying which weights are missing, found twice, or of another
 *   dtype or shape; as `Checkpoint.restore`
 */
export async function restoreByLayerName(
  tf: TensorFlowJs,
  model: ModelLike,
  path: PathInput,
  options: ByLayerNameOptions = {},
): Promise<string[]> {
  const { from, allowMissing = false, ...restoreOptions } = options
  if (from !== undefined && typeof from !== 'string') {
    throw new TypeError(`options.from must be a path of names, got ${inspect(from)}`)
  }
  const { variables, graph } = await look(path)
  const saved =
    graph === undefined ? variablesByKey(variables) : variablesBelow(graph, from?.split('/') ?? [])
  const pairs = pairsOf([...weightsOf(model)], saved, variables, allowMissing)
  const tree = treeOf(tf, pairs)
  const status = await new Checkpoint({ root: tree }).read(path, restoreOptions)
  status.assertExistingObjectsMatched()
  return pairs.map(({ weight }) => weight.fullName)
}

async function look(
  path: PathInput,
): Promise<{ variables: ReadonlyMap<string, VariableInfo>; graph: ObjectGraph | undefined }> {
  const reader = await openCheckpoint(path, { verify: 'off' })
  try {
    const variables = new Map(reader.variables().map((variable) => [variable.key, variable]))
    return { variables, graph: reader.objectGraph }
  } finally {
    await reader.close()
  }
}

/** The objects of the checkpoint that lead to the variables. */
function treeOf(tf: TensorFlowJs, pairs: readonly Pair[]): TfjsTrackable {
  const node = nodeAt(tf, pairs, 0)
  return new TfjsTrackable(() => node)
}

function nodeAt(tf: TensorFlowJs, pairs: readonly Pair[], depth: number): TrackableNode {
  const groups = groupBy(pairs, ({ saved }) => saved.path[depth] ?? '')
  const edges = Array.from(groups, ([name, below]): Edge => {
    const leaf = below.find(({ saved }) => saved.path.length === depth + 1)
    if (leaf === undefined) return [name, nodeAt(tf, below, depth + 1)]
    return [name, variableNode(tf, leaf.weight.variable, leaf.weight.fullName)]
  })
  return branch({}, () => edges)
}
