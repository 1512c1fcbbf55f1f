/**
 * The objects of a tree as a list. TensorFlow's `tf.contrib.checkpoint.list_objects`
 * (python/checkpoint/checkpoint.py).
 *
 * @module
 */
import { nodeOf } from '../graph/trackable.js'
import { reach } from '../graph/walk.js'
import { shown } from './shown.js'

/**
 * All objects that a save of `root` would save, breadth-first, then the slot variables of optimizers:
 * the place of an object in the list is its number in the checkpoint.
 *
 * They are the program's own objects. A `NumpyState` or `VariableState` is followed by its arrays,
 * each the very one that was set or restored (one that was set twice is listed twice); the save
 * counter of a `Checkpoint` is a `Variable`, there as soon as the Checkpoint has saved or restored. A
 * Checkpoint that was made with a `root` is listed as that root.
 *
 * ```js
 * const variables = listObjects(checkpoint).filter((object) => object instanceof Variable)
 * ```
 *
 * @throws TypeError for what cannot be saved
 */
export function listObjects(root: object): object[] {
  return reach(nodeOf(root, 'root')).map(({ node }) => shown(node))
}
