/**
 * Variables of TensorFlow.js as objects of a graph: their values are taken at the call of `save()`,
 * and put into the very same variables by a restore.
 *
 * @module
 */
import { checkInput, type ArrayInput } from '../array/input.js'
import { zeros, type NdArray } from '../array/ndarray.js'
import { arrayValue } from '../bundle/write/values.js'
import type { Extent } from '../bundle/read/extent.js'
import { VARIABLE_VALUE } from '../graph/keys.js'
import { NO_VALUES, type Assignment, type TrackableNode } from '../graph/node.js'
import { findVariable, type VariableInfo } from '../trackables/variable-value.js'
import { fromTensor, isTensorDType, toTensor } from './tensors.js'
import type { TensorFlowJs, TensorLike, VariableLike } from './types.js'

/** One value, however the program holds it. */
export interface Held {
  readonly info: VariableInfo
  /** As TensorFlow names the variable; default: its path. */
  readonly fullName?: string
  read(): ArrayInput
  /** What taking the value needs, made before anything changes; may fail. */
  prepare(array: NdArray): { apply(): void; undo(): void }
}

/** An object without children that has one value. */
export function valueNode(identity: object, held: Held): TrackableNode {
  const { info, fullName } = held
  return {
    identity,
    children: () => [],
    child: () => undefined,
    values: () => [
      {
        attribute: VARIABLE_VALUE,
        fullName,
        describe: () => info,
        encode: (key) => arrayValue(key, checkInput(held.read())),
      },
    ],
    restore: (attributes, reader) => {
      const found = findVariable(attributes, reader, info)
      return found && assignment(held, found.array, found.extents)
    },
  }
}

function assignment(held: Held, array: NdArray, extents: readonly Extent[]): Assignment {
  let apply = (): void => undefined
  return {
    attributes: [VARIABLE_VALUE],
    extents,
    // Here, since it may fail: the memory of a backend has an end, and a checksum that is looked at
    // late may be wrong.
    attempt: () => {
      const prepared = held.prepare(array)
      apply = () => {
        prepared.apply()
      }
      return () => {
        prepared.undo()
      }
    },
    apply: () => {
      apply()
    },
  }
}

/**
 * A `tf.Variable`. Its node is the same wherever it is met, so that it is saved once.
 *
 * @param identity what stands for it; default: the variable
 * @throws TypeError unless it is one, not disposed, of a dtype that can be saved
 */
export function variableNode(
  tf: TensorFlowJs,
  variable: VariableLike,
  fullName?: string,
  identity: object = variable,
): TrackableNode {
  return valueNode(identity, {
    info: checkVariable(variable, fullName ?? variable.name),
    ...(fullName !== undefined && { fullName }),
    read: () => fromTensor(variable),
    prepare: (array) => {
      checkVariable(variable, fullName ?? variable.name)
      const tensor = toTensor(tf, array)
      return {
        apply: () => {
          variable.assign(tensor)
          tensor.dispose()
        },
        undo: () => {
          tensor.dispose()
        },
      }
    },
  })
}

export function checkVariable(variable: TensorLike, name: string): VariableInfo {
  const { dtype, shape } = variable
  if (variable.isDisposed) throw new TypeError(`the variable '${name}' is disposed`)
  if (isTensorDType(dtype)) return { dtype, shape }
  throw new TypeError(`the variable '${name}' of dtype ${dtype} cannot be saved: not implemented`)
}

/** A number of the program's that TensorFlow keeps in a scalar variable. */
export function scalarNode(
  identity: object,
  dtype: 'int64' | 'float32',
  get: () => number,
  set: (value: number) => void,
): TrackableNode {
  return valueNode(identity, {
    info: { dtype, shape: [] },
    read: () => {
      const array = zeros([], dtype)
      array.set(dtype === 'int64' ? BigInt(get()) : get())
      return array
    },
    prepare: (array) => {
      const value = Number(array.get())
      return {
        apply: () => {
          set(value)
        },
        undo: () => undefined,
      }
    },
  })
}

export type Edge = readonly [name: string, child: TrackableNode]

/**
 * An object that has children and no value.
 *
 * @param lookedFor further children that a restore may find, and that are not saved
 */
export function branch(
  identity: object,
  edges: () => Iterable<Edge>,
  lookedFor: () => Iterable<Edge> = () => [],
): TrackableNode {
  let byName: ReadonlyMap<string, TrackableNode> | undefined
  return {
    ...NO_VALUES,
    identity,
    children: edges,
    child: (name) => {
      byName ??= new Map([...lookedFor(), ...edges()])
      return byName.get(name)
    },
    renewed: () => branch(identity, edges, lookedFor),
  }
}

/** A list as TensorFlow tracks it. */
export const listOf = (identity: object, nodes: () => Iterable<TrackableNode>): TrackableNode =>
  branch(identity, () => Array.from(nodes(), (node, i) => [String(i), node] as const))

const parts = new WeakMap<object, Map<string, object>>()

/** What stands for a part of an object that has none of its own: for a name always the same. */
export function partOf(owner: object, name: string): object {
  let named = parts.get(owner)
  if (named === undefined) parts.set(owner, (named = new Map<string, object>()))
  let part = named.get(name)
  if (part === undefined) named.set(name, (part = {}))
  return part
}
