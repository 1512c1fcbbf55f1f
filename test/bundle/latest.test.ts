import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { readState } from '../../lib/bundle/latest.js'
import { Checkpoint, getCheckpointState, latestCheckpoint } from '../../lib/index.js'

const state = (path: string): string => `model_checkpoint_path: "${path}"\n`

t.test('the newest checkpoint is the one that the state file names', async (t) => {
  const dir = t.testdir()
  t.equal(latestCheckpoint(dir), null)
  const checkpoint = new Checkpoint()
  for (const number of [1, 2]) {
    t.equal(await checkpoint.save(join(dir, 'ckpt')), latestCheckpoint(dir))
    t.equal(latestCheckpoint(dir), join(dir, `ckpt-${String(number)}`))
  }
  t.equal(latestCheckpoint(pathToFileURL(dir)), join(dir, 'ckpt-2'))
  await checkpoint.write(join(dir, 'other'))
  t.equal(latestCheckpoint(dir), join(dir, 'ckpt-2'), 'write names nothing')
  t.end()
})

t.test('relative paths are joined to the directory, absolute ones are not', (t) => {
  const dir = t.testdir({ run: { 'a-1.index': '', sub: { 'b-1.index': '' } } })
  const file = join(dir, 'run/checkpoint')
  writeFileSync(file, state('a-1'))
  t.equal(latestCheckpoint(join(dir, 'run')), join(dir, 'run/a-1'))
  writeFileSync(file, state('sub/b-1'))
  t.equal(latestCheckpoint(join(dir, 'run/')), join(dir, 'run/sub/b-1'))
  writeFileSync(file, state(join(dir, 'run/sub/b-1')))
  t.equal(latestCheckpoint(join(dir, 'run')), join(dir, 'run/sub/b-1'))
  const start = process.cwd()
  process.chdir(dir)
  writeFileSync(file, state('a-1'))
  t.equal(latestCheckpoint('run'), 'run/a-1', 'as given')
  process.chdir(start)
  t.end()
})

t.test('null where there is none to name', (t) => {
  const cases: [string, object | string][] = [
    ['no directory', 'missing'],
    ['no state file', {}],
    ['a state file that cannot be parsed', { checkpoint: 'model_checkpoint_path: 3' }],
    ['an empty state file', { checkpoint: '' }],
    ['a checkpoint that is gone', { checkpoint: state('gone-1') }],
    ['only its data', { checkpoint: state('a'), 'a.data-00000-of-00001': '' }],
    ['a directory named checkpoint', { checkpoint: {} }],
  ]
  for (const [what, content] of cases) {
    const dir = t.testdir(typeof content === 'string' ? {} : (content as Record<string, string>))
    t.equal(latestCheckpoint(typeof content === 'string' ? join(dir, content) : dir), null, what)
  }
  const dir = t.testdir({ file: '' })
  t.equal(latestCheckpoint(join(dir, 'file')), null, 'a file')
  t.end()
})

const FULL = `model_checkpoint_path: "sub/b-2"
all_model_checkpoint_paths: "a-1"
all_model_checkpoint_paths: "/elsewhere/a-7"
all_model_checkpoint_paths: "sub/b-2"
all_model_checkpoint_timestamps: 1.5
all_model_checkpoint_timestamps: 2.5
all_model_checkpoint_timestamps: 3.5
last_preserved_timestamp: 0.5
`

t.test('the state comes whole, with its paths joined to the directory', (t) => {
  const dir = t.testdir({ run: { checkpoint: FULL } })
  const stateIn = (directory: string): object => ({
    modelCheckpointPath: join(directory, 'sub/b-2'),
    allModelCheckpointPaths: [join(directory, 'a-1'), '/elsewhere/a-7', join(directory, 'sub/b-2')],
    allModelCheckpointTimestamps: [1.5, 2.5, 3.5],
    lastPreservedTimestamp: 0.5,
  })
  const run = join(dir, 'run')
  t.strictSame(getCheckpointState(run), stateIn(run))
  t.strictSame(getCheckpointState(pathToFileURL(run)), stateIn(run))
  t.equal(latestCheckpoint(run), null, 'though the checkpoint itself is gone')
  const start = process.cwd()
  t.teardown(() => {
    process.chdir(start)
  })
  process.chdir(dir)
  t.strictSame(getCheckpointState('run'), stateIn('run'), 'as given')
  t.end()
})

t.test('why there is no state is told', (t) => {
  const cases: [string, object, object][] = [
    ['no state file', {}, { reason: 'missing' }],
    ['a directory named checkpoint', { checkpoint: {} }, { reason: 'missing' }],
    ['an empty file', { checkpoint: '' }, { reason: 'corrupt', error: { code: 'CKPT_CORRUPT' } }],
    [
      'a file that names no newest checkpoint',
      { checkpoint: 'all_model_checkpoint_paths: "a"' },
      { reason: 'corrupt', error: { code: 'CKPT_CORRUPT', message: /no model_checkpoint_path/ } },
    ],
    [
      'a file that cannot be parsed',
      { checkpoint: 'model_checkpoint_path: "a' },
      { reason: 'corrupt', error: { code: 'CKPT_CORRUPT', message: /line 1/ } },
    ],
  ]
  for (const [what, content, expected] of cases) {
    const dir = t.testdir(content as Record<string, string>)
    t.match(readState(dir), expected, what)
    t.equal(getCheckpointState(dir), null, what)
  }
  const dir = t.testdir({ file: '', checkpoint: state('a') })
  for (const name of ['none', 'file']) {
    t.strictSame(readState(join(dir, name)), { reason: 'missing' }, name)
    t.equal(getCheckpointState(join(dir, name)), null, name)
  }
  t.match(readState(dir), { state: { modelCheckpointPath: join(dir, 'a') } })
  t.end()
})

t.test('misuse is named', (t) => {
  for (const read of [latestCheckpoint, getCheckpointState] as ((path: unknown) => unknown)[]) {
    t.throws(() => read(1), new TypeError('directory must be a string or a file URL, got 1'))
    t.throws(() => read(''), new TypeError('directory must not be empty'))
  }
  t.end()
})

t.test('a state file that cannot be read is an error', (t) => {
  const dir = t.testdir({ checkpoint: t.fixture('symlink', 'checkpoint') })
  const details = { name: 'ELOOP', path: join(dir, 'checkpoint') }
  t.throws(() => latestCheckpoint(dir), { code: 'CKPT_IO', details })
  t.throws(() => getCheckpointState(dir), { code: 'CKPT_IO', details })
  t.end()
})
