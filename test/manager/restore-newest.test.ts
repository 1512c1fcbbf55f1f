import { existsSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, CheckpointManager, NumpyState, Variable, zeros } from '../../lib/index.js'
import { shardsOf } from '../fixtures/files'
import { indexes, names, start, train } from './program'

t.test('a new manager goes on where an earlier one ended', async (t) => {
  const directory = t.testdir()
  const first = start(t, directory, { maxToKeep: 3 })
  await train(first, 4)
  await first.manager.close()
  const second = start(t, directory, { maxToKeep: 3 })
  t.strictSame(names(second.manager), ['ckpt-2', 'ckpt-3', 'ckpt-4'])
  t.equal(await second.manager.restoreOrInitialize(), join(directory, 'ckpt-4'))
  t.equal(second.step.value, 4)
  t.equal(second.checkpoint.saveCounter, 4)
  second.manager.restoreStatus?.assertConsumed()
  await train(second, 2)
  t.strictSame(names(second.manager), ['ckpt-4', 'ckpt-5', 'ckpt-6'])
  t.strictSame(indexes(directory), ['ckpt-4.index', 'ckpt-5.index', 'ckpt-6.index'])
})

t.test('initFn is called when there is nothing to restore', async (t) => {
  let calls = 0
  const initFn = async (): Promise<void> => {
    await Promise.resolve()
    calls++
  }
  const program = start(t, t.testdir(), { initFn })
  t.equal(await program.manager.restoreOrInitialize(), null)
  t.equal(calls, 1)
  t.equal(program.manager.restoreStatus, null)
  await train(program, 1)
  await program.manager.restoreOrInitialize()
  t.equal(calls, 1)
  t.throws(() => start(t, t.testdir(), { initFn }).manager.restoreOrInitializeSync(), {
    name: 'TypeError',
    message: /initFn must not be asynchronous/,
  })
})

t.test('damage: the newest whole one is restored, what was passed over is told', async (t) => {
  const directory = t.testdir()
  const first = start(t, directory)
  await train(first, 4)
  await first.manager.close()
  const path = (n: number): string => join(directory, `ckpt-${String(n)}`)
  truncateSync(`${path(4)}.index`, 20)
  rmSync(`${path(3)}.data-00000-of-00001`)
  const { manager, step, checkpoint, warnings } = start(t, directory, { maxToKeep: 2 })
  t.equal(await manager.restoreOrInitialize(), path(2))
  t.equal(step.value, 2)
  t.strictSame(
    manager.passedOver.map(({ path, error }) => [path, error.code]),
    [
      [path(4), 'CKPT_CORRUPT'],
      [path(3), 'CKPT_NOT_FOUND'],
    ],
  )
  t.match(warnings[0], {
    code: 'CKPT_CORRUPT',
    message: /^checkpoint '.*ckpt-4' was passed over: /,
  })
  t.equal(warnings.length, 2)
  t.equal(manager.latestCheckpoint, path(2))
  // The next save takes the number of the first broken one, and its place.
  step.value = 3
  t.equal(await manager.save(), path(3))
  t.equal(checkpoint.saveCounter, 3)
  await manager.sync()
  t.strictSame(names(manager), ['ckpt-2', 'ckpt-3'], 'what is broken goes first')
})

t.test('damage of far more data files than are looked at is passed over', async (t) => {
  const directory = t.testdir()
  const arrays = new NumpyState()
  for (let i = 0; i < 150; i++) arrays[`a${String(i).padStart(3, '0')}`] = zeros([1])
  // A name that sorts before that of the object graph, which is so among those that are not tried.
  const manager = new CheckpointManager(new Checkpoint({ A: arrays }), directory)
  for (let i = 0; i < 2; i++) await manager.save({ maxShardBytes: 1, durable: false })
  for (const path of shardsOf(join(directory, 'ckpt-2'))) rmSync(path)
  t.equal(await manager.restoreOrInitialize(), join(directory, 'ckpt-1'))
  t.match(manager.passedOver, [{ error: { code: 'CKPT_NOT_FOUND' } }])
  await manager.close()
})

t.test('when nothing is whole that is an error, not a fresh start', async (t) => {
  const directory = t.testdir()
  const first = start(t, directory)
  await train(first, 2)
  await first.manager.close()
  for (const name of indexes(directory)) truncateSync(join(directory, name), 10)
  const { manager } = start(t, directory, { initFn: () => t.fail('it was initialized') })
  const expected = { code: 'CKPT_CORRUPT', message: /^none of the 2 checkpoints in .* is whole/ }
  await t.rejects(manager.restoreOrInitialize(), expected)
  t.throws(() => manager.restoreOrInitializeSync(), { cause: { errors: [{}, {}] } })
})

t.test('a checkpoint that does not fit the program is not passed over', async (t) => {
  const directory = t.testdir()
  const first = start(t, directory)
  await train(first, 2)
  await first.manager.close()
  const checkpoint = new Checkpoint({ step: new Variable(0, 'float32') })
  const manager = new CheckpointManager(checkpoint, directory)
  t.teardown(() => manager.close())
  await t.rejects(manager.restoreOrInitialize(), { code: 'CKPT_MISMATCH' })
})

t.test('without a state file checkpoints are found', async (t) => {
  const directory = t.testdir()
  const first = start(t, directory)
  await train(first, 3)
  await first.manager.close()
  rmSync(join(directory, 'checkpoint'))
  const second = start(t, directory, { maxToKeep: 1 })
  t.equal(second.manager.latestCheckpoint, join(directory, 'ckpt-3'))
  t.equal(await second.manager.restoreOrInitialize(), join(directory, 'ckpt-3'))
  await train(second, 2)
  t.strictSame(
    indexes(directory),
    ['ckpt-1.index', 'ckpt-2.index', 'ckpt-3.index', 'ckpt-5.index'],
    'those that nobody is known to have made stay',
  )
})

t.test('a removal that a crash cut short is finished', async (t) => {
  const directory = t.testdir()
  const first = start(t, directory)
  await train(first, 2)
  await first.manager.close()
  rmSync(join(directory, 'ckpt-1.index'))
  const second = start(t, directory)
  t.strictSame(names(second.manager), ['ckpt-2'])
  t.notOk(existsSync(join(directory, 'ckpt-1.data-00000-of-00001')))
})

t.test('a relative directory stays what it was when the process goes elsewhere', async (t) => {
  const before = process.cwd()
  const root = t.testdir({ other: {} })
  t.teardown(() => {
    process.chdir(before)
  })
  process.chdir(root)
  const program = start(t, 'run')
  process.chdir(join(root, 'other'))
  t.equal(await program.manager.save(), 'run/ckpt-1')
  t.strictSame(program.manager.checkpoints, ['run/ckpt-1'])
  t.equal(program.manager.latestCheckpoint, 'run/ckpt-1')
  t.ok(existsSync(join(root, 'run/ckpt-1.index')))
  t.equal(await program.manager.restoreOrInitialize(), 'run/ckpt-1')
})
