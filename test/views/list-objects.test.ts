import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  listObjects,
  NumpyState,
  openCheckpointSync,
  Trackable,
  Variable,
  zeros,
} from '../../lib/index.js'
import { Momentum, same } from './trees'

t.test('objects are listed breadth-first, each once, as they are numbered in a save', (t) => {
  class Model extends Trackable {
    readonly bias = new Variable(0)
    readonly layers = [new Variable(1), { deep: new Variable(2) }] as const
    name = 'model'
  }
  const model = new Model()
  const again = { model, up: undefined as unknown }
  const checkpoint = new Checkpoint({ model, again })
  again.up = checkpoint
  const { bias, layers } = model
  const wanted = [checkpoint, again, model, bias, layers, layers[0], layers[1], layers[1].deep]
  same(t, listObjects(checkpoint), wanted)

  const path = checkpoint.writeSync(join(t.testdir(), 'x'))
  const nodes = openCheckpointSync(path).objectGraph?.nodes ?? []
  t.strictSame(
    nodes.map(({ attributes }) => attributes.length > 0),
    wanted.map((object) => object instanceof Variable),
  )
  t.end()
})

t.test('the arrays of a state are the very ones that were set', (t) => {
  const state = new NumpyState()
  const shared = new Float32Array(2)
  const parts = { data: new Int8Array(4), shape: [2, 2] }
  Object.assign(state, { a: shared, b: zeros([2]), c: parts, d: shared })
  same(t, listObjects({ state }).slice(1), [state, shared, state['b'] as object, parts, shared])
  t.end()
})

t.test('a restored typed array is listed as the one that the program gets', async (t) => {
  const state = new NumpyState()
  state['x'] = Int32Array.of(1, 2)
  const checkpoint = new Checkpoint({ state })
  const path = await checkpoint.write(join(t.testdir(), 'x'))
  await checkpoint.read(path)
  const [, , listed] = listObjects(checkpoint)
  t.strictSame(listed, Int32Array.of(1, 2))
  t.equal(listed, state['x'])
})

t.test('the save counter is listed once there is one, and listing makes none', async (t) => {
  const checkpoint = new Checkpoint({ state: new NumpyState() })
  same(t, listObjects(checkpoint), [checkpoint, checkpoint.state])
  await checkpoint.save(join(t.testdir(), 'ckpt'))
  const [root, state, counter] = listObjects(checkpoint)
  same(t, [root, state] as object[], [checkpoint, checkpoint.state])
  t.ok(counter instanceof Variable)
  t.match(counter, { dtype: 'int64', shape: [], value: 1 })
  t.equal(listObjects(checkpoint)[2], counter)
})

t.test('a Checkpoint with a root is that root', (t) => {
  const root = new Trackable()
  const extra = new Variable(1)
  same(t, listObjects(new Checkpoint({ root, extra })), [root, extra])
  t.end()
})

t.test('slot variables come last, in the order of optimizers and variables', (t) => {
  const [first, second, other] = [new Momentum(), new Momentum(), new Momentum()]
  const [a, b, foreign] = [new Variable(1), new Variable(2), new Variable(3)]
  const slots = [first.follow(a), first.follow(b), second.follow(a)]
  first.follow(foreign)
  const root = { b, first, a, second, other }
  same(t, listObjects(root), [
    ...[root, b, first, a, second, other, first.rate, second.rate, other.rate],
    ...[slots[1], slots[0], slots[2]].filter((slot) => slot !== undefined),
  ])
  t.end()
})

t.test('what cannot be saved cannot be listed', (t) => {
  for (const root of [undefined, null, 3, 'text', new Map(), new Float32Array(1), zeros([1])]) {
    t.throws(() => listObjects(root as object), { name: 'TypeError', message: /^'root' cannot/ })
  }
  t.throws(() => listObjects({ a: { b: 1 } }), { name: 'TypeError', message: /^'root\/a\/b' / })
  t.end()
})
