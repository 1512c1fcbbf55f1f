/**
 * UniqueNameTracker: gives objects names that are still free. TensorFlow's
 * `tf.contrib.checkpoint.UniqueNameTracker` (contrib/checkpoint/python/containers.py, 1.13).
 *
 * @module
 */
import { inspect } from 'node:util'
import { NODE, type TrackableNode } from '../graph/node.js'
import { defineInspect } from './define-inspect.js'
import { NamedChildren } from './named-children.js'

/**
 * Tracks objects of which only a kind is known, as a program that makes slots or layers in a loop:
 *
 * ```js
 * const slots = new UniqueNameTracker()
 * const first = slots.track(new Variable(0), 'x') // saved as x
 * const second = slots.track(new Variable(0), 'x') // saved as x_1
 * ```
 *
 * Names depend on the order of the calls, so a program has to track in the same order when it
 * restores. What is tracked after a restore takes its saved values then.
 */
export class UniqueNameTracker {
  readonly #children: NamedChildren<object> = new NamedChildren<object>((name) => name)
  /** By base name, the number that is tried next; 0 stands for the base name itself. */
  readonly #next = new Map<string, number>()

  /**
   * Adds an object under the first free of `baseName`, `baseName_1`, `baseName_2` …
   *
   * @returns the object
   * @throws TypeError if it cannot be tracked; CheckpointError as `restore`; nothing is added then
   */
  track<T extends object>(object: T, baseName: string): T {
    if (typeof baseName !== 'string') {
      throw new TypeError(`baseName must be a string, got ${inspect(baseName, { depth: 0 })}`)
    }
    const nameAt = (number: number): string =>
      number === 0 ? baseName : `${baseName}_${String(number)}`
    let number = this.#next.get(baseName) ?? 0
    while (this.#children.has(nameAt(number))) number++
    this.#children.add(this, nameAt(number), object)
    this.#next.set(baseName, number + 1)
    return object
  }

  static {
    Object.defineProperty(this.prototype, NODE, {
      value(this: UniqueNameTracker): TrackableNode {
        return this.#children.node(this)
      },
    })
    defineInspect(this.prototype, 'UniqueNameTracker', (tracker, options) => {
      const children = Object.fromEntries(tracker.#children.entries())
      return `UniqueNameTracker ${inspect(children, options)}`
    })
  }
}
