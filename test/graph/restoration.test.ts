import t from 'tap'
import type { ObjectGraph } from '../../lib/bundle/messages.js'
import type { CheckpointReader } from '../../lib/bundle/read/reader.js'
import { attach, isAwaited } from '../../lib/graph/deferred.js'
import { Restoration } from '../../lib/graph/restoration.js'
import type { TrackableNode } from '../../lib/graph/node.js'
import { walk } from '../../lib/graph/walk.js'
import { Thing, thing } from './nodes'

/** Nothing here reads a file. */
const READER = { path: 'ckpt', prepareNow: () => undefined } as unknown as CheckpointReader

/** Restores. */
function restore(graph: ObjectGraph, root: Thing): number {
  const restoration = new Restoration(graph, READER)
  restoration.commit(restoration.plan(0, root.node))
  return restoration.count
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
  const restoration = new Restoration(graphOf(thing({}, 1)), READER)
  const plan = restoration.plan(0, root.node)
  t.equal(plan.takings.length, 1)
  t.equal(root.taken, undefined)
  t.equal(restoration.count, 0)
  restoration.commit(plan)
  t.equal(root.taken, '/.ATTRIBUTES/v')
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

t.test('what is attached later takes its values then', (t) => {
  const graph = graphOf(thing({ a: thing({ b: thing({}, 2) }, 1), empty: thing({}) }))
  const root = thing({})
  t.equal(restore(graph, root), 0)
  t.ok(isAwaited(root, 'a'))
  t.notOk(isAwaited(root, 'empty'), 'nothing is there to wait for')
  const a = thing({}, 0)
  attach(root, 'a', a.node)
  root.edges['a'] = a
  t.equal(a.taken, 'a/.ATTRIBUTES/v')
  t.notOk(isAwaited(root, 'a'))
  t.ok(isAwaited(a, 'b'))
  const b = thing({}, 0)
  attach(a, 'b', b.node)
  t.equal(b.taken, 'a/b/.ATTRIBUTES/v')
  const another = thing({}, 0)
  attach(root, 'a', another.node)
  t.equal(another.taken, undefined, 'only the first of a name')
  t.end()
})

t.test('of several restores that wait for an object the newest fills it', (t) => {
  const older = graphOf(thing({ a: thing({}, 1), gone: thing({}, 1) }))
  const attributes = [{ name: 'v', fullName: '', checkpointKey: 'newer' }]
  const children = [{ nodeId: 1, localName: 'a' }]
  const newer = {
    nodes: [
      { children, attributes: [], slotVariables: [] },
      { children: [], attributes, slotVariables: [] },
    ],
  }
  const root = thing({})
  restore(older, root)
  restore(newer, root)
  const [a, gone] = [thing({}, 0), thing({}, 0)]
  attach(root, 'a', a.node)
  attach(root, 'gone', gone.node)
  t.equal(a.taken, 'newer')
  t.equal(gone.taken, 'gone/.ATTRIBUTES/v', 'which only the older one has')
  t.end()
})

t.test('a restore does not overwrite what a newer one gave', (t) => {
  const root = thing({})
  restore(graphOf(thing({ late: thing({}, 1) })), root)
  const late = thing({}, 0)
  t.equal(restore(graphOf(thing({}, 1)), late), 1)
  attach(root, 'late', late.node)
  t.equal(late.taken, '/.ATTRIBUTES/v')
  t.end()
})

t.test('an attachment that fails has changed nothing, and is still awaited', (t) => {
  const root = thing({})
  restore(graphOf(thing({ a: thing({ b: thing({}, 2) }, 1) })), root)
  const a = thing({ b: thing({}, 0) }, 0)
  const refuse = (): never => {
    throw new Error('refused')
  }
  const b = { ...a.edges['b']?.node, restore: refuse }
  const node = { ...a.node, child: () => b } as unknown as typeof a.node
  t.throws(() => {
    attach(root, 'a', node)
  }, 'refused')
  t.equal(a.taken, undefined)
  t.ok(isAwaited(root, 'a'))
  attach(root, 'a', a.node)
  t.equal(a.taken, 'a/.ATTRIBUTES/v')
  t.end()
})

t.test('a plan is made again once a child has come, gone or been replaced', (t) => {
  const graph = graphOf(thing({ a: thing({}, 1), b: thing({}, 2) }))
  const root = thing({ b: thing({}, 0) })
  const restoration = new Restoration(graph, READER)
  const plan = restoration.plan(0, root.node)
  t.equal(restoration.current(plan), plan)
  const old = root.edges['b']
  const [a, b] = [thing({}, 0), thing({}, 0)]
  Object.assign(root.edges, { a, b })
  const again = restoration.current(plan)
  t.not(again, plan)
  t.equal(restoration.current(again), again)
  restoration.commit(again)
  t.equal(a.taken, 'a/.ATTRIBUTES/v')
  t.equal(b.taken, 'b/.ATTRIBUTES/v')
  t.equal(old?.taken, undefined)
  const later = new Restoration(graph, READER)
  const both = later.plan(0, root.node)
  delete root.edges['b']
  t.equal(later.current(both).takings.length, 1)
  t.end()
})

t.test('what was prepared is not prepared again', (t) => {
  const root = thing({ a: thing({}, 0) }, 0)
  const restoration = new Restoration(
    graphOf(thing({ a: thing({}, 1), b: thing({}, 1) }, 1)),
    READER,
  )
  const plan = restoration.plan(0, root.node)
  root.edges['b'] = thing({}, 0)
  const again = restoration.current(plan)
  t.equal(again.takings.length, 3)
  const assignments = again.takings.map(({ assignment }) => assignment)
  for (const { assignment } of plan.takings) t.ok(assignments.includes(assignment))
  t.end()
})

t.test('a plan does not overwrite what a newer restore gave since', (t) => {
  const root = thing({}, 0)
  const [older, newer] = [1, 2].map(() => new Restoration(graphOf(thing({}, 1)), READER))
  const plan = older?.plan(0, root.node)
  newer?.commit(newer.plan(0, root.node))
  if (older === undefined || plan === undefined) return
  t.strictSame(older.current(plan).takings, [])
  older.commit(older.current(plan))
  t.equal(older.count, 0)
  t.equal(newer?.count, 1)
  t.end()
})

/** An object that notes in a log what becomes of it. */
function noting(
  log: string[],
  name: string,
  answer: { fails?: boolean; undoFails?: boolean; children?: Record<string, TrackableNode> },
): TrackableNode {
  const { fails = false, undoFails = false, children = {} } = answer
  return {
    identity: { name },
    children: () => Object.entries(children),
    child: (wanted: string) => children[wanted],
    values: () => [],
    restore: () => ({
      attributes: ['v'],
      extents: [],
      attempt: () => {
        log.push(`try ${name}`)
        if (fails) throw new Error(`${name} refuses`)
        return () => {
          log.push(`undo ${name}`)
          if (undoFails) throw new Error(`${name} cannot go back`)
        }
      },
      apply: () => log.push(`apply ${name}`),
    }),
  }
}

t.test('what may be refused is tried first and undone', (t) => {
  const log: string[] = []
  const graph = graphOf(thing({ a: thing({}, 1), b: thing({}, 1) }, 1))
  const attempt = (fails: boolean, undoFails = false): void => {
    const restoration = new Restoration(graph, READER)
    const a = noting(log, 'a', { undoFails })
    const root = noting(log, 'root', { children: { a, b: noting(log, 'b', { fails }) } })
    restoration.commit(restoration.plan(0, root))
  }
  const undone = ['try root', 'try a', 'try b', 'undo a', 'undo root']
  t.throws(() => {
    attempt(true)
  }, new Error('b refuses'))
  t.strictSame(log.splice(0), undone)
  t.throws(() => {
    attempt(true, true)
  }, new Error('b refuses'))
  t.strictSame(log.splice(0), undone, 'one that cannot go back does not keep the others')
  attempt(false)
  const expected = ['try root', 'try a', 'try b', 'apply root', 'apply a', 'apply b']
  t.strictSame(log, expected)
  t.end()
})

t.test('the children of an object are looked for when it has been tried', (t) => {
  const root = thing({})
  const graph = graphOf(thing({ parent: thing({ made: thing({}, 2), old: thing({}, 3) }, 1) }))
  const parent = thing({ old: thing({}, 0) }, 0)
  const old = parent.edges['old']
  const node = (): TrackableNode => ({
    ...parent.node,
    restore: () => ({
      attributes: ['v'],
      extents: [],
      attempt: () => {
        Object.assign(parent.edges, { made: thing({}, 0), old: thing({}, 0) })
        return () => undefined
      },
      apply: () => undefined,
    }),
  })
  const restoration = new Restoration(graph, READER)
  restoration.commit(
    restoration.plan(0, {
      ...root.node,
      child: (name) => (name === 'parent' ? node() : undefined),
    }),
  )
  t.equal(parent.edges['made']?.taken, 'parent/made/.ATTRIBUTES/v')
  t.equal(parent.edges['old']?.taken, 'parent/old/.ATTRIBUTES/v')
  t.equal(old?.taken, undefined)
  t.equal(restoration.count, 3)
  t.end()
})
