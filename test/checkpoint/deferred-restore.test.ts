// Objects that come after the restore take their values when they come.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bytesOf } from '../../lib/array/typed-arrays.js'
import {
  Checkpoint,
  ndarray,
  NumpyState,
  Trackable,
  Variable,
  VariableState,
  zeros,
  type AnyArrays,
  type RestoreOptions,
} from '../../lib/index.js'
import { flip, stateOf } from './files'

type Objects = Record<string, unknown>

const empty = (): Checkpoint<Objects> => new Checkpoint<Objects>()
const bag = (properties: object = {}): Objects =>
  Object.assign(new Trackable(), properties) as unknown as Objects

const write = (dir: string, name: string, objects: object): string =>
  new Checkpoint(objects).writeSync(join(dir, name))

/** Values that are found by their bytes. */
const first = Float64Array.of(Math.PI, 1)
const second = Float64Array.of(Math.E, 2)

const ACCESS: RestoreOptions[] = (['map', 'load'] as const).flatMap((mode) =>
  (['eager', 'lazy', 'off'] as const).map((verify) => ({ mode, verify })),
)

/** A model of every kind of object, its values told by a number. */
function model(value: number): Objects {
  const weights = new VariableState()
  weights['w'] = ndarray(Float64Array.of(value, Math.PI))
  const arrays = stateOf({ x: Float64Array.of(value) })
  return bag({
    weights,
    arrays,
    step: new Variable(value),
    list: [bag({ v: new Variable(value) })],
  })
}

const fresh = (): Objects =>
  bag({
    weights: new VariableState(),
    arrays: new NumpyState(),
    step: new Variable(0),
    list: [bag({ v: new Variable(0) })],
  })

const valuesOf = (objects: Objects): unknown[] => {
  const { weights, arrays, step, list } = objects as {
    weights: AnyArrays
    arrays: AnyArrays
    step: Variable
    list: { v: Variable }[]
  }
  const [w, x] = [weights['w'], arrays['x']].map((array: unknown) =>
    array === undefined ? undefined : (array as ReturnType<typeof zeros>).get(0),
  )
  return [w, x, step.value, list[0]?.v.value]
}

for (const options of ACCESS) {
  t.test(
    `whole objects and their parts, when the files are gone: ${JSON.stringify(options)}`,
    (t) => {
      const dir = t.testdir()
      const path = write(dir, 'ckpt', { model: model(3), other: new Variable(second) })
      const checkpoint = empty()
      const status = checkpoint.readSync(path, options)
      t.equal(status.restored, 0)
      rmSync(dir, { recursive: true })
      const whole = fresh()
      checkpoint['model'] = whole
      t.strictSame(valuesOf(whole), [3, 3, 3, 3])
      t.equal(status.restored, 4)
      checkpoint['other'] = new Variable(new Float64Array(2))
      t.strictSame((checkpoint['other'] as Variable).value, second)
      status.assertConsumed()
      t.end()
    },
  )
}

