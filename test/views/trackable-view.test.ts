import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  NumpyState,
  Trackable,
  TrackableView,
  Variable,
  zeros,
} from '../../lib/index.js'
import { Momentum, same } from './trees'

t.test('children are told by name, objects as the program holds them', (t) => {
  class Model extends Trackable {
    readonly b = new Variable(1)
    readonly a = { list: [new Variable(2)] }
    readonly state = new NumpyState()
    scale = 3
  }
  const model = new Model()
  const view = new TrackableView(model)
  t.equal(view.root, model)
  const children = view.children(model)
  t.strictSame(Object.keys(children), ['b', 'a', 'state'])
  same(t, Object.values(children), [model.b, model.a, model.state])
  t.strictSame(view.children(model.a), { __proto__: null, list: model.a.list })
  t.equal(view.children(model.a.list)['0'], model.a.list[0])
  t.strictSame(Object.keys(view.children(model.b)), [])
  t.strictSame(Object.keys(view.children(model.state)), [])
  const x = Float32Array.of(1)
  model.state['x'] = x
  t.equal(view.children(model.state)['x'], x, 'it looks again at each call')
  t.end()
})

t.test('any name is a name', (t) => {
  const state = new NumpyState()
  const names = ['__proto__', 'constructor', 'a/b', '']
  for (const name of names) state[name] = zeros([1])
  const children = new TrackableView(state).children(state)
  t.strictSame(Object.keys(children), names)
  t.equal(Object.getPrototypeOf(children), null)
  t.end()
})

t.test('an array has no children, whatever kind of array', (t) => {
  const view = new TrackableView({})
  const parts = { data: new Int8Array(2), shape: [2] }
  for (const array of [zeros([2]), new Float32Array(2), parts]) {
    t.strictSame(Object.keys(view.children(array)), [])
  }
  const [data, shape] = [new Variable(1), new Variable(2)]
  same(t, Object.values(view.children({ data, shape })), [data, shape])
  t.throws(() => view.children(new Map()), {
    name: 'TypeError',
    message: /^'object' cannot be saved/,
  })
  t.end()
})

t.test('descendants come breadth-first, each once; slot variables are none', (t) => {
  const optimizer = new Momentum()
  const [a, b] = [new Variable(1), new Variable(2)]
  optimizer.follow(a)
  const inner: Record<string, object> = { b, a }
  const root = { inner, optimizer, a }
  inner['up'] = root
  same(t, new TrackableView(root).descendants(), [root, inner, optimizer, a, b, optimizer.rate])
  t.end()
})

t.test('the save counter is a child once there is one', async (t) => {
  const checkpoint = new Checkpoint()
  const view = new TrackableView(checkpoint)
  same(t, view.descendants(), [checkpoint])
  await checkpoint.save(join(t.testdir(), 'ckpt'))
  const { save_counter: counter } = view.children(checkpoint)
  t.match(counter, { value: 1, dtype: 'int64' })
  same(t, view.descendants(), [checkpoint, counter as object])
})

t.test('a long chain is no deep recursion', (t) => {
  let root: object = {}
  for (let i = 0; i < 5000; i++) root = { n: root }
  t.equal(new TrackableView(root).descendants().length, 5001)
  t.end()
})

t.test('what cannot be saved is refused', (t) => {
  for (const root of [undefined, 3, new Map(), zeros([1])] as object[]) {
    t.throws(() => new TrackableView(root), { name: 'TypeError', message: /^'root' cannot/ })
  }
  t.throws(() => new TrackableView({ a: 1 }).descendants(), { message: /^'root\/a' cannot/ })
  t.end()
})
