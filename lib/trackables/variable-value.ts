/**
 * The value of a variable in a checkpoint: a tensor under the name `VARIABLE_VALUE`. Source:
 * python/ops/resource_variable_ops.py and python/trackable/base.py, VARIABLE_VALUE_KEY.
 *
 * @module
 */
import type { DType } from '../array/dtype.js'
import { NdArray } from '../array/ndarray.js'
import type { SerializedTensor } from '../bundle/messages.js'
import type { Extent } from '../bundle/read/extent.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import { CheckpointError } from '../errors.js'
import { VARIABLE_VALUE } from '../graph/keys.js'

/** What a variable is, other than its elements. */
export interface VariableInfo {
  readonly dtype: DType
  readonly shape: readonly number[]
}

const show = ({ dtype, shape }: { dtype: string; shape: readonly number[] }): string =>
  `${dtype} [${shape.join(', ')}]`

/**
 * The saved tensor of a variable; undefined if the saved object is none.
 *
 * @param expected dtype and shape that the program's variable has, if it has a value
 * @throws CheckpointError CKPT_MISMATCH saying both sides
 */
export function findVariable(
  attributes: readonly SerializedTensor[],
  reader: CheckpointReader,
  expected: VariableInfo | undefined,
): { attribute: string; key: string; array: NdArray; extents: Extent[] } | undefined {
  const attribute = attributes.find(({ name }) => name === VARIABLE_VALUE)
  if (attribute === undefined) return undefined
  const key = attribute.checkpointKey
  const { tensor, extents } = reader.tensor(key)
  if (!(tensor instanceof NdArray)) {
    throw mismatch(key, expected === undefined ? 'a tensor of numbers' : show(expected), tensor)
  }
  if (expected !== undefined && show(expected) !== show(tensor)) {
    throw mismatch(key, show(expected), tensor)
  }
  return { attribute: VARIABLE_VALUE, key, array: tensor, extents }
}

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
