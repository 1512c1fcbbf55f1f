import t from 'tap'
import {
  attach,
  attachAll,
  defer,
  isAwaited,
  settle,
  type Deferred,
} from '../../lib/graph/deferred.js'
import type { TrackableNode } from '../../lib/graph/node.js'
import { Thing, thing } from './nodes'

/** A restore that notes what it was given. */
function noting(version = 1): Deferred & { readonly given: object[] } {
  const given: object[] = []
  return { version, given, restoreInto: ({ identity }) => given.push(identity) }
}

t.test('the first object of a name takes what waits, and only it', (t) => {
  const [parent, first, second] = [thing({}), thing({}), thing({})]
  const deferred = noting()
  t.notOk(isAwaited(parent, 'a'))
  defer(parent, 'a', deferred)
  t.ok(isAwaited(parent, 'a'))
  t.notOk(isAwaited(parent, 'b'))
  t.notOk(isAwaited(first, 'a'))
  attach(parent, 'b', second.node)
  attach(parent, 'a', first.node)
  attach(parent, 'a', second.node)
  t.strictSame(deferred.given.length, 1)
  t.equal(deferred.given[0], first)
  t.notOk(isAwaited(parent, 'a'))
  t.end()
})

t.test('names are any text', (t) => {
  const parent = thing({})
  for (const name of ['', '__proto__', 'constructor', 'a/b', '0']) {
    t.notOk(isAwaited(parent, name), name)
    const deferred = noting()
    defer(parent, name, deferred)
    attach(parent, name, parent.node)
    t.equal(deferred.given.length, 1, name)
  }
  t.end()
})

t.test('a newer restore takes the place of an older one, never the other way round', (t) => {
  const parent = thing({})
  const [older, newer] = [noting(1), noting(2)]
  defer(parent, 'a', older)
  defer(parent, 'a', newer)
  defer(parent, 'b', newer)
  defer(parent, 'b', older)
  defer(parent, 'c', older)
  for (const name of ['a', 'b', 'c']) attach(parent, name, thing({}).node)
  t.equal(newer.given.length, 2)
  t.equal(older.given.length, 1, 'for what the newer one does not have')
  t.end()
})

t.test('one restore may have two objects of one name: the later one counts', (t) => {
  const parent = thing({})
  const [first, second] = [noting(3), noting(3)]
  defer(parent, 'a', first)
  defer(parent, 'a', second)
  attach(parent, 'a', thing({}).node)
  t.strictSame([first.given.length, second.given.length], [0, 1])
  t.end()
})

t.test('what a restore has found older ones do not wait for', (t) => {
  const parent = thing({})
  settle(parent, 'a', 9)
  for (const [version, waits] of [
    [1, true],
    [2, false],
    [3, false],
  ] as const) {
    defer(parent, 'a', noting(2))
    settle(parent, 'b', 9)
    settle(parent, 'a', version)
    t.equal(isAwaited(parent, 'a'), waits)
  }
  t.end()
})

const refusing = (version: number, log: string[] = []): Deferred => ({
  version,
  restoreInto: () => {
    log.push('asked')
    throw new Error('refused')
  },
})

t.test('what fails is awaited again', (t) => {
  const parent = thing({})
  const log: string[] = []
  defer(parent, 'a', refusing(1, log))
  for (let i = 0; i < 3; i++) {
    t.throws(() => {
      attach(parent, 'a', thing({}).node)
    }, new Error('refused'))
    t.ok(isAwaited(parent, 'a'))
  }
  t.strictSame(log, ['asked', 'asked', 'asked'])
  t.end()
})

t.test('what fails does not come back over a newer restore', (t) => {
  const parent = thing({})
  const newer = noting(2)
  defer(parent, 'a', {
    version: 1,
    restoreInto: () => {
      defer(parent, 'a', newer)
      throw new Error('refused')
    },
  })
  t.throws(() => {
    attach(parent, 'a', thing({}).node)
  }, new Error('refused'))
  attach(parent, 'a', thing({}).node)
  t.equal(newer.given.length, 1)
  t.end()
})

t.test('an object that is attached again while it is filled is filled once', (t) => {
  const parent = thing({})
  let times = 0
  const restoreInto = (node: TrackableNode): void => {
    times++
    t.notOk(isAwaited(parent, 'a'))
    attach(parent, 'a', node)
  }
  defer(parent, 'a', { version: 1, restoreInto })
  attach(parent, 'a', thing({}).node)
  t.equal(times, 1)
  t.end()
})

t.test('children that came unnoticed are filled together', (t) => {
  const parent = new Thing()
  const [a, b, late] = [noting(), noting(), noting()]
  defer(parent, 'a', a)
  defer(parent, 'b', b)
  defer(parent, 'late', late)
  Object.assign(parent.edges, { a: thing({}), b: thing({}), other: thing({}) })
  attachAll(parent.node)
  t.equal(a.given[0], parent.edges['a'])
  t.equal(b.given[0], parent.edges['b'])
  t.strictSame(late.given, [])
  t.ok(isAwaited(parent, 'late'))
  attachAll(parent.node)
  t.equal(a.given.length, 1)
  attachAll(thing({ a: thing({}) }).node)
  t.end()
})
