import { spawnSync } from 'node:child_process'
import { readdirSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  CheckpointManager,
  getCheckpointState,
  latestCheckpoint,
  NumpyState,
  openCheckpoint,
  updateCheckpointStateSync,
} from '../../lib/index.js'
import type { PrunePlan } from '../../lib/manager/prune.js'
import { cli, cliJson } from './program'
import { makeRun } from './runs'

type Document = PrunePlan & { readonly freedBytes: number; readonly removed: boolean }

const indexes = (run: string): string[] =>
  readdirSync(run)
    .filter((name) => name.endsWith('.index'))
    .sort()

void t.test('the plan, then the removal', async (t) => {
  const run = await makeRun(t.testdir(), 5)
  const dry = await cli(['prune', run, '--keep', '2', '--dry-run'])
  t.equal(dry.status, 0)
  t.match(
    dry.stdout,
    /^keep {4}ckpt-4\nkeep {4}ckpt-5\nremove {2}ckpt-1\n.*\n.*\n2 to keep, 3 to remove, 1\.2\d MB to free\n$/m,
  )
  t.equal(indexes(run).length, 5)
  const done = await cli(['prune', run, '--keep', '2', '--yes'])
  t.equal(done.status, 0)
  t.match(done.stdout, /removed 3 checkpoints\n$/)
  t.strictSame(indexes(run), ['ckpt-4.index', 'ckpt-5.index'])
  t.equal(readdirSync(run).filter((name) => name.includes('.data-')).length, 2)
  const state = getCheckpointState(run)
  t.strictSame(state?.allModelCheckpointPaths, [join(run, 'ckpt-4'), join(run, 'ckpt-5')])
  t.equal(state?.modelCheckpointPath, join(run, 'ckpt-5'))
  const again: Document = await cliJson(['prune', run, '--keep', '2', '--yes'])
  t.match(again, { remove: [], removed: false })
})

void t.test('steps, metrics and pins', async (t) => {
  const directory = t.testdir()
  const checkpoint = new Checkpoint({ arrays: new NumpyState() })
  let step = 0
  const manager = new CheckpointManager(checkpoint, directory, { stepCounter: () => step })
  for (const metric of [1, 5, 2, 3, 4]) {
    step += 10
    await manager.save({ metric, pin: metric === 2 })
  }
  await manager.close()
  const kept = async (...options: string[]): Promise<string[]> => {
    const document: Document = await cliJson(['prune', directory, '-n', ...options])
    return document.keep.map((path) => path.slice(-1))
  }
  t.strictSame(await kept('--keep', '1'), ['3', '5'])
  t.strictSame(await kept('--keep-best', '1'), ['2', '3', '5'])
  t.strictSame(await kept('--keep-best', '1', '--best', 'min'), ['1', '3', '5'])
  t.strictSame(await kept('--keep-every', '30'), ['1', '3', '4', '5'])
  t.strictSame(await kept('--keep-every-hours', '1'), ['1', '3', '5'])
})

void t.test('the newest that is whole stays, and counts', async (t) => {
  const run = await makeRun(t.testdir(), 5)
  truncateSync(join(run, 'ckpt-5.data-00000-of-00001'), 10)
  truncateSync(join(run, 'ckpt-4.data-00000-of-00001'), 10)
  const document: Document = await cliJson(['prune', run, '--keep', '1', '--yes'])
  t.strictSame(
    document.keep.map((path) => path.slice(-1)),
    ['3', '5'],
  )
  t.equal(document.damaged.length, 2)
  t.equal(document.removed, true)
  await (await openCheckpoint(join(run, 'ckpt-3'), { verify: 'eager' })).close()
})

void t.test('if none is whole, all stay', async (t) => {
  const run = await makeRun(t.testdir(), 2)
  for (const n of [1, 2]) truncateSync(join(run, `ckpt-${n}.data-00000-of-00001`), 10)
  const { status, stderr } = await cli(['prune', run, '--keep', '1', '--yes'])
  t.equal(status, 2)
  t.match(stderr, /none of the checkpoints in .* is whole.*\[CKPT_CORRUPT\]/)
  t.equal(indexes(run).length, 2)
})

