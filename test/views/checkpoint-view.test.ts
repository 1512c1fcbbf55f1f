import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  CheckpointView,
  listObjects,
  NumpyState,
  Trackable,
  TrackableView,
  Variable,
  zeros,
  type ObjectGraph,
} from '../../lib/index.js'
import { forge, graphEntry, stringEntry } from '../attacks/forge'
import { saved } from '../checkpoint/files'
import { Momentum, same } from './trees'

class Simple extends Trackable {
  a_var = new Variable(5)
  b_var = new Variable(4)
  vars = [new Variable(1), new Variable(2)] as const
  leaf?: Leaf
  leaf2?: Leaf
}

class Leaf extends Simple {
  leaf3 = new Variable(6)
  leaf4 = new Variable(7)
}

/** What the documentation of `tf.train.CheckpointView` saves, with the numbers that it shows. */
async function example(directory: string): Promise<CheckpointView> {
  const root = new Simple()
  root.leaf = new Leaf()
  return new CheckpointView(await new Checkpoint({ root }).save(join(directory, 'tf_ckpts')))
}

t.test('the example of TensorFlow: children and descendants', async (t) => {
  const view = await example(t.testdir())
  t.strictSame(Object.entries(view.children(0)), [
    ['a_var', 1],
    ['b_var', 2],
    ['vars', 3],
    ['leaf', 4],
    ['root', 0],
    ['save_counter', 5],
  ])
  t.strictSame({ ...view.children(3) }, { 0: 6, 1: 7 })
  t.strictSame({ ...view.children(1) }, {})
  t.strictSame(
    view.descendants(),
    Array.from({ length: 15 }, (_, id) => id),
  )
})

t.test('the example of TensorFlow: match and diff', async (t) => {
  const view = await example(t.testdir())
  const root = new Simple()
  const leaf2 = new Leaf()
  root.leaf2 = leaf2
  const matched = view.match(root)
  t.strictSame([...matched.keys()], [0, 1, 2, 3, 6, 7])
  same(t, [...matched.values()], [root, root.a_var, root.b_var, root.vars, ...root.vars])
  const diff = view.diff(root)
  t.strictSame([...diff.matched.keys()], [...matched.keys()])
  same(t, [...diff.matched.values()], [...matched.values()])
  t.strictSame(diff.onlyInCheckpoint, [4, 5, 8, 9, 10, 11, 12, 13, 14])
  const { a_var, b_var, vars, leaf3, leaf4 } = leaf2
  same(t, diff.onlyInObject, [leaf2, a_var, b_var, vars, leaf3, leaf4, ...vars])
})

t.test('the same program matches all, object by object', async (t) => {
  const state = new NumpyState()
  Object.assign(state, { x: zeros([2]), 'a/b': new Float32Array(1) })
  const checkpoint = new Checkpoint({ state, list: [new Variable(1)] })
  const view = new CheckpointView(await checkpoint.save(join(t.testdir(), 'ckpt')))
  const { matched, onlyInCheckpoint, onlyInObject } = view.diff(checkpoint)
  t.strictSame([...matched.keys()], view.descendants())
  same(t, [...matched.values()], listObjects(checkpoint))
  t.strictSame([onlyInCheckpoint, onlyInObject], [[], []])
})

t.test('looking changes nothing: what a restore would create is no match', async (t) => {
  const path = await saved(join(t.testdir(), 'ckpt'), { x: zeros([2]), y: zeros([1]) })
  const arrays = new NumpyState()
  const late = new Trackable()
  const checkpoint = new Checkpoint({ arrays, late })
  const view = new CheckpointView(path)
  const names = new Map(Object.entries(view.children(0)))
  const id = names.get('arrays') ?? -1
  for (let i = 0; i < 2; i++) {
    const { matched, onlyInCheckpoint, onlyInObject } = view.diff(checkpoint)
    t.strictSame([...matched.keys()], [0, id])
    t.strictSame(onlyInCheckpoint, [names.get('save_counter'), ...Object.values(view.children(id))])
    same(t, onlyInObject, [late])
  }
  t.strictSame(Object.keys(arrays), [])
  t.equal(new TrackableView(checkpoint).descendants().length, 3, 'no save counter was made')
  arrays['y'] = Int8Array.of(1)
  t.equal(view.match(checkpoint).get(view.children(id)['y'] ?? -1), arrays['y'])
  await checkpoint.restore(path)
  t.strictSame(Object.keys(arrays), ['y', 'x'])
  same(t, view.diff(checkpoint).onlyInObject, [late])
})

