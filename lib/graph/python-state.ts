/**
 * Objects that turn themselves into bytes and back: TensorFlow's
 * `tf.train.experimental.PythonState` (python/trackable/python_state.py) and, in 1.13, its
 * `tf.contrib.checkpoint.PythonStateWrapper`. The bytes are a scalar string, `py_state`.
 *
 * @module
 */
import { inspect } from 'node:util'
import { arrayClassOf } from '../array/typed-arrays.js'
import type { SerializedTensor } from '../bundle/messages.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import { stringValue } from '../bundle/write/values.js'
import { isCheckpointError } from '../errors.js'
import { PY_STATE } from './keys.js'
import type { Assignment, NodeValue, ValueInfo } from './node.js'
import { takeBack } from './take-back.js'

/** An object that saves itself. Both methods are called on the main thread and must not wait. */
export interface PythonState {
  /** The state as it is now; text is saved as UTF-8. Called at `save()`, before it returns. */
  serialize(): Uint8Array | string
  /**
   * Takes a saved state: a Buffer that is all of its `buffer`, in nobody else's use. If it throws, nothing of the restore is kept: objects
   * that have taken theirs get back what `serialize` gave before. One that could not tell its state
   * before, since it was just made, keeps what it has.
   */
  deserialize(bytes: Uint8Array): void
}

export const isPythonState = (value: object): value is PythonState =>
  'serialize' in value &&
  typeof value.serialize === 'function' &&
  'deserialize' in value &&
  typeof value.deserialize === 'function'

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value

/** @throws TypeError unless `serialize` returned bytes or text */
function serialized(state: PythonState, where: string): Uint8Array {
  const value: unknown = state.serialize()
  if (typeof value === 'string') return Buffer.from(value)
  // By its class's name: `instanceof` fails for the arrays of another realm.
  if (arrayClassOf(value) === 'Uint8Array') return value as Uint8Array
  const hint = isThenable(value)
    ? '; it must not be asynchronous, since the state is taken at the call'
    : ''
  const shown = inspect(value, { depth: 0, breakLength: Infinity })
  throw new TypeError(
    `serialize() of '${where}' must return a Uint8Array or a string, got ${shown}${hint}`,
  )
}

/** @throws what `deserialize` throws; TypeError if it is not done when it returns */
function deserialize(state: PythonState, bytes: Uint8Array, where: string): void {
  const result = (state as { deserialize(bytes: Uint8Array): unknown }).deserialize(bytes)
  if (!isThenable(result)) return
  // Nobody waits for it: its failure is not to end the process.
  result.then(undefined, () => undefined)
  throw new TypeError(
    `deserialize() of '${where}' must not be asynchronous, since all objects are restored at once`,
  )
}

/** Not `Buffer.from(bytes)`, which may be a part of a larger buffer that others use. */
const ownCopy = (bytes: Uint8Array): Buffer => Buffer.from(new Uint8Array(bytes).buffer)

/** A copy, since `serialize` may return memory that `deserialize` writes into. */
function stateBefore(state: PythonState, where: string): Buffer | undefined {
  try {
    return ownCopy(serialized(state, where))
  } catch {
    return undefined
  }
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
  const bytes = ownCopy(reader.getBytes(attribute.checkpointKey))
  return {
    attributes: [PY_STATE],
    extents: [],
    attempt: () => {
      const before = stateBefore(state, where)
      const undo = (): void => {
        if (before !== undefined) deserialize(state, before, where)
      }
      try {
        deserialize(state, bytes, where)
      } catch (error) {
        takeBack([undo])
        throw error
      }
      return undo
    },
    apply: () => undefined,
  }
}

/** The array of a NumpyState that a saved state holds; undefined if it is some other state. */
export function arrayInState(reader: CheckpointReader, key: string): ValueInfo | undefined {
  try {
    return reader.peekNpy(key)
  } catch (error) {
    // Or nothing that can be read; who asks what it is has no use for it.
    if (isCheckpointError(error)) return undefined
    throw error
  }
}
