/**
 * What the values of a checkpoint are, in words for a picture.
 *
 * @module
 */
import type { ObjectGraph, SerializedTensor } from '../bundle/messages.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import { corrupt } from '../errors.js'
import { PY_STATE, PY_STATE_OLD } from '../graph/keys.js'
import type { ValueInfo } from '../graph/node.js'
import { arrayInState } from '../graph/python-state.js'

export class ValueTexts {
  readonly #reader: CheckpointReader
  readonly #texts = new Map<string, string>()
  /**
   * Characters for texts that are told again: a shape may be some thousand long, and any number of
   * objects may name the same tensor. In an honest graph each value is that of one object.
   */
  #room: number

  constructor(reader: CheckpointReader, { nodes }: ObjectGraph) {
    this.#reader = reader
    this.#room = 2 ** 20 + 16 * nodes.length
  }

  /** Shape and dtype of a tensor, as TensorFlow's tooltips have them. */
  tensor(key: string): string {
    return this.#once(`tensor ${key}`, () => {
      const tensor = this.#reader.describe(key)
      return tensor === undefined ? 'missing in the checkpoint' : textOf(tensor)
    })
  }

  /** What Python state is; undefined for an object that has none. */
  pythonState(attributes: readonly SerializedTensor[]): string | undefined {
    const [attribute, more] = attributes
    if (attribute === undefined || more !== undefined) return undefined
    const { name, checkpointKey: key } = attribute
    if (name !== PY_STATE && name !== PY_STATE_OLD) return undefined
    if (!this.#reader.has(key)) return `Python state ${this.tensor(key)}`
    return this.#once(`state ${key}`, () => {
      const array = arrayInState(this.#reader, key)
      return array === undefined ? 'Python state' : `Array ${textOf(array)}`
    })
  }

  #once(value: string, make: () => string): string {
    const known = this.#texts.get(value)
    if (known === undefined) {
      const made = make()
      this.#texts.set(value, made)
      return made
    }
    this.#room -= known.length
    if (this.#room >= 0) return known
    const { path } = this.#reader
    const message = `the object graph of '${path}' leads to the same values too often`
    throw corrupt(message, 'inconsistent', { path })
  }
}

const textOf = ({ dtype, shape }: ValueInfo): string => `shape=[${shape.join(', ')}] ${dtype}`