t.test('slot variables are not compared', (t) => {
  const [optimizer, w] = [new Momentum(), new Variable(1)]
  optimizer.follow(w)
  const checkpoint = new Checkpoint({ optimizer, w })
  const view = new CheckpointView(checkpoint.writeSync(join(t.testdir(), 'x')))
  t.equal(view.objectGraph.nodes.length, 5)
  t.strictSame(view.descendants(), [0, 1, 2, 3])
  const { matched, onlyInCheckpoint, onlyInObject } = view.diff(new Checkpoint({ w }))
  t.strictSame([...matched.keys()], [0, 2])
  t.strictSame([onlyInCheckpoint, onlyInObject], [[1, 3], []])
  t.end()
})

const node = (...edges: [name: string, id: number][]): ObjectGraph['nodes'][number] => ({
  children: edges.map(([localName, nodeId]) => ({ localName, nodeId })),
  attributes: [],
  slotVariables: [],
})

const viewOf = (directory: string, ...nodes: ObjectGraph['nodes'][number][]): CheckpointView =>
  new CheckpointView(forge(join(directory, 'x'), { entries: [graphEntry({ nodes })] }))

t.test('of two ways to an object the first one found counts, on both sides', (t) => {
  const view = viewOf(t.testdir(), node(['a', 1], ['b', 1]), node(['x', 2], ['up', 0]), node())
  const [a, b] = [{ x: new Variable(1) }, { x: new Variable(2) }]
  const { matched, onlyInObject } = view.diff({ b, a })
  same(t, [...matched.values()].slice(1), [a, a.x])
  same(t, onlyInObject, [b, b.x])
  t.end()
})

t.test('one object may be that of several saved ones, and cycles end', (t) => {
  const ring = Array.from({ length: 50 }, (_, i) => node(['next', (i + 2) % 51]))
  const view = viewOf(t.testdir(), node(['next', 1]), ...ring)
  const root: Record<string, object> = {}
  root['next'] = root
  const { matched, onlyInCheckpoint, onlyInObject } = view.diff(root)
  t.equal(matched.size, 51)
  t.ok([...matched.values()].every((object) => object === root))
  t.strictSame([onlyInCheckpoint, onlyInObject], [[], []])
  t.end()
})

t.test('of two edges of one name the last counts, at the place of the first', (t) => {
  const view = viewOf(t.testdir(), node(['a', 1], ['b', 2], ['a', 3]), node(), node(), node())
  t.strictSame(Object.entries(view.children(0)), [
    ['a', 3],
    ['b', 2],
  ])
  t.strictSame(view.descendants(), [0, 1, 2, 3])
  t.strictSame([...view.match({ a: {} }).keys()], [0, 3])
  t.end()
})

t.test('any name is a name', (t) => {
  const children = viewOf(t.testdir(), node(['__proto__', 1], ['', 2]), node(), node()).children(0)
  t.strictSame(Object.entries(children), [
    ['__proto__', 1],
    ['', 2],
  ])
  t.equal(Object.getPrototypeOf(children), null)
  t.end()
})

t.test('a graph without objects matches nothing', (t) => {
  const view = viewOf(t.testdir())
  t.strictSame(view.descendants(), [])
  const root = {}
  const { matched, onlyInObject } = view.diff(root)
  t.equal(matched.size, 0)
  same(t, onlyInObject, [root])
  t.throws(() => view.children(0), { name: 'RangeError' })
  t.end()
})

t.test('a checkpoint without objects has no view; paths are as everywhere', async (t) => {
  const directory = t.testdir()
  const byName = forge(join(directory, 'x'), { entries: [stringEntry('w', Buffer.from('v'))] })
  t.throws(() => new CheckpointView(byName), { code: 'CKPT_NOT_FOUND' })
  t.throws(() => new CheckpointView(join(directory, 'none')), { code: 'CKPT_NOT_FOUND' })
  const path = await saved(join(directory, 'ckpt'), {})
  t.equal(new CheckpointView(directory).path, path)
})

t.test('ids and objects are checked', (t) => {
  const view = viewOf(t.testdir(), node(['a', 1]), node())
  for (const id of [-1, 2, 0.5, NaN, Infinity]) {
    t.throws(() => view.children(id), { name: 'RangeError', message: /one of the 2 nodes/ })
  }
  t.throws(() => view.children('0' as never), { name: 'TypeError', message: /got '0'$/ })
  for (const object of [undefined, 3, new Map(), zeros([1])] as object[]) {
    t.throws(() => view.match(object), { name: 'TypeError', message: /^'object' cannot be saved/ })
    t.throws(() => view.diff(object), { name: 'TypeError', message: /^'object' cannot be saved/ })
  }
  t.end()
})
