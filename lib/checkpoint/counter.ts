/**
 * The save counter: an int64 variable named `save_counter` under the root, as in TensorFlow.
 *
 * @module
 */
import type { SerializedTensor } from '../bundle/messages.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import { int64Value } from '../bundle/write/values.js'
import { CheckpointError, corrupt } from '../errors.js'
import { VARIABLE_VALUE } from '../graph/keys.js'
import type { Assignment, NodeValue, TrackableNode } from '../graph/node.js'
import { Variable } from '../trackables/variable.js'

export const SAVE_COUNTER = 'save_counter'

export class SaveCounter implements TrackableNode {
  /** As in TensorFlow: a program that looks for its variables meets this one among them. */
  readonly identity: Variable<number> = new Variable(0, 'int64', { name: SAVE_COUNTER })
  /** False until the first save or restore: until then it is no part of what is written. */
  created = false

  /**
   * Number of the last save; 0 before the first.
   *
   * @throws RangeError if the program has set the variable to what counts nothing
   */
  get value(): number {
    const { value } = this.identity
    if (value >= 0) return value
    throw new RangeError(
      `the save counter was set to ${String(value)}; it counts saves: set it to 0 or more`,
    )
  }

  set value(value: number) {
    this.identity.value = value
  }

  children(): [] {
    return []
  }

  child(): undefined {
    return undefined
  }

  values(): NodeValue[] {
    const encode: NodeValue['encode'] = (key) => int64Value(key, this.value)
    const describe: NodeValue['describe'] = () => ({ dtype: 'int64', shape: [] })
    return [{ attribute: VARIABLE_VALUE, fullName: SAVE_COUNTER, describe, encode }]
  }

  restore(
    attributes: readonly SerializedTensor[],
    reader: CheckpointReader,
  ): Assignment | undefined {
    const attribute = attributes.find(({ name }) => name === VARIABLE_VALUE)
    if (attribute === undefined) return undefined
    const key = attribute.checkpointKey
    const { tensor, extents } = reader.tensor(key)
    if (tensor.dtype !== 'int64' || tensor.shape.length > 0 || !('data' in tensor)) {
      const found = `${tensor.dtype} [${tensor.shape.join(', ')}]`
      const message = `the save counter should be int64 [], the checkpoint has ${found}`
      throw new CheckpointError('CKPT_MISMATCH', message, { key, expected: 'int64 []', found })
    }
    // Eight bytes: read now, so that applying cannot fail.
    for (const extent of extents) extent.checkNow()
    const value = Number(tensor.get())
    if (!Number.isSafeInteger(value) || value < 0) {
      throw corrupt(`the save counter is ${String(value)}`, 'inconsistent', { key })
    }
    return {
      attributes: [VARIABLE_VALUE],
      extents: [],
      apply: () => {
        this.value = value
      },
    }
  }
}
