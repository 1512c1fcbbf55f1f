/**
 * NoDependency: keeps a property out of checkpoints. TensorFlow's
 * `tf.contrib.checkpoint.NoDependency` (python/trackable/data_structures.py).
 *
 * @module
 */

/**
 * Assigned to a property of a `Trackable` or a `Checkpoint`, it leaves its value there, not tracked:
 *
 * ```js
 * agent.scratch = new NoDependency(new Float32Array(1024))
 * agent.scratch.length // 1024
 * ```
 */
export class NoDependency<T = unknown> {
  /** What the property will have. */
  readonly value: T

  /** Takes a value of any kind, which is not looked at. */
  constructor(value: T) {
    this.value = value
  }
}
