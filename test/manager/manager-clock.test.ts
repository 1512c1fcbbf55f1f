// What TensorFlow's own tests of CheckpointManager hold about time (python/checkpoint/
// checkpoint_management_test.py): retention by hours, recovery of the state, clocks that go back.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Checkpoint, CheckpointManager, getCheckpointState, keepEvery } from '../../lib/index.js'
import { indexes, names } from './program'

const HOUR = 3600
const START = 1_700_000_000

/** A clock that the test sets, in seconds. */
function fakeClock(t: Test): { seconds: number } {
  const clock = { seconds: START }
  t.intercept(Date, 'now', { value: () => clock.seconds * 1000 })
  return clock
}

t.test('one in so many hours stays for ever, the others go', async (t) => {
  const clock = fakeClock(t)
  const directory = t.testdir()
  const checkpoint = new Checkpoint()
  const options = { maxToKeep: 2, keepEveryNHours: 3 }
  const manager = new CheckpointManager(checkpoint, directory, options)
  // At the hours 0, 1, 2 … 8.
  for (let i = 0; i < 9; i++) {
    await manager.save()
    clock.seconds += HOUR
  }
  await manager.sync()
  // The last preserved was "a second before the start": the hours 3 and 6 are three hours apart.
  t.strictSame(indexes(directory), ['ckpt-4.index', 'ckpt-7.index', 'ckpt-8.index', 'ckpt-9.index'])
  t.strictSame(names(manager), ['ckpt-8', 'ckpt-9'])
  t.equal(getCheckpointState(directory)?.lastPreservedTimestamp, START + 6 * HOUR)
  await manager.close()

  // A later manager keeps to the same hours.
  const later = new CheckpointManager(checkpoint, directory, options)
  t.strictSame(names(later), ['ckpt-8', 'ckpt-9'])
  for (let i = 0; i < 3; i++) {
    await later.save()
    clock.seconds += HOUR
  }
  await later.sync()
  t.strictSame(names(later), ['ckpt-11', 'ckpt-12'])
  t.ok(indexes(directory).includes('ckpt-10.index'), 'hour 9')
  t.notOk(indexes(directory).includes('ckpt-8.index'), 'hour 7')
  await later.close()
})

t.test('a manager with another limit takes the same checkpoints over', async (t) => {
  const clock = fakeClock(t)
  const directory = t.testdir()
  const checkpoint = new Checkpoint()
  const first = new CheckpointManager(checkpoint, directory)
  for (let i = 0; i < 4; i++) {
    await first.save()
    clock.seconds++
  }
  await first.close()
  const second = new CheckpointManager(checkpoint, directory, { maxToKeep: 1 })
  t.strictSame(names(second), ['ckpt-1', 'ckpt-2', 'ckpt-3', 'ckpt-4'])
  await second.save()
  await second.close()
  t.strictSame(indexes(directory), ['ckpt-5.index'])
})

t.test('a clock that goes back reorders nothing', async (t) => {
  const clock = fakeClock(t)
  const directory = t.testdir()
  const checkpoint = new Checkpoint()
  const first = new CheckpointManager(checkpoint, directory, { maxToKeep: 3 })
  await first.save()
  clock.seconds -= 1000
  await first.save()
  await first.close()
  const times = getCheckpointState(directory)?.allModelCheckpointTimestamps ?? []
  t.ok(Number(times[0]) < Number(times[1]))
  const second = new CheckpointManager(checkpoint, directory, { maxToKeep: 3 })
  t.strictSame(names(second), ['ckpt-1', 'ckpt-2'])
  await second.save()
  t.equal(second.latestCheckpoint, join(directory, 'ckpt-3'))
  await second.close()
})

t.test('the policy for hours keeps what it kept, in later runs too', async (t) => {
  const clock = fakeClock(t)
  const directory = t.testdir()
  const checkpoint = new Checkpoint()
  for (let run = 0; run < 3; run++) {
    const retention = keepEvery({ hours: 2 })
    const manager = new CheckpointManager(checkpoint, directory, { retention })
    for (let i = 0; i < 3; i++) {
      await manager.save()
      clock.seconds += HOUR
    }
    await manager.close()
  }
  // Hours 0, 2, 4, 6 and 8; the newest is that of hour 8.
  t.strictSame(
    indexes(directory),
    [1, 3, 5, 7, 9].map((n) => `ckpt-${String(n)}.index`),
  )
})
