import { join } from 'node:path'
import t from 'tap'
import { exportNpz, ndarray, zeros } from '../../lib/index.js'
import { cli, cliJson, tensorflowFixture } from './program'

void t.test('values as NumPy prints them', async (t) => {
  const fixture = tensorflowFixture('numpystate')
  const shown = async (key: string): Promise<string> => (await cli(['show', fixture, key])).stdout
  t.equal(await shown('numpy_arrays/nan'), 'float64 [4]\n[ nan  inf -inf  -0.]\n')
  t.equal(
    await shown('numpy_arrays/b1/.ATTRIBUTES/py_state'.replace('/.ATTRIBUTES/py_state', '')),
    'bool [2, 3]\n[[ True  True  True]\n [False  True False]]\n',
  )
  t.equal(await shown('numpy_arrays/scalar'), 'float64 []\n2.5\n')
  t.equal(await shown('numpy_arrays/empty'), 'float64 [0, 3]\n[]\n')
  t.match(await shown('numpy_arrays/text'), "b'a\\x00\\x00\\x00b")
})

void t.test('by key, in any format, all of it or its edges', async (t) => {
  const directory = t.testdir()
  const path = join(directory, 'a.npz')
  const long = ndarray(Int32Array.from({ length: 1500 }, (_, i) => i))
  await exportNpz({ long, z: zeros([2, 2], 'complex64') }, path)
  t.match((await cli(['show', path, 'long'])).stdout, '\n[   0    1    2 ... 1497 1498 1499]\n')
  t.match((await cli(['show', path, 'long', '--edge', '1'])).stdout, '\n[   0 ... 1499]\n')
  t.match((await cli(['show', path, 'long', '--full'])).stdout, /\b744 +745\b/)
  t.match((await cli(['show', path, 'z'])).stdout, '[[0.+0.j 0.+0.j]\n [0.+0.j 0.+0.j]]')
  const key = 'step/.ATTRIBUTES/VARIABLE_VALUE'
  t.match((await cli(['show', tensorflowFixture('keras-adam'), key])).stdout, 'int64 []\n2\n')
})

void t.test('values as JSON', async (t) => {
  const fixture = tensorflowFixture('numpystate')
  const { values } = await cliJson(['show', fixture, 'numpy_arrays/nan'])
  t.strictSame(values, ['NaN', 'Infinity', '-Infinity', 0])
  t.match(await cliJson(['show', fixture, 'numpy_arrays/c8']), {
    dtype: 'complex64',
    shape: [2, 3],
  })
  const bools = await cliJson(['show', fixture, 'numpy_arrays/b1'])
  t.strictSame(bools['values'], [
    [true, true, true],
    [false, true, false],
  ])
  const text = await cliJson(['show', fixture, 'numpy_arrays/bytes_text'])
  t.match(text['values'], [{ base64: String }])
})

void t.test('no such tensor', async (t) => {
  const fixture = tensorflowFixture('keras-adam')
  const { status, stderr } = await cli(['show', fixture, '_iterations'])
  t.equal(status, 2)
  t.match(
    stderr,
    /^ndcheckpoint: no tensor '_iterations' .* did you mean 'optimizer\/_iterations'\?/,
  )
  t.match(
    (await cli(['show', fixture, '_variables'])).stderr,
    "'inspect' lists the names of all 30",
  )
  t.match(
    (await cli(['show', fixture, 'x', '--edge', '0'])).stderr,
    '--edge takes a positive integer',
  )
})
