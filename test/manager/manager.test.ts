import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  CheckpointReader,
  getCheckpointState,
  keepBest,
  keepLatest,
  latestCheckpoint,
  listVariables,
  Variable,
  type VerifyReport,
} from '../../lib/index.js'
import { counts } from '../../lib/native.js'
import { filesIn } from '../checkpoint/files'
import { indexes, names, start, train } from './program'

t.test('the newest are kept, older ones removed with all their files', async (t) => {
  const directory = t.testdir()
  const program = start(t, directory, { maxToKeep: 3 })
  t.equal(program.manager.latestCheckpoint, null)
  await train(program, 5)
  t.strictSame(names(program.manager), ['ckpt-3', 'ckpt-4', 'ckpt-5'])
  t.equal(program.manager.latestCheckpoint, join(directory, 'ckpt-5'))
  t.equal(latestCheckpoint(directory), join(directory, 'ckpt-5'))
  t.strictSame(filesIn(directory), [
    'checkpoint',
    ...[3, 4, 5].flatMap((n) => [`ckpt-${n}.data-00000-of-00001`, `ckpt-${n}.index`]),
  ])
  t.strictSame(
    getCheckpointState(directory)?.allModelCheckpointPaths,
    program.manager.checkpoints,
    'the state file names the same',
  )
  t.strictSame(program.warnings, [])
})

t.test('nothing is removed unless it is asked for', async (t) => {
  const directory = t.testdir()
  const program = start(t, directory)
  await train(program, 7)
  t.equal(indexes(directory).length, 7)
  t.equal(program.manager.checkpoints.length, 7)
})

t.test('a directory has one owner, and readers are not kept out', async (t) => {
  const directory = join(t.testdir(), 'new/run')
  const program = start(t, directory)
  await train(program, 1)
  const busy = { code: 'CKPT_BUSY', details: { path: directory } }
  t.throws(() => start(t, directory), busy)
  t.throws(() => start(t, join(directory, '../run')), busy)
  t.equal(latestCheckpoint(directory), join(directory, 'ckpt-1'))
  await new Checkpoint({ step: new Variable(0, 'int64') }).restore(join(directory, 'ckpt-1'))
  await program.manager.close()
  await program.manager.close()
  await t.rejects(program.manager.save(), { code: 'CKPT_CLOSED', details: { path: directory } })
  await t.rejects(program.manager.restoreOrInitialize(), { code: 'CKPT_CLOSED' })
  const { locks } = counts()
  await start(t, directory).manager.close()
  t.equal(counts().locks, locks + 1, 'one is alive until it is collected, and holds nothing')
})

t.test('policies: the newest and the best, by metrics that outlive the process', async (t) => {
  const directory = t.testdir()
  const options = { retention: [keepLatest(1), keepBest(1)] }
  const first = start(t, directory, options)
  for (const metric of [0.1, 0.9, 0.5]) await first.manager.save({ metric })
  await first.manager.close()
  t.strictSame(names(first.manager), ['ckpt-2', 'ckpt-3'])
  const second = start(t, directory, options)
  await second.manager.restoreOrInitialize()
  for (const metric of [0.8, NaN]) await second.manager.save({ metric })
  await second.manager.sync()
  t.strictSame(names(second.manager), ['ckpt-2', 'ckpt-5'])
  t.match(second.manager.savedCheckpoints, [
    { path: join(directory, 'ckpt-2'), number: 2, metric: 0.9, pinned: false },
    { number: 5, metric: undefined },
  ])
})

t.test(
  'what is kept for ever leaves the state file, so that no later run removes it',
  async (t) => {
    for (const [options, save] of [
      [{ keepEveryNHours: 1e-9 }, {}],
      [{}, { pin: true }],
    ] as const) {
      const directory = t.testdir()
      const first = start(t, directory, { maxToKeep: 1, ...options })
      await first.manager.save(save)
      await train(first, 1)
      t.strictSame(getCheckpointState(directory)?.allModelCheckpointPaths, [
        join(directory, 'ckpt-2'),
      ])
      await first.manager.close()
      const second = start(t, directory, { maxToKeep: 1 })
      await second.manager.restoreOrInitialize()
      await train(second, 2)
      t.strictSame(indexes(directory), ['ckpt-1.index', 'ckpt-4.index'])
      await second.manager.close()
    }
  },
)

