import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import {
  Checkpoint,
  NumpyState,
  splitDependency,
  trackable,
  Variable,
  zeros,
} from '../../lib/index.js'
import { stateOf } from './files'

/** A checkpoint of two arrays and a step. */
function setUp(dir: string): string {
  const arrays = stateOf({ a: zeros([2, 3]), b: zeros([4], 'int32') })
  return new Checkpoint({ arrays, step: new Variable(1, 'int64') }).saveSync(join(dir, 'ckpt'))
}

t.test('a status of all that was saved', (t) => {
  const path = setUp(t.testdir())
  const objects = new Checkpoint({ arrays: new NumpyState(), step: new Variable(0, 'int64') })
  const status = objects.restoreSync(path)
  t.equal(status.path, path)
  t.equal(status.restored, 4)
  t.strictSame(status.matched, [
    { key: 'step/.ATTRIBUTES/VARIABLE_VALUE', dtype: 'int64', shape: [] },
    { key: 'save_counter/.ATTRIBUTES/VARIABLE_VALUE', dtype: 'int64', shape: [] },
    { key: 'arrays/a/.ATTRIBUTES/py_state', dtype: 'float64', shape: [2, 3] },
    { key: 'arrays/b/.ATTRIBUTES/py_state', dtype: 'int32', shape: [4] },
  ])
  t.strictSame(status.missingInProgram, [])
  t.strictSame(status.missingInCheckpoint, [])
  t.equal(status.assertConsumed().assertExistingObjectsMatched(), status)
  t.equal(status.assertNontrivialMatch().expectPartial(), status)
  t.end()
})

