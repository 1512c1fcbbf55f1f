// Random trees for views: the same objects here and in TensorFlow, in the same order.
import { Checkpoint, NumpyState, Variable, zeros, type ObjectGraph } from '../../lib/index.js'
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

/** A tree like this one, with other names here and there: a program that has changed. */
export function changeNames(random: Random, tree: readonly TreeNode[]): TreeNode[] {
  const changed = (name: string): string => (random.chance(0.2) ? `${name}-` : name)
  return tree.map(({ kind, children, names }) => ({
    kind,
    names: names.map(changed),
    children: children.map(([name, i]) => [kind === 'list' ? name : changed(name), i]),
  }))
}

/** Plain objects in place of saved ones, some edges of which are missing or lead elsewhere. */
export function imitate(random: Random, { nodes }: ObjectGraph): TreeNode[] {
  return nodes.map(({ children }, id) => ({
    kind: id === 0 ? 'checkpoint' : 'module',
    names: [],
    children: children
      .filter(({ localName }) => localName !== 'save_counter' && random.chance(0.9))
      .map(({ localName, nodeId }) => [
        localName,
        random.chance(0.1) ? random.integer(0, nodes.length - 1) : nodeId,
      ]),
  }))
}

/** As tf_worker.py's `kind_of`. */
export function kindOf(object: object): string {
  if (object instanceof Checkpoint) return 'checkpoint'
  if (object instanceof NumpyState) return 'state'
  if (object instanceof Variable) return 'variable'
  if (Array.isArray(object)) return 'list'
  return 'data' in object && ArrayBuffer.isView(object.data) ? 'array' : 'object'
}
