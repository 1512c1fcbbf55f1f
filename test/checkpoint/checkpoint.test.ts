import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import {
  Checkpoint,
  listVariables,
  NumpyState,
  openCheckpoint,
  openCheckpointSync,
  RestoreStatus,
  zeros,
  type NdArray,
} from '../../lib/index.js'
import { emptyState, filesIn, stateOf } from './files'

t.test('the example of the documentation', async (t) => {
  const dir = t.testdir()
  const arrays = new NumpyState<{ x: NdArray }>()
  const checkpoint = new Checkpoint({ numpy_arrays: arrays })
  arrays.x = zeros([3, 4])
  const path = await checkpoint.save(join(dir, 'ckpt'))
  t.equal(path, join(dir, 'ckpt-1'))
  arrays.x.set(1, 1, 4)
  await checkpoint.restore(path)
  t.equal(arrays.x.get(1, 1), 0)
  const second = new Checkpoint({ numpy_arrays: emptyState() })
  await second.restore(path)
  t.strictSame(second.numpy_arrays['x']?.shape, [3, 4])
})

t.test('children are properties, in the order of their names', (t) => {
  const [b, a, é, A] = [new NumpyState(), {}, [], new Checkpoint()]
  const checkpoint = new Checkpoint({ é, b, a, A })
  t.strictSame(Object.keys(checkpoint), ['A', 'a', 'b', 'é'])
  t.equal(checkpoint.b, b)
  t.equal(checkpoint.A, A)
  t.equal(checkpoint.constructor, Checkpoint)
  t.equal(Checkpoint.name, 'Checkpoint')
  t.ok(checkpoint instanceof Checkpoint)
  t.end()
})

t.test(
  'a root has its own children first, then those of the Checkpoint, itself among them',
  (t) => {
    const model = { x: new NumpyState(), b: {} }
    const checkpoint = new Checkpoint({ z: {}, root: model, a: {} })
    const reader = openCheckpointSync(checkpoint.saveSync(join(t.testdir(), 'ckpt')))
    t.strictSame(
      reader.objectGraph?.nodes[0]?.children.map(({ localName, nodeId }) => [localName, nodeId]),
      [
        ['x', 1],
        ['b', 2],
        ['a', 3],
        ['root', 0],
        ['z', 4],
        ['save_counter', 5],
      ],
      'as TensorFlow numbers them',
    )
    t.end()
  },
)

t.test('children that cannot be saved are refused by name', (t) => {
  const make = (children: unknown) => () => new Checkpoint(children as object)
  t.throws(make({ lr: 0.1 }), {
    name: 'TypeError',
    message: /^'lr' cannot be saved: .* got 0.1; numbers are saved in a Variable$/,
  })
  t.throws(make({ w: zeros([2]) }), { message: /^'w' .* arrays are saved as properties of a Num/ })
  t.throws(make(null), new TypeError('children must be an object, got null'))
  t.throws(make('x'), new TypeError("children must be an object, got 'x'"))
  for (const name of ['save', 'restoreSync', 'saveCounter', 'save_counter', 'constructor']) {
    const message = `a child of a Checkpoint cannot be named '${name}'; choose another name`
    t.throws(make({ [name]: new NumpyState() }), new TypeError(message))
  }
  t.end()
})

t.test('children may be added, replaced and removed later', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint<Record<string, object>>()
  const path = join(dir, 'ckpt')
  const keys = async (): Promise<string[]> => {
    const reader = await openCheckpoint(await checkpoint.write(path))
    return reader.variables().map(({ key }) => key.replace('/.ATTRIBUTES/py_state', ''))
  }
  t.strictSame(await keys(), ['_CHECKPOINTABLE_OBJECT_GRAPH'])
  checkpoint['late'] = stateOf({ x: zeros([1]) })
  t.strictSame(await keys(), ['_CHECKPOINTABLE_OBJECT_GRAPH', 'late/x'])
  checkpoint['late'] = stateOf({ y: zeros([1]) })
  t.strictSame(await keys(), ['_CHECKPOINTABLE_OBJECT_GRAPH', 'late/y'])
  delete checkpoint['late']
  t.strictSame(await keys(), ['_CHECKPOINTABLE_OBJECT_GRAPH'])
  t.throws(
    () => {
      checkpoint['note'] = 'text' as unknown as object
    },
    { name: 'TypeError', message: /^'note' cannot be saved/ },
  )
  t.notOk('note' in checkpoint)
  checkpoint['list'] = ['text']
  await t.rejects(keys(), { name: 'TypeError', message: /^'list\/0' cannot be saved/ })
  t.strictSame(listVariables(path).length, 1, 'what was there stays')
})

