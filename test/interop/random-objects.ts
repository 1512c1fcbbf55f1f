// Random trees of all kinds of trackables, for TensorFlow by their description and for us as objects.
import {
  Checkpoint,
  List,
  Mapping,
  NumpyState,
  Trackable,
  trackable,
  VariableState,
  type DType,
  type NdArray,
} from '../../lib/index.js'
import { array, Bytes, parent, state, variable, type Leaves, type TrackableNode } from './leaves'
import type { Random } from './random-arrays'

type Edges = [name: string, index: number][]

interface Draft extends TrackableNode {
  readonly children: Edges
}

/** None is an integer: properties of such names have an order of their own in JavaScript. */
const NAMES = ['w', 'a/b', 'a.b', '.S', 'é日本', '', '-0', 'x y', '😀', 'py_state', '__proto__']
const DTYPES = ['float32', 'float64', 'int64', 'uint8', 'bool', 'complex64'] as const
/**
 * What may be reached by several edges. TensorFlow wraps plain containers anew at each, and its own
 * ones do not end in a cycle.
 */
const SHARED = ['checkpoint', 'module', 'auto', 'variable', 'state']
const PARENTS = ['checkpoint', 'module', 'auto', 'dict', 'Mapping', 'list', 'List'] as const
const STATES = ['numpy_state', 'variables'] as const
const LEAVES = ['variable', 'variable', 'state'] as const

const isParent = ({ kind }: TrackableNode): boolean => PARENTS.some((other) => other === kind)

function makeNode(random: Random, kind: string): Draft {
  const dtype: DType = random.choose(DTYPES)
  const shape = random.choose([[], [3], [2, 0], [2, 2]])
  if (kind === 'variable') return { ...variable(dtype, shape), children: [] }
  if (kind === 'array') return { ...array(dtype, shape), children: [] }
  if (kind === 'state') return { ...state(random.integer(0, 40)), children: [] }
  return { ...parent(kind), children: [] }
}

/** A name for one more child; undefined if there is none left. */
function freeName(random: Random, { kind, children }: Draft): string | undefined {
  if (kind === 'list' || kind === 'List') return String(children.length)
  const taken = new Set(children.map(([name]) => name))
  // An assignment to __proto__ changes what an object inherits from.
  if (kind === 'checkpoint' || kind === 'module') taken.add('__proto__')
  return random.shuffle(NAMES).find((name) => !taken.has(name))
}

function addEdge(random: Random, from: Draft, to: number): boolean {
  const name = freeName(random, from)
  if (name !== undefined) from.children.push([name, to])
  return name !== undefined
}

export function randomObjects(random: Random): TrackableNode[] {
  const tree: Draft[] = [makeNode(random, 'checkpoint')]
  const count = random.integer(2, 20)
  while (tree.length < count) {
    const from = random.choose(tree.filter(isParent))
    const kind = random.choose([...PARENTS, ...STATES, ...LEAVES, ...LEAVES])
    if (!addEdge(random, from, tree.length)) continue
    const made = makeNode(random, kind)
    tree.push(made)
    const isState = STATES.some((other) => other === kind)
    for (let left = isState ? random.integer(0, 4) : 0; left > 0; left--) {
      addEdge(random, made, tree.length)
      tree.push(makeNode(random, kind === 'variables' ? 'variable' : 'array'))
    }
  }
  addSharing(random, tree)
  return tree
}

/** More edges, to what may be shared: also upwards, which makes cycles. */
function addSharing(random: Random, tree: readonly Draft[]): void {
  const ofStates = new Set(
    tree
      .filter(({ kind }) => STATES.some((other) => other === kind))
      .flatMap(({ children }) => children.map(([, i]) => i)),
  )
  const shared = [...tree.keys()].filter(
    (i) => SHARED.includes(tree[i]?.kind ?? '') && !ofStates.has(i),
  )
  for (let extra = random.integer(0, 6); extra > 0; extra--) {
    addEdge(random, random.choose(tree.filter(isParent)), random.choose(shared))
  }
}

/** A class of somebody else's. */
class Named {
  readonly children = new Map<string, object>();

  [trackable](): ReadonlyMap<string, object> {
    return this.children
  }
}

type Arrays = Record<string, NdArray>

function makeObject(leaves: Leaves, i: number): object {
  switch (leaves.tree[i]?.kind) {
    case 'checkpoint':
      return new Checkpoint()
    case 'module':
      return new Trackable()
    case 'auto':
      return new Named()
    case 'list':
      return []
    case 'List':
      return new List()
    case 'Mapping':
      return new Mapping()
    case 'numpy_state':
      return new NumpyState()
    case 'variables':
      return new VariableState()
    case 'variable':
      return leaves.variable(i)
    case 'state':
      return leaves.bytes(i, new Bytes())
    default:
      return {}
  }
}

function link(from: object, name: string, to: object): void {
  if (from instanceof Named) from.children.set(name, to)
  else if (from instanceof List) from.append(to)
  else if (from instanceof Mapping) from.set(name, to)
  else if (from instanceof Checkpoint || from instanceof Trackable)
    Object.assign(from, { [name]: to })
  else
    Object.defineProperty(from, name, {
      value: to,
      writable: true,
      enumerable: true,
      configurable: true,
    })
}

/** An object that notices what is put into it. */
const notices = (object: object): boolean =>
  object instanceof Checkpoint ||
  object instanceof Trackable ||
  object instanceof List ||
  object instanceof Mapping

export interface Objects {
  readonly root: Checkpoint
  /** The edges that may also be made after a restore, by parent; each in the order of the tree. */
  readonly steps: readonly (readonly (() => void)[])[]
}

export function buildObjects(leaves: Leaves): Objects {
  const { tree } = leaves
  const inStates = new Map<number, readonly [Arrays, string]>()
  const objects = tree.map((_, i) => (tree[i]?.kind === 'array' ? {} : makeObject(leaves, i)))
  for (const [i, { kind, children }] of tree.entries()) {
    if (!STATES.some((other) => other === kind)) continue
    const held = objects[i] as Arrays
    for (const [name, child] of children) {
      inStates.set(child, [held, name])
      held[name] = leaves.array(child, () => held[name] as NdArray)
    }
  }
  const steps = tree.map(({ children }, i) => {
    const from = objects[i] ?? {}
    if (inStates.has(children[0]?.[1] ?? -1)) return []
    const links = children.map(([name, child]) => () => {
      link(from, name, objects[child] ?? {})
    })
    if (notices(from)) return links
    for (const make of links) make()
    return []
  })
  return { root: objects[0] as Checkpoint, steps }
}
