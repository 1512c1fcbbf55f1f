/**
 * Objects that turn themselves into bytes and back: TensorFlow's
 * `tf.train.experimental.PythonState` (python/trackable/python_state.py) and, in 1.13, its
 * `tf.contrib.checkpoint.PythonStateWrapper`. The bytes are a scalar string, `py_state`.
 *
 * @module
 */
import { inspect } from 'node:util'
import type { SerializedTensor } from '../bundle/messages.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import { stringValue } from '../bundle/write/values.js'
import { PY_STATE } from './keys.js'
import type { Assignment, NodeValue } from './node.js'

/** An object that saves itself. Both methods are called on the main thread and must not wait. */
export interface PythonState {
  /** The state as it is now; text is saved as UTF-8. Called at `save()`, before it returns. */
  serialize(): Uint8Array | string
  /** Takes a saved state, in memory of its own. If it throws, nothing of the restore is kept. */
  deserialize(bytes: Uint8Array): void
}

export const isPythonState = (value: object): value is PythonState =>
  'serialize' in value &&
  typeof value.serialize === 'function' &&
  'deserialize' in value &&
  typeof value.deserialize === 'function'

/** @throws TypeError unless `serialize` returned bytes or text */
function serialized(state: PythonState, where: string): Uint8Array {
  const value: unknown = state.serialize()
  if (typeof value === 'string') return Buffer.from(value)
  if (value instanceof Uint8Array) return value
  const waits = typeof value === 'object' && value !== null && 'then' in value
  const hint = waits ? '; it must not be asynchronous, since the state is taken at the call' : ''
  const shown = inspect(value, { depth: 0, breakLength: Infinity })
  throw new TypeError(
    `serialize() of '${where}' must return a Uint8Array or a string, got ${shown}${hint}`,
  )
}

export function pythonStateValues(state: PythonState, where: string): NodeValue[] {
  const encode: NodeValue['encode'] = (key) => stringValue(key, serialized(state, where))
  const describe: NodeValue['describe'] = () => ({ dtype: 'string', shape: [] })
  return [{ attribute: PY_STATE, fullName: '', describe, encode }]
}

export function restorePythonState(
  state: PythonState,
  where: string,
  attributes: readonly SerializedTensor[],
  reader: CheckpointReader,
): Assignment | undefined {
  const attribute = attributes.find(({ name }) => name === PY_STATE)
  if (attribute === undefined) return undefined
  const bytes = reader.getBytes(attribute.checkpointKey)
  return {
    attributes: [PY_STATE],
    extents: [],
    attempt: () => {
      // A copy: `serialize` may return memory that `deserialize` writes into.
      const before = Uint8Array.from(serialized(state, where))
      const undo = (): void => {
        state.deserialize(before)
      }
      try {
        state.deserialize(bytes)
      } catch (error) {
        undo()
        throw error
      }
      return undo
    },
    apply: () => undefined,
  }
}
