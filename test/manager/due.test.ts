import t, { type Test } from 'tap'
import { DueClock, type Intervals } from '../../lib/manager/due.js'

/** A clock and a step that the test sets. */
function setUp(t: Test, intervals: Partial<Intervals>): { clock: DueClock; at: typeof at } {
  const at = { step: 0, milliseconds: 1e12 }
  t.intercept(Date, 'now', { value: () => at.milliseconds })
  const step = intervals.interval === undefined ? undefined : (): number => at.step
  const clock = new DueClock({
    step,
    interval: undefined,
    intervalSeconds: undefined,
    lastCheckpointStep: undefined,
    ...intervals,
  })
  return { clock, at }
}

t.test("TensorFlow's example: an interval of 5 saves at 1, 6 and 11", (t) => {
  const { clock } = setUp(t, { interval: 5 })
  const steps: number[] = []
  for (let step = 1; step <= 12; step++) {
    if (!clock.allows(step, true)) continue
    clock.begin(step)
    steps.push(step)
  }
  t.strictSame(steps, [1, 6, 11])
  t.notOk(clock.allows(11, false), 'the same step is never saved twice')
  t.ok(clock.allows(12, false), 'another one is, unless the interval is asked for')
  t.end()
})

t.test('a save that failed does not count', (t) => {
  const { clock, at } = setUp(t, { interval: 5, intervalSeconds: 10 })
  at.step = 3
  const undo = clock.begin(3)
  t.notOk(clock.isDue())
  undo()
  t.ok(clock.isDue())
  t.ok(clock.allows(3, true))
  t.end()
})

const AT_25 = { step: () => 25, interval: 5, intervalSeconds: undefined }

t.test('what was restored is saved', (t) => {
  const { clock, at } = setUp(t, { interval: 5 })
  clock.restored(20)
  at.step = 24
  t.notOk(clock.isDue())
  at.step = 25
  t.ok(clock.isDue())
  t.ok(new DueClock({ ...AT_25, lastCheckpointStep: 20 }).isDue(), 'step 25')
  t.notOk(new DueClock({ ...AT_25, lastCheckpointStep: 21 }).isDue())
  t.end()
})

t.test('by the clock', (t) => {
  const { clock, at } = setUp(t, { intervalSeconds: 10 })
  t.notOk(clock.isDue(), 'the first is due after the first interval')
  at.milliseconds += 9999
  t.notOk(clock.isDue())
  at.milliseconds += 1
  t.ok(clock.isDue())
  t.ok(clock.allows(undefined, true))
  clock.begin(undefined)
  t.notOk(clock.isDue())
  at.milliseconds -= 5e6
  t.notOk(clock.isDue(), 'set back: the interval begins again')
  at.milliseconds += 10_000
  t.ok(clock.isDue())
  t.end()
})

t.test('by both, whichever comes first', (t) => {
  const { clock, at } = setUp(t, { interval: 100, intervalSeconds: 10 })
  clock.restored(0)
  at.step = 50
  t.notOk(clock.isDue())
  t.notOk(clock.allows(50, true))
  at.milliseconds += 10_000
  t.ok(clock.isDue())
  t.ok(clock.allows(50, true))
  t.end()
})

t.test('without an interval there is no due time', (t) => {
  const { clock } = setUp(t, {})
  t.throws(() => clock.isDue(), { name: 'TypeError', message: /checkpointIntervalSeconds/ })
  t.ok(clock.allows(1, true))
  t.end()
})
