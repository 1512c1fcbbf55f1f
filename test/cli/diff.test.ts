import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  exportNpz,
  exportNpzSync,
  ndarray,
  NumpyState,
  zeros,
  type DType,
  type NdArray,
} from '../../lib/index.js'
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
  t.notMatch(stdout, 'arrays/same')
  t.match(stdout, '1 removed, 1 added, 2 reshaped, 2 changed, 1 equal')
  const report: DiffReport = await cliJson(['diff', a, b, '--ignore-counters'], 1)
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
    const report: DiffReport = await cliJson(['diff', path, path])
    t.ok(report.same > 0, name)
  }
})

/** Two NaN of different bits and a number, of each dtype that has NaN, little-endian. */
const NANS: readonly (readonly [dtype: DType, nan: string, other: string, one: string])[] = [
  ['float32', '0000c07f', '0100c07f', '0000803f'],
  ['float64', '000000000000f87f', '000000000000f8ff', '000000000000f03f'],
  ['float16', '007e', '01fe', '003c'],
  ['bfloat16', 'c07f', 'c1ff', '803f'],
  ['float8_e4m3fn', '7f', 'ff', '38'],
  // The other part is a number, or NaN as well.
  ['complex64', '0000c07f0000803f', '0000803f0100c07f', '0000803f0000803f'],
  [
    'complex128',
    '000000000000f87f000000000000f87f',
    '000000000000f87f010000000000f87f',
    '00'.repeat(16),
  ],
]

function arrayOf(dtype: DType, elements: readonly string[]): NdArray {
  const { buffer } = Uint8Array.from(Buffer.from(elements.join(''), 'hex'))
  const shape = [elements.length]
  switch (dtype) {
    case 'float32':
    case 'complex64':
      return ndarray(new Float32Array(buffer), shape, { dtype })
    case 'float64':
    case 'complex128':
      return ndarray(new Float64Array(buffer), shape, { dtype })
    case 'float16':
    case 'bfloat16':
      return ndarray(new Uint16Array(buffer), shape, { dtype })
    default:
      return ndarray(new Uint8Array(buffer), shape, { dtype })
  }
}

void t.test('NaN is equal to the same bits, and to any NaN by --equal-nan', async (t) => {
  const directory = t.testdir()
  const save = (name: string, pick: (row: (typeof NANS)[number]) => string[]): string => {
    const arrays = NANS.map((row) => [row[0], arrayOf(row[0], pick(row))] as const)
    const path = join(directory, name)
    exportNpzSync(Object.fromEntries(arrays), path)
    return path
  }
  const a = save('a.npz', ([, nan, other, one]) => [nan, other, one])
  const b = save('b.npz', ([, nan, , one]) => [nan, nan, one])
  const c = save('c.npz', ([, , other, one]) => [one, other, one])
  const dtypes = NANS.map(([dtype]) => dtype).sort()
  const self: DiffReport = await cliJson(['diff', a, a])
  t.strictSame(self, { equal: true, differences: [], same: dtypes.length })

  const others: DiffReport = await cliJson(['diff', a, b, '--rtol', '1'], 1)
  const numbers = { changed: 1, nan: 1, elements: 3, maxDifference: 0 }
  t.match(
    others.differences,
    dtypes.map((name) => ({ name, ...numbers })),
  )
  t.equal((await cli(['diff', a, b, '--equal-nan'])).status, 0)
  t.match((await cli(['diff', a, b])).stdout, /^~ {2}float64 .*1 NaN \(see --equal-nan\)$/m)

  const far: DiffReport = await cliJson(['diff', a, c, '--equal-nan', '--atol', '9'], 1)
  t.match(
    far.differences,
    dtypes.map((name) => ({ name, ...numbers })),
    'a number is not NaN',
  )
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
