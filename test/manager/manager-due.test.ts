import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, CheckpointManager, Variable } from '../../lib/index.js'
import { filesIn } from '../checkpoint/files'
import { names, start } from './program'

t.test('numbers and intervals of the caller', async (t) => {
  const directory = t.testdir()
  const step = new Variable(0, 'int64')
  const options = { stepCounter: step, checkpointInterval: 5, checkpointName: 'model' }
  const manager = new CheckpointManager(new Checkpoint({ step }), directory, options)
  t.teardown(() => manager.close())
  const paths: (string | null)[] = []
  for (step.value = 1; step.value <= 12; step.value++) {
    paths.push(await manager.save({ checkpointNumber: step.value }))
  }
  t.strictSame(
    paths.filter((path) => path !== null),
    [1, 6, 11].map((n) => join(directory, `model-${String(n)}`)),
  )
  t.equal(manager.checkpoint.saveCounter, 3, 'the counter counts saves')
  t.equal(manager.checkpointInterval, 5)
  t.strictSame(
    manager.savedCheckpoints.map(({ step }) => step),
    [1, 6, 11],
  )
  t.equal(
    await manager.save({ checkInterval: false, checkpointNumber: 13 }),
    join(directory, 'model-13'),
  )
  t.equal(await manager.save({ checkInterval: false }), null, 'this step is saved')
})

t.test('saveIfDue saves when it is due, and skips while a save runs', async (t) => {
  const directory = t.testdir()
  const step = new Variable(0, 'int64')
  const options = { stepCounter: step, checkpointInterval: 2 }
  const manager = new CheckpointManager(new Checkpoint({ step }), directory, options)
  t.teardown(() => manager.close())
  step.value = 1
  const saving = manager.saveIfDue()
  t.ok(saving instanceof Promise)
  step.value = 3
  t.equal(manager.saveIfDue(), undefined, 'one is running')
  await saving
  step.value = 2
  t.equal(manager.saveIfDue(), undefined, 'not yet')
  step.value = 3
  t.equal(await manager.saveIfDue(), join(directory, 'ckpt-2'))
})

t.test('saveIfDue may wait for a save that runs; it saves the state of then', async (t) => {
  const directory = t.testdir()
  const step = new Variable(0, 'int64')
  const checkpoint = new Checkpoint({ step })
  const options = { stepCounter: step, checkpointInterval: 1, whenBusy: 'wait' } as const
  const manager = new CheckpointManager(checkpoint, directory, options)
  t.teardown(() => manager.close())
  const first = manager.saveIfDue()
  step.value = 1
  const second = manager.saveIfDue()
  step.value = 2
  t.equal(manager.saveIfDue(), second, 'one waits, not a queue of them')
  t.equal(await second, join(directory, 'ckpt-2'))
  t.equal(await first, join(directory, 'ckpt-1'))
  await checkpoint.restore(join(directory, 'ckpt-2'))
  t.equal(step.value, 2)
})

t.test('a failed save changes nothing and is tried again', async (t) => {
  const directory = t.testdir()
  const step = new Variable(1, 'int64')
  const options = { stepCounter: step, checkpointInterval: 5 }
  const manager = new CheckpointManager(new Checkpoint({ step }), directory, options)
  t.teardown(() => manager.close())
  const signal = AbortSignal.abort(new Error('not now'))
  await t.rejects(manager.save({ signal }), new Error('not now'))
  t.strictSame(filesIn(directory), [])
  t.strictSame(manager.checkpoints, [])
  t.ok(manager.saveIfDue() instanceof Promise, 'it is still due')
  await manager.sync()
  t.strictSame(names(manager), ['ckpt-1'])
})

t.test('closing with a save: what was begun ends first, nothing else gets in', async (t) => {
  const directory = t.testdir()
  const { manager, step, checkpoint } = start(t, directory)
  step.value = 1
  const running = [manager.save(), manager.save()]
  const closing = manager.close({ save: true })
  await t.rejects(manager.save(), { code: 'CKPT_CLOSED' })
  step.value = 2
  await Promise.all(running)
  t.equal(await closing, join(directory, 'ckpt-3'))
  step.value = 0
  await checkpoint.restore(join(directory, 'ckpt-3'))
  t.equal(step.value, 2)
  t.equal(await manager.close({ save: true }), null, 'closed already')
})

t.test('a failing last save gives the directory up all the same', async (t) => {
  const directory = t.testdir()
  const checkpoint = new Checkpoint<Record<string, unknown>>({ list: [] })
  const manager = new CheckpointManager(checkpoint, directory)
  checkpoint['list'] = ['text']
  await t.rejects(manager.close({ save: true }), { name: 'TypeError' })
  await new CheckpointManager(checkpoint, directory).close()
})

t.test('a policy that has failed keeps no save from being made', async (t) => {
  const directory = t.testdir()
  const step = new Variable(0, 'int64')
  const manager = new CheckpointManager(new Checkpoint({ step }), directory, {
    stepCounter: step,
    checkpointInterval: 1,
    whenBusy: 'wait',
    retention: () => {
      throw new Error('no idea')
    },
  })
  const first = manager.saveIfDue()
  step.value = 1
  const second = manager.saveIfDue()
  await first
  t.equal(await second, join(directory, 'ckpt-2'))
  step.value = 2
  await t.rejects(manager.close({ save: true }), new Error('no idea'))
  t.ok(existsSync(join(directory, 'ckpt-3.index')), 'the last state is saved all the same')
})

t.test('the directory is kept until the last save of a manager that is closed twice', async (t) => {
  const directory = t.testdir()
  const checkpoint = new Checkpoint({ x: new Variable(new Float64Array(2 ** 20)) })
  const manager = new CheckpointManager(checkpoint, directory)
  const order: string[] = []
  const closings = [
    manager.close({ save: true }).then((path) => order.push(`saved ${String(path)}`)),
    manager.close().then((path) => order.push(`closed ${String(path)}`)),
  ]
  t.throws(() => new CheckpointManager(checkpoint, directory), { code: 'CKPT_BUSY' })
  await Promise.all(closings)
  t.strictSame(order, [`saved ${join(directory, 'ckpt-1')}`, 'closed null'])
  await new CheckpointManager(checkpoint, directory).close()
})