t.test('what the program lacks is listed with dtype and shape', (t) => {
  const path = setUp(t.testdir())
  const status = new Checkpoint({ step: new Variable(0, 'int64') }).restoreSync(path)
  t.strictSame(status.missingInProgram, [
    { key: 'arrays/a/.ATTRIBUTES/py_state', dtype: 'float64', shape: [2, 3] },
    { key: 'arrays/b/.ATTRIBUTES/py_state', dtype: 'int32', shape: [4] },
  ])
  t.strictSame(status.missingInCheckpoint, [])
  t.equal(status.assertExistingObjectsMatched().assertNontrivialMatch(), status)
  t.throws(() => status.assertConsumed(), {
    code: 'CKPT_MISMATCH',
    message: `checkpoint '${path}' has 'arrays/a/.ATTRIBUTES/py_state' (float64 [2, 3]), 'arrays/b/.ATTRIBUTES/py_state' (int32 [4]), which no object of the program took`,
    details: { key: 'arrays/a/.ATTRIBUTES/py_state', expected: 'nothing', found: 'float64 [2, 3]' },
  })
  t.match(inspect(status), /RestoreStatus \{[^]*restored: 2,[^]*missingInProgram: \[[^]*int32/)
  t.end()
})

t.test('what the checkpoint lacks is listed, as it is at that time', (t) => {
  const path = setUp(t.testdir())
  const arrays = stateOf({ mine: zeros([7]) })
  const objects = new Checkpoint<Record<string, unknown>>({ arrays })
  const status = objects.restoreSync(path)
  const mine = { key: 'arrays/mine/.ATTRIBUTES/py_state', dtype: 'float64', shape: [7] }
  t.strictSame(status.missingInCheckpoint, [mine])
  const message =
    /lacks 'arrays\/mine\/\.ATTRIBUTES\/py_state' \(float64 \[7\]\), which the program has/
  t.throws(() => status.assertExistingObjectsMatched(), { code: 'CKPT_MISMATCH', message })
  delete arrays['mine']
  t.equal(status.assertExistingObjectsMatched(), status)
  objects['rate'] = new Variable(0.5)
  t.match(status.missingInCheckpoint, [{ key: 'rate/.ATTRIBUTES/VARIABLE_VALUE' }])
  t.throws(() => status.assertConsumed(), /has 'step/, 'that is told first')
  objects['step'] = new Variable(0, 'int64')
  t.throws(() => status.assertConsumed(), /lacks 'rate/)
  delete objects['rate']
  t.equal(status.assertConsumed(), status)
  t.end()
})

t.test('a match of nothing but the root is trivial', (t) => {
  const path = setUp(t.testdir())
  const other = new Checkpoint({ weights: new NumpyState() })
  const status = other.readSync(path)
  t.throws(() => status.assertNontrivialMatch(), { code: 'CKPT_MISMATCH', message: /other names/ })
  t.end()
})

t.test('without a path nothing can be asserted', (t) => {
  const status = new Checkpoint().restoreSync(null)
  t.match(status, { path: null, restored: 0 })
  t.strictSame([status.matched, status.missingInProgram, status.missingInCheckpoint], [[], [], []])
  for (const name of ['Consumed', 'ExistingObjectsMatched', 'NontrivialMatch'] as const) {
    t.throws(() => status[`assert${name}`](), { code: 'CKPT_MISMATCH', message: /path was null/ })
  }
  t.equal(status.expectPartial(), status)
  t.throws(() => status.runRestoreOps(), { code: 'CKPT_MISMATCH', message: /path was null/ })
  t.equal(status.initializeOrRestore(), status, 'a program that begins, or goes on')
  t.end()
})

t.test('what came unnoticed is filled by runRestoreOps', (t) => {
  const path = join(t.testdir(), 'x')
  const tree = { list: [new Variable(1), { deep: [new Variable(2)] }], named: new Variable(3) }
  new Checkpoint({ tree }).writeSync(path)
  const children: Record<string, object> = {}
  const list: object[] = []
  const program = { [trackable]: () => ({ list, ...children }) }
  const status = new Checkpoint({ tree: program }).readSync(path)
  const [first, late, named] = [new Variable(0), new Variable(0), new Variable(0)]
  list.push(first)
  children['named'] = named
  t.equal(status.restored, 0)
  t.equal(status.runRestoreOps(), status)
  t.strictSame([first.value, named.value], [1, 3])
  first.value = 7
  const deep: object[] = []
  list.push({ deep })
  status.runRestoreOps()
  deep.push(late)
  t.equal(late.value, 0)
  t.equal(status.initializeOrRestore(), status)
  t.equal(late.value, 2)
  status.assertConsumed().runRestoreOps()
  t.equal(first.value, 7, 'what was filled is not filled again')
  t.end()
})

t.test('runRestoreOps goes on with what comes by filling', (t) => {
  const path = join(t.testdir(), 'x')
  const state = { serialize: () => 'x', deserialize: () => undefined }
  new Checkpoint({ list: [state, new Variable(1)] }).writeSync(path)
  const list: object[] = []
  const status = new Checkpoint({ list }).readSync(path)
  const second = new Variable(0)
  list.push({ ...state, deserialize: () => list.push(second) })
  status.runRestoreOps().assertConsumed()
  t.equal(second.value, 1)
  t.end()
})

t.test('runRestoreOps stops at what does not fit, which is still awaited', (t) => {
  const path = join(t.testdir(), 'x')
  new Checkpoint({ list: [new Variable(1), new Variable(2), new Variable(3)] }).writeSync(path)
  const list: object[] = []
  const status = new Checkpoint({ list }).readSync(path)
  const [first, last] = [new Variable(0), new Variable(0)]
  list.push(first, new Variable(zeros([2])), last)
  t.throws(() => status.runRestoreOps(), { code: 'CKPT_MISMATCH', details: { key: /list\/1/ } })
  t.strictSame([first.value, last.value], [1, 0])
  const fitting = new Variable(0)
  list[1] = fitting
  status.runRestoreOps().assertConsumed()
  t.strictSame([fitting.value, last.value], [2, 3])
  t.end()
})

t.test('values that belong together are filled when all of them are there', (t) => {
  const path = join(t.testdir(), 'x')
  new Checkpoint({ list: [new Variable(1), new Variable(2)] }).writeSync(path)
  const taken: unknown[] = []
  const { a, b } = splitDependency(
    ['a', 'b'],
    ['float64', 'float64'],
    () => ({ a: zeros([]), b: zeros([]) }),
    (values) => taken.push(values.a.get(), values.b.get()),
  )
  const list: object[] = []
  const status = new Checkpoint({ list }).readSync(path)
  list.push(a)
  status.runRestoreOps()
  t.strictSame(taken, [])
  list.push(b)
  status.runRestoreOps().assertConsumed()
  t.strictSame(taken, [1, 2])
  t.end()
})

t.test('what write wrote is consumed by restore: the save counter is not missed', (t) => {
  const path = join(t.testdir(), 'x')
  new Checkpoint({ step: new Variable(1) }).writeSync(path)
  const objects = new Checkpoint({ step: new Variable(0) })
  objects.restoreSync(path).assertConsumed()
  objects.readSync(path).assertConsumed()
  t.equal(objects.step.value, 1)
  t.end()
})

t.test('many missing values are counted', (t) => {
  const path = join(t.testdir(), 'x')
  const arrays = Object.fromEntries(
    Array.from({ length: 15 }, (_, i) => [`a${String(i)}`, zeros([])]),
  )
  new Checkpoint({ arrays: stateOf(arrays) }).writeSync(path)
  const status = new Checkpoint().readSync(path)
  t.equal(status.missingInProgram.length, 15)
  t.throws(() => status.assertConsumed(), / and 5 more, which no object/)
  t.end()
})

t.test('it is shown also when the program holds what cannot be saved', (t) => {
  const path = setUp(t.testdir())
  const objects = new Checkpoint<Record<string, unknown>>({ list: [] })
  const status = objects.restoreSync(path)
  objects['list'] = ['text']
  t.throws(() => status.missingInCheckpoint, { name: 'TypeError', message: /^'list\/0' cannot be/ })
  t.match(inspect(status), /missingInCheckpoint: "TypeError: 'list\/0' cannot be saved/)
  t.equal(status.missingInProgram.length, 3)
  t.end()
})
