// Rows of what has values of its own: variables, arrays, states.
import {
  JsonState,
  NumpyState,
  splitDependency,
  Trackable,
  Variable,
  VariableState,
  zeros,
  type DType,
  type NdArray,
} from '../../../lib/index.js'
import {
  array,
  Bytes,
  json,
  number,
  parent,
  state,
  variable,
  type Leaves,
  type TrackableNode,
} from '../leaves'
import { below, fill, flat, program, type Arrays, type Program, type Row } from './row'

const VARIABLE_DTYPES: readonly DType[] = [
  ...(['bool', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64'] as const),
  ...(['uint64', 'float16', 'bfloat16', 'float32', 'float64', 'complex64', 'complex128'] as const),
  // What else TensorFlow's kernels can assign.
  ...(['float8_e5m2', 'float8_e4m3fn', 'int4', 'uint4', 'int2', 'uint2'] as const),
  ...(['float4_e2m1fn', 'qint8', 'quint8', 'qint32'] as const),
]
const NUMPY_DTYPES = VARIABLE_DTYPES.slice(0, 15).filter((dtype) => dtype !== 'bfloat16')

const byDType = (
  dtypes: readonly DType[],
  make: (dtype: DType) => TrackableNode,
): Record<string, TrackableNode> => Object.fromEntries(dtypes.map((dtype) => [dtype, make(dtype)]))

const variableRow = (name: string, shape: readonly number[]): Row => ({
  name: `Variable, ${name} ↔ tf.Variable`,
  tree: flat(byDType(VARIABLE_DTYPES, (dtype) => variable(dtype, shape))),
  build: (leaves) =>
    program(Object.fromEntries(VARIABLE_DTYPES.map((dtype, i) => [dtype, leaves.variable(i + 1)]))),
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

function jsonState(leaves: Leaves, i: number): object {
  const made: JsonState = new JsonState(leaves.json(i, () => made.value))
  return made
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

/** One thing that is saved as three. */
function splitProgram(leaves: Leaves): Program {
  const names = ['first', 'second', 'third'] as const
  const it = new Trackable()
  let values = {} as Record<(typeof names)[number], NdArray>
  for (const [i, name] of names.entries()) values[name] = leaves.array(2 + i, () => values[name])
  const consume = (restored: typeof values): void => {
    values = restored
  }
  const split = splitDependency(names, ['float32', 'int64', 'bool'], () => values, consume)
  return program({ it }, () => {
    Object.assign(it, split)
  })
}

export const VARIABLES: readonly Row[] = [
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

export const STATES: readonly Row[] = [
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
    name: 'JsonState ↔ PythonState with JSON',
    isText: true,
    tree: flat({ settings: json, other: json }),
    build: (leaves) => program({ settings: jsonState(leaves, 1), other: jsonState(leaves, 2) }),
  },
  {
    name: 'splitDependency ↔ tf.Variables',
    tree: below('auto', {
      first: variable('float32', [3]),
      second: variable('int64', [2, 2]),
      third: variable('bool'),
    }),
    build: splitProgram,
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