t.test('parts of an object that is there come one by one', (t) => {
  const path = write(t.testdir(), 'ckpt', { model: model(3) })
  const mine = bag()
  const checkpoint = new Checkpoint({ model: mine })
  const status = checkpoint.readSync(path)
  Object.assign(mine, { note: 'x', other: new Variable(1) })
  for (const [name, value] of Object.entries(fresh())) mine[name] = value
  t.strictSame(valuesOf(mine), [3, 3, 3, 3])
  t.throws(() => status.assertConsumed(), { message: /lacks 'model\/other/ })
  delete mine['other']
  status.assertConsumed()
  t.end()
})

t.test('only the first object of a name takes them', (t) => {
  const path = write(t.testdir(), 'ckpt', { v: new Variable(3) })
  const checkpoint = empty()
  checkpoint.readSync(path)
  const [one, two] = [new Variable(0), new Variable(0)]
  checkpoint['v'] = one
  checkpoint['v'] = two
  t.strictSame([one.value, two.value], [3, 0])
  delete checkpoint['v']
  checkpoint['v'] = two
  t.equal(two.value, 0, 'nothing waits any more')
  checkpoint.readSync(path)
  t.equal(two.value, 3)
  t.end()
})

t.test('the newest restore wins, older ones do not overwrite', (t) => {
  const dir = t.testdir()
  const older = write(dir, 'a', { v: new Variable(1), only: new Variable(1) })
  const newer = write(dir, 'b', { v: new Variable(2) })
  const checkpoint = empty()
  checkpoint.readSync(older)
  checkpoint.readSync(newer)
  Object.assign(checkpoint, { v: new Variable(0), only: new Variable(0) })
  t.match(checkpoint, { v: { value: 2 }, only: { value: 1 } })
  const again = empty()
  again.readSync(newer)
  again.readSync(older)
  again['v'] = new Variable(0)
  t.match(again, { v: { value: 1 } }, 'by the order of the restores')
  t.end()
})

t.test('a name that a newer restore has found is no longer awaited', (t) => {
  const dir = t.testdir()
  const older = write(dir, 'a', { plain: { v: new Variable(1) } })
  const newer = write(dir, 'b', { plain: { v: new Variable(2) } })
  const plain: Objects = {}
  const checkpoint = new Checkpoint({ plain })
  const first = checkpoint.readSync(older)
  // Nobody sees that.
  plain['v'] = new Variable(0)
  const second = checkpoint.readSync(newer)
  t.match(plain, { v: { value: 2 } })
  plain['v'] = new Variable(50)
  first.runRestoreOps()
  second.runRestoreOps()
  t.match(plain, { v: { value: 50 } }, 'the older checkpoint is forgotten')
  t.end()
})

t.test(
  'an object that was restored since keeps what it has, and its parts wait for the newer',
  (t) => {
    const dir = t.testdir()
    const older = write(dir, 'a', { model: bag({ v: new Variable(1), late: new Variable(1) }) })
    const newer = write(dir, 'b', { model: bag({ v: new Variable(2), late: new Variable(2) }) })
    const checkpoint = empty()
    checkpoint.readSync(older)
    const mine = bag({ v: new Variable(0) })
    new Checkpoint({ model: mine }).readSync(newer)
    checkpoint['model'] = mine
    t.match(mine, { v: { value: 2 } })
    mine['late'] = new Variable(0)
    t.match(mine, { late: { value: 2 } }, 'although the older restore came to it last')
    t.end()
  },
)

t.test('an object that two names lead to takes its values once', (t) => {
  const shared = new Variable(3)
  const path = write(t.testdir(), 'ckpt', { a: { shared }, b: { shared }, c: shared })
  const checkpoint = empty()
  const status = checkpoint.readSync(path)
  const mine = new Variable(0)
  checkpoint['a'] = { shared: mine }
  t.equal(mine.value, 3)
  mine.value = 9
  checkpoint['b'] = { shared: mine }
  checkpoint['c'] = mine
  t.equal(mine.value, 9, 'it is the same object')
  t.equal(status.restored, 1)
  status.assertConsumed()
  t.end()
})

t.test('cycles that come late are closed', (t) => {
  const ring = bag({ v: new Variable(3) })
  ring['self'] = ring
  const path = write(t.testdir(), 'ckpt', { ring })
  const checkpoint = empty()
  const status = checkpoint.readSync(path)
  const mine = bag({ v: new Variable(0) })
  checkpoint['ring'] = mine
  mine['self'] = mine
  t.match(mine, { v: { value: 3 } })
  status.assertConsumed()
  t.end()
})

t.test('what a filter leaves out, and what skips a name, does not wait', (t) => {
  const path = write(t.testdir(), 'ckpt', {
    model: bag({ a: new Variable(1), b: new Variable(2) }),
  })
  const checkpoint = empty()
  const status = checkpoint.readSync(path, { filter: 'model/a' })
  const mine = bag({ a: new Variable(0), b: new Variable(0) })
  checkpoint['model'] = mine
  t.match(mine, { a: { value: 1 }, b: { value: 0 } })
  status.assertConsumed()
  const moved = empty()
  moved.readSync(path, { remap: { 'model/b': 'deep/c', model: 'm' } })
  Object.assign(moved, { m: bag({ a: new Variable(0) }), deep: { c: new Variable(0) } })
  t.match(moved, { m: { a: { value: 1 } }, deep: { c: { value: 2 } } })
  moved['model'] = bag({ a: new Variable(0) })
  t.match(moved, { model: { a: { value: 0 } } }, 'of that name nothing is awaited')
  t.end()
})

t.test('corrupt bytes are met at the assignment, and nothing is attached', (t) => {
  const dir = t.testdir()
  const error = { code: 'CKPT_CORRUPT', details: { reason: 'checksum' } }
  const path = write(dir, 'ckpt', {
    model: bag({ a: new Variable(first), b: new Variable(second) }),
  })
  flip(`${path}.data-00000-of-00001`, bytesOf(second))
  for (const mode of ['map', 'load'] as const) {
    const checkpoint = empty()
    const status = checkpoint.readSync(path, { mode })
    const mine = bag({ a: new Variable(new Float64Array(2)), b: new Variable(new Float64Array(2)) })
    for (let i = 0; i < 2; i++) {
      t.throws(() => {
        checkpoint['model'] = mine
      }, error)
      t.notOk('model' in checkpoint)
      t.match(mine, { a: { value: new Float64Array(2) }, b: { value: new Float64Array(2) } })
    }
    delete mine['b']
    checkpoint['model'] = mine
    t.match(mine, { a: { value: first } }, 'what is sound can be taken')
    t.throws(() => Object.assign(mine, { b: new Variable(new Float64Array(2)) }), error)
    t.equal(status.restored, 1)
  }
  const lazy = empty()
  lazy.readSync(path, { verify: 'lazy' })
  const late = new Variable(new Float64Array(2))
  lazy['model'] = bag({ b: late })
  t.throws(() => late.value, error, 'lazily: at the first use')
  t.end()
})

t.test('a mismatch is met at the assignment, and nothing is attached', (t) => {
  const path = write(t.testdir(), 'ckpt', { v: new Variable(first) })
  const checkpoint = empty()
  checkpoint.readSync(path)
  const wrong = new Variable(new Float64Array(3))
  t.throws(
    () => {
      checkpoint['v'] = wrong
    },
    { code: 'CKPT_MISMATCH', details: { expected: 'float64 [3]', found: 'float64 [2]' } },
  )
  t.notOk('v' in checkpoint)
  checkpoint['v'] = new Variable(new Float64Array(2))
  t.match(checkpoint, { v: { value: first } })
  t.end()
})

t.test('arrays of one file that come at different times share nothing', (t) => {
  const path = write(t.testdir(), 'ckpt', { a: new Variable(first), b: new Variable(first) })
  const checkpoint = empty()
  checkpoint.readSync(path)
  const [a, b] = [new Variable(new Float64Array(2)), new Variable(new Float64Array(2))]
  checkpoint['a'] = a
  a.value.fill(9)
  checkpoint['b'] = b
  t.strictSame(b.value, first)
  t.end()
})
