// The checker sees what is wrong with a directory.
import { renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { CheckpointManager, updateCheckpointStateSync } from '../../lib/index.js'
import { problemsOf, Promised, tally, type Manner } from './check'
import { fill, makeState, steady } from './small-state.cjs'

const SAVE: Manner = { way: 'save' }

/** A directory with `ckpt-1` … */
function saved(t: Test, count = 2): string {
  const directory = t.testdir()
  const { state, checkpoint } = makeState(0)
  for (let step = 1; step <= count; step++) {
    fill(state, step)
    checkpoint.saveSync(join(directory, 'ckpt'))
  }
  return directory
}

function promise(...marks: Parameters<Promised['add']>[0][]): Promised {
  const promised = new Promised()
  for (const mark of marks) promised.add(mark)
  return promised
}

const BOTH = [
  { saved: 'ckpt-1', step: 1 },
  { saved: 'ckpt-2', step: 2 },
]

const data = (directory: string, number: number): string =>
  join(directory, `ckpt-${String(number)}.data-00000-of-00001`)

t.test('nothing is wrong with what was saved', async (t) => {
  t.strictSame(await problemsOf(saved(t), SAVE, promise(...BOTH)), [])
  t.strictSame(await problemsOf(join(t.testdir(), 'none'), SAVE, promise()), [])
  t.strictSame(await problemsOf(join(t.testdir(), 'none'), { way: 'write' }, promise()), [])
})

t.test('nor with what a manager saved', async (t) => {
  const directory = t.testdir()
  const { state, checkpoint } = makeState(0)
  const manager = new CheckpointManager(checkpoint, directory, { maxToKeep: 2 })
  for (const step of [1, 2]) {
    fill(state, step)
    await manager.save()
  }
  await manager.close()
  const manner: Manner = { way: 'manager', maxToKeep: 2 }
  t.strictSame(await problemsOf(directory, manner, promise(...BOTH)), [])
  updateCheckpointStateSync(directory, { modelCheckpointPath: join(directory, 'ckpt-2') })
  const forgotten = await problemsOf(directory, manner, promise())
  t.match(forgotten, [/a checkpoint is forgotten/])
  rmSync(join(directory, 'checkpoint'))
  t.strictSame(await problemsOf(directory, manner, promise()), [], 'nobody can know them')
})

t.test('a checkpoint that is gone', async (t) => {
  const directory = saved(t)
  rmSync(join(directory, 'ckpt-1.index'))
  t.match(await problemsOf(directory, SAVE, promise(...BOTH)), [
    /ckpt-1 was saved and is not there/,
  ])
})

t.test('unless it was being removed', async (t) => {
  const directory = saved(t)
  rmSync(join(directory, 'ckpt-1.index'))
  t.strictSame(await problemsOf(directory, SAVE, promise(...BOTH, { removing: 'ckpt-1' })), [])
})

t.test('one that was removed and is there', async (t) => {
  const promised = promise(...BOTH, { removing: 'ckpt-1' }, { removed: 'ckpt-1' })
  t.match(await problemsOf(saved(t), SAVE, promised), [/ckpt-1 was removed and is there/])
})

t.test('a data file that is gone, cut or changed', async (t) => {
  for (const spoil of [
    (path: string) => {
      rmSync(path)
    },
    (path: string) => {
      truncateSync(path, 1000)
    },
    (path: string) => {
      writeFileSync(path, Buffer.alloc(512), { flag: 'r+' })
    },
  ]) {
    const directory = saved(t)
    spoil(data(directory, 2))
    t.match(await problemsOf(directory, SAVE, promise()), [/ckpt-2 is not whole/])
  }
})

t.test('a checkpoint of another step than its name tells', async (t) => {
  const directory = saved(t)
  renameSync(data(directory, 1), data(directory, 2))
  renameSync(join(directory, 'ckpt-1.index'), join(directory, 'ckpt-2.index'))
  const [problem] = await problemsOf(directory, SAVE, promise())
  t.match(problem, /ckpt-2 has the arrays of step 1/)
})

t.test('a state file that is older, torn or gone', async (t) => {
  const name = 'checkpoint'
  const old = saved(t)
  writeFileSync(join(old, name), 'model_checkpoint_path: "ckpt-1"\n')
  t.match(await problemsOf(old, SAVE, promise(...BOTH)), [/the latest is ckpt-1, not 2/])
  const torn = saved(t)
  truncateSync(join(torn, name), 10)
  t.match(await problemsOf(torn, SAVE, promise(...BOTH)), [/no latest/])
})

t.test('a state file that is older, with none promised, is no problem', async (t) => {
  const directory = saved(t)
  writeFileSync(join(directory, 'checkpoint'), 'model_checkpoint_path: "ckpt-1"\n')
  t.strictSame(await problemsOf(directory, SAVE, promise({ saved: 'ckpt-1', step: 1 })), [])
})

t.test('what the next program leaves', async (t) => {
  const directory = saved(t)
  writeFileSync(join(directory, 'ckpt-0.data-00000-of-00001'), '')
  t.match(await problemsOf(directory, SAVE, promise()), [/leaves ckpt-0.data/])
})

t.test('a manager has to have the newest, and those that it cannot have removed', async (t) => {
  const manner = (maxToKeep: number): Manner => ({ way: 'manager', maxToKeep })
  const three = promise(...BOTH, { saved: 'ckpt-3', step: 3 })
  t.strictSame(three.required(manner(3)), [
    ['ckpt-2', 2],
    ['ckpt-3', 3],
  ])
  t.strictSame(three.required(manner(2)), [['ckpt-3', 3]])
  t.strictSame(three.required(manner(1)), [])
  t.match(await problemsOf(saved(t), manner(1), three), [/the latest is ckpt-2, not 3/])
})

t.test('a written checkpoint has the last step that was written, or a later one', async (t) => {
  const directory = t.testdir()
  makeState(2).checkpoint.writeSync(join(directory, 'same'))
  const manner: Manner = { way: 'write' }
  t.match(await problemsOf(directory, manner, promise({ saved: 'same', step: 3 })), [
    /same has step 2, not 3/,
  ])
  t.strictSame(await problemsOf(directory, manner, promise({ saved: 'same', step: 1 })), [])
})

t.test(
  'of a checkpoint that was not synced nothing is promised, of those before it all',
  async (t) => {
    const directory = saved(t, 3)
    truncateSync(data(directory, 2), 10)
    const loose = { loose: 'ckpt-2' }
    const before = { saved: 'ckpt-1', step: 1 }
    const after = { saved: 'ckpt-3', step: 3 }
    t.match(await problemsOf(directory, SAVE, promise(before, after)), [/ckpt-2 is not whole/])
    t.strictSame(await problemsOf(directory, SAVE, promise(before, loose, after)), [])
    rmSync(join(directory, 'checkpoint'))
    t.strictSame(await problemsOf(directory, SAVE, promise(before, loose)), [])
    t.match(await problemsOf(directory, SAVE, promise(before, loose, after)), [/no latest/])
    rmSync(data(directory, 1))
    t.match(await problemsOf(directory, SAVE, promise(before, loose)), [
      /ckpt-1 is not whole/,
      /ckpt-1 was saved and is not there/,
    ])
    const manner: Manner = { way: 'manager', maxToKeep: 3 }
    t.strictSame(promise(before, loose, after).required(manner), [['ckpt-3', 3]])
  },
)

t.test('a later program saves incrementally where it is asked to', async (t) => {
  const directory = t.testdir()
  const { state, checkpoint } = makeState(0)
  steady(state)
  fill(state, 1)
  checkpoint.saveSync(join(directory, 'ckpt'))
  const before = tally.linked
  const manner: Manner = { ...SAVE, incremental: true }
  t.strictSame(await problemsOf(directory, manner, promise({ saved: 'ckpt-1', step: 1 })), [])
  t.ok(tally.linked > before)
})
