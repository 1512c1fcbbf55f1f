import t from 'tap'
import type { ObjectGraph } from '../../lib/bundle/messages.js'
import type { CheckpointReader } from '../../lib/bundle/read/reader.js'
import { bind } from '../../lib/graph/bind.js'
import { walk } from '../../lib/graph/walk.js'
import { Thing, thing } from './nodes'

/** Nothing here reads a file. */
const READER = { path: 'ckpt' } as unknown as CheckpointReader

/** Restores. */
function restore(graph: ObjectGraph, root: Thing): number {
  const assignments = bind(graph, root.node, READER)
  for (const { apply } of assignments) apply()
  return assignments.length
}

const graphOf = (root: Thing): ObjectGraph => walk(root.node).graph

t.test('objects are matched along equal names', (t) => {
  const graph = graphOf(thing({ a: thing({ b: thing({}, 2) }, 1), other: thing({}, 3) }))
  const b = thing({}, 0)
  const a = thing({ b }, 0)
  const mine = thing({}, 0)
  t.equal(restore(graph, thing({ a, mine })), 2)
  t.equal(a.taken, 'a/.ATTRIBUTES/v')
  t.equal(b.taken, 'a/b/.ATTRIBUTES/v')
  t.equal(mine.taken, undefined)
  t.end()
})

t.test('keys are those of the graph, whatever they are', (t) => {
  const attributes = [{ name: 'v', fullName: '', checkpointKey: 'an odd key' }]
  const root = thing({}, 0)
  t.equal(restore({ nodes: [{ children: [], attributes, slotVariables: [] }] }, root), 1)
  t.equal(root.taken, 'an odd key')
  t.end()
})

t.test('nothing changes before the assignments are applied', (t) => {
  const root = thing({}, 0)
  t.equal(bind(graphOf(thing({}, 1)), root.node, READER).length, 1)
  t.equal(root.taken, undefined)
  t.end()
})

t.test('cycles and shared objects are followed once', (t) => {
  const make = (): { root: Thing; shared: Thing } => {
    const shared = thing({}, 1)
    const root = thing({ a: thing({ shared }), b: thing({ shared }) }, 0)
    Object.assign(shared.edges, { root })
    return { root, shared }
  }
  const { root, shared } = make()
  t.equal(restore(graphOf(make().root), root), 2)
  t.equal(shared.taken, 'a/shared/.ATTRIBUTES/v')
  t.end()
})

t.test('two objects that lead to one saved object both take its values', (t) => {
  const shared = thing({}, 1)
  const [one, two] = [thing({}, 0), thing({}, 0)]
  t.equal(restore(graphOf(thing({ a: shared, b: shared })), thing({ a: one, b: two })), 2)
  t.equal(one.taken, 'a/.ATTRIBUTES/v')
  t.equal(two.taken, 'a/.ATTRIBUTES/v')
  t.end()
})

t.test('one object that two saved ones lead to takes the values of the first', (t) => {
  const one = thing({}, 0)
  const graph = graphOf(thing({ a: thing({}, 1), b: thing({}, 2) }))
  t.equal(restore(graph, thing({ b: one, a: one })), 1)
  t.equal(one.taken, 'a/.ATTRIBUTES/v')
  t.end()
})

t.test('attributes that nobody knows and nodes that are not there are passed over', (t) => {
  const attributes = [{ name: 'other', fullName: '', checkpointKey: 'k' }]
  const children = [{ nodeId: 99, localName: 'a' }]
  const root = thing({ a: thing({}, 0) }, 0)
  t.equal(restore({ nodes: [{ children, attributes, slotVariables: [] }] }, root), 0)
  t.equal(restore({ nodes: [] }, root), 0)
  t.equal(root.taken, undefined)
  t.end()
})
