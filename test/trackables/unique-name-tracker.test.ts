import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import {
  Checkpoint,
  openCheckpointSync,
  UniqueNameTracker,
  Variable,
  zeros,
} from '../../lib/index.js'

/** Names of the children, as they are saved. */
function namesIn(tracker: UniqueNameTracker, path: string): string[] {
  new Checkpoint({ tracker }).writeSync(path)
  const [, node] = openCheckpointSync(path).objectGraph?.nodes ?? []
  return (node?.children ?? []).map(({ localName }) => localName)
}

const track = (tracker: UniqueNameTracker, ...names: string[]): Variable<number>[] =>
  names.map((name, i) => tracker.track(new Variable(i + 1), name))

t.test('the first free name is taken', (t) => {
  const tracker = new UniqueNameTracker()
  const object = new Variable(1)
  t.equal(tracker.track(object, 'x'), object)
  track(tracker, 'x', 'x_1', 'y')
  t.strictSame(namesIn(tracker, join(t.testdir(), 'ckpt')), ['x', 'x_1', 'x_1_1', 'y'])
  t.end()
})

t.test('names that were given otherwise are passed over', (t) => {
  const tracker = new UniqueNameTracker()
  track(tracker, 'x_1', 'x', 'x', 'x_2', 'x', '__proto__', '__proto__', '', '')
  t.strictSame(namesIn(tracker, join(t.testdir(), 'ckpt')), [
    'x_1',
    'x',
    'x_2',
    'x_2_1',
    'x_3',
    '__proto__',
    '__proto___1',
    '',
    '_1',
  ])
  t.end()
})

t.test('one object may have several names', (t) => {
  const tracker = new UniqueNameTracker()
  const object = new Variable(1)
  for (let i = 0; i < 3; i++) tracker.track(object, 'x')
  t.strictSame(namesIn(tracker, join(t.testdir(), 'ckpt')), ['x', 'x_1', 'x_2'])
  t.end()
})

t.test('what cannot be tracked is refused and uses up no name', (t) => {
  const tracker = new UniqueNameTracker()
  t.throws(() => tracker.track(3 as unknown as object, 'x'), {
    name: 'TypeError',
    message: /^'x' cannot be saved: .*got 3; numbers are saved in a Variable$/,
  })
  t.throws(() => tracker.track(zeros([1]), 'x'), { name: 'TypeError', message: /NumpyState/ })
  t.throws(
    () => tracker.track(new Variable(1), undefined as unknown as string),
    new TypeError('baseName must be a string, got undefined'),
  )
  track(tracker, 'x')
  t.strictSame(namesIn(tracker, join(t.testdir(), 'ckpt')), ['x'])
  t.equal(inspect(tracker), 'UniqueNameTracker { x: Variable float64 [] 1 }')
  t.equal(inspect([tracker], { depth: 0 }), '[ [UniqueNameTracker] ]')
  t.end()
})

t.test('what is tracked after a restore takes its values then', (t) => {
  const path = join(t.testdir(), 'ckpt')
  const saved = new UniqueNameTracker()
  track(saved, 'x', 'x', 'y')
  new Checkpoint({ tracker: saved }).writeSync(path)
  const tracker = new UniqueNameTracker()
  const status = new Checkpoint({ tracker }).readSync(path)
  t.throws(() => tracker.track(new Variable(zeros([2])), 'x'), { code: 'CKPT_MISMATCH' })
  const restored = ['x', 'x', 'y'].map((name) => tracker.track(new Variable(0), name))
  t.strictSame(
    restored.map(({ value }) => value),
    [1, 2, 3],
  )
  status.assertConsumed()
  t.end()
})
