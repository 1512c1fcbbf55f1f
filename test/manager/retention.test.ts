import fc from 'fast-check'
import t from 'tap'
import { keepBest, keepEvery, keepLatest, type SavedCheckpoint } from '../../lib/index.js'

const saved = (number: number, more: Partial<SavedCheckpoint> = {}): SavedCheckpoint => ({
  path: `/run/ckpt-${String(number)}`,
  number,
  timestamp: 1000 + number,
  step: undefined,
  metric: undefined,
  pinned: false,
  ...more,
})

const numbers = (checkpoints: Iterable<SavedCheckpoint>): (number | undefined)[] =>
  Array.from(checkpoints, ({ number }) => number)

const ten = Array.from({ length: 10 }, (_, i) => saved(i + 1))

t.test('the newest so many', (t) => {
  t.strictSame(numbers(keepLatest(3)(ten)), [8, 9, 10])
  t.strictSame(numbers(keepLatest(20)(ten)).length, 10)
  t.strictSame(numbers(keepLatest(1)([])), [])
  t.end()
})

t.test('one in so many steps, by the step or else by the number', (t) => {
  t.strictSame(numbers(keepEvery({ steps: 4 })(ten)), [1, 5, 9])
  const stepped = ten.map((one, i) => ({ ...one, step: i * 100 }))
  t.strictSame(numbers(keepEvery({ steps: 250 })(stepped)), [1, 4, 7, 10])
  t.strictSame(numbers(keepEvery({ steps: 1 })([{ ...saved(1), number: undefined }])), [])
  t.end()
})

t.test('one in so many hours', (t) => {
  const hourly = ten.map((one, i) => ({ ...one, timestamp: 1e9 + i * 1800 }))
  t.strictSame(numbers(keepEvery({ hours: 1 })(hourly)), [1, 3, 5, 7, 9])
  t.strictSame(numbers(keepEvery({ hours: 0.5 })(hourly)).length, 10)
  t.end()
})

t.test('the best by the metric, large or small; the newer of equal ones', (t) => {
  const metrics = [0.5, 0.9, undefined, 0.7, 0.9, 0.1]
  const graded = metrics.map((metric, i) => saved(i + 1, { metric }))
  t.strictSame(numbers(keepBest(2)(graded)), [5, 2])
  t.strictSame(numbers(keepBest(1)(graded)), [5])
  t.strictSame(numbers(keepBest(2, 'min')(graded)), [6, 1])
  t.strictSame(numbers(keepBest(9)(graded)).length, 5)
  t.end()
})

t.test('a policy asked again of what it kept keeps it', (t) => {
  const policies = fc.oneof(
    fc.integer({ min: 1, max: 5 }).map(keepLatest),
    fc.integer({ min: 1, max: 5 }).map((steps) => keepEvery({ steps })),
    fc.integer({ min: 1, max: 5 }).map((count) => keepBest(count, 'min')),
  )
  const runs = fc
    .array(fc.record({ gap: fc.nat(4), metric: fc.option(fc.nat(9), { nil: undefined }) }))
    .map((gaps) => {
      let number = 0
      return gaps.map(({ gap, metric }) => saved((number += gap + 1), { metric }))
    })
  fc.assert(
    fc.property(policies, runs, (policy, run) => {
      const once = new Set(policy(run))
      const kept = run.filter((checkpoint) => once.has(checkpoint))
      const twice = new Set(policy(kept))
      return kept.every((checkpoint) => twice.has(checkpoint))
    }),
  )
  t.end()
})

t.test('bad arguments are named', (t) => {
  t.throws(() => keepLatest(0), new RangeError('count must be a positive integer, got 0'))
  t.throws(() => keepLatest(1.5), RangeError)
  t.throws(() => keepLatest('3' as never), new TypeError("count must be a number, got '3'"))
  t.throws(() => keepEvery({}), TypeError)
  t.throws(() => keepEvery({ steps: 1, hours: 1 }), TypeError)
  t.throws(() => keepEvery({ hours: -1 }), RangeError)
  t.throws(() => keepEvery({ hours: NaN }), RangeError)
  t.throws(
    () => keepBest(1, 'best' as never),
    new TypeError("mode must be 'max' or 'min', got 'best'"),
  )
  t.end()
})