t.test('what is pinned stays, in later runs too', async (t) => {
  const directory = t.testdir()
  const first = start(t, directory, { retention: keepLatest(1) })
  await first.manager.save({ pin: true })
  await train(first, 2)
  await first.manager.close()
  const second = start(t, directory, { retention: keepLatest(1) })
  await second.manager.restoreOrInitialize()
  await train(second, 2)
  t.strictSame(names(second.manager), ['ckpt-1', 'ckpt-5'])
  t.ok(second.manager.savedCheckpoints[0]?.pinned)
})

t.test('a policy that throws loses nothing, and is heard of', async (t) => {
  const directory = t.testdir()
  const retention = (): never => {
    throw new Error('no idea')
  }
  const { manager } = start(t, directory, { retention })
  t.equal(await manager.save(), join(directory, 'ckpt-1'))
  t.equal(await manager.save(), join(directory, 'ckpt-2'))
  await t.rejects(manager.sync(), new Error('no idea'))
  await manager.sync()
  t.strictSame(indexes(directory), ['ckpt-1.index', 'ckpt-2.index'])
})

t.test('saves are read back if that is asked for', async (t) => {
  const directory = t.testdir()
  const program = start(t, directory, { maxToKeep: 1, verifySaves: true })
  await train(program, 3)
  t.strictSame(indexes(directory), ['ckpt-3.index'])
  t.strictSame(program.warnings, [])
})

t.test('a save that cannot be read back is told, and the last that can stays', async (t) => {
  const directory = t.testdir()
  const program = start(t, directory, { maxToKeep: 1, verifySaves: true })
  await train(program, 1)
  const problem = { code: 'CKPT_CORRUPT', path: 'x', reason: 'a flipped bit' }
  const value = (): Promise<VerifyReport> =>
    Promise.resolve({ ok: false, problems: [problem], tensors: 1, bytes: 1 } as VerifyReport)
  const intercepted = t.intercept(CheckpointReader.prototype, 'verify', { value })
  await train(program, 1)
  t.match(program.warnings, [
    { code: 'CKPT_CORRUPT', message: /could not be read back: a flipped/ },
  ])
  t.strictSame(names(program.manager), ['ckpt-1', 'ckpt-2'])
  intercepted.restore()
  await train(program, 1)
  t.strictSame(indexes(directory), ['ckpt-3.index'])
})

t.test('a save that is not durable never has the last durable one removed', async (t) => {
  const directory = t.testdir()
  const program = start(t, directory, { maxToKeep: 1 })
  await train(program, 1)
  for (let i = 0; i < 3; i++) await program.manager.save({ durable: false })
  await program.manager.sync()
  t.strictSame(names(program.manager), ['ckpt-1', 'ckpt-4'])
  await train(program, 1)
  t.strictSame(names(program.manager), ['ckpt-5'])
})

t.test('what cannot be removed is told, kept in the list and tried again', async (t) => {
  const directory = t.testdir()
  const program = start(t, directory, { maxToKeep: 1 })
  await train(program, 1)
  // A directory in the place of a data file cannot be unlinked.
  const obstacle = join(directory, 'ckpt-1.data-00001-of-00002')
  mkdirSync(obstacle)
  await train(program, 1)
  t.match(program.warnings, [{ code: 'CKPT_IO' }])
  t.strictSame(names(program.manager), ['ckpt-1', 'ckpt-2'])
  rmSync(obstacle, { recursive: true })
  await train(program, 1)
  t.strictSame(names(program.manager), ['ckpt-3'])
})

t.test('the blocking twins', (t) => {
  const directory = t.testdir()
  const { manager, step } = start(t, directory, { maxToKeep: 2 })
  for (let i = 0; i < 4; i++) {
    step.value++
    t.equal(manager.saveSync(), join(directory, `ckpt-${String(i + 1)}`))
    t.ok(indexes(directory).length <= 2, 'what is to be removed is removed by then')
  }
  step.value = 0
  t.equal(manager.restoreOrInitializeSync(), join(directory, 'ckpt-4'))
  t.equal(step.value, 4)
  t.end()
})

t.test(
  'what a save is told is in the checkpoint, only if there is something to tell',
  async (t) => {
    const directory = t.testdir()
    const { manager } = start(t, directory)
    const keys = (path: string | null): string[] => listVariables(path ?? '').map(([key]) => key)
    t.notOk(keys(await manager.save()).includes('_NDCHECKPOINT_SAVE_INFO'))
    t.ok(keys(await manager.save({ metric: 1 })).includes('_NDCHECKPOINT_SAVE_INFO'))
    t.match(readFileSync(join(directory, 'ckpt-2.data-00000-of-00001'), 'utf8'), '{"metric":1}')
  },
)
