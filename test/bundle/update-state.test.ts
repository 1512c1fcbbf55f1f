import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import {
  Checkpoint,
  getCheckpointState,
  latestCheckpoint,
  updateCheckpointState,
  updateCheckpointStateSync,
  type UpdateStateOptions,
} from '../../lib/index.js'

const textOf = (directory: string): string => readFileSync(join(directory, 'checkpoint'), 'utf8')

/** The file that an update writes into an empty directory. */
function written(directory: string, options: UpdateStateOptions): string {
  updateCheckpointStateSync(directory, options)
  return textOf(directory)
}

t.test('the newest checkpoint alone', async (t) => {
  const dir = t.testdir()
  const path = await new Checkpoint().write(join(dir, 'best'))
  t.equal(latestCheckpoint(dir), null)
  await updateCheckpointState(dir, { modelCheckpointPath: path })
  t.equal(latestCheckpoint(dir), path)
  const expected = 'model_checkpoint_path: "best"\nall_model_checkpoint_paths: "best"\n'
  t.equal(textOf(dir), expected)
  t.strictSame(readdirSync(dir).sort(), ['best.data-00000-of-00001', 'best.index', 'checkpoint'])
  t.equal(written(dir, { modelCheckpointPath: pathToFileURL(path), durable: false }), expected)
})

t.test('everything that a state tells, and the newest is added to the paths', (t) => {
  const dir = t.testdir()
  const options = {
    modelCheckpointPath: 'c-3',
    allModelCheckpointPaths: ['c-1', 'c-2'],
    allModelCheckpointTimestamps: [1, 2, 3.25],
    lastPreservedTimestamp: 0.5,
  }
  const expected = `model_checkpoint_path: "c-3"
all_model_checkpoint_paths: "c-1"
all_model_checkpoint_paths: "c-2"
all_model_checkpoint_paths: "c-3"
all_model_checkpoint_timestamps: 1.0
all_model_checkpoint_timestamps: 2.0
all_model_checkpoint_timestamps: 3.25
last_preserved_timestamp: 0.5
`
  t.equal(written(dir, options), expected)
  const allModelCheckpointPaths = ['c-1', 'c-2', 'c-3']
  t.equal(written(dir, { ...options, allModelCheckpointPaths }), expected, 'unless it is there')
  t.strictSame(options.allModelCheckpointPaths, ['c-1', 'c-2'], 'arguments stay as they are')
  const moved = { ...options, allModelCheckpointPaths: ['c-3', 'c-1'] }
  t.match(written(dir, moved), /"c-3"\n.*"c-3"\n.*"c-1"\n.*"c-3"\n/, 'unless it is the last')
  const state = getCheckpointState(dir)
  t.strictSame(
    state?.allModelCheckpointPaths,
    ['c-3', 'c-1', 'c-3'].map((c) => join(dir, c)),
  )
  t.end()
})

t.test('paths are written so that the directory may be moved', (t) => {
  const dir = t.testdir({ run: {} })
  const run = join(dir, 'run')
  const start = process.cwd()
  t.teardown(() => {
    process.chdir(start)
  })
  process.chdir(dir)
  const cases: [directory: string, path: string, stored: string][] = [
    [run, join(run, 'a-1'), 'a-1'],
    [run, join(run, 'sub/a-1'), 'sub/a-1'],
    [run, join(run, '..a-1'), '..a-1'],
    [run, join(dir, 'other/a-1'), join(dir, 'other/a-1')],
    [run, join(dir, 'run-2/a-1'), join(dir, 'run-2/a-1')],
    // As in TensorFlow: of an absolute directory, of the working directory.
    [run, 'a-1', 'a-1'],
    [run, '../other/a-1', '../other/a-1'],
    ['run', 'run/a-1', 'a-1'],
    ['run', 'a-1', '../a-1'],
    ['run', join(run, 'a-1'), 'a-1'],
    ['run', run, run],
    ['.', 'a-1', 'a-1'],
  ]
  for (const [directory, path, stored] of cases) {
    const text = written(directory, { modelCheckpointPath: path, allModelCheckpointPaths: [path] })
    const expected = `model_checkpoint_path: "${stored}"\nall_model_checkpoint_paths: "${stored}"\n`
    t.equal(text, expected, `${path} in ${directory}`)
  }
  t.end()
})

t.test('a relative directory is that of the call, and missing ones are made', async (t) => {
  const dir = t.testdir()
  const start = process.cwd()
  t.teardown(() => {
    process.chdir(start)
  })
  process.chdir(dir)
  const update = updateCheckpointState('run/deep', { modelCheckpointPath: 'run/deep/a' })
  mkdirSync('other')
  process.chdir('other')
  await update
  t.match(textOf(join(dir, 'run/deep')), 'model_checkpoint_path: "a"\n')
  t.strictSame(readdirSync(join(dir, 'other')), [])
})

t.test('a file that cannot be replaced is an error', async (t) => {
  const dir = t.testdir({ checkpoint: {}, file: '' })
  const options = { modelCheckpointPath: 'a' }
  const isDirectory = { code: 'CKPT_IO', details: { name: 'EISDIR' } }
  await t.rejects(updateCheckpointState(dir, options), isDirectory)
  t.throws(() => {
    updateCheckpointStateSync(dir, options)
  }, isDirectory)
  const error = { code: 'CKPT_IO', details: { name: 'ENOTDIR' } }
  await t.rejects(updateCheckpointState(join(dir, 'file'), options), error)
})

t.test('misuse is named', async (t) => {
  const dir = t.testdir()
  const cases: [options: unknown, error: { message: RegExp }][] = [
    [3, { message: /^options must be an object, got 3$/ }],
    [{}, { message: /^options.modelCheckpointPath must be a string or/ }],
    [{ modelCheckpointPath: '' }, { message: /^options.modelCheckpointPath must not be empty/ }],
    [
      { modelCheckpointPath: 'a', allModelCheckpointPaths: 'a' },
      { message: /Paths must be an array of paths/ },
    ],
    [
      { modelCheckpointPath: 'a', allModelCheckpointPaths: [1] },
      { message: /Paths must be a string or/ },
    ],
    [
      { modelCheckpointPath: 'a', allModelCheckpointTimestamps: ['1'] },
      { message: /must be an array of numbers/ },
    ],
    [
      { modelCheckpointPath: 'a', lastPreservedTimestamp: '1' },
      { message: /must be a number, got '1'$/ },
    ],
    [{ modelCheckpointPath: 'a', durable: 1 }, { message: /^options.durable must be a boolean/ }],
    [
      {
        modelCheckpointPath: 'b',
        allModelCheckpointPaths: ['a'],
        allModelCheckpointTimestamps: [1],
      },
      { message: /each of the 2 paths .*, got 1$/ },
    ],
    [{ modelCheckpointPath: 'checkpoint' }, { message: /is the state file/ }],
    [{ modelCheckpointPath: join(dir, 'checkpoint') }, { message: /is the state file/ }],
    [{ modelCheckpointPath: 'sub/../checkpoint' }, { message: /is the state file/ }],
  ]
  for (const [options, error] of cases) {
    await t.rejects(updateCheckpointState(dir, options as UpdateStateOptions), error)
    t.throws(() => {
      updateCheckpointStateSync(dir, options as UpdateStateOptions)
    }, error)
  }
  const where = 1 as unknown as string
  await t.rejects(updateCheckpointState(where, { modelCheckpointPath: 'a' }), { name: 'TypeError' })
  t.strictSame(readdirSync(dir), [])
})
