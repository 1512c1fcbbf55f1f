// Files of other formats: what we write the real libraries read, and what they write we read.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  convert,
  exportNpy,
  exportNpz,
  exportSafetensors,
  importNpz,
  importSafetensors,
  ndarray,
  NumpyState,
  openCheckpoint,
  openTensors,
  type DType,
  type NdArray,
} from '../../lib/index.js'
import { dtypeInfo } from '../../lib/array/dtype.js'
import { viewAs } from '../../lib/array/typed-arrays.js'
import { seeded } from '../fixtures/random'
import { arrayBytes, sha256, toHex } from './bytes'
import { Random } from './random-arrays'
import { withTensorFlow, type TensorFlow } from './tensorflow'

const SEED = Number(process.env['CKPT_SEED'] ?? 2019)

interface Described {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly sha256: string
}

const describe = (array: NdArray): Described => ({
  dtype: array.dtype,
  shape: [...array.shape],
  sha256: sha256(arrayBytes(array)),
})

const NUMPY: readonly DType[] = [
  ...(['bool', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64'] as const),
  ...(['float16', 'float32', 'float64', 'complex64', 'complex128'] as const),
]

const SHAPES: readonly (readonly number[])[] = [[], [0], [5], [2, 3], [4, 0, 2], [2, 1, 3, 2]]

/** An array of random bits; floats too, NaNs with payloads among them. */
function arrayOf(random: Random, dtype: DType, shape: readonly number[]): NdArray {
  const { itemsize, classes } = dtypeInfo(dtype)
  const bytes = random.bytes(shape.reduce((size, length) => size * length, itemsize))
  if (dtype === 'bool') for (const [i, byte] of bytes.entries()) bytes[i] = byte & 1
  const { buffer } = Uint8Array.from(bytes)
  return ndarray(viewAs(classes[0] ?? 'Uint8Array', buffer, 0, bytes.length), shape, { dtype })
}

/** Arrays of all dtypes and shapes by name. */
function arraysOf(dtypes: readonly DType[]): Record<string, NdArray> {
  const random = new Random(seeded(SEED))
  const all = dtypes.flatMap((dtype) =>
    SHAPES.map((shape, i) => [`${dtype}/${String(i)}`, arrayOf(random, dtype, shape)] as const),
  )
  return Object.fromEntries(all)
}

type All = Record<string, Described>

const sorted = (all: All): All =>
  Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)))

const describeAll = (arrays: Record<string, NdArray>): All =>
  sorted(Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, describe(array)])))

/** As Python is asked to make them. */
const spec = (arrays: Record<string, NdArray>): object =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [
      name,
      { dtype: array.dtype, shape: array.shape, hex: toHex(arrayBytes(array)) },
    ]),
  )

async function read(path: string): Promise<All> {
  const file = await openTensors(path)
  const arrays = Object.fromEntries(file.names().map((name) => [name, file.get(name) as NdArray]))
  return describeAll(arrays)
}

const FLOAT8: readonly DType[] = ['float8_e4m3fn', 'float8_e5m2']
/** Without complex numbers, which the NumPy part of the library does not have. */
const SAFE: readonly DType[] = [...NUMPY.filter((dtype) => !/complex/.test(dtype)), 'bfloat16']

