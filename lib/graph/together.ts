/**
 * Objects whose values belong together: all of a group are saved and restored, or none. TensorFlow's
 * `tf.contrib.checkpoint.split_dependency` (contrib/checkpoint/python/split_dependency.py, 1.13).
 *
 * @module
 */
import type { ObjectGraph } from '../bundle/messages.js'
import { CheckpointError } from '../errors.js'
import type { TrackableNode } from './node.js'
import type { Binding, Plan, Taking } from './plan.js'

/** The objects of a group, by the names that errors call them. One Map for all of them. */
export type Group = ReadonlyMap<string, object>

/** Names of those that are not there. */
const missingFrom = (group: Group, has: (identity: object) => boolean): string[] =>
  Array.from(group)
    .filter(([, identity]) => !has(identity))
    .map(([name]) => name)

const quote = (names: Iterable<string>): string =>
  Array.from(names, (name) => `'${name}'`).join(', ')

/** @throws TypeError unless each group is saved as a whole */
export function checkSaved(nodes: readonly TrackableNode[]): void {
  const groups = new Set(nodes.flatMap(({ together }) => together ?? []))
  if (groups.size === 0) return
  const saved = new Set(nodes.map(({ identity }) => identity))
  for (const group of groups) {
    const missing = missingFrom(group, (identity) => saved.has(identity))
    if (missing.length === 0) continue
    throw new TypeError(
      `unsynchronized: ${quote(group.keys())} are saved together, and the Checkpoint does not ` +
        `reach ${quote(missing)}; track all of them`,
    )
  }
}

/**
 * Decides for the groups that a plan has met: all objects of a group take their values, or none.
 * Where the rest of a group may still come, what has come is kept among the plan's parts.
 *
 * @param take the values that an object would take
 * @param graph names them, for errors
 * @returns what the complete groups take
 * @throws CheckpointError CKPT_MISMATCH for a part of a group
 */
export function takeGroups(
  plan: Plan,
  take: (binding: Binding) => Taking | undefined,
  graph: ObjectGraph,
): Taking[] {
  const groups = new Map<Group, Map<object, Binding>>()
  for (const binding of [...plan.bindings, ...plan.parts]) {
    const { together, identity } = binding.node
    if (together === undefined) continue
    const group = groups.get(together)
    if (group === undefined) groups.set(together, new Map([[identity, binding]]))
    else group.set(identity, binding)
  }
  return [...groups].flatMap(([group, bindings]) => {
    const takings = [...bindings.values()].flatMap((binding) => take(binding) ?? [])
    return takeGroup(group, takings, plan, graph)
  })
}

function takeGroup(
  group: Group,
  takings: readonly Taking[],
  plan: Plan,
  graph: ObjectGraph,
): readonly Taking[] {
  const [first] = takings
  if (first === undefined) return []
  const found = new Set(takings.map(({ node }) => node.identity))
  const isOther = ({ node }: Binding): boolean => !found.has(node.identity)
  const parts = plan.parts.filter(isOther)
  const isComplete = missingFrom(group, (identity) => found.has(identity)).length === 0
  if (isComplete) {
    const present = new Set(plan.bindings.map(({ node }) => node.identity))
    plan.bindings.push(...takings.filter(({ node }) => !present.has(node.identity)))
    plan.parts = parts
    return takings
  }
  if (!plan.isLate) throw unsynchronized(group, found, keyOf(first, graph))
  plan.bindings = plan.bindings.filter(isOther)
  plan.parts = [...parts, ...takings]
  return []
}

/** Of one of the values that an object takes. */
function keyOf({ id, assignment }: Taking, graph: ObjectGraph): string {
  const attributes = graph.nodes[id]?.attributes ?? []
  return attributes.find(({ name }) => assignment.attributes.includes(name))?.checkpointKey ?? ''
}

/** The error for a restore of only a part of a group. */
function unsynchronized(group: Group, found: ReadonlySet<object>, key: string): CheckpointError {
  const missing = missingFrom(group, (identity) => found.has(identity))
  const expected = quote(group.keys())
  const message =
    `unsynchronized: ${expected} are restored together, but ${quote(missing)} would get no value; ` +
    `either the program does not track all of them, or the part of the checkpoint that is ` +
    `restored lacks them`
  const rest = [...group.keys()].filter((name) => !missing.includes(name))
  return new CheckpointError('CKPT_MISMATCH', message, { key, expected, found: quote(rest) })
}
