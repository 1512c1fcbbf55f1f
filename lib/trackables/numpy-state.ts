/**
 * NumpyState: an object whose properties are arrays that a `Checkpoint` saves. TensorFlow's
 * `tf.contrib.checkpoint.NumpyState` (contrib/checkpoint/python/python_state.py, 1.13).
 *
 * @module
 */
import { npyValue } from '../bundle/write/values.js'
import { PY_STATE, PY_STATE_OLD } from '../graph/keys.js'
import type { ArrayKind } from './array-node.js'
import { createArrayState, defineArrayState, type AnyArrays } from './array-state.js'

/** Each array is a string that holds what `numpy.save` writes. */
const KIND: ArrayKind = {
  className: 'NumpyState',
  attribute: PY_STATE,
  attributes: [PY_STATE],
  fullName: '',
  encode: npyValue,
  find: (attributes, reader) => {
    const attribute =
      attributes.find(({ name }) => name === PY_STATE) ??
      attributes.find(({ name }) => name === PY_STATE_OLD)
    if (attribute === undefined) return undefined
    return { attribute: attribute.name, array: reader.getNpy(attribute.checkpointKey) }
  },
}

// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- its members are the arrays
class NumpyStateBase {
  constructor() {
    return createArrayState(this, KIND)
  }

  static {
    defineArrayState(this, KIND.className)
  }
}

export type NumpyState<T extends object = AnyArrays> = T

interface NumpyStateConstructor {
  new <T extends object = AnyArrays>(): NumpyState<T>
  readonly prototype: object
}

/**
 * Arrays by name. Every property is an array: an `NdArray`, a typed array, or an object of the npm
 * package `ndarray`. Reading gives the very object that was set; a restore replaces it by a new
 * array of the saved dtype and shape, and creates what is missing. Otherwise it behaves as a plain
 * object that holds the arrays.
 *
 * ```js
 * const arrays = new NumpyState()
 * const checkpoint = new Checkpoint({ arrays })
 * arrays.weights = zeros([3, 4])
 * ```
 *
 * TypeScript checks names and kinds of the arrays if it is told them:
 * `new NumpyState<{ weights: NdArray<'float32'>; step: BigInt64Array }>()`.
 *
 * @throws TypeError naming the property, when it is set to anything but an array
 *
 * @class
 */
export const NumpyState: NumpyStateConstructor = NumpyStateBase as unknown as NumpyStateConstructor
