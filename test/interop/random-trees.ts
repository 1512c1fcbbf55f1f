// Random trees of objects that a Checkpoint saves, described so that TensorFlow can build them too.
import { Checkpoint, NumpyState, type ArrayInput } from '../../lib/index.js'
import { randomArray, type ArrayDescription, type Random } from './random-arrays'

/** An object as tf_worker.py builds it; children are edges to indices in the tree. */
export interface TreeNode {
  /** `module`: a plain object that may be shared or in a cycle; `dict`: one that is not. */
  readonly kind: 'checkpoint' | 'module' | 'dict' | 'list' | 'state'
  readonly children: [name: string, index: number][]
  /** Of a state's arrays. */
  readonly names: string[]
  /** A Checkpoint that has been saved by itself. */
  readonly counter?: boolean
}

export type StateDescription = [name: string, array: ArrayDescription][]

export interface RandomTree {
  readonly root: Checkpoint
  readonly tree: readonly TreeNode[]
  /** By index in the tree. */
  readonly states: ReadonlyMap<number, NumpyState<Record<string, ArrayInput>>>
  readonly expected: Readonly<Record<string, StateDescription>>
}

const NAMES = ['w', 'a/b', 'a.b', '.S', 'é日本', '', '0', 'x y', '😀', 'py_state', '.ATTRIBUTES']
const ARRAY_NAMES = [...NAMES, '__proto__', 'constructor', 'save_counter', 'w.S', '..', '/']

export const byName = (state: StateDescription): StateDescription =>
  [...state].sort(([a], [b]) => (a < b ? -1 : 1))

const node = (kind: TreeNode['kind']): TreeNode => ({ kind, children: [], names: [] })

/** A name for one more child; undefined if there is none left. */
function freeName(random: Random, { kind, children }: TreeNode): string | undefined {
  if (kind === 'list') return String(children.length)
  const taken = new Set(children.map(([name]) => name))
  return random.shuffle(NAMES).find((name) => !taken.has(name))
}

function addEdge(random: Random, parent: TreeNode | undefined, index: number): boolean {
  const name = parent && parent.kind !== 'state' ? freeName(random, parent) : undefined
  if (parent === undefined || name === undefined) return false
  parent.children.push([name, index])
  return true
}

function randomNodes(random: Random, count: number): TreeNode[] {
  const tree = [node('checkpoint')]
  while (tree.length < count) {
    const kind = random.choose(['checkpoint', 'module', 'dict', 'list', 'state', 'state'] as const)
    if (addEdge(random, random.choose(tree), tree.length)) tree.push(node(kind))
  }
  // More edges, to what may be shared: also upwards, which makes cycles.
  for (let extra = random.integer(0, 5); extra > 0; extra--) {
    const target = random.integer(0, tree.length - 1)
    const kind = tree[target]?.kind
    if (kind !== 'dict' && kind !== 'list') addEdge(random, random.choose(tree), target)
  }
  return tree
}

/** Objects of ours for a tree, its states empty. */
export function buildTree(tree: readonly TreeNode[]): {
  root: Checkpoint
  states: Map<number, NumpyState<Record<string, ArrayInput>>>
} {
  const make = ({ kind }: TreeNode): object => {
    if (kind === 'checkpoint') return new Checkpoint()
    if (kind === 'state') return new NumpyState()
    return kind === 'list' ? [] : {}
  }
  const objects = tree.map(make)
  for (const [i, { children }] of tree.entries()) {
    for (const [name, child] of children) {
      const value = objects[child]
      Object.assign(objects[i] ?? {}, { [name]: value })
    }
  }
  const states = new Map(
    tree.flatMap(({ kind }, i) =>
      kind === 'state' ? [[i, objects[i] as NumpyState<Record<string, ArrayInput>>] as const] : [],
    ),
  )
  return { root: objects[0] as Checkpoint, states }
}

/** Gives a state new arrays; some names stay, some go. */
export function fillState(
  random: Random,
  state: NumpyState<Record<string, ArrayInput>>,
): StateDescription {
  for (const name of Object.keys(state)) Reflect.deleteProperty(state, name)
  return random
    .shuffle(ARRAY_NAMES)
    .slice(0, random.integer(0, 8))
    .map((name) => {
      const { input, expected } = randomArray(random)
      state[name] = input
      return [name, expected]
    })
}

export function randomTree(random: Random): RandomTree {
  const nodes = randomNodes(random, random.integer(2, 14))
  const { root, states } = buildTree(nodes)
  return { root, states, ...refill(random, nodes, states) }
}

/** New random arrays for every state of a tree. */
export function refill(
  random: Random,
  nodes: readonly TreeNode[],
  states: RandomTree['states'],
): Pick<RandomTree, 'tree' | 'expected'> {
  const filled = new Map(Array.from(states, ([i, state]) => [i, fillState(random, state)]))
  const tree = nodes.map((node, i) => ({
    ...node,
    names: (filled.get(i) ?? []).map(([name]) => name),
  }))
  return { tree, expected: Object.fromEntries(filled) }
}
