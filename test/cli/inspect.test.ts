import { join } from 'node:path'
import t from 'tap'
import { exportNpz } from '../../lib/index.js'
import { cli, cliJson, tensorflowFixture } from './program'
import { makeRun } from './runs'

interface Document {
  readonly path: string
  readonly format: string
  readonly bytes: number
  readonly tensors: {
    readonly name: string
    readonly dtype: string
    readonly shape: number[]
    readonly statistics?: Record<string, unknown>
  }[]
}

void t.test('a tree of objects', async (t) => {
  const run = await makeRun(t.testdir(), 1)
  const { status, stdout } = await cli(['inspect', run])
  t.equal(status, 0)
  t.match(stdout, /^├─ arrays\n│ {2}├─ frozen {2,}float32 +\[100000\] +400 kB\n│ {2}└─ head/m)
  t.match(stdout, /^[├└]─ step +int64 +\[\] +8 B$/m)
  const flat = (await cli(['inspect', run, '--flat', '--filter', 'arrays/*'])).stdout
  t.match(flat, /^arrays\/frozen .*\narrays\/head .*\n2 tensors, 400 kB$/m)
})

void t.test('statistics', async (t) => {
  const run = await makeRun(t.testdir(), 3)
  const { stdout } = await cli(['inspect', run, '--stats', '-f', 'arrays/**'])
  t.match(stdout, /head +float32 +\[10\] +40 B +3 +3 +3 +0 +- +- +█▁▁▁▁▁▁▁▁▁$/m)
  const document: Document = await cliJson(['inspect', `${run}/ckpt-2.index`, '--stats'])
  t.match(document.path, /ckpt-2$/)
  const head = document.tensors.find(({ name }) => name === 'arrays/head')
  t.match(head?.statistics, { count: 10, nan: 0, infinite: 0, min: 2, max: 2, mean: 2, std: 0 })
})

void t.test('what JSON has no number for', async (t) => {
  const { tensors }: Document = await cliJson([
    'inspect',
    tensorflowFixture('dtypes/dtypes'),
    '--stats',
    '--filter',
    '*int64/vector',
    '--filter',
    'float64/cube',
  ])
  const [float, int, uint] = tensors
  t.equal(float?.statistics?.['std'], 'Infinity')
  t.match(String(int?.statistics?.['min']), /^-\d{19}$/)
  t.type(uint?.statistics?.['max'], 'string')
})

void t.test('checkpoints of Python, with statistics, all of them', async (t) => {
  for (const name of ['keras-adam', 'sharded', 'numpystate', 'slices/slices', 'strings/strings']) {
    const document: Document = await cliJson(['inspect', tensorflowFixture(name), '--stats'])
    t.ok(document.tensors.length > 0 && document.tensors.every(({ statistics }) => statistics))
  }
})

void t.test('names that would move the cursor', async (t) => {
  const path = join(t.testdir(), 'hostile.npz')
  await exportNpz({ 'a\u001b[2Jb': Float32Array.of(1) }, path)
  const { stdout } = await cli(['inspect', path])
  t.notMatch(stdout, '\u001b')
  t.match(stdout, 'a\\x1b[2Jb')
  const missing = await cli(['show', path, 'c\u001b\nd'])
  t.match(missing.stderr, /^ndcheckpoint: no tensor 'c\\x1b\\x0ad' in [^\n]*\n$/)
})

void t.test('what is not there, and what is damaged', async (t) => {
  const none = await cli(['inspect', '/none/ckpt-1'])
  t.equal(none.status, 2)
  t.match(none.stderr, /^ndcheckpoint: .*\[CKPT_NOT_FOUND\]\n$/)
  const directory = t.testdir({ 'x.npz': 'no zip' })
  const damaged = await cli(['inspect', `${directory}/x.npz`])
  t.equal(damaged.status, 2)
  t.match(damaged.stderr, /^ndcheckpoint: .*\[CKPT_CORRUPT\]\n$/)
})