t.test('children nest: checkpoints, objects, arrays, shared ones and cycles', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  const make = (value: number) => {
    const shared = stateOf({ s: zeros([1]) })
    shared['s'] = Float64Array.of(value)
    const inner = new Checkpoint<Record<string, object>>({ state: stateOf({}) })
    const list = [shared, { deeper: stateOf({ d: Float64Array.of(value + 1) }) }]
    inner['up'] = inner
    const outer = new Checkpoint({ inner, list, shared, empty: {} })
    return { outer, inner, shared, list }
  }
  const saved = make(5)
  await saved.outer.write(path)
  const fresh = make(0)
  await fresh.outer.read(path)
  t.strictSame(fresh.shared['s'], Float64Array.of(5))
  t.equal(fresh.outer.list[0], fresh.shared)
  const reader = await openCheckpoint(path)
  const keys = reader.variables().map(({ key }) => key)
  t.strictSame(keys, [
    '_CHECKPOINTABLE_OBJECT_GRAPH',
    'list/1/deeper/d/.ATTRIBUTES/py_state',
    'shared/s/.ATTRIBUTES/py_state',
  ])
})

t.test('a nested checkpoint keeps its own counter', async (t) => {
  const dir = t.testdir()
  const inner = new Checkpoint()
  const outer = new Checkpoint({ inner })
  await inner.save(join(dir, 'inner'))
  await inner.save(join(dir, 'inner'))
  const path = await outer.save(join(dir, 'outer'))
  t.equal(path, join(dir, 'outer-1'))
  const restored = new Checkpoint({ inner: new Checkpoint() })
  await restored.restore(path)
  t.equal(restored.saveCounter, 1)
  t.equal(restored.inner.saveCounter, 2)
})

t.test('numbers go up, and on from what was restored', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint({ state: stateOf({ x: zeros([1]) }) })
  t.equal(checkpoint.saveCounter, 0)
  t.equal(await checkpoint.save(join(dir, 'a')), join(dir, 'a-1'))
  t.equal(checkpoint.saveCounter, 1)
  t.equal(await checkpoint.save(join(dir, 'b')), join(dir, 'b-2'))
  t.equal(checkpoint.saveSync(join(dir, 'a')), join(dir, 'a-3'))
  await checkpoint.restore(join(dir, 'b-2'))
  t.equal(checkpoint.saveCounter, 2)
  const other = new Checkpoint()
  await other.restore(join(dir, 'a-3'))
  t.equal(await other.save(join(dir, 'c')), join(dir, 'c-4'))
  t.throws(() => {
    ;(checkpoint as { saveCounter: number }).saveCounter = 9
  }, TypeError)
})

t.test('write numbers nothing and leaves the state file alone', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint({ state: stateOf({ x: zeros([1]) }) })
  t.equal(await checkpoint.write(join(dir, 'w')), join(dir, 'w'))
  t.equal(checkpoint.writeSync(join(dir, 'v')), join(dir, 'v'))
  t.equal(checkpoint.saveCounter, 0)
  const names = ['v.data-00000-of-00001', 'v.index', 'w.data-00000-of-00001', 'w.index']
  t.strictSame(filesIn(dir), names)
  const reader = await openCheckpoint(join(dir, 'w'))
  t.notOk(reader.has('save_counter/.ATTRIBUTES/VARIABLE_VALUE'))
})

t.test('restore creates the counter, read does not', async (t) => {
  const dir = t.testdir()
  const hasCounter = async (checkpoint: Checkpoint): Promise<boolean> => {
    const reader = await openCheckpoint(await checkpoint.write(join(dir, 'probe')))
    return reader.has('save_counter/.ATTRIBUTES/VARIABLE_VALUE')
  }
  const path = await new Checkpoint().write(join(dir, 'w'))
  const [a, b] = [new Checkpoint(), new Checkpoint()]
  await a.read(path)
  t.notOk(await hasCounter(a))
  await b.restore(path)
  t.ok(await hasCounter(b))
  const c = new Checkpoint()
  await c.restore(null)
  t.ok(await hasCounter(c))
})

