// `new Checkpoint({ root })`: the object itself is the root of what is saved.
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  NumpyState,
  openCheckpointSync,
  Trackable,
  trackable,
  Variable,
  zeros,
  type NdArray,
} from '../../lib/index.js'
import { stateOf } from './files'

type Objects = Record<string, unknown>

const model = (properties: Objects = {}): Objects => Object.assign(new Trackable(), properties)

/** Edges of the root as `name>id`, and keys of the values. */
function layout(path: string): { edges: string; keys: string[] } {
  const reader = openCheckpointSync(path)
  const edges = reader.objectGraph?.nodes[0]?.children ?? []
  return {
    edges: edges.map(({ localName, nodeId }) => `${localName}>${String(nodeId)}`).join(' '),
    keys: reader
      .variables()
      .map(({ key }) => key.replace(/\/\.ATTRIBUTES\/\w+$/, ''))
      .filter((key) => !key.startsWith('_')),
  }
}

t.test(
  'its own children come first, then the others by name, itself among them, and the counter',
  (t) => {
    const root = model({ z: new Variable(1), a: new Variable(2) })
    const others = { opt: new Variable(3), Step: new Variable(4), root }
    const checkpoint = new Checkpoint(others)
    t.equal(checkpoint.root, root)
    const { edges, keys } = layout(checkpoint.saveSync(join(t.testdir(), 'ckpt')))
    t.equal(edges, 'z>1 a>2 Step>3 opt>4 root>0 save_counter>5')
    t.strictSame(keys, ['Step', 'a', 'opt', 'save_counter', 'z'])
    t.end()
  },
)

t.test('it may be restored as a root and as what it was', (t) => {
  const prefix = join(t.testdir(), 'ckpt')
  const path = new Checkpoint({
    root: model({ w: new Variable(5) }),
    opt: new Variable(6),
  }).saveSync(prefix)
  const asRoot = new Checkpoint({ root: model({ w: new Variable(0) }), opt: new Variable(0) })
  asRoot.restoreSync(path).assertConsumed()
  t.match(asRoot, { root: { w: { value: 5 } }, opt: { value: 6 }, saveCounter: 1 })
  const apart = new Checkpoint({ w: new Variable(0), opt: new Variable(0) })
  apart.restoreSync(path).assertConsumed()
  t.match(apart, { w: { value: 5 }, opt: { value: 6 } })
  t.equal(asRoot.saveSync(prefix), `${prefix}-2`)
  t.end()
})

t.test('any object that can be tracked is a root', (t) => {
  const prefix = join(t.testdir(), 'ckpt')
  const text = { text: 'saved', serialize: () => text.text, deserialize: () => undefined }
  const roots: [object, string, string[]][] = [
    [stateOf({ x: zeros([1]) }), 'x>1 root>0', ['x']],
    [{ a: [new Variable(1)] }, 'a>1 root>0', ['a/0']],
    [[new Variable(1)], '0>1 root>0', ['0']],
    [{ [trackable]: () => ({ v: new Variable(1) }) }, 'v>1 root>0', ['v']],
    [new Variable(3), 'root>0', ['']],
    [text, 'root>0', ['']],
  ]
  for (const [root, edges, keys] of roots) {
    t.strictSame(layout(new Checkpoint({ root }).writeSync(prefix)), { edges, keys })
  }
  t.throws(() => new Checkpoint({ root: 3 }), { name: 'TypeError', message: /^'root' cannot be/ })
  t.end()
})

t.test('values of the root itself are restored', (t) => {
  const prefix = join(t.testdir(), 'ckpt')
  const path = new Checkpoint({ root: new Variable(3), v: new Variable(4) }).writeSync(prefix)
  const [root, v] = [new Variable(0), new Variable(0)]
  new Checkpoint({ root, v }).readSync(path).assertConsumed()
  t.strictSame([root.value, v.value], [3, 4])
  const arrays = new NumpyState<{ x: NdArray }>()
  const saved = new Checkpoint({ root: stateOf({ x: Float64Array.of(7) }) }).writeSync(prefix)
  const status = new Checkpoint({ root: arrays }).readSync(saved)
  t.equal(arrays.x.get(0), 7)
  status.assertConsumed()
  t.end()
})

