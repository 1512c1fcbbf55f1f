// Random trees for views: the same objects here and in TensorFlow, in the same order.
import { Checkpoint, NumpyState, Variable, zeros } from '../../lib/index.js'
import type { Random } from './random-arrays'
import { buildTree, randomTree, type TreeNode } from './random-trees'

/** An object of JavaScript puts such names before all others. */
const ordered = (name: string): string => (/^\d+$/.test(name) ? `n${name}` : name)

export function viewTree(random: Random): TreeNode[] {
  return randomTree(random).tree.map(({ kind, children, names }) => ({
    kind,
    names: names.map(ordered),
    children: children.map(([name, i]) => [kind === 'list' ? name : ordered(name), i]),
  }))
}

/** Our objects for a tree; the states hold arrays of its names. */
export function buildFilled(tree: readonly TreeNode[]): Checkpoint {
  const { root, states } = buildTree(tree)
  for (const [i, state] of states) for (const name of tree[i]?.names ?? []) state[name] = zeros([2])
  return root
}

/** As tf_worker.py's `kind_of`. */
export function kindOf(object: object): string {
  if (object instanceof Checkpoint) return 'checkpoint'
  if (object instanceof NumpyState) return 'state'
  if (object instanceof Variable) return 'variable'
  if (Array.isArray(object)) return 'list'
  return 'data' in object && ArrayBuffer.isView(object.data) ? 'array' : 'object'
}
