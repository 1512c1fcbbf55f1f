/**
 * The objects that programs put into a Checkpoint.
 *
 * @module
 */
import { NODE, type TrackableNode } from '../graph/node.js'

/** What `trackModel`, `trackOptimizer` and `trackVariables` return: to be a child of a `Checkpoint`. */
export class TfjsTrackable {
  /** Asked at each save and restore: a model may have been compiled in between. */
  readonly #node: () => TrackableNode

  /** @internal */
  constructor(node: () => TrackableNode) {
    this.#node = node
    // Now, too, so that what cannot be saved is told where it is given.
    node()
  }

  static {
    Object.defineProperty(this.prototype, NODE, {
      value(this: TfjsTrackable): TrackableNode {
        return this.#node()
      },
    })
  }
}
