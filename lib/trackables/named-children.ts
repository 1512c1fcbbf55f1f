/**
 * Children that come one by one and stay: what `List`, `Mapping` and `UniqueNameTracker` are made
 * of. TensorFlow's `TrackableDataStructure` (python/trackable/data_structures.py).
 *
 * @module
 */
import { attach } from '../graph/deferred.js'
import { NO_VALUES, type TrackableNode } from '../graph/node.js'
import { nodeOf } from '../graph/trackable.js'

export class NamedChildren<T = unknown> {
  readonly #children = new Map<string, T>()
  readonly #where: (name: string) => string

  /** @param where what an error calls the child of a name */
  constructor(where: (name: string) => string) {
    this.#where = where
  }

  get size(): number {
    return this.#children.size
  }

  has(name: string): boolean {
    return this.#children.has(name)
  }

  get(name: string): T | undefined {
    return this.#children.get(name)
  }

  names(): IterableIterator<string> {
    return this.#children.keys()
  }

  values(): IterableIterator<T> {
    return this.#children.values()
  }

  entries(): IterableIterator<[string, T]> {
    return this.#children.entries()
  }

  /** @throws TypeError if it cannot be tracked */
  check(name: string, child: T): void {
    nodeOf(child, this.#where(name))
  }

  /**
   * Adds a child under a name that is free, with the values that a restore keeps for it.
   *
   * @param parent whose child it becomes
   * @throws TypeError if it cannot be tracked; CheckpointError as `restore`; nothing is added then
   */
  add(parent: object, name: string, child: T): void {
    attach(parent, name, nodeOf(child, this.#where(name)))
    if (this.#children.has(name)) {
      // A user's `deserialize` may do anything.
      throw new TypeError(`'${this.#where(name)}' was added while it was being restored`)
    }
    this.#children.set(name, child)
  }

  /** @param parent whose children these are */
  node(parent: object): TrackableNode {
    const nodeAt = (name: string, child: T): TrackableNode => nodeOf(child, this.#where(name))
    return {
      ...NO_VALUES,
      identity: parent,
      children: () =>
        Array.from(this.#children, ([name, child]) => [name, nodeAt(name, child)] as const),
      child: (name) => {
        const child = this.#children.get(name)
        return child === undefined ? undefined : nodeAt(name, child)
      },
    }
  }
}
