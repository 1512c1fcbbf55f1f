/**
 * Mapping: trackable objects by name, of which none is ever replaced. TensorFlow's
 * `tf.contrib.checkpoint.Mapping` (python/trackable/data_structures.py).
 *
 * @module
 */
import { inspect } from 'node:util'
import { NODE, type TrackableNode } from '../graph/node.js'
import { defineInspect } from './define-inspect.js'
import { NamedChildren } from './named-children.js'

/** Names and objects: a record, a Map, another Mapping, pairs. */
export type MappingInput<T extends object> =
  Readonly<Record<string, T>> | Iterable<readonly [string, T]>

/**
 * Trackable objects by name, saved under their names in the order in which they came:
 *
 * ```js
 * const agents = new Mapping({ left: new NumpyState(), right: new NumpyState() })
 * agents.set('third', new NumpyState())
 * ```
 *
 * It is append-only: an object stays under its name, and there is no deletion. A value may also be a
 * plain object or array of trackable ones. What is set after a restore takes its saved values then.
 *
 * @throws TypeError for a key that is no string, for what cannot be tracked, and for another value
 *   under a key that is taken
 */
export class Mapping<T extends object = object> implements Iterable<[string, T]> {
  readonly #children: NamedChildren<T> = new NamedChildren<T>((key) => `Mapping[${inspect(key)}]`)

  /**
   * A mapping of these keys and values, or an empty one.
   *
   * @param entries its first keys and values
   * @throws TypeError naming the key of a value that cannot be tracked
   */
  constructor(entries: MappingInput<T> = []) {
    for (const [key, value] of pairsOf(entries)) this.set(key, value)
  }

  /** Number of keys. */
  get size(): number {
    return this.#children.size
  }

  /** Whether there is a value under this key. */
  has(key: string): boolean {
    return this.#children.has(key)
  }

  /** The value under a key; undefined if there is none. */
  get(key: string): T | undefined {
    return this.#children.get(key)
  }

  /**
   * Adds a value under a key, with what a restore keeps for it. The value that the key has already
   * may be set again.
   *
   * @throws TypeError; CheckpointError as `restore`; nothing is added then
   */
  set(key: string, value: T): this {
    checkKey(key)
    const present = this.#children.get(key)
    if (present === undefined) this.#children.add(this, key, value)
    else if (present !== value) {
      throw new TypeError(
        `the key ${inspect(key)} of a Mapping cannot be given another value: it is append-only; ` +
          'use another key, or make a new Mapping',
      )
    }
    return this
  }

  /** The keys, in the order in which they came. */
  keys(): IterableIterator<string> {
    return this.#children.names()
  }

  /** The values, in the order of their keys. */
  values(): IterableIterator<T> {
    return this.#children.values()
  }

  /** Keys with their values, in the order in which they came. */
  entries(): IterableIterator<[string, T]> {
    return this.#children.entries()
  }

  /** The same as `entries`. */
  [Symbol.iterator](): IterableIterator<[string, T]> {
    return this.entries()
  }

  static {
    Object.defineProperty(this.prototype, NODE, {
      value(this: Mapping): TrackableNode {
        return this.#children.node(this)
      },
    })
    defineInspect(this.prototype, 'Mapping', (mapping, options) =>
      inspect(new Map(mapping), options).replace('Map', 'Mapping'),
    )
  }
}

function checkKey(key: unknown): void {
  if (typeof key === 'string') return
  throw new TypeError(`the keys of a Mapping are strings, got ${inspect(key, { depth: 0 })}`)
}

function pairsOf<T extends object>(entries: MappingInput<T>): [string, T][] {
  const given: unknown = entries
  if (typeof given !== 'object' || given === null) throw wrongEntries(given)
  if (Symbol.iterator in given) {
    return Array.from(given as Iterable<[string, T]>, (pair: unknown) => {
      if (!Array.isArray(pair) || pair.length !== 2) throw wrongEntries(pair)
      return pair as [string, T]
    })
  }
  // What Object.entries passes over would be lost.
  const isEnumerable = (key: symbol): boolean =>
    Object.prototype.propertyIsEnumerable.call(given, key)
  for (const key of Object.getOwnPropertySymbols(given)) if (isEnumerable(key)) checkKey(key)
  return Object.entries(given) as [string, T][]
}

function wrongEntries(value: unknown): TypeError {
  const shown = inspect(value, { depth: 0, breakLength: Infinity })
  return new TypeError(`a Mapping is made of an object, or pairs of key and value; got ${shown}`)
}
