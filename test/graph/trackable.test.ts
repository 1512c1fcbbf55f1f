import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { TrackableNode } from '../../lib/graph/node.js'
import { nodeOf, trackable } from '../../lib/graph/trackable.js'
import { NumpyState, zeros } from '../../lib/index.js'
import { thing } from './nodes'

const names = (node: TrackableNode): string[] => Array.from(node.children(), ([name]) => name)

t.test('an object with a node answers for itself', (t) => {
  const made = thing({ a: thing({}) })
  t.equal(nodeOf(made, 'made').identity, made)
  t.strictSame(names(nodeOf(made, 'made')), ['a'])
  const state = new NumpyState()
  t.equal(nodeOf(state, 'state').identity, state)
  t.end()
})

t.test('plain objects and arrays are known by their content', (t) => {
  const a = thing({})
  const b = thing({})
  const container = { b, a }
  const node = nodeOf(container, 'c')
  t.equal(node.identity, container)
  t.strictSame(names(node), ['b', 'a'], 'in the order of insertion')
  t.equal(node.child('a')?.identity, a)
  t.equal(node.child('toString'), undefined)
  t.equal(node.child('__proto__'), undefined)
  t.strictSame([...node.values()], [])
  t.equal(node.restore([], {} as never), undefined)
  const list = nodeOf([a, b], 'list')
  t.strictSame(names(list), ['0', '1'])
  t.equal(list.child('1')?.identity, b)
  for (const name of ['2', '-1', 'length', '01', 'map']) t.equal(list.child(name), undefined)
  t.strictSame(names(nodeOf(Object.assign(Object.create(null) as object, { a }), 'n')), ['a'])
  t.strictSame(names(nodeOf(runInNewContext('({})'), 'foreign')), [])
  t.strictSame(names(nodeOf(runInNewContext('[]'), 'foreign')), [])
  t.end()
})

t.test('containers nest, also into themselves', (t) => {
  const container: Record<string, unknown> = { list: [{ deep: thing({}) }] }
  container['self'] = container
  const node = nodeOf(container, 'c')
  t.equal(node.child('self')?.identity, container)
  t.equal(node.child('list')?.child('0')?.child('deep')?.child('no'), undefined)
  t.strictSame(names(node), ['list', 'self'])
  t.end()
})

