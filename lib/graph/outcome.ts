/**
 * What a restore has given to whom. It is written for every object and asked about seldom, so that it
 * keeps the lists of the plans, and what finds things in them is made when it is asked.
 *
 * @module
 */
import type { ObjectGraph } from '../bundle/messages.js'
import type { TrackableNode } from './node.js'
import type { Binding } from './plan.js'

const NONE: readonly string[] = Object.freeze([])

export class Outcome {
  /** Number of values that objects took. */
  count = 0
  readonly #graph: ObjectGraph
  /** Of plans that were carried out and have not been looked into. */
  #news: (readonly Binding[])[] = []
  readonly #bound: (TrackableNode | undefined)[] = []
  readonly #met = new Set<object>()
  readonly #restored = new Set<string>()
  readonly #taken = new Map<object, Set<string>>()

  constructor(graph: ObjectGraph) {
    this.#graph = graph
  }

  /**
   * Takes down what a plan did: all that it met, and those of them that took values. What they took is
   * kept in place of the values.
   */
  add(bindings: readonly Binding[], takings: readonly Binding[]): void {
    for (const taking of takings) {
      taking.taken = taking.assignment?.attributes ?? NONE
      taking.assignment = undefined
      this.count += taking.taken.length
    }
    this.#news.push(bindings, takings)
  }

  #lookInto(): void {
    for (const bindings of this.#news) for (const binding of bindings) this.#learn(binding)
    this.#news.length = 0
  }

  #learn({ id, node, taken }: Binding): void {
    const { identity } = node
    this.#met.add(identity)
    this.#bound[id] ??= node
    if (taken === undefined) return
    for (const { name, checkpointKey } of this.#graph.nodes[id]?.attributes ?? []) {
      if (!taken.includes(name)) continue
      this.#restored.add(checkpointKey)
      const names = this.#taken.get(identity)
      if (names === undefined) this.#taken.set(identity, new Set([name]))
      else names.add(name)
    }
  }

  /** True if a restore has found the object in the program. */
  hasMet(identity: object): boolean {
    if (this.#news.length > 0) this.#lookInto()
    return this.#met.has(identity)
  }

  /** By id, the first of the program's objects that was found to be the saved one. */
  get bound(): readonly (TrackableNode | undefined)[] {
    if (this.#news.length > 0) this.#lookInto()
    return this.#bound
  }

  /** Keys of the values that were taken. */
  get restored(): ReadonlySet<string> {
    if (this.#news.length > 0) this.#lookInto()
    return this.#restored
  }

  /** True if the object was given that value. */
  gave(identity: object, attribute: string): boolean {
    if (this.#news.length > 0) this.#lookInto()
    return this.#taken.get(identity)?.has(attribute) === true
  }
}