withTensorFlow(t, (tensorflow: TensorFlow) => {
  /**
   * A test that needs more than TensorFlow. Where that is required, so is safetensors; PyTorch is two
   * gigabytes, and skipped where it is not there.
   */
  const withModules = (name: string, modules: string[], body: (t: Test) => Promise<void>): void => {
    t.test(name, async (t) => {
      const missing = (await tensorflow.call('missing_modules', { names: modules })) as string[]
      if (missing.length === 0) return body(t)
      const reason = `Python has no ${missing.join(', ')}`
      const isRequired = process.env['CKPT_REQUIRE_TENSORFLOW'] === '1'
      if (isRequired && missing.includes('safetensors')) throw new Error(reason)
      t.plan(0, reason)
    })
  }

  for (const compress of [false, true]) {
    t.test(`numpy.load reads our .npz, compress: ${String(compress)}`, async (t) => {
      const arrays = arraysOf(NUMPY)
      const path = join(t.testdir(), 'a.npz')
      await exportNpz({ ...arrays, 'é/日本': arrays['int8/3'] as NdArray }, path, { compress })
      const expected = { ...describeAll(arrays), 'é/日本': describe(arrays['int8/3'] as NdArray) }
      t.strictSame(await tensorflow.call('load_npz', { path }), expected)
    })
  }

  for (const how of ['savez', 'savez_compressed']) {
    t.test(`we read what numpy.${how} writes`, async (t) => {
      const arrays = arraysOf(NUMPY)
      const directory = t.testdir()
      const path = join(directory, 'a.npz')
      const request = { path, how, arrays: spec(arrays) }
      t.strictSame(await tensorflow.call('save_numpy', request), describeAll(arrays))
      t.strictSame(await read(path), describeAll(arrays))
      await importNpz(path, join(directory, 'ckpt'))
      const found = await tensorflow.call('load_tensors', { prefix: join(directory, 'ckpt') })
      t.strictSame(found, describeAll(arrays), 'as a checkpoint, too')
    })
  }

  t.test('.npy, of both orders, read and mapped', async (t) => {
    const directory = t.testdir()
    const data = Float64Array.of(1, 2, 3, 4, 5, 6)
    for (const stride of [
      [3, 1],
      [1, 2],
    ]) {
      const array = ndarray(data, [2, 3], { stride })
      const path = join(directory, 'x.npy')
      await exportNpy({ array }, path)
      const expected = { ...describe(array), fortran: stride[0] === 1 }
      t.strictSame(await tensorflow.call('load_npy', { path }), expected)
      t.strictSame(await tensorflow.call('load_npy', { path, mmap: 'r' }), expected)
      const arrays = {
        x: { ...(spec({ x: array }) as { x: object }).x, order: stride[0] === 1 ? 'F' : 'C' },
      }
      await tensorflow.call('save_numpy', { path, how: 'save', arrays })
      t.strictSame(await read(path), { x: describe(array) })
    }
    const big = { x: { dtype: '>i4', shape: [2], hex: '0000000100000002' } }
    const path = join(directory, 'big.npy')
    await tensorflow.call('save_numpy', { path, how: 'save', arrays: big })
    const file = await openTensors(path)
    t.strictSame((file.get('big') as NdArray).data, Int32Array.of(1, 2))
  })

  withModules('safetensors reads what we write, bits and all', ['safetensors'], async (t) => {
    const arrays = arraysOf(SAFE)
    const path = join(t.testdir(), 'a.safetensors')
    const metadata = { format: 'np', 'ü"': '\\' }
    await exportSafetensors(arrays, path, { metadata })
    const found = await tensorflow.call('load_safetensors', { path })
    t.strictSame(found, { metadata, tensors: describeAll(arrays) })
    const float8 = arraysOf(FLOAT8)
    await exportSafetensors(float8, path)
    const { tensors } = (await tensorflow.call('load_safetensors', { path })) as { tensors: All }
    t.strictSame(tensors, describeAll(float8))
  })

  withModules('we read what safetensors writes', ['safetensors'], async (t) => {
    const arrays = arraysOf(SAFE)
    const directory = t.testdir()
    const path = join(directory, 'a.safetensors')
    const request = { path, arrays: spec(arrays), metadata: { who: 'me' } }
    t.strictSame(await tensorflow.call('save_safetensors', request), describeAll(arrays))
    t.strictSame(await read(path), describeAll(arrays))
    t.strictSame({ ...(await openTensors(path)).metadata }, { who: 'me' })
    await importSafetensors(path, join(directory, 'ckpt'))
    const found = await tensorflow.call('load_tensors', { prefix: join(directory, 'ckpt') })
    t.strictSame(found, describeAll(arrays), 'as a checkpoint, too')
  })

  withModules('PyTorch, both ways', ['safetensors', 'torch'], async (t) => {
    const others = ['complex64', 'float8_e4m3fnuz', 'float8_e5m2fnuz'] as const
    const dtypes: DType[] = [...SAFE, ...FLOAT8, ...others]
    const arrays = arraysOf(dtypes)
    const path = join(t.testdir(), 'a.safetensors')
    await exportSafetensors(arrays, path)
    t.strictSame(await tensorflow.call('load_torch', { path }), describeAll(arrays))
    // PyTorch makes no tensor of no bytes from a buffer.
    const full = Object.fromEntries(Object.entries(arrays).filter(([, { size }]) => size > 0))
    await tensorflow.call('save_torch', { path, arrays: spec(full) })
    t.strictSame(await read(path), describeAll(full))
  })

  t.test('an imported tree of variables is one of TensorFlow', async (t) => {
    const random = new Random(seeded(SEED))
    const arrays = {
      'layer/kernel': arrayOf(random, 'float32', [2, 3]),
      'layer/bias': arrayOf(random, 'bfloat16', [3]),
      step: ndarray(BigInt64Array.of(7n), []),
    }
    const directory = t.testdir()
    const npz = join(directory, 'a.npz')
    await exportNpz(arrays, npz)
    const prefix = join(directory, 'ckpt')
    await importNpz(npz, prefix, { as: 'variables' })
    const found = await tensorflow.call('read_into_variables', { prefix })
    t.strictSame(found, describeAll(arrays))
  })

  t.test('an imported NumpyState is one of TensorFlow', async (t) => {
    const directory = t.testdir()
    const arrays = arraysOf(NUMPY)
    await exportNpz(arrays, join(directory, 'a.npz'))
    const prefix = join(directory, 'ckpt')
    await importNpz(join(directory, 'a.npz'), prefix, { as: 'numpyState', attribute: 'state' })
    const names = Object.keys(arrays).sort()
    const tree = [
      { kind: 'checkpoint', children: [['state', 1]], names: [] },
      { kind: 'state', children: [], names },
    ]
    const request = { prefix, tree, read: true }
    const { states } = (await tensorflow.call('restore', request)) as {
      states: Record<string, [string, { shape: number[]; sha256: string }][]>
    }
    const found = Object.fromEntries(states['1'] ?? [])
    const digests = Object.entries(describeAll(arrays)).map(([name, { shape, sha256 }]) => [
      name,
      { shape, sha256 },
    ])
    t.match(found, Object.fromEntries(digests))
    const state = new NumpyState()
    ;(await new Checkpoint({ state }).read(prefix)).assertConsumed()
    t.strictSame(describeAll(state as Record<string, NdArray>), describeAll(arrays))
  })

  t.test('a model of Keras in every format', async (t) => {
    const directory = t.testdir()
    const base = join(directory, 'ckpt')
    const { prefix, values } = (await tensorflow.call('save_model', { base })) as {
      prefix: string
      values: All
    }
    const reader = await openCheckpoint(prefix)
    const names: Record<string, string> = {}
    const rename = (name: string, key: string): string => {
      names[name] = key
      return key
    }
    const npz = join(directory, 'a.npz')
    await exportNpz(reader, npz, { rename })
    const found = (await tensorflow.call('load_npz', { path: npz })) as All
    const { 'save_counter/.ATTRIBUTES/VARIABLE_VALUE': counter, ...variables } = values
    t.ok(counter)
    t.strictSame(found, variables)
    t.ok(
      Object.keys(names).every((name) => !name.includes('.ATTRIBUTES')),
      'with short names',
    )
    await convert(npz, join(directory, 'a.safetensors'))
    t.strictSame(await read(join(directory, 'a.safetensors')), sorted(variables))
    const back = join(directory, 'back')
    await convert(join(directory, 'a.safetensors'), back)
    t.strictSame(await tensorflow.call('load_tensors', { prefix: back }), sorted(variables))
  })
})
