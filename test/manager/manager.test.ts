import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  CheckpointManager,
  getCheckpointState,
  keepBest,
  keepLatest,
  latestCheckpoint,
  listVariables,
  Variable,
  type CheckpointError,
  type ManagerOptions,
} from '../../lib/index.js'
import { counts } from '../../lib/native.js'
import { filesIn } from '../checkpoint/files'

interface Program {
  readonly checkpoint: Checkpoint<{ step: { value: number } }>
  readonly step: { value: number }
  readonly manager: CheckpointManager
  readonly warnings: CheckpointError[]
}

/** A program that trains one variable, over a directory that may be another one's. */
function start(t: Test, directory: string, options: ManagerOptions = {}): Program {
  const step = new Variable(0, 'int64')
  const checkpoint = new Checkpoint({ step })
  const warnings: CheckpointError[] = []
  const onWarning = (warning: CheckpointError): unknown => warnings.push(warning)
  const manager = new CheckpointManager(checkpoint, directory, { onWarning, ...options })
  t.teardown(() => manager.close())
  return { checkpoint, step, manager, warnings }
}

/** Steps and saves so often. */
async function train({ step, manager }: Program, saves: number): Promise<void> {
  for (let i = 0; i < saves; i++) {
    step.value++
    await manager.save()
  }
  await manager.sync()
}

const names = (manager: CheckpointManager): string[] =>
  manager.checkpoints.map((path) => path.slice(manager.directory.length + 1))

const indexes = (directory: string): string[] =>
  filesIn(directory).filter((name) => name.endsWith('.index'))

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

t.test('saves are read back if that is asked for', async (t) => {
  const directory = t.testdir()
  const program = start(t, directory, { maxToKeep: 1, verifySaves: true })
  await train(program, 3)
  t.strictSame(indexes(directory), ['ckpt-3.index'])
  t.strictSame(program.warnings, [])
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
