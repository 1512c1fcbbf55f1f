// Things that are no files, in the places of files.
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { indexPath, shardPath } from '../../lib/bundle/names.js'
import { latestCheckpoint, openCheckpoint, openCheckpointSync } from '../../lib/index.js'
import { system } from '../fixtures/child'
import { newTarget, problemsOf } from './expect'
import { forge, npy, stateOf } from './forge'

const honest = (directory: string): string =>
  forge(join(directory, 'ckpt'), { entries: stateOf({ x: npy({}) }) })

const IN_PLACE: Readonly<Record<string, { name: string; make: (path: string) => unknown }>> = {
  'a directory': { name: 'EISDIR', make: mkdirSync },
  'a fifo': { name: 'EINVAL', make: (path) => system('mkfifo', path) },
  'a device without an end': {
    name: 'EINVAL',
    make: (path) => {
      symlinkSync('/dev/zero', path)
    },
  },
  'a link to itself': {
    name: 'ELOOP',
    make: (path) => {
      symlinkSync(path, path)
    },
  },
}

for (const [what, { name, make }] of Object.entries(IN_PLACE)) {
  for (const [where, pathOf] of Object.entries({
    'the index': indexPath,
    'a data file': (prefix: string) => shardPath(prefix, 0, 1),
  })) {
    t.test(`${what} in the place of ${where} is refused and never waited for`, async (t) => {
      const prefix = honest(t.testdir())
      const path = pathOf(prefix)
      rmSync(path)
      make(path)
      const { state, checkpoint } = newTarget()
      const expected = { code: 'CKPT_IO', details: { name, path } }
      t.throws(() => checkpoint.restoreSync(prefix), expected)
      await t.rejects(checkpoint.restore(prefix), expected)
      await t.rejects(checkpoint.restore(prefix, { mode: 'load', verify: 'off' }), expected)
      t.strictSame(Object.keys(state), ['x'])
      t.equal(checkpoint.saveCounter, 0)
    })
  }

  t.test(`${what} in the place of the state file is no checkpoint`, (t) => {
    const directory = t.testdir()
    honest(directory)
    make(join(directory, 'checkpoint'))
    if (name === 'EISDIR') t.equal(latestCheckpoint(directory), null)
    else t.throws(() => latestCheckpoint(directory), { code: 'CKPT_IO', details: { name } })
    t.end()
  })
}

t.test('a state file of garbage, or one that names what is not there, is no checkpoint', (t) => {
  const directory = t.testdir()
  honest(directory)
  const TEXTS = [
    '',
    '\0'.repeat(1000),
    'model_checkpoint_path: "',
    'model_checkpoint_path: "ckpt-77"\n',
    'model_checkpoint_path: "/dev/zero"\n',
    `model_checkpoint_path: "${'../'.repeat(5000)}x"\n`,
    `model_checkpoint_path: "${'x'.repeat(10 ** 6)}"\n`,
    'model_checkpoint_path: "a\\000b"\n',
    `all_model_checkpoint_paths: [${'"a",'.repeat(10 ** 5)}`,
    '{'.repeat(10 ** 5),
  ]
  for (const text of TEXTS) {
    writeFileSync(join(directory, 'checkpoint'), text)
    t.equal(latestCheckpoint(directory), null, JSON.stringify(text.slice(0, 40)))
    t.throws(() => openCheckpointSync(directory), { code: 'CKPT_NOT_FOUND' })
  }
  t.end()
})

t.test('empty files are refused', async (t) => {
  const prefix = honest(t.testdir())
  truncateSync(shardPath(prefix, 0, 1))
  const { checkpoint } = newTarget()
  await t.rejects(checkpoint.restore(prefix), { code: 'CKPT_CORRUPT' })
  truncateSync(indexPath(prefix))
  await t.rejects(openCheckpoint(prefix), { code: 'CKPT_CORRUPT' })
  t.strictSame(problemsOf(prefix).codes, ['CKPT_CORRUPT'])
})

t.test('a data file of a terabyte of nothing costs nothing', (t) => {
  const prefix = honest(t.testdir())
  truncateSync(shardPath(prefix, 0, 1), 2 ** 40)
  const { state, checkpoint } = newTarget()
  checkpoint.restoreSync(prefix)
  t.strictSame(Object.values(state), [new Float64Array(3)])
  t.strictSame(problemsOf(prefix).codes, [])
  t.end()
})
