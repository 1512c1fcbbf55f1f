import fc from 'fast-check'
import t from 'tap'
import type { ObjectGraph, ObjectNode } from '../../lib/bundle/messages.js'
import { holdersOfValues } from '../../lib/graph/holders.js'

/** A node with edges to these; `value`: it has one, `slot`: it is an optimizer. */
const node = (edges: number[], has?: 'value' | 'slot'): ObjectNode => ({
  children: edges.map((nodeId, i) => ({ nodeId, localName: String(i) })),
  attributes: has === 'value' ? [{ name: 'v', fullName: '', checkpointKey: 'k' }] : [],
  slotVariables:
    has === 'slot' ? [{ originalVariableNodeId: 0, slotName: 'm', slotVariableNodeId: 0 }] : [],
})

const holders = (...nodes: ObjectNode[]): number[] => [...holdersOfValues({ nodes })]

t.test('those with values, with slots, and all that lead to one', (t) => {
  t.strictSame(holders(), [])
  t.strictSame(holders(node([])), [0])
  t.strictSame(holders(node([], 'value')), [1])
  t.strictSame(holders(node([], 'slot')), [1])
  t.strictSame(holders(node([1, 2]), node([3]), node([]), node([], 'value')), [1, 1, 0, 1])
  t.strictSame(holders(node([1]), node([2]), node([], 'slot')), [1, 1, 1])
  t.strictSame(holders(node([], 'value'), node([])), [1, 0], 'not what one leads to')
  t.end()
})

t.test('cycles end, and edges to nowhere lead nowhere', (t) => {
  t.strictSame(holders(node([1]), node([0, 1])), [0, 0])
  t.strictSame(holders(node([1]), node([0, 2]), node([2], 'value')), [1, 1, 1])
  t.strictSame(holders(node([7, -1], 'value'), node([9])), [1, 0])
  t.end()
})

/** By looking along all edges from each node. */
function slowly({ nodes }: ObjectGraph): number[] {
  return nodes.map((_, start) => {
    const seen = new Set([start])
    for (const id of seen) for (const { nodeId } of nodes[id]?.children ?? []) seen.add(nodeId)
    const holds = (id: number): boolean =>
      (nodes[id]?.attributes.length ?? 0) + (nodes[id]?.slotVariables.length ?? 0) > 0
    return [...seen].some(holds) ? 1 : 0
  })
}

t.test('any graph', (t) => {
  const has = fc.constantFrom(undefined, undefined, 'value' as const, 'slot' as const)
  const nodes = fc.array(fc.tuple(fc.array(fc.nat(11), { maxLength: 4 }), has), { maxLength: 12 })
  fc.assert(
    fc.property(nodes, (list) => {
      const graph = { nodes: list.map(([edges, has]) => node(edges, has)) }
      t.strictSame([...holdersOfValues(graph)], slowly(graph))
    }),
    { numRuns: 300 },
  )
  t.end()
})

t.test('a long chain and a wide star take linear time', (t) => {
  const length = 200_000
  const chain = Array.from({ length }, (_, i) =>
    node(i + 1 < length ? [i + 1] : [], i + 1 < length ? undefined : 'value'),
  )
  t.ok(holdersOfValues({ nodes: chain }).every((holds) => holds === 1))
  const star = [node(Array.from({ length }, (_, i) => i + 1)), ...chain.map(() => node([0]))]
  t.ok(holdersOfValues({ nodes: star }).every((holds) => holds === 0))
  t.end()
})
