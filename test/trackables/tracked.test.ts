import t from 'tap'
import { defer, isAwaited } from '../../lib/graph/deferred.js'
import { NO_VALUES, NODE, type TrackableNode } from '../../lib/graph/node.js'
import { NoDependency } from '../../lib/index.js'
import { track, trackedEntries, trackedValue, type Tracking } from '../../lib/trackables/tracked.js'

type Bag = Record<string, unknown>

const nodeOf = (identity: object): TrackableNode => ({
  ...NO_VALUES,
  identity,
  children: () => [],
  child: () => undefined,
})

class Bagged {
  [NODE](): TrackableNode {
    return nodeOf(this)
  }
}

/** An object that tracks other objects, and refuses text and the name `no`. */
function bag(): Bag {
  const tracking: Tracking = {
    checkName: (name) => {
      if (name === 'no') throw new TypeError('no such name')
    },
    check: (name, value) => {
      if (typeof value === 'string') throw new TypeError(`'${name}' is text`)
    },
    find: (_, value) => (typeof value === 'object' && value !== null ? nodeOf(value) : undefined),
  }
  return track(new Bagged(), tracking) as Bag
}

const names = (object: object): string[] => trackedEntries(object).map(([name]) => name)

/** Lets a restore wait for a child; the log gets what it fills. */
function wait(parent: object, name: string): object[] {
  const log: object[] = []
  defer(parent, name, { version: 1, restoreInto: ({ identity }) => log.push(identity) })
  return log
}

t.test('properties are tracked in the order of assignment', (t) => {
  const object = bag()
  const [a, b, c] = [{}, {}, {}]
  object['b'] = b
  object['a'] = a
  Object.assign(object, { c })
  t.strictSame(names(object), ['b', 'a', 'c'])
  object['b'] = c
  t.strictSame(names(object), ['b', 'a', 'c'], 'another value keeps the place')
  delete object['b']
  object['b'] = b
  t.strictSame(names(object), ['a', 'c', 'b'])
  t.equal(trackedValue(object, 'a'), a)
  t.equal(trackedValue(object, 'z'), undefined)
  t.equal(trackedValue(object, 'toString'), undefined)
  t.equal(trackedValue(object, '__proto__'), undefined)
  t.equal(trackedValue(object, 'constructor'), undefined)
  object['1'] = a
  object['0'] = a
  t.strictSame(names(object), ['0', '1', 'a', 'c', 'b'], 'numbers stand first, as everywhere')
  t.end()
})

t.test('symbols, accessors and hidden properties are none of them', (t) => {
  const object = bag()
  const symbol = Symbol('s')
  Object.assign(object, { [symbol]: 'text is allowed here' })
  let calls = 0
  Object.defineProperty(object, 'made', { get: () => ({ calls: calls++ }), enumerable: true })
  Object.defineProperty(object, 'hidden', { value: {}, configurable: true, writable: true })
  t.strictSame(names(object), [])
  t.equal(trackedValue(object, 'made'), undefined)
  t.equal(trackedValue(object, 'hidden'), undefined)
  t.equal(calls, 0)
  t.equal(Reflect.get(object, symbol), 'text is allowed here')
  t.equal(typeof object['made'], 'object')
  t.end()
})

t.test('names and values are refused before anything has changed', (t) => {
  const object = bag()
  const first = {}
  object['a'] = first
  t.throws(() => {
    object['a'] = 'text'
  }, new TypeError("'a' is text"))
  t.throws(() => {
    object['b'] = 'text'
  }, new TypeError("'b' is text"))
  t.throws(() => {
    object['no'] = new NoDependency('text')
  }, new TypeError('no such name'))
  t.strictSame(trackedEntries(object), [['a', first]])
  t.strictSame(Object.keys(object), ['a'])
  t.end()
})

t.test('setters of a class are called, with the object itself', (t) => {
  const seen: unknown[] = []
  class Model extends Bagged {
    set rate(value: unknown) {
      seen.push(this, value)
    }
  }
  const object = track(new Model(), { check: () => undefined, find: () => undefined }) as Model
  object.rate = 3
  t.equal(seen[0], object)
  t.equal(seen[1], 3)
  t.strictSame(Object.keys(object), [])
  t.end()
})

t.test('what is awaited is filled before it is there', (t) => {
  const object = bag()
  const log = wait(object, 'a')
  t.notOk(isAwaited(object, 'b'))
  object['b'] = {}
  object['a'] = 3
  t.strictSame(log, [], 'a number is no child')
  const a = {}
  object['a'] = a
  t.equal(log[0], a)
  object['a'] = {}
  t.equal(log.length, 1)
  t.end()
})

t.test('what cannot be filled is not set', (t) => {
  const object = bag()
  defer(object, 'a', {
    version: 1,
    restoreInto: () => {
      throw new Error('corrupt')
    },
  })
  const before = {}
  object['a'] = new NoDependency(before)
  t.throws(() => {
    object['a'] = {}
  }, new Error('corrupt'))
  t.equal(object['a'], before)
  t.strictSame(names(object), [], 'it stays untracked')
  t.ok(isAwaited(object, 'a'))
  t.end()
})

t.test('a property that does not become a child is not filled', (t) => {
  const object = bag()
  const log = wait(object, 'a')
  Object.defineProperty(object, 'a', { value: {}, configurable: true, writable: true })
  object['a'] = {}
  t.strictSame(log, [], 'it is hidden')
  Object.defineProperty(object, 'a', { value: {}, enumerable: true })
  t.equal(log.length, 1)
  const frozen = bag()
  const none = wait(frozen, 'a')
  Object.freeze(frozen)
  t.throws(() => {
    frozen['a'] = {}
  }, TypeError)
  t.strictSame(none, [])
  t.ok(isAwaited(frozen, 'a'), 'nothing took it')
  t.end()
})

t.test('NoDependency leaves its value, untracked', (t) => {
  const object = bag()
  const value = 'text'
  object['a'] = {}
  object['a'] = new NoDependency(value)
  object['b'] = new NoDependency({})
  t.equal(object['a'], value)
  t.strictSame(names(object), [])
  t.strictSame(Object.keys(object), ['a', 'b'])
  object['b'] = {}
  t.strictSame(names(object), ['b'], 'until another value is assigned')
  delete object['a']
  object['a'] = {}
  t.strictSame(names(object), ['b', 'a'])
  t.end()
})

t.test('an assignment that a frozen object refuses changes nothing', (t) => {
  const object = bag()
  const [a, b] = [{}, {}]
  object['a'] = a
  object['b'] = new NoDependency(b)
  Object.freeze(object)
  for (const name of ['a', 'b', 'c']) {
    t.throws(() => {
      object[name] = {}
    }, TypeError)
    t.throws(() => {
      object[name] = new NoDependency({})
    }, TypeError)
  }
  for (const name of ['a', 'b']) {
    t.throws(() => {
      Reflect.deleteProperty(object, name)
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a throw, not false
      delete object[name]
    }, TypeError)
  }
  t.strictSame(trackedEntries(object), [['a', a]])
  t.equal(object['b'], b)
  t.end()
})

t.test('objects that were not tracked are read as they are', (t) => {
  t.strictSame(trackedEntries({ a: 1 }), [['a', 1]])
  t.equal(trackedValue({ a: 1 }, 'a'), 1)
  t.end()
})
