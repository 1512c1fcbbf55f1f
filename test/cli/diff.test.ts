import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, exportNpz, ndarray, NumpyState, zeros } from '../../lib/index.js'
import type { DiffReport } from '../../lib/inspect/diff.js'
import { cli, cliJson, tensorflowFixture } from './program'
import { makeRun } from './runs'

/** Two checkpoints that differ in all ways. */
async function twoCheckpoints(directory: string): Promise<[string, string]> {
  const arrays = new NumpyState()
  arrays['same'] = Float32Array.of(1, NaN)
  const close = Float64Array.of(1, 2)
  arrays['close'] = close
  arrays['gone'] = new Int8Array(3)
  arrays['shape'] = zeros([2, 3])
  arrays['dtype'] = zeros([2], 'float32')
  const checkpoint = new Checkpoint({ arrays })
  const first = await checkpoint.save(join(directory, 'a'))
  close[1] = 2.5
  delete arrays['gone']
  arrays['new'] = new Int8Array(3)
  arrays['shape'] = zeros([3, 2])
  arrays['dtype'] = zeros([2], 'float64')
  return [first, await checkpoint.save(join(directory, 'a'))]
}

void t.test('added, removed, reshaped, changed', async (t) => {
  const [a, b] = await twoCheckpoints(t.testdir())
  const { status, stdout } = await cli(['diff', a, b])
  t.equal(status, 1)
  t.match(stdout, /^~ {2}arrays\/close +changed: 1 of 2, max 0.5, mean 0.25$/m)
  t.match(stdout, /^! {2}arrays\/dtype +reshaped: float32 \[2\] -> float64 \[2\]$/m)
  t.match(stdout, /^- {2}arrays\/gone +removed: int8 \[3\]$/m)
  t.match(stdout, /^\+ {2}arrays\/new +added: int8 \[3\]$/m)
  t.match(stdout, /^! {2}arrays\/shape +reshaped: float64 \[2, 3\] -> float64 \[3, 2\]$/m)
  t.match(stdout, /^~ {2}arrays\/same .*1 NaN \(see --equal-nan\)$/m)
  t.match(stdout, '1 removed, 1 added, 2 reshaped, 3 changed, 0 equal')
  const report: DiffReport = await cliJson(['diff', a, b, '--equal-nan', '--ignore-counters'], 1)
  t.equal(report.equal, false)
  t.equal(report.same, 1)
  t.strictSame(
    report.differences.map(({ kind }) => kind),
    ['changed', 'reshaped', 'removed', 'added', 'reshaped'],
  )
})

void t.test('tolerances and filters decide', async (t) => {
  const [a, b] = await twoCheckpoints(t.testdir())
  const status = async (...args: string[]): Promise<number | null> =>
    (await cli(['diff', a, b, '--filter', 'arrays/close', ...args])).status
  t.equal(await status(), 1)
  t.equal(await status('--atol', '0.5'), 0)
  t.equal(await status('--rtol', '0.2'), 0, 'of 2.5, which is the second')
  t.equal(await status('--rtol', '0.19'), 1)
  t.equal(await status('--atol', 'x'), 2)
  t.equal(await status('--atol=-1'), 2)
})

void t.test('a checkpoint and itself, its counters, and its files', async (t) => {
  const run = await makeRun(t.testdir(), 2)
  const one = join(run, 'ckpt-1')
  const self = await cli(['diff', one, `${one}.index`])
  t.equal(self.status, 0)
  t.match(self.stdout, /^5 tensors, all equal$/m)
  const counters = ['--ignore-counters', '--filter', '*_*', '--filter', '*/frozen']
  t.equal((await cli(['diff', one, run, ...counters])).status, 0)
  t.equal((await cli(['diff', one, run, ...counters.slice(1)])).status, 1)
  const npz = join(run, 'a.npz')
  t.equal((await cli(['convert', one, npz])).status, 0)
  t.equal((await cli(['diff', one, npz, '--filter', 'arrays/*'])).status, 0)
})

void t.test('every dtype of TensorFlow is equal to itself', async (t) => {
  for (const name of ['dtypes/dtypes', 'numpystate', 'slices/slices', 'strings/strings']) {
    const path = tensorflowFixture(name)
    const report: DiffReport = await cliJson(['diff', path, path, '--equal-nan'])
    t.ok(report.same > 0, name)
  }
})

void t.test('64-bit integers, complex numbers, infinities, Fortran order', async (t) => {
  const directory = t.testdir()
  const [a, b] = [join(directory, 'a.npz'), join(directory, 'b.npz')]
  const fortran = ndarray(Float64Array.of(1, 3, 2, 4), [2, 2], { stride: [1, 2] })
  const big = 2n ** 62n
  await exportNpz(
    {
      big: ndarray(BigInt64Array.of(big, 7n)),
      complex: ndarray(Float64Array.of(3, 4, Infinity, 0), [2], { dtype: 'complex128' }),
      fortran,
      infinite: Float64Array.of(Infinity, Infinity),
    },
    a,
  )
  await exportNpz(
    {
      big: ndarray(BigInt64Array.of(big + 1n, 7n)),
      complex: ndarray(Float64Array.of(0, 0, Infinity, 0), [2], { dtype: 'complex128' }),
      fortran: ndarray(Float64Array.of(1, 2, 3, 4), [2, 2]),
      infinite: Float64Array.of(Infinity, 1),
    },
    b,
  )
  const { differences, same }: DiffReport = await cliJson(['diff', a, b], 1)
  t.match(differences, [
    { name: 'big', changed: 1, maxDifference: 1, meanDifference: 0.5 },
    { name: 'complex', changed: 1, maxDifference: 5, meanDifference: 2.5 },
    { name: 'infinite', changed: 1, maxDifference: 0 },
  ])
  t.equal(same, 1, 'the order in the file is no difference')
  t.equal((await cli(['diff', a, b, '--atol', '9', '--rtol', '1'])).status, 1, 'infinitely far')
})

void t.test('failure is not difference', async (t) => {
  const { status, stderr } = await cli(['diff', tensorflowFixture('manager'), '/none'])
  t.equal(status, 2)
  t.match(stderr, /CKPT_NOT_FOUND/)
})
