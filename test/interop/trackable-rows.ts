// One row for each kind of trackable: the objects of TensorFlow and those of ours that are the same.
import {
  Checkpoint,
  NoDependency,
  NumpyState,
  Trackable,
  trackable,
  Variable,
  VariableState,
  zeros,
  type DType,
  type NdArray,
} from '../../lib/index.js'
import { array, Bytes, number, parent, state, variable, type Leaves, type TrackableNode } from './leaves'

export interface Row {
  readonly name: string
  /** What TensorFlow has. */
  readonly tree: readonly TrackableNode[]
  /** What we have. */
  build(leaves: Leaves): Program
}

/** Before and after `attach` it can be restored: what comes later takes its values then. */
export interface Program {
  readonly root: Checkpoint
  attach(): void
}

type Arrays = Record<string, NdArray>

/** A program whose objects are children of the root. */
const program = (children: object, then: () => void = () => undefined): Program => {
  const root = new Checkpoint()
  const attach = (): void => {
    Object.assign(root, children)
    then()
  }
  return { root, attach }
}

const VARIABLE_DTYPES: readonly DType[] = [
  ...(['bool', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64'] as const),
  ...(['uint64', 'float16', 'bfloat16', 'float32', 'float64', 'complex64', 'complex128'] as const),
  // What else TensorFlow's kernels can assign.
  ...(['float8_e5m2', 'float8_e4m3fn', 'int4', 'uint4', 'int2', 'uint2'] as const),
  ...(['float4_e2m1fn', 'qint8', 'quint8', 'qint32'] as const),
]
const NUMPY_DTYPES = VARIABLE_DTYPES.slice(0, 15).filter((dtype) => dtype !== 'bfloat16')

/** The root's children, one leaf each. */
function flat(leaves: Record<string, TrackableNode>): TrackableNode[] {
  const names = Object.keys(leaves)
  return [
    parent('checkpoint', ...names.map((name, i): [string, number] => [name, i + 1])),
    ...Object.values(leaves),
  ]
}

/** A tree whose root has one child, with leaves for its own. */
function below(kind: string, leaves: Record<string, TrackableNode>): TrackableNode[] {
  const names = Object.keys(leaves)
  return [
    parent('checkpoint', ['it', 1]),
    parent(kind, ...names.map((name, i): [string, number] => [name, i + 2])),
    ...Object.values(leaves),
  ]
}

const byDType = (
  dtypes: readonly DType[],
  make: (dtype: DType) => TrackableNode,
): Record<string, TrackableNode> => Object.fromEntries(dtypes.map((dtype) => [dtype, make(dtype)]))

/** Puts the arrays of leaves into a state. */
function fill(leaves: Leaves, into: Arrays, first: number, names: readonly string[]): void {
  for (const [i, name] of names.entries()) {
    into[name] = leaves.array(first + i, () => into[name] as NdArray)
  }
}

const variableRow = (name: string, shape: readonly number[]): Row => ({
  name: `Variable, ${name} ↔ tf.Variable`,
  tree: flat(byDType(VARIABLE_DTYPES, (dtype) => variable(dtype, shape))),
  build: (leaves) =>
    program(
      Object.fromEntries(VARIABLE_DTYPES.map((dtype, i) => [dtype, leaves.variable(i + 1)])),
    ),
})

/** A Variable whose value is a number, bigint or boolean of JavaScript. */
function scalar(leaves: Leaves, i: number): object {
  const holder = zeros([], leaves.tree[i]?.dtype)
  const given = leaves.array(i, () => {
    holder.set(made.value)
    return holder
  })
  const element = given.get() as number | bigint
  const value = given.dtype === 'bool' ? element === 1 : element
  const made = new Variable(value as number, given.dtype)
  return made
}

const SCALARS = { b: 'bool', f: 'float32', i: 'int32', l: 'int64', u: 'uint64' } as const

function stateRow(kind: 'VariableState' | 'NumpyState', theirs: string, name: string): Row {
  const [make, dtypes, node] =
    kind === 'NumpyState'
      ? [NumpyState, NUMPY_DTYPES, array]
      : [VariableState, VARIABLE_DTYPES, variable]
  const nodes = byDType(dtypes, (dtype) => node(dtype, dtype === 'int16' ? [] : [2, 3]))
  return {
    name: `${kind} ↔ ${name}`,
    tree: below(theirs, nodes),
    build: (leaves) => {
      const it: Arrays = new make<Arrays>()
      fill(leaves, it, 2, dtypes)
      return program({ it })
    },
  }
}

/** Has members of all kinds; those that are set later are tracked then. */
class Agent extends Trackable {
  readonly title: string = 'not saved'
  readonly scratch: unknown = new NoDependency(zeros([3]))
  weights: Arrays | undefined
  layers: object[] | undefined
  table: object | undefined
  other: Agent | undefined
}

/** Saves itself and has children. */
class Sampler extends Trackable {
  #bytes = new Uint8Array()
  steps: object | undefined

  get bytes(): Uint8Array {
    return this.#bytes
  }

  set bytes(bytes: Uint8Array) {
    this.#bytes = Uint8Array.from(bytes)
  }

  serialize(): Uint8Array {
    return this.#bytes
  }

  deserialize(bytes: Uint8Array): void {
    this.bytes = bytes
  }
}

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
const NAMES = ['a/b', 'a.b', '.S', '..', '/', 'é日本', '', '😀', '0', '.OPTIMIZER_SLOT', '__proto__']

const named = (leaves: Leaves, first: number, names: readonly string[]): Record<string, object> =>
  Object.fromEntries(names.map((name, i) => [name, leaves.variable(first + i)]))

const leafOf = Object.fromEntries(NAMES.map((name) => [name, variable('int32', [2])]))

/** The same names below an object of some kind. */
const namesRow = (
  kind: string,
  make: (leaves: Leaves, names: readonly string[]) => object,
  what: string,
): Row => ({
  name: `names with '/', '.', no letters at all …: ${what}`,
  tree: below(kind, leafOf),
  build: (leaves) => program({ it: make(leaves, Object.keys(leafOf)) }),
})

const VARIABLES: readonly Row[] = [
  variableRow('scalars', []),
  variableRow('arrays', [2, 3]),
  variableRow('arrays without elements', [2, 0]),
  {
    name: 'Variable of a number, bigint or boolean ↔ tf.Variable',
    tree: flat(Object.fromEntries(Object.entries(SCALARS).map(([k, d]) => [k, number(d)]))),
    build: (leaves) =>
      program(
        Object.fromEntries(Object.keys(SCALARS).map((name, i) => [name, scalar(leaves, i + 1)])),
      ),
  },
  stateRow('VariableState', 'module', 'tf.Module of tf.Variables'),
  stateRow('VariableState', 'dict', 'dict of tf.Variables'),
  stateRow('NumpyState', 'numpy_state', 'NumpyState of TensorFlow 1.13'),
]

const STATES: readonly Row[] = [
  {
    name: 'serialize and deserialize ↔ PythonState',
    tree: flat({ empty: state(0), short: state(5), mebibyte: state(2 ** 20) }),
    build: (leaves) =>
      program({
        empty: leaves.bytes(1, new Bytes()),
        short: leaves.bytes(2, new Bytes()),
        mebibyte: leaves.bytes(3, new Bytes()),
      }),
  },
  {
    name: 'Trackable with serialize and deserialize ↔ PythonState with children',
    tree: [parent('checkpoint', ['it', 1]), state(9, ['steps', 2]), variable('int64')],
    build: (leaves) => {
      const it = leaves.bytes(1, new Sampler())
      return program({ it }, () => {
        it.steps = leaves.variable(2)
      })
    },
  },
]

const CONTAINERS: readonly Row[] = [
  ...['list', 'tuple'].map(
    (kind): Row => ({
      name: `array ↔ ${kind}`,
      tree: [
        parent('checkpoint', ['it', 1]),
        parent(kind, ['0', 2], ['1', 3], ['2', 4]),
        variable('float32', [4]),
        // TensorFlow passes over a tuple that holds nothing.
        parent('list'),
        parent(kind, ['0', 5]),
        variable('int64'),
      ],
      build: (leaves) => program({ it: [leaves.variable(2), [], [leaves.variable(5)]] }),
    }),
  ),
  {
    name: 'plain object ↔ dict',
    tree: [
      parent('checkpoint', ['it', 1]),
      parent('dict', ['b', 2], ['a', 3], ['empty', 5]),
      variable('float32', [4]),
      parent('dict', ['deeper', 4]),
      array('float64', [3]),
      parent('dict'),
    ],
    build: (leaves) => {
      const state: Arrays = new NumpyState<Arrays>()
      fill(leaves, state, 4, ['deeper'])
      return program({ it: { b: leaves.variable(2), a: state, empty: {} } })
    },
  },
  {
    name: 'nothing but empty objects',
    tree: [
      parent('checkpoint', ['m', 1], ['l', 2], ['d', 3], ['c', 4]),
      ...['module', 'list', 'dict', 'checkpoint'].map((kind) => parent(kind)),
    ],
    build: () => program({ m: new Agent(), l: [], d: {}, c: new Checkpoint() }),
  },
]

const OBJECTS: readonly Row[] = [
  {
    name: 'Checkpoint in a Checkpoint ↔ tf.train.Checkpoint in a tf.train.Checkpoint',
    tree: [
      parent('checkpoint', ['inner', 1], ['after', 2]),
      parent('checkpoint', ['w', 3], ['deep', 4]),
      variable('float32', [2, 2]),
      variable('uint8', [3]),
      parent('checkpoint', ['x', 5]),
      variable('bool', [3]),
    ],
    build: (leaves) => {
      const [inner, deep] = [new Checkpoint(), new Checkpoint()]
      return program({ inner, after: leaves.variable(2) }, () => {
        Object.assign(inner, { w: leaves.variable(3), deep })
        Object.assign(deep, { x: leaves.variable(5) })
      })
    },
  },
  {
    name: 'Trackable ↔ tf.Module',
    tree: [
      parent('checkpoint', ['agent', 1]),
      parent('module', ['weights', 2], ['layers', 3], ['table', 4]),
      parent('module', ['kernel', 5], ['bias', 6]),
      parent('list', ['0', 7], ['1', 8]),
      parent('dict', ['a/x', 9]),
      variable('float32', [3, 2]),
      variable('float32', [2]),
      variable('bfloat16', [2]),
      parent('list', ['0', 10]),
      variable('complex64', [2]),
      variable('int64'),
    ],
    build: (leaves) => {
      const agent = new Agent()
      return program({ agent }, () => {
        const weights: Arrays = new VariableState<Arrays>()
        fill(leaves, weights, 5, ['kernel', 'bias'])
        agent.weights = weights
        agent.layers = [leaves.variable(7), [leaves.variable(10)]]
        agent.table = { 'a/x': leaves.variable(9) }
      })
    },
  },
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
    name: 'Checkpoint({ root }) ↔ tf.train.Checkpoint(root=)',
    tree: [
      parent('checkpoint', ['root', 1], ['a', 2], ['z', 3]),
      parent('module', ['weights', 4], ['other', 5]),
      variable('float32', [2]),
      variable('float32', [2]),
      parent('module', ['w', 6]),
      parent('module', ['table', 7]),
      variable('float32', [2, 3]),
      parent('dict', ['x', 8]),
      variable('int16', [2]),
    ],
    build: (leaves) => {
      const [model, other] = [new Agent(), new Agent()]
      const extra = { z: leaves.variable(3), a: leaves.variable(2) }
      const attach = (): void => {
        const weights: Arrays = new VariableState<Arrays>()
        fill(leaves, weights, 6, ['w'])
        model.weights = weights
        model.other = other
        other.table = { x: leaves.variable(8) }
      }
      return { root: new Checkpoint({ root: model, ...extra }), attach }
    },
  },
  {
    name: 'shared objects and cycles',
    tree: [
      parent('checkpoint', ['z', 1], ['again', 1], ['y', 2], ['late', 3]),
      parent('module', ['layers', 4], ['other', 2]),
      parent('module', ['weights', 3], ['other', 1]),
      parent('module', ['w', 5]),
      parent('list', ['0', 6], ['1', 6], ['2', 3]),
      variable('float32', [2]),
      variable('float64', [2]),
    ],
    build: (leaves) => {
      const [a, b] = [new Agent(), new Agent()]
      const weights: Arrays = new VariableState<Arrays>()
      fill(leaves, weights, 5, ['w'])
      const variable = leaves.variable(6)
      return program({ z: a, again: a, y: b, late: weights }, () => {
        a.layers = [variable, variable, weights]
        b.weights = weights
        a.other = b
        b.other = a
      })
    },
  },
]

const NAMED: readonly Row[] = [
  {
    name: "names with '/', '.', no letters at all …: of the root's children",
    tree: flat(leafOf),
    build: (leaves) => program(named(leaves, 1, Object.keys(leafOf))),
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
]

export const ROWS: readonly Row[] = [
  ...VARIABLES,
  ...STATES,
  ...CONTAINERS,
  ...OBJECTS,
  ...NAMED,
]
