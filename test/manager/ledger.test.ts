import t from 'tap'
import { Ledger, type Retention } from '../../lib/manager/ledger.js'
import { ManagedCheckpoint } from '../../lib/manager/managed-checkpoint.js'
import { keepBest, keepLatest } from '../../lib/index.js'
import type { SaveInfo } from '../../lib/bundle/save-info.js'

/** A checkpoint of that hour. */
const at = (hour: number, info: SaveInfo = {}): ManagedCheckpoint =>
  new ManagedCheckpoint(`/run/ckpt-${String(hour)}`, hour * 3600, info)

const hours = (checkpoints: readonly ManagedCheckpoint[]): number[] =>
  checkpoints.map(({ timestamp }) => timestamp / 3600)

const ledgerOf = (retention: Retention, checkpoints: ManagedCheckpoint[], preserved = 0): Ledger =>
  new Ledger(retention, checkpoints, preserved * 3600)

const count = (maxToKeep: number, keepEveryNHours?: number): Retention => ({
  maxToKeep,
  keepEveryNHours,
})

t.test('the oldest go when there are more than are to be kept', (t) => {
  const ledger = ledgerOf(count(3), [at(1), at(2), at(3)])
  t.strictSame(ledger.release(), [])
  ledger.add(at(4))
  ledger.add(at(5))
  t.strictSame(hours(ledger.release()), [1, 2])
  t.strictSame(hours(ledger.checkpoints), [3, 4, 5])
  t.strictSame(ledger.release(), [])
  t.end()
})

t.test('one in so many hours is let go of and not removed', (t) => {
  const ledger = ledgerOf(count(1, 2), [at(1), at(2), at(3), at(4), at(5)])
  t.strictSame(hours(ledger.release()), [1, 3])
  t.strictSame(hours(ledger.checkpoints), [5])
  t.equal(ledger.state((path) => path).lastPreservedTimestamp, 4 * 3600)
  t.end()
})

t.test('a path that is saved again is the newest', (t) => {
  const ledger = ledgerOf(count(Infinity), [at(1), at(2)])
  ledger.add(new ManagedCheckpoint('/run/ckpt-1', 3 * 3600, {}))
  t.strictSame(
    ledger.checkpoints.map(({ path }) => path),
    ['/run/ckpt-2', '/run/ckpt-1'],
  )
  t.end()
})

t.test('the state names all, the new one last', (t) => {
  const ledger = ledgerOf(count(2), [at(1), at(2)], 0.5)
  const nameOf = (path: string): string => path.slice(5)
  t.strictSame(ledger.state(nameOf, at(3)), {
    modelCheckpointPath: 'ckpt-3',
    allModelCheckpointPaths: ['ckpt-1', 'ckpt-2', 'ckpt-3'],
    allModelCheckpointTimestamps: [3600, 7200, 10800],
    lastPreservedTimestamp: 1800,
  })
  t.strictSame(ledger.state(nameOf, at(1)).allModelCheckpointPaths, ['ckpt-2', 'ckpt-1'])
  t.equal(ledger.checkpoints.length, 2, 'nothing is added before it is committed')
  t.end()
})

t.test('the newest and the last that is known to be whole are never removed', (t) => {
  const whole = at(1)
  whole.verified = true
  const ledger = ledgerOf(count(1), [whole, at(2), at(3)])
  t.strictSame(hours(ledger.release()), [2])
  t.strictSame(hours(ledger.checkpoints), [1, 3])
  const next = at(4)
  next.verified = true
  ledger.add(next)
  t.strictSame(hours(ledger.release()), [1, 3])
  t.end()
})

t.test('what could not be read goes first', (t) => {
  const broken = at(3)
  broken.broken = true
  const ledger = ledgerOf(count(2), [at(1), at(2), broken])
  ledger.add(at(4))
  t.strictSame(hours(ledger.release()), [3, 1])
  const policies = ledgerOf([keepLatest(5)], [at(1), broken, at(4)])
  t.strictSame(hours(policies.release()), [3])
  t.end()
})

t.test('of several policies one that wants it is enough', (t) => {
  const metrics = [0.9, 0.1, 0.8, 0.2, 0.3]
  const run = metrics.map((metric, i) => at(i + 1, { metric }))
  const ledger = ledgerOf([keepLatest(1), keepBest(2)], run)
  t.strictSame(hours(ledger.release()), [2, 4])
  t.strictSame(hours(ledger.checkpoints), [1, 3, 5])
  const none = ledgerOf([() => []], run)
  none.release()
  t.strictSame(hours(none.checkpoints), [5], 'the newest stays')
  t.end()
})

t.test('what is pinned stays under policies, and is let go of under a count', (t) => {
  const run = (): ManagedCheckpoint[] => [at(1), at(2, { pinned: true }), at(3), at(4)]
  const policies = ledgerOf([keepLatest(1)], run())
  t.strictSame(hours(policies.release()), [1, 3])
  t.strictSame(hours(policies.checkpoints), [2, 4])
  const counted = ledgerOf(count(1), run())
  t.strictSame(hours(counted.release()), [1, 3])
  t.strictSame(hours(counted.checkpoints), [4])
  t.end()
})

t.test('what could not be removed is tried again', (t) => {
  const ledger = ledgerOf(count(1), [at(1), at(2)])
  const released = ledger.release()
  ledger.takeBack(released)
  t.strictSame(hours(ledger.checkpoints), [1, 2])
  t.strictSame(hours(ledger.release()), [1])
  t.end()
})

t.test('times go forward though the clock does not', (t) => {
  const future = Date.now() / 1000 + 1e6
  const ledger = new Ledger(count(2), [new ManagedCheckpoint('/a', future, {})], 0)
  t.ok(ledger.nextTimestamp() > future)
  const preserved = new Ledger(count(2), [], future)
  t.ok(preserved.nextTimestamp() > future, 'later than what was kept for ever')
  const usual = new Ledger(count(2), [], 0).nextTimestamp()
  t.ok(Math.abs(usual - Date.now() / 1000) < 60)
  t.end()
})
