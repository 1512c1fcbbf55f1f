import t from 'tap'
import type { ObjectGraph } from '../../lib/bundle/messages.js'
import { NO_VALUES, type TrackableNode } from '../../lib/graph/node.js'
import type { Plan, Taking } from '../../lib/graph/plan.js'
import { checkSaved, takeGroups } from '../../lib/graph/together.js'

/** Objects of one group. */
function groupOf(...names: string[]): { group: Map<string, object>; nodes: TrackableNode[] } {
  const group = new Map<string, object>(names.map((name) => [name, { name }]))
  const nodes = Array.from(group.values(), (identity) => ({
    ...NO_VALUES,
    identity,
    together: group,
    children: () => [],
    child: () => undefined,
  }))
  return { group, nodes }
}

t.test('each group is saved as a whole', (t) => {
  const [ab, xyz] = [groupOf('a', 'b'), groupOf('x', 'y', 'z')]
  const alone: TrackableNode = {
    ...NO_VALUES,
    identity: {},
    children: () => [],
    child: () => undefined,
  }
  checkSaved([])
  checkSaved([alone])
  checkSaved([...ab.nodes, alone, ...xyz.nodes])
  t.throws(() => {
    checkSaved([alone, ...ab.nodes, ...xyz.nodes.slice(1, 2)])
  }, /^unsynchronized: 'x', 'y', 'z' are saved together, .* reach 'x', 'z'; track all of them$/)
  t.end()
})

/** A plan that has met these objects, which take their values. */
function planOf(nodes: readonly TrackableNode[], isLate: boolean, parts: Plan['parts'] = []): Plan {
  const bindings = nodes.map((node, id) => ({ id, node }))
  return { isLate, bindings, takings: [], edges: [], slots: [], parts }
}

const take = (binding: Plan['bindings'][number]): Taking => ({
  ...binding,
  assignment: { attributes: ['v'], extents: [], apply: () => undefined },
})

/** Of objects that have one value each. */
const graph: ObjectGraph = {
  nodes: ['k0', 'k1'].map((checkpointKey) => ({
    children: [],
    attributes: [{ name: 'v', fullName: '', checkpointKey }],
    slotVariables: [],
  })),
}

t.test('a group takes its values when all of it was met', (t) => {
  const { nodes } = groupOf('a', 'b')
  const plan = planOf(nodes, false)
  t.strictSame(
    takeGroups(plan, take, graph).map(({ id }) => id),
    [0, 1],
  )
  t.strictSame(
    takeGroups(planOf(nodes, false), () => undefined, graph),
    [],
    'nothing was saved',
  )
  const error = (): unknown => takeGroups(planOf(nodes.slice(1), false), take, graph)
  t.throws(error, {
    code: 'CKPT_MISMATCH',
    message: /^unsynchronized: 'a', 'b' .* but 'a' would get no value/,
    details: { key: 'k0', expected: "'a', 'b'", found: "'b'" },
  })
  t.end()
})

t.test('of what is attached later a part waits for the rest', (t) => {
  const { nodes } = groupOf('a', 'b')
  const early = planOf(nodes.slice(0, 1), true)
  t.strictSame(takeGroups(early, take, graph), [])
  t.strictSame(early.bindings, [])
  t.equal(early.parts.length, 1)
  const late = planOf(nodes.slice(1), true, early.parts)
  t.equal(takeGroups(late, take, graph).length, 2)
  t.strictSame(
    late.bindings.map(({ node }) => node),
    nodes.toReversed(),
    'that which was attached is the first still',
  )
  t.strictSame(late.parts, [])
  t.end()
})
