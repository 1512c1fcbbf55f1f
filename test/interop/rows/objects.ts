// Rows of what has children: containers, objects of classes, Checkpoints.
import {
  Checkpoint,
  List,
  Mapping,
  NoDependency,
  NumpyState,
  Trackable,
  UniqueNameTracker,
  VariableState,
  zeros,
} from '../../../lib/index.js'
import { array, parent, variable } from '../leaves'
import { fill, program, type Arrays, type Row } from './row'

/** Has members of all kinds; those that are set later are tracked then. */
class Agent extends Trackable {
  readonly title: string = 'not saved'
  readonly scratch: unknown = new NoDependency(zeros([3]))
  weights: Arrays | undefined
  layers: object[] | undefined
  table: object | undefined
  other: Agent | undefined
}

export const CONTAINERS: readonly Row[] = [
  ...['list', 'tuple'].map((kind): Row => ({
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
  })),
  ...['list', 'List'].map((kind): Row => ({
    name: `List ↔ ${kind === 'list' ? kind : 'tf.contrib.checkpoint.List'}`,
    tree: [
      parent('checkpoint', ['it', 1]),
      parent(kind, ['0', 2], ['1', 3], ['2', 4], ['3', 2]),
      variable('float32', [4]),
      parent('list', ['0', 5]),
      parent('dict', ['a/b', 6]),
      variable('int64'),
      array('int16', [3]),
    ],
    build: (leaves) => {
      const it = new List()
      return program({ it }, () => {
        const state: Arrays = new NumpyState<Arrays>()
        fill(leaves, state, 6, ['a/b'])
        const first = leaves.variable(2)
        it.append(first)
        it.extend([[leaves.variable(5)], state, first])
      })
    },
  })),
  ...['dict', 'Mapping'].map((kind): Row => ({
    name: `Mapping ↔ ${kind === 'dict' ? kind : 'tf.contrib.checkpoint.Mapping'}`,
    tree: [
      parent('checkpoint', ['it', 1]),
      parent(kind, ['z', 2], ['a', 3]),
      variable('float32', [4]),
      parent('list', ['0', 4]),
      variable('uint16', [2]),
    ],
    build: (leaves) => {
      const it = new Mapping()
      return program({ it }, () => {
        it.set('z', leaves.variable(2)).set('a', [leaves.variable(4)])
      })
    },
  })),
  {
    name: 'UniqueNameTracker ↔ children of the names that it gives',
    tree: [
      parent('checkpoint', ['it', 1]),
      parent('auto', ['x', 2], ['x_1', 3], ['x_1_1', 4], ['y', 5]),
      variable('float32', [2]),
      variable('float32', [2]),
      parent('dict', ['v', 6]),
      variable('int64'),
      variable('bool'),
    ],
    build: (leaves) => {
      const it = new UniqueNameTracker()
      return program({ it }, () => {
        it.track(leaves.variable(2), 'x')
        it.track(leaves.variable(3), 'x')
        it.track({ v: leaves.variable(6) }, 'x_1')
        it.track(leaves.variable(5), 'y')
      })
    },
  },
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

export const OBJECTS: readonly Row[] = [
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
