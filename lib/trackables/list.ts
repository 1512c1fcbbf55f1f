/**
 * List: a sequence of trackable objects that only grows. TensorFlow's `tf.contrib.checkpoint.List`
 * (python/trackable/data_structures.py).
 *
 * @module
 */
import { inspect } from 'node:util'
import { NODE, type TrackableNode } from '../graph/node.js'
import { defineInspect } from './define-inspect.js'
import { NamedChildren } from './named-children.js'

/** Elements are properties, as those of an array are. */
class Handler<T extends object> implements ProxyHandler<object> {
  readonly #elements: NamedChildren<T>

  constructor(elements: NamedChildren<T>) {
    this.#elements = elements
  }

  #element(key: string | symbol): T | undefined {
    return typeof key === 'string' ? this.#elements.get(key) : undefined
  }

  get(target: object, key: string | symbol, receiver: unknown): unknown {
    return this.#element(key) ?? Reflect.get(target, key, receiver)
  }

  has(target: object, key: string | symbol): boolean {
    return this.#element(key) !== undefined || Reflect.has(target, key)
  }

  set(_target: object, key: string | symbol, value: unknown, receiver: List<T>): boolean {
    const element = this.#element(key)
    if (element === undefined && key === String(this.#elements.size)) receiver.append(value as T)
    else if (element === undefined || element !== value) throw refusal('set', key)
    return true
  }

  defineProperty(_target: object, key: string | symbol): boolean {
    throw refusal('define', key)
  }

  deleteProperty(_target: object, key: string | symbol): boolean {
    if (this.#element(key) !== undefined) throw refusal('delete', key)
    return true
  }

  ownKeys(): string[] {
    return [...this.#elements.names()]
  }

  getOwnPropertyDescriptor(_target: object, key: string | symbol): PropertyDescriptor | undefined {
    const value = this.#element(key)
    return value && { value, writable: false, enumerable: true, configurable: true }
  }

  /** It has to be able to grow. */
  preventExtensions(): boolean {
    return false
  }
}

function refusal(verb: string, key: string | symbol): TypeError {
  const property = typeof key === 'string' && /^-?\d+$/.test(key) ? key : inspect(key)
  return new TypeError(
    `cannot ${verb} [${property}] of a List: it is append-only, and has no other properties; use ` +
      'append(), or make a new List',
  )
}

/** The object that sees its properties being read and set. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- List has the members
class Indexed<T extends object> {
  constructor(elements: NamedChildren<T>) {
    return new Proxy(this, new Handler(elements))
  }
}

/**
 * A list of trackable objects, saved under their indices `0`, `1` …:
 *
 * ```js
 * const layers = new List([dense, output])
 * layers.append(new VariableState())
 * layers[2].bias = zeros([10], 'float32')
 * ```
 *
 * It is append-only, so that an element keeps its name in every checkpoint. An element may also be a
 * plain object or array of trackable ones. What is appended after a restore takes its saved values
 * then.
 *
 * @throws TypeError naming the index and the value, for what cannot be tracked; TypeError when an
 *   element is changed or deleted, or set anywhere but at the end
 */
export class List<T extends object = object> extends Indexed<T> implements Iterable<T> {
  /** Assigning to `list[list.length]` appends. */
  [index: number]: T
  readonly #elements: NamedChildren<T>

  /**
   * A list of these elements, or an empty one.
   *
   * @param values its first elements
   * @throws TypeError naming the index of one that cannot be tracked
   */
  constructor(values: Iterable<T> = []) {
    const elements = new NamedChildren<T>((index) => `List[${index}]`)
    super(elements)
    this.#elements = elements
    this.extend(values)
  }

  /** Number of elements. */
  get length(): number {
    return this.#elements.size
  }

  /**
   * Adds an element at the end, with the values that a restore keeps for it.
   *
   * @throws TypeError if it cannot be tracked; CheckpointError as `restore`; nothing is added then
   */
  append(value: T): void {
    this.#elements.add(this, String(this.length), value)
  }

  /**
   * Appends all values, or none of them if one cannot be tracked.
   *
   * @throws TypeError; CheckpointError as `append`: what stands before that value has been added
   */
  extend(values: Iterable<T>): void {
    const added = toArray(values)
    for (const [i, value] of added.entries()) this.#elements.check(String(this.length + i), value)
    for (const value of added) this.append(value)
  }

  /** A new List of these elements and more. */
  concat(values: Iterable<T>): List<T> {
    return new List([...this, ...toArray(values)])
  }

  /** The element at an index; negative ones count from the end. */
  at(index: number): T | undefined {
    const i = Math.trunc(index) || 0
    return this.#elements.get(String(i < 0 ? i + this.length : i))
  }

  /** The elements in their order. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.#elements.values()
  }

  static {
    Object.defineProperty(this.prototype, NODE, {
      value(this: List): TrackableNode {
        return this.#elements.node(this)
      },
    })
    defineInspect(this.prototype, 'List', (list, options) => {
      return `List(${String(list.length)}) ${inspect([...list], options)}`
    })
  }
}

function toArray<T>(values: Iterable<T>): T[] {
  const given: unknown = values
  if (typeof given === 'object' && given !== null && Symbol.iterator in given) return [...values]
  throw new TypeError(`expected an iterable of trackable objects, got ${inspect(given)}`)
}
