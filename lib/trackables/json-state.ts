/**
 * JsonState: configuration and other small state, saved as JSON text. In Python, a
 * `tf.train.experimental.PythonState` whose bytes are JSON (python/trackable/python_state.py).
 *
 * @module
 */
import { inspect } from 'node:util'
import type { SerializedTensor } from '../bundle/messages.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import { stringValue } from '../bundle/write/values.js'
import { PY_STATE } from '../graph/keys.js'
import { NODE, type Assignment, type NodeValue, type TrackableNode } from '../graph/node.js'
import { defineInspect } from './define-inspect.js'
import { checkJson, jsonText, parseJson } from './json-value.js'

/**
 * One JSON value: hyperparameters, the state of a random generator, the position in a data set.
 *
 * ```js
 * const progress = new JsonState({ epoch: 0, seed: [1, 2, 3] })
 * progress.value.epoch++
 * ```
 *
 * It is saved as it is at the call of `save()`, and a restore puts a new value in its place. What JSON
 * would drop or change is refused, at the assignment and again at `save()`: undefined, functions,
 * symbols, bigints, NaN, infinities, -0, instances of classes (dates, maps, typed arrays …), holes in
 * arrays, cycles, more than 1000 levels. An object at two places comes back as two.
 *
 * Errors: TypeError naming the place in the value, such as `value.layers[2].rate`. Restoring throws
 * CKPT_CORRUPT for what is no JSON, CKPT_MISMATCH for a NumPy array, and CKPT_UNSUPPORTED for an
 * integer of Python's that no number holds exactly.
 */
export class JsonState<T = unknown> {
  #value: T

  /**
   * Holds the value itself, not a copy.
   *
   * @param value its first value
   * @throws TypeError naming the place in it that JSON would drop or change
   */
  constructor(value: T) {
    checkJson(value, 'a JsonState cannot hold this')
    this.#value = value
  }

  /** The very value that was set, or a restored one. It may be changed in place. */
  get value(): T {
    return this.#value
  }

  /** @throws TypeError naming the place in it that JSON would drop or change */
  set value(value: T) {
    checkJson(value, 'a JsonState cannot hold this')
    this.#value = value
  }

  #values(): NodeValue[] {
    const describe: NodeValue['describe'] = () => ({ dtype: 'string', shape: [] })
    const encode: NodeValue['encode'] = (key) =>
      stringValue(key, Buffer.from(jsonText(this.#value, `the JsonState '${key}' cannot be saved`)))
    return [{ attribute: PY_STATE, fullName: '', describe, encode }]
  }

  #restore(
    attributes: readonly SerializedTensor[],
    reader: CheckpointReader,
  ): Assignment | undefined {
    const attribute = attributes.find(({ name }) => name === PY_STATE)
    if (attribute === undefined) return undefined
    const key = attribute.checkpointKey
    // Now, so that applying cannot fail. What kind of value it is the program knows.
    const value = parseJson(reader.getBytes(key), key) as T
    const apply = (): void => {
      this.#value = value
    }
    return { attributes: [PY_STATE], extents: [], apply }
  }

  static {
    Object.defineProperty(this.prototype, NODE, {
      value(this: JsonState): TrackableNode {
        return {
          identity: this,
          children: () => [],
          child: () => undefined,
          values: () => this.#values(),
          restore: (attributes, reader) => this.#restore(attributes, reader),
        }
      },
    })
    defineInspect(this.prototype, 'JsonState', ({ value }, options) => {
      return `JsonState ${inspect(value, options)}`
    })
  }
}
