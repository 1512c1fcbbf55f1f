// State files that name what is no checkpoint of the directory. They can hold any path; nothing is
// done to what lies elsewhere, and what cannot be a path is no checkpoint.
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  CheckpointManager,
  getCheckpointState,
  latestCheckpoint,
  ndarray,
  NumpyState,
  openCheckpointSync,
} from '../../lib/index.js'
import { contentOf } from '../fixtures/files'

/** A run of two checkpoints beside another one, which is not its own. */
function scene(t: Test): { run: string; other: string } {
  const base = t.testdir({ run: {}, other: {} })
  const [run, other] = [join(base, 'run'), join(base, 'other')]
  const state = new NumpyState()
  const checkpoint = new Checkpoint({ state })
  for (const directory of [run, run, other]) {
    state['x'] = ndarray(Float64Array.of(checkpoint.saveCounter))
    checkpoint.saveSync(join(directory, 'ckpt'), { durable: false })
  }
  return { run, other }
}

const quote = (path: string): string => JSON.stringify(path)

/** The state of a manager that kept these, the newest last. */
const stateOf = (paths: readonly string[]): string =>
  [
    `model_checkpoint_path: ${quote(paths.at(-1) ?? '')}`,
    ...paths.map((path) => `all_model_checkpoint_paths: ${quote(path)}`),
    ...paths.map((_, i) => `all_model_checkpoint_timestamps: ${String(i + 1)}.0`),
    '',
  ].join('\n')

const NO_PATHS: Readonly<Record<string, string>> = {
  'a null byte': 'model_checkpoint_path: "ck\\000pt"\nall_model_checkpoint_paths: "ck\\000pt"\n',
  'a name that is too long': stateOf(['x'.repeat(5000)]),
  'a path that is too long': stateOf(['x/'.repeat(5000)]),
  'a path up from the root': stateOf(['../'.repeat(500)]),
  'an empty list and the directory itself': stateOf(['.']),
  'the state file itself': stateOf(['checkpoint']),
  'a device': stateOf(['/dev/zero']),
  'a path below a file': stateOf(['checkpoint/ckpt-1']),
}

for (const [what, text] of Object.entries(NO_PATHS)) {
  t.test(`${what} in the place of a checkpoint: none is found by it`, async (t) => {
    const { run } = scene(t)
    writeFileSync(join(run, 'checkpoint'), text)
    const before = contentOf(run)
    t.equal(latestCheckpoint(run), null)
    t.equal(typeof getCheckpointState(run)?.modelCheckpointPath, 'string')
    t.throws(() => openCheckpointSync(run), { code: 'CKPT_NOT_FOUND' })
    const checkpoint = new Checkpoint({ state: new NumpyState() })
    const manager = new CheckpointManager(checkpoint, run)
    t.equal(await manager.restoreOrInitialize(), join(run, 'ckpt-2'), 'by its files')
    await manager.close()
    t.strictSame(contentOf(run), before, 'nothing is changed')
  })
}

t.test('a link that leads to itself is no checkpoint', async (t) => {
  const { run } = scene(t)
  symlinkSync('loop.index', join(run, 'loop.index'))
  writeFileSync(join(run, 'checkpoint'), stateOf(['ckpt-1', 'loop']))
  t.equal(latestCheckpoint(run), null)
  const manager = new CheckpointManager(new Checkpoint({ state: new NumpyState() }), run)
  t.equal(await manager.restoreOrInitialize(), join(run, 'ckpt-1'))
  await manager.close()
})

for (const [what, nameOf] of Object.entries({
  'an absolute path': (other: string) => join(other, 'ckpt-3'),
  'a path with ..': () => '../other/ckpt-3',
  'a path with .. behind a directory that is not there': () => 'ckpt-1/../../other/ckpt-3',
})) {
  t.test(`${what} is followed by readers, and never removed`, async (t) => {
    const { run, other } = scene(t)
    const before = contentOf(other)
    const named = nameOf(other)
    writeFileSync(join(run, 'checkpoint'), stateOf([named, 'ckpt-1', 'ckpt-2']))
    const state = new NumpyState()
    const checkpoint = new Checkpoint({ state })
    const manager = new CheckpointManager(checkpoint, run, { maxToKeep: 1 })
    await manager.restoreOrInitialize()
    state['x'] = ndarray(Float64Array.of(9))
    await manager.save()
    await manager.close()
    t.strictSame(contentOf(other), before, 'what lies elsewhere is as it was')
    t.notOk(readdirSync(run).includes('ckpt-1.index'), 'what is its own has been removed')
  })
}

t.test(
  'a state file that lists a checkpoint many times has it removed once, when it is old',
  (t) => {
    const { run } = scene(t)
    const many = Array.from({ length: 20_000 }, (_, i) => (i % 2 === 0 ? 'ckpt-1' : './ckpt-1'))
    writeFileSync(join(run, 'checkpoint'), stateOf([...many, 'ckpt-2']))
    const manager = new CheckpointManager(new Checkpoint({ state: new NumpyState() }), run)
    t.strictSame(manager.checkpoints, [join(run, 'ckpt-1'), join(run, 'ckpt-2')])
    void manager.close()
    t.end()
  },
)

t.test('names that are longer than the file system takes do not stop a save', (t) => {
  const { run } = scene(t)
  mkdirSync(join(run, 'x'.repeat(200)))
  writeFileSync(join(run, 'checkpoint'), stateOf(['y'.repeat(300), 'ckpt-1', 'ckpt-2']))
  const manager = new CheckpointManager(new Checkpoint({ state: new NumpyState() }), run)
  manager.saveSync()
  t.match(readFileSync(join(run, 'checkpoint'), 'utf8'), /"ckpt-1"/)
  void manager.close()
  t.end()
})
