/**
 * What a restore has given to whom. It is written for every object and asked about seldom, so that it
 * is a list, and what finds things in it is made when it is asked.
 *
 * @module
 */
import type { SerializedTensor } from '../bundle/messages.js'
import type { Binding, Taking } from './plan.js'
import type { TrackableNode } from './node.js'

export class Outcome {
  /** Number of values that objects took. */
  count = 0
  /** By id, the first of the program's objects that was found to be the saved one. */
  readonly bound: (TrackableNode | undefined)[] = []
  /** Objects that were found, not yet in the set of them. */
  readonly #identities: object[] = []
  readonly #keys: string[] = []
  /** Objects that took values, and beside each the attribute. */
  readonly #takers: object[] = []
  readonly #attributes: string[] = []
  readonly #met = new Set<object>()
  readonly #restored = new Set<string>()
  readonly #taken = new Map<object, Set<string>>()

  /** True if a restore has found the object in the program. */
  hasMet(identity: object): boolean {
    for (const found of this.#identities) this.#met.add(found)
    this.#identities.length = 0
    return this.#met.has(identity)
  }

  /** Keys of the values that were taken. */
  get restored(): ReadonlySet<string> {
    for (const key of this.#keys) this.#restored.add(key)
    this.#keys.length = 0
    return this.#restored
  }

  /** True if the object was given that value. */
  gave(identity: object, attribute: string): boolean {
    for (const [i, taker] of this.#takers.entries()) {
      const name = this.#attributes[i] ?? ''
      const names = this.#taken.get(taker)
      if (names === undefined) this.#taken.set(taker, new Set([name]))
      else names.add(name)
    }
    this.#takers.length = 0
    this.#attributes.length = 0
    return this.#taken.get(identity)?.has(attribute) === true
  }

  bind({ id, node }: Binding): void {
    this.#identities.push(node.identity)
    this.bound[id] ??= node
  }

  take({ node, assignment }: Taking, saved: readonly SerializedTensor[]): void {
    for (const { name, checkpointKey } of saved) {
      if (!assignment.attributes.includes(name)) continue
      this.count++
      this.#keys.push(checkpointKey)
      this.#takers.push(node.identity)
      this.#attributes.push(name)
    }
  }
}
