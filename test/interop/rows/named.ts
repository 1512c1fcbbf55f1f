// Rows of names, and of a class that names its children itself.
import { Mapping, trackable, VariableState } from '../../../lib/index.js'
import { parent, variable, type Leaves, type TrackableNode } from '../leaves'
import { below, fill, flat, program, type Arrays, type Row } from './row'

/** A class of somebody else's, by the protocol alone. */
class Named {
  readonly #children: ReadonlyMap<string, object>

  constructor(children: Record<string, object>) {
    this.#children = new Map(Object.entries(children))
  }

  [trackable](): ReadonlyMap<string, object> {
    return this.#children
  }
}

// Not `.ATTRIBUTES`: TensorFlow does not find the values of a variable of that name, its own neither.
const NAMES = ['a/b', 'a.b', '.S', '..', '/', 'é日本', '', '😀', '0', '.OPTIMIZER_SLOT']
/** Names that only the root cannot have. */
const OBJECT_NAMES = [...NAMES, '__proto__', 'constructor']

const named = (leaves: Leaves, first: number, names: readonly string[]): Record<string, object> =>
  Object.fromEntries(names.map((name, i) => [name, leaves.variable(first + i)]))

const leavesOf = (names: readonly string[]): Record<string, TrackableNode> =>
  Object.fromEntries(names.map((name) => [name, variable('int32', [2])]))

/** The same names below an object of some kind. */
const namesRow = (
  kind: string,
  make: (leaves: Leaves, names: readonly string[]) => object,
  what: string,
): Row => ({
  name: `names with '/', '.', no letters at all …: ${what}`,
  tree: below(kind, leavesOf(OBJECT_NAMES)),
  build: (leaves) => program({ it: make(leaves, Object.keys(leavesOf(OBJECT_NAMES))) }),
})

export const NAMED: readonly Row[] = [
  {
    name: 'a class with the symbol trackable ↔ AutoTrackable',
    tree: [
      parent('checkpoint', ['it', 1]),
      parent('auto', ['b', 2], ['a', 3]),
      variable('float32', [2]),
      parent('auto', ['c', 4]),
      variable('float32', [2]),
    ],
    build: (leaves) => {
      const a = new Named({ c: leaves.variable(4) })
      return program({ it: new Named({ b: leaves.variable(2), a }) })
    },
  },
  {
    name: "names with '/', '.', no letters at all …: of the root's children",
    tree: flat(leavesOf(NAMES)),
    build: (leaves) => program(named(leaves, 1, Object.keys(leavesOf(NAMES)))),
  },
  namesRow('module', (leaves, names) => new Named(named(leaves, 2, names)), 'of members'),
  namesRow('dict', (leaves, names) => named(leaves, 2, names), 'of a plain object'),
  namesRow(
    'module',
    (leaves, names) => {
      const state: Arrays = new VariableState<Arrays>()
      fill(leaves, state, 2, names)
      return state
    },
    'in a VariableState',
  ),
  namesRow('Mapping', (leaves, names) => new Mapping(named(leaves, 2, names)), 'in a Mapping'),
]
