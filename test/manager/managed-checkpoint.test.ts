import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, CheckpointManager } from '../../lib/index.js'
import { ManagedCheckpoint, numberOf } from '../../lib/manager/managed-checkpoint.js'

t.test('numbers are those at the end of names', (t) => {
  t.equal(numberOf('/run/ckpt-7'), 7)
  t.equal(numberOf('/run-3/ckpt-7-12'), 12)
  t.equal(numberOf('/run-3/ckpt'), undefined)
  t.equal(numberOf('/run/ckpt-7x'), undefined)
  t.end()
})

t.test('what a save was told is read from the checkpoint', async (t) => {
  const directory = t.testdir()
  const options = { stepCounter: () => 40 }
  const manager = new CheckpointManager(new Checkpoint(), directory, options)
  await manager.save({ metric: 0.25, pin: true })
  await manager.close()
  const path = join(directory, 'ckpt-1')
  t.match(new ManagedCheckpoint(path, 5), { step: 40, metric: 0.25, pinned: true, timestamp: 5 })
  t.match(new ManagedCheckpoint(path, 5, { step: 1 }), {
    step: 1,
    metric: undefined,
    pinned: false,
  })
})

t.test('a checkpoint that tells nothing, is broken or gone has no step and no metric', (t) => {
  const nothing = { step: undefined, metric: undefined, pinned: false }
  const path = join(t.testdir(), 'ckpt-1')
  t.match(new ManagedCheckpoint(path, 5), nothing)
  new Checkpoint().writeSync(path)
  t.match(new ManagedCheckpoint(path, 5), nothing)
  truncateSync(`${path}.index`, 30)
  t.match(new ManagedCheckpoint(path, 5), { ...nothing, number: 1 })
  t.end()
})
