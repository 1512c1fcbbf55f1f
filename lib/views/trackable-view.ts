/**
 * TrackableView: the objects below one. TensorFlow's `tf.train.TrackableView`
 * (python/checkpoint/trackable_view.py).
 *
 * @module
 */
import { nodeOf } from '../graph/trackable.js'
import { descendantsOf, nodeOfShown, recordOf, shown } from './shown.js'

/**
 * The tree of a program's objects as it is now: each call looks again. It shows the objects
 * themselves, as `listObjects` does, but no slot variables, which are nobody's children.
 *
 * @throws TypeError for what cannot be saved
 */
export class TrackableView<T extends object = object> {
  /** The object that it was made of. */
  readonly root: T

  /** A view of an object that can be saved: a `Checkpoint`, or what may be in one. */
  constructor(root: T) {
    nodeOf(root, 'root')
    this.root = root
  }

  /**
   * The children of an object by name, in the order of tracking; none of an array. The record has no
   * prototype.
   */
  children(object: object): Record<string, object> {
    const children = nodeOfShown(object, 'object').children()
    return recordOf(Array.from(children, ([name, child]) => [name, shown(child)]))
  }

  /** The root and all below it, breadth-first, each once. */
  descendants(): object[] {
    return descendantsOf(nodeOf(this.root, 'root')).map(shown)
  }
}
