import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { listVariables } from '../../lib/index.js'
import { cli, cliJson, tensorflowFixture } from './program'

void t.test('through all formats and back', async (t) => {
  const directory = t.testdir()
  const source = tensorflowFixture('keras-adam')
  const stations = ['a.npz', 'b.safetensors', 'ckpt'].map((n) => join(directory, n))
  let from = source
  for (const to of stations) {
    const { status, stdout } = await cli(['convert', from, to], { cwd: directory })
    t.equal(status, 0)
    t.match(stdout, /: 29 tensors, 19\.\d kB\n/)
    from = to
  }
  const npz = join(directory, 'a.npz')
  t.equal((await cli(['diff', source, npz, '--ignore-counters'])).status, 0)
  const names = listVariables(join(directory, 'ckpt')).map(([key]) => key)
  t.ok(names.includes('optimizer/_iterations'))
  const model = join(directory, 'model.json')
  const weights = ['--filter', 'optimizer/_trainable_variables/*']
  t.equal((await cli(['convert', source, model, ...weights])).status, 0)
  t.equal((await cli(['diff', source, model, ...weights])).status, 0)
})

void t.test('options', async (t) => {
  const directory = t.testdir()
  const npy = join(directory, 'x.npy')
  const source = tensorflowFixture('keras-adam/model-1.index')
  const report = await cliJson(['convert', source, npy, '-f', 'optimizer/_variables/10'])
  t.match(report, { tensors: 1, bytes: 5760, path: npy })
  const state = join(directory, 'state')
  t.equal((await cli(['convert', npy, state, '--as', 'numpyState', '--attribute', 'n'])).status, 0)
  t.ok(listVariables(state).some(([key]) => key.startsWith('n/')))
  const compressed = join(directory, 'c')
  t.equal((await cli(['convert', source, compressed, '--to', 'npz', '--compress'])).status, 0)
  t.ok(existsSync(compressed))
  const bad = await cli(['convert', source, npy, '--as', 'what'])
  t.equal(bad.status, 2)
  t.match(bad.stderr, /Allowed choices are tensors, variables, numpyState/)
})

void t.test('what cannot be converted', async (t) => {
  const directory = t.testdir()
  const source = tensorflowFixture('keras-adam')
  const many = await cli(['convert', source, join(directory, 'x.npy')])
  t.equal(many.status, 2)
  t.match(many.stderr, /^ndcheckpoint: .*29.*\[CKPT_UNSUPPORTED\]\n$/)
  const none = await cli(['convert', join(directory, 'none'), join(directory, 'x.npz')])
  t.match(none.stderr, /CKPT_NOT_FOUND/)
  const misuse = await cli(['convert', source, `${directory}/`])
  t.equal(misuse.status, 2)
})
