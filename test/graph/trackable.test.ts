import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { TrackableNode } from '../../lib/graph/node.js'
import { nodeOf } from '../../lib/graph/trackable.js'
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