void t.test('links: what is freed, and what goes on to be whole', async (t) => {
  const run = await makeRun(t.testdir(), 4, { incremental: true })
  const document: Document = await cliJson(['prune', run, '--keep', '1', '--yes'])
  t.ok(document.freedBytes < 20_000, 'the large array stays')
  t.equal(document.remove.length, 3)
  t.equal((await cli(['verify', run])).status, 0)
})

void t.test('what no manager has made', async (t) => {
  const directory = t.testdir()
  const checkpoint = new Checkpoint({ arrays: new NumpyState() })
  for (let i = 0; i < 3; i++) await checkpoint.save(join(directory, 'ckpt'))
  const listed: Document = await cliJson(['prune', directory, '--keep', '1', '-n'])
  const all: Document = await cliJson(['prune', directory, '--keep', '1', '-n', '--all'])
  t.ok(listed.remove.length <= all.remove.length)
  t.equal(all.remove.length, 2)
  const before = getCheckpointState(directory)
  await cliJson(['prune', directory, '--keep', '2', '--yes', '--all'])
  t.strictSame(indexes(directory), ['ckpt-2.index', 'ckpt-3.index'])
  const after = getCheckpointState(directory)
  t.equal(after?.modelCheckpointPath, before?.modelCheckpointPath)
  const wasListed = (path: string): boolean =>
    before?.allModelCheckpointPaths.includes(path) === true
  t.ok(after?.allModelCheckpointPaths.every(wasListed), 'nothing is listed that was not')
})

void t.test('what the state file names as the newest stays', async (t) => {
  const run = await makeRun(t.testdir(), 4)
  updateCheckpointStateSync(run, { modelCheckpointPath: join(run, 'ckpt-2') })
  const { keep }: Document = await cliJson(['prune', run, '--keep', '1', '--yes', '--all'])
  t.strictSame(
    keep.map((path) => path.slice(-1)),
    ['2', '4'],
  )
  t.equal(latestCheckpoint(run), join(run, 'ckpt-2'))
})

void t.test('a run that is under way is left alone', async (t) => {
  const run = await makeRun(t.testdir(), 3)
  const manager = new CheckpointManager(new Checkpoint({ a: new NumpyState() }), run)
  const { status, stderr } = await cli(['prune', run, '--keep', '1', '--yes'])
  t.equal(status, 2)
  t.match(stderr, /\[CKPT_BUSY\]\n$/)
  t.equal(indexes(run).length, 3)
  await manager.close()
  t.equal((await cli(['prune', run, '--keep', '1', '--yes'])).status, 0)
})

void t.test('misuse removes nothing', async (t) => {
  const run = await makeRun(t.testdir(), 2)
  for (const args of [
    ['--keep', '1'],
    ['--yes'],
    ['--keep', '0', '--yes'],
    ['--keep', 'x', '-y'],
  ]) {
    const { status, stderr } = await cli(['prune', run, ...args])
    t.equal(status, 2, args.join(' '))
    t.match(stderr, /^ndcheckpoint: .*--.*\n$/)
  }
  t.equal((await cli(['prune', join(run, 'none'), '--keep', '1', '--yes'])).status, 2)
  t.equal(indexes(run).length, 2)
})

const skip = spawnSync('script', ['--version']).status === 0 ? false : "needs 'script'"

void t.test('on a terminal one is asked', { skip }, async (t) => {
  const run = await makeRun(t.testdir(), 2)
  const no = await cli(['prune', run, '--keep', '1'], { columns: 80, input: 'n\n' })
  t.equal(no.status, 0)
  t.match(no.stdout, 'Remove 1 checkpoint for ever? [y/N]')
  t.equal(indexes(run).length, 2)
  const yes = await cli(['prune', run, '--keep', '1'], { columns: 80, input: 'y\n' })
  t.match(yes.stdout, 'removed 1 checkpoint')
  t.equal(indexes(run).length, 1)
})
