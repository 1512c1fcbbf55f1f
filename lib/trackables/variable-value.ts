/**
 * The value of a variable in a checkpoint: a tensor under the name `VARIABLE_VALUE`. Source:
 * python/ops/resource_variable_ops.py and python/trackable/base.py, VARIABLE_VALUE_KEY.
 *
 * @module
 */
import { inspect } from 'node:util'
import { findDType, type DType } from '../array/dtype.js'
import { checkInput, ndarray, type CheckedInput } from '../array/input.js'
import { NdArray } from '../array/ndarray.js'
import { isTypedArray } from '../array/typed-arrays.js'
import type { SerializedTensor } from '../bundle/messages.js'
import type { Extent } from '../bundle/read/extent.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import { CheckpointError } from '../errors.js'
import { VARIABLE_VALUE } from '../graph/keys.js'

/** @throws TypeError unless it is the name of a dtype that a tensor can have */
export function checkDType(dtype: unknown): DType {
  const info = typeof dtype === 'string' ? findDType(dtype) : undefined
  if (info === undefined || info.tf === 0) throw new TypeError(`unknown dtype ${inspect(dtype)}`)
  return info.name
}

/** @throws TypeError unless it is an array of that dtype that a tensor can hold */
export function checkArray(value: unknown, dtype: DType | undefined): CheckedInput {
  const checked = checkInput(value)
  const { info } = checked
  if (info.tf === 0) throw new TypeError('a Variable cannot hold text, dates or structures')
  if (dtype === undefined || info.name === dtype) return checked
  // A typed array tells its class only: the dtype says what the elements are.
  if (isTypedArray(value))
    return checkInput(ndarray(value, undefined, { dtype: checkDType(dtype) }))
  throw new TypeError(`the array has dtype ${info.name}, not ${dtype}; convert it first`)
}

/** What a variable is, other than its elements. */
export interface VariableInfo {
  readonly dtype: DType
  readonly shape: readonly number[]
}

/** As a program or a checkpoint has it; a shape that may be any is left out. */
interface Kind {
  readonly dtype: string
  readonly shape?: readonly number[]
}

/** As in messages: `float32 [3, 4]`. */
export const show = ({ dtype, shape }: Kind): string =>
  shape === undefined ? dtype : `${dtype} [${shape.join(', ')}]`

/**
 * The saved tensor of a variable; undefined if the saved object is none.
 *
 * @param expected dtype and shape that the program's variable has, as far as they are fixed
 * @throws CheckpointError CKPT_MISMATCH saying both sides
 */
export function findVariable(
  attributes: readonly SerializedTensor[],
  reader: CheckpointReader,
  expected: Kind | undefined,
): { attribute: string; key: string; array: NdArray; extents: Extent[] } | undefined {
  const attribute = attributes.find(({ name }) => name === VARIABLE_VALUE)
  if (attribute === undefined) return undefined
  const key = attribute.checkpointKey
  const { tensor, extents } = reader.tensor(key)
  if (!(tensor instanceof NdArray)) {
    throw mismatch(key, expected === undefined ? 'a tensor of numbers' : show(expected), tensor)
  }
  if (expected !== undefined && !fits(expected, tensor)) throw mismatch(key, show(expected), tensor)
  return { attribute: VARIABLE_VALUE, key, array: tensor, extents }
}

const fits = ({ dtype, shape }: Kind, tensor: NdArray): boolean =>
  dtype === tensor.dtype && (shape === undefined || String(shape) === String(tensor.shape))

function mismatch(
  key: string,
  expected: string,
  tensor: { dtype: string; shape: readonly number[] },
): CheckpointError {
  const found = show(tensor)
  const message =
    `variable '${key}' is ${expected} in the program and ${found} in the checkpoint; give the ` +
    'variable the dtype and shape of the checkpoint, or leave it out of the restore by a filter'
  return new CheckpointError('CKPT_MISMATCH', message, { key, expected, found })
}
