/**
 * trackVariables: variables of TensorFlow.js by name.
 *
 * @module
 */
import { inspect } from 'node:util'
import { branch, variableNode } from './nodes.js'
import { TfjsTrackable } from './tracked-tfjs.js'
import type { TensorFlowJs, VariableLike } from './types.js'

/**
 * Makes variables of TensorFlow.js trackable. Python restores them as `tf.Variable`s of these names.
 *
 * ```js
 * const w = tf.variable(tf.zeros([3, 4]))
 * const checkpoint = new Checkpoint({ net: trackVariables(tf, { w }) })
 * ```
 *
 * Their values are those at the call of `save()`. A restore assigns to the variables, all or none, and
 * leaves as many tensors as there were.
 *
 * @param tf the module of TensorFlow.js
 * @param variables looked at again at each save and restore: it may grow. Dtypes float32, int32, bool
 * @throws TypeError for what is no variable. Restoring throws CKPT_MISMATCH if dtype or shape differ
 */
export function trackVariables(
  tf: TensorFlowJs,
  variables: Readonly<Record<string, VariableLike>>,
): TfjsTrackable {
  const edges = (): [string, ReturnType<typeof variableNode>][] =>
    Object.entries(variables).map(([name, variable]) => {
      requireVariable(variable, name)
      return [name, variableNode(tf, variable)]
    })
  return new TfjsTrackable(() => {
    const node = branch(variables, edges)
    // Checked at once.
    edges()
    return node
  })
}

export function requireVariable(value: unknown, name: string): asserts value is VariableLike {
  if (typeof value === 'object' && value !== null && 'assign' in value && 'dataSync' in value)
    return
  const shown = inspect(value, { depth: 0, breakLength: Infinity })
  throw new TypeError(`'${name}' must be a tf.Variable, got ${shown}`)
}