t.test('one name for two children is refused, at once and later', async (t) => {
  const prefix = join(t.testdir(), 'ckpt')
  const shared = new Variable(1)
  const message = "root has a child 'w' of its own; give the other one another name"
  t.throws(() => new Checkpoint({ root: model({ w: shared }), w: new Variable(2) }), {
    name: 'TypeError',
    message,
  })
  const both = new Checkpoint({ root: model({ w: shared }), w: shared })
  t.equal(layout(both.writeSync(prefix)).edges, 'w>1 root>0', 'the same one is no conflict')
  const root = model()
  const checkpoint = new Checkpoint<Objects>({ root, w: shared })
  root['w'] = new Variable(2)
  await t.rejects(checkpoint.write(prefix), new TypeError(message))
  delete root['w']
  root['v'] = shared
  checkpoint['v'] = new Variable(2)
  t.throws(() => checkpoint.writeSync(prefix), { message: /^root has a child 'v'/ })
  t.throws(() => new Checkpoint({ root: model({ root: shared }) }), { message: /child 'root'/ })
  t.end()
})

t.test('a save_counter that the root has is not overwritten', (t) => {
  const prefix = join(t.testdir(), 'ckpt')
  const message = "root has a child 'save_counter' of its own; give the other one another name"
  const counter = new Variable(5, 'int64')
  for (const root of [model({ save_counter: counter }), stateOf({ save_counter: zeros([]) })]) {
    t.throws(() => new Checkpoint({ root }), new TypeError(message))
  }
  const root = model()
  const checkpoint = new Checkpoint({ root })
  checkpoint.saveSync(prefix)
  root['save_counter'] = counter
  t.throws(() => checkpoint.saveSync(prefix), new TypeError(message))
  t.equal(counter.value, 5)
  t.end()
})

t.test('a Checkpoint as the root counts on, one below counts by itself', (t) => {
  const prefix = join(t.testdir(), 'ckpt')
  const inner = new Checkpoint({ w: new Variable(1) })
  inner.saveSync(prefix)
  const outer = new Checkpoint({ root: inner, v: new Variable(2) })
  t.equal(outer.saveCounter, 1)
  const path = outer.saveSync(prefix)
  t.equal(path, `${prefix}-2`)
  t.equal(inner.saveCounter, 2)
  t.equal(layout(path).edges, 'w>1 save_counter>2 root>0 v>3')
  t.equal(inner.saveSync(prefix), `${prefix}-3`)
  const beside = new Checkpoint({ inner })
  t.equal(beside.saveSync(join(t.testdirName, 'other')), join(t.testdirName, 'other-1'))
  t.equal(inner.saveCounter, 3)
  beside.restoreSync(join(t.testdirName, 'other-1')).assertConsumed()
  t.strictSame([beside.saveCounter, inner.saveCounter], [1, 3])
  t.end()
})

t.test('a Checkpoint and the one that it is the root of do not save at once', async (t) => {
  const prefix = join(t.testdir(), 'ckpt')
  const inner = new Checkpoint({ w: new Variable(new Float64Array(2 ** 17)) })
  const outer = new Checkpoint({ root: inner })
  const saves = [inner.save(join(prefix, 'a')), outer.save(join(prefix, 'b'))]
  await t.rejects(outer.save(prefix), { code: 'CKPT_BUSY' })
  t.strictSame(await Promise.all(saves), [join(prefix, 'a-1'), join(prefix, 'b-2')])
  t.equal(inner.saveCounter, 2)
})

t.test('what waits for the root is taken by the children beside it', (t) => {
  const prefix = join(t.testdir(), 'ckpt')
  const path = new Checkpoint({ root: model(), a: new Variable(1), b: new Variable(2) }).writeSync(
    prefix,
  )
  const root = model()
  const status = new Checkpoint({ root }).readSync(path)
  const [a, b] = [new Variable(0), new Variable(0)]
  const checkpoint = new Checkpoint<Objects>({ root, a })
  t.equal(a.value, 1, 'when it is made')
  checkpoint['b'] = b
  t.equal(b.value, 2, 'and later')
  t.strictSame(status.missingInProgram, [])
  const own = model()
  new Checkpoint({ root: own }).readSync(path)
  own['a'] = new Variable(0)
  t.match(own, { a: { value: 1 } }, 'the root may have them itself')
  t.end()
})

t.test('the root cannot be replaced or removed', (t) => {
  const root = model()
  const checkpoint = new Checkpoint<Objects>({ root })
  t.throws(() => {
    checkpoint['root'] = model()
  }, TypeError)
  t.throws(() => delete checkpoint['root'], TypeError)
  t.equal(checkpoint['root'], root)
  t.end()
})
