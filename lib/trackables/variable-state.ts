/**
 * VariableState: an object whose properties are variables.
 *
 * @module
 */
import { arrayValue } from '../bundle/write/values.js'
import { VARIABLE_VALUE } from '../graph/keys.js'
import type { ArrayKind } from './array-node.js'
import { createArrayState, defineArrayState, type AnyArrays } from './array-state.js'
import { findVariable } from './variable-value.js'

/** Arrays that are tensors, as those of `tf.Variable`s. */
export const VARIABLES: ArrayKind = {
  className: 'VariableState',
  attribute: VARIABLE_VALUE,
  attributes: [VARIABLE_VALUE],
  encode: arrayValue,
  find: (attributes, reader, held) => findVariable(attributes, reader, held.info),
}

// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- its members are the arrays
class VariableStateBase {
  constructor() {
    return createArrayState(this, VARIABLES)
  }

  static {
    defineArrayState(this, VARIABLES.className)
  }
}

export type VariableState<T extends object = AnyArrays> = T

interface VariableStateConstructor {
  new <T extends object = AnyArrays>(): VariableState<T>
  readonly prototype: object
}

/**
 * Variables by name: a `NumpyState` for what Python holds in `tf.Variable`s, as the weights of a
 * Keras layer. Every property is an array; it is saved as a tensor of its own dtype, which Python
 * restores into a variable under the same name, and the other way round.
 *
 * ```js
 * const dense = new VariableState()
 * dense.kernel = zeros([3, 4], 'float32')
 * dense.bias = new Float32Array(4)
 * ```
 *
 * A restore replaces an array by the saved one, without a copy, and creates what is missing. Where
 * there is an array already it must have the dtype and shape of the saved one: CKPT_MISMATCH.
 *
 * @throws TypeError naming the property, when it is set to anything but an array
 *
 * @class
 */
export const VariableState: VariableStateConstructor =
  VariableStateBase as unknown as VariableStateConstructor