t.test('null restores nothing, and says so', async (t) => {
  const state = stateOf({ x: zeros([1]) })
  const { x } = state
  const checkpoint = new Checkpoint({ state })
  const status = await checkpoint.restore(null)
  t.ok(status instanceof RestoreStatus)
  t.match(status, { path: null, restored: 0 })
  t.match(checkpoint.restoreSync(null), { path: null, restored: 0 })
  t.match(await checkpoint.read(null), { path: null })
  t.match(checkpoint.readSync(null), { path: null })
  t.equal(state['x'], x)
})

t.test('the status tells how much was restored', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint({ state: stateOf({ x: zeros([1]), y: zeros([1]) }) })
  const path = await checkpoint.save(join(dir, 'ckpt'))
  t.match(await checkpoint.restore(path), { path, restored: 3 })
  t.match(await new Checkpoint().restore(path), { path, restored: 1 })
})

t.test('the blocking twins do the same', (t) => {
  const dir = t.testdir()
  const state = stateOf({ x: Float64Array.of(1) })
  const checkpoint = new Checkpoint({ state })
  const path = checkpoint.saveSync(join(dir, 'ckpt'))
  state['x'] = Float64Array.of(2)
  t.match(checkpoint.restoreSync(path), { path, restored: 2 })
  t.strictSame(state['x'], Float64Array.of(1))
  state['x'] = Float64Array.of(2)
  checkpoint.readSync(path)
  t.strictSame(state['x'], Float64Array.of(1))
  t.strictSame(filesIn(dir), ['checkpoint', 'ckpt-1.data-00000-of-00001', 'ckpt-1.index'])
  t.end()
})

t.test('a file URL is a path', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint()
  const path = await checkpoint.save(pathToFileURL(join(dir, 'a b')))
  t.equal(path, join(dir, 'a b-1'))
  t.match(await checkpoint.restore(pathToFileURL(path)), { path })
})

t.test('promise functions never throw in the call', async (t) => {
  const checkpoint = new Checkpoint()
  const bad = 3 as unknown as string
  const calls = [
    checkpoint.save(bad),
    checkpoint.write(bad),
    checkpoint.restore(bad),
    checkpoint.read(undefined as unknown as string),
    checkpoint.save('x', null as never),
  ]
  for (const call of calls) await t.rejects(Promise.resolve<unknown>(call), { name: 'TypeError' })
  t.throws(
    () => checkpoint.saveSync(bad),
    new TypeError('prefix must be a string or a file URL, got 3'),
  )
  t.throws(
    () => checkpoint.restoreSync(bad),
    new TypeError('path must be a string or a file URL, got 3'),
  )
  t.notOk(existsSync('x-1.index'))
})

t.test('the directory of a SavedModel is restored as its values', async (t) => {
  const dir = t.testdir({ 'saved_model.pb': '' })
  const prefix = join(dir, 'variables/variables')
  await new Checkpoint({ arrays: stateOf({ x: zeros([2]) }) }).write(prefix)
  for (const where of [dir, pathToFileURL(dir)]) {
    for (const manner of ['restore', 'restoreSync', 'read', 'readSync'] as const) {
      const arrays = emptyState()
      const status = await new Checkpoint({ arrays })[manner](where)
      t.equal(status.path, prefix, manner)
      t.strictSame(arrays['x']?.shape, [2], manner)
    }
  }
  const start = process.cwd()
  t.teardown(() => {
    process.chdir(start)
  })
  process.chdir(join(dir, '..'))
  const name = basename(dir)
  const reading = new Checkpoint({ arrays: emptyState() }).read(`${name}/`)
  process.chdir(start)
  t.equal((await reading).path, `${name}/variables/variables`, 'relative as it was given')
})

t.test('a path that is nearly right is told', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint()
  const latest = await checkpoint.save(join(dir, 'run/ckpt'))
  const cases: [path: string, message: RegExp][] = [
    ['run', /'.*run': it is a directory; its latest checkpoint, .*, is '.*run\/ckpt-1'$/],
    ['run/', /'.*run': it is a directory; its latest/],
    ['run/ckpt', /there is no file '.*ckpt\.index', but there is '.*run\/ckpt-1' \(/],
  ]
  for (const [path, message] of cases) {
    for (const manner of ['restore', 'restoreSync', 'read', 'readSync'] as const) {
      const restoring = async (): Promise<unknown> => checkpoint[manner](join(dir, path))
      await t.rejects(restoring, { code: 'CKPT_NOT_FOUND', message }, `${manner} ${path}`)
    }
  }
  await checkpoint.restore(latest)
})