t.test('what cannot be saved is named with its place and shown', (t) => {
  class Model {
    readonly rate = 1
  }
  const cases: [unknown, RegExp][] = [
    [undefined, /^'c' cannot be saved: expected a NumpyState, a Checkpoint, or .* got undefined$/],
    [null, /got null$/],
    [3, /got 3; numbers/],
    ['text', /got 'text'$/],
    [() => 1, /got \[Function/],
    [new Model(), /got Model \{ rate: 1 \}$/],
    [new Map(), /got Map\(0\) \{\}$/],
    [
      new Float32Array(9),
      /got Float32Array\(9\).*; arrays are saved as properties of a NumpyState, or/,
    ],
    [zeros([2]), /got NdArray float64 \[2\].*; arrays are saved as properties of a NumpyState, or/],
    [Symbol('s'), /got Symbol\(s\)$/],
  ]
  for (const [value, message] of cases) {
    t.throws(() => nodeOf(value, 'c'), { name: 'TypeError', message })
  }
  const nested = nodeOf({ model: [{ bias: 1 }] }, 'c')
  t.throws(() => names(nested.child('model')?.child('0') ?? nested), {
    message: /^'c\/model\/0\/bias' cannot be saved/,
  })
  t.throws(() => names(nodeOf([, 1], 'c')), { message: /^'c\/0' cannot be saved.*got undefined$/ })
  t.end()
})

/** An object that answers so when it is asked for its children. */
const answering = (answer: unknown): object => ({ [trackable]: () => answer })

t.test('an object names its children by a record, a Map or pairs, in its own order', (t) => {
  const [a, b] = [thing({}), thing({})]
  const pairs: [string, unknown][] = [
    ['b', b],
    ['a', a],
  ]
  function* generated(): Generator<[string, unknown]> {
    yield* pairs
  }
  for (const answer of [{ b, a }, new Map(pairs), pairs, pairs.values(), generated()]) {
    // An iterator gives its pairs once, so each question gets its own node.
    const object = answering(answer)
    t.strictSame(names(nodeOf(object, 'o')), ['b', 'a'])
  }
  for (const answer of [{ b, a }, new Map(pairs), pairs]) {
    const object = answering(answer)
    const node = nodeOf(object, 'o')
    t.equal(node.identity, object)
    t.equal(node.child('a')?.identity, a)
    for (const name of ['c', 'toString', '__proto__', 'size', '0'])
      t.equal(node.child(name), undefined)
    t.strictSame([...node.values()], [])
    t.equal(node.restore([], {} as never), undefined)
  }
  t.strictSame(names(nodeOf(answering({}), 'o')), [])
  t.strictSame(names(nodeOf(answering(new Map()), 'o')), [])
  t.end()
})

t.test('the method is called on its object, by any copy of the symbol', (t) => {
  class Agent {
    readonly #policy = thing({});
    [Symbol.for('ndcheckpoint.trackable')](): object {
      return { policy: this.#policy, self: this }
    }
  }
  class Special extends Agent {}
  const agent = new Special()
  const node = nodeOf(agent, 'agent')
  t.strictSame(names(node), ['policy', 'self'])
  t.equal(node.child('self')?.identity, agent)
  t.end()
})

t.test('names are any text', (t) => {
  const odd = ['__proto__', 'constructor', '', 'a/b', '.S', 'é', '0', ' ']
  const children = new Map(odd.map((name) => [name, thing({})]))
  const node = nodeOf(answering(children), 'o')
  t.strictSame(names(node), odd)
  for (const name of odd) t.equal(node.child(name)?.identity, children.get(name), name)
  t.end()
})

t.test('an answer that names no children is shown', (t) => {
  const a = thing({})
  const cases: [unknown, RegExp][] = [
    [undefined, /got undefined$/],
    [null, /got null$/],
    [3, /got 3$/],
    ['ab', /got 'ab'$/],
    [() => ({}), /got \[Function/],
    [[a], /got \[ Thing/],
    [['a'], /got \[ 'a' \]$/],
    [[[1, a]], /got \[/],
    [new Map([[1, a]]), /got Map/],
    [new Set([a]), /got Set/],
    [Promise.resolve({ a }), /got Promise/],
  ]
  for (const [answer, message] of cases) {
    const node = nodeOf(answering(answer), 'o')
    const start =
      /^\[trackable\]\(\) of 'o' must return an object of children, or pairs of name and/
    for (const act of [() => names(node), () => node.child('a')]) {
      t.throws(act, { name: 'TypeError', message })
      t.throws(act, { message: start })
    }
  }
  t.throws(() => names(nodeOf({ [trackable]: { a } }, 'o')), { message: /got \{ a: Thing/ })
  t.throws(() => names(nodeOf({ [trackable]: undefined }, 'o')), { message: /got undefined$/ })
  t.end()
})

t.test('children that cannot be saved, and two of one name, are refused', (t) => {
  const a = thing({})
  const unsavable = nodeOf(answering({ a, rate: 0.5 }), 'o')
  t.throws(() => names(unsavable), { message: /^'o\/rate' cannot be saved: .*got 0.5; numbers/ })
  t.equal(unsavable.child('a')?.identity, a, 'the others can be restored')
  t.throws(() => unsavable.child('rate'), { message: /^'o\/rate' cannot be saved/ })
  t.throws(() => names(nodeOf(answering({ a: undefined }), 'o')), { message: /^'o\/a' cannot/ })
  const twice = answering([
    ['a', a],
    ['a', a],
  ])
  t.throws(() => names(nodeOf(twice, 'o')), new TypeError("'o' names two children 'a'"))
  t.end()
})

t.test('one node asks for its children once when they are restored, a renewed one again', (t) => {
  let asked = 0
  const all = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`c${String(i)}`, thing({})]),
  )
  const object = {
    [trackable]: () => {
      asked++
      return { ...all }
    },
  }
  const node = nodeOf(object, 'o')
  for (const name of Object.keys(all)) t.equal(node.child(name)?.identity, all[name])
  t.equal(asked, 1)
  delete all['c0']
  t.equal(node.renewed?.().child('c0'), undefined)
  t.equal(asked, 2)
  t.end()
})

t.test('an object may have children and a state', (t) => {
  const a = thing({})
  const object = { [trackable]: () => ({ a }), serialize: () => 'x', deserialize: () => undefined }
  const node = nodeOf(object, 'o')
  t.strictSame(names(node), ['a'])
  const [value] = node.values()
  t.equal(value?.attribute, 'py_state')
  const plain = nodeOf({ serialize: () => 'x', deserialize: () => undefined, a }, 'o')
  t.strictSame(names(plain), [], 'what is no plain object any more names its children')
  t.equal([...plain.values()].length, 1)
  t.end()
})
