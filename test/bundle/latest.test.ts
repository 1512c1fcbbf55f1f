import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { Checkpoint, latestCheckpoint } from '../../lib/index.js'

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

t.test('misuse is named', (t) => {
  const latest = latestCheckpoint as (directory: unknown) => unknown
  t.throws(() => latest(1), new TypeError('directory must be a string or a file URL, got 1'))
  t.throws(() => latest(''), new TypeError('directory must not be empty'))
  t.end()
})

t.test('a state file that cannot be read is an error', (t) => {
  const dir = t.testdir({ checkpoint: t.fixture('symlink', 'checkpoint') })
  const details = { name: 'ELOOP', path: join(dir, 'checkpoint') }
  t.throws(() => latestCheckpoint(dir), { code: 'CKPT_IO', details })
  t.end()
})
