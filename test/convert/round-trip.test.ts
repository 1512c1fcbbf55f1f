// Arrays of every dtype and layout through every format and back, in both manners: the same bits, dtypes
// and shapes. A failure names its seed; CKPT_SEED runs others.
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  convert,
  convertSync,
  NdArray,
  NumpyState,
  openCheckpoint,
  openTensors,
  type ArrayInput,
  type ConvertOptions,
  type DType,
} from '../../lib/index.js'
import { seeded } from '../fixtures/random'
import {
  ALL_DTYPES,
  describeArray,
  Random,
  randomArray,
  type ArrayDescription,
} from '../interop/random-arrays'

const SEED = Number(process.env['CKPT_SEED'] ?? 2019)

const both = {
  promise: convert,
  blocking: (...args: Parameters<typeof convert>) => Promise.resolve(convertSync(...args)),
}

interface Arrays {
  readonly inputs: Record<string, ArrayInput>
  readonly expected: Record<string, ArrayDescription>
}

function arraysOf(random: Random, dtypes: readonly DType[], each = 3): Arrays {
  const inputs: Record<string, ArrayInput> = {}
  const expected: Record<string, ArrayDescription> = {}
  for (const dtype of dtypes) {
    for (let i = 0; i < each; i++) {
      const name = `${dtype}/${String(i)}`
      const array = randomArray(random, dtype)
      inputs[name] = array.input
      expected[name] = array.expected
    }
  }
  return { inputs, expected }
}

async function contentOf(path: string): Promise<Record<string, ArrayDescription>> {
  const file = await openTensors(path)
  const names = file.names()
  const arrays = names.map((name) => [name, describeArray(file.get(name) as NdArray)] as const)
  for (const { name, dtype, shape, byteLength } of file.tensors()) {
    const array = file.get(name) as NdArray
    t.same([array.dtype, array.shape, array.size * array.itemsize], [dtype, shape, byteLength])
  }
  await file.close()
  return Object.fromEntries(arrays.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const sorted = <T>(of: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1)))

const NOT_IN_SAFETENSORS = /^(complex128|qu?int|quint|u?int[24]$|float4|float8_e4m3b11)/

const FORMATS: readonly [file: string, dtypes: readonly DType[], options: ConvertOptions][] = [
  ['a.npz', ALL_DTYPES, {}],
  ['b.npz', ALL_DTYPES, { compress: true }],
  ['a.safetensors', ALL_DTYPES.filter((dtype) => !NOT_IN_SAFETENSORS.test(dtype)), {}],
  ['model.json', ['float32', 'int32', 'bool', 'complex64'], { shardBytes: 1000 }],
]

for (const [file, dtypes, options] of FORMATS) {
  for (const [manner, run] of Object.entries(both)) {
    t.test(`${file} ${JSON.stringify(options)}, ${manner}`, async (t) => {
      const directory = t.testdir()
      const { inputs, expected } = arraysOf(new Random(seeded(SEED)), dtypes)
      const path = join(directory, file)
      const report = await run(inputs, path, { ...options, durable: false })
      t.match(report, { path, tensors: dtypes.length * 3, skipped: [] })
      t.strictSame(await contentOf(path), sorted(expected))

      // A checkpoint in each of its kinds, and the same file of that.
      for (const as of ['tensors', 'variables', 'numpyState'] as const) {
        const prefix = join(directory, as)
        await run(path, prefix, { as, attribute: 'state', durable: false })
        t.ok((await (await openCheckpoint(prefix)).verify()).ok)
        const again = join(directory, as, file)
        const rename = (name: string): string => name.replace(/^state\//, '')
        await run(prefix, again, { ...options, rename, durable: false })
        t.strictSame(await contentOf(again), sorted(expected), as)
      }
    })
  }
}

t.test('.npy', async (t) => {
  const directory = t.testdir()
  const random = new Random(seeded(SEED))
  for (const dtype of ALL_DTYPES) {
    const { input, expected } = randomArray(random, dtype)
    const path = join(directory, `${dtype}.npy`)
    await convert({ any: input }, path, { durable: false })
    t.strictSame(await contentOf(path), { [dtype]: expected })
    convertSync(path, join(directory, 'ckpt'), { as: 'numpyState', durable: false })
    const state = new NumpyState()
    await new Checkpoint({ numpy_arrays: state }).read(join(directory, 'ckpt'))
    t.strictSame(describeArray(state[dtype] as NdArray), expected)
  }
})

t.test('a NumpyState that was saved, exported, and imported again', async (t) => {
  const directory = t.testdir()
  const { inputs, expected } = arraysOf(new Random(seeded(SEED + 1)), ALL_DTYPES)
  const state = Object.assign(new NumpyState(), inputs)
  const path = await new Checkpoint({ state }).save(join(directory, 'ckpt'))
  const npz = join(directory, 'a.npz')
  const rename = (name: string): string => name.replace(/^state\//, '')
  const { skipped } = await convert(path, npz, { rename })
  t.strictSame(skipped, ['save_counter/.ATTRIBUTES/VARIABLE_VALUE'])
  await convert(npz, join(directory, 'back'), { as: 'numpyState', attribute: 'state' })
  const again = new NumpyState()
  const status = await new Checkpoint({ state: again }).read(join(directory, 'back'))
  status.assertConsumed()
  t.strictSame(
    sorted(
      Object.fromEntries(Object.entries(again).map(([k, v]) => [k, describeArray(v as NdArray)])),
    ),
    sorted(expected),
  )
})

t.test('every file to every other one', async (t) => {
  const directory = t.testdir()
  const { inputs, expected } = arraysOf(new Random(seeded(SEED)), ['float32', 'int32', 'bool'])
  const files = ['a.npz', 'a.safetensors', 'm/model.json', 'ckpt']
  for (const from of files) {
    await convert(inputs, join(directory, 'from', from), { durable: false })
    for (const to of files) {
      const path = join(directory, 'to', to)
      await convert(join(directory, 'from', from), path, { durable: false })
      const npz = join(directory, 'end.npz')
      await convert(path, npz, { durable: false })
      t.strictSame(await contentOf(npz), sorted(expected), `${from} to ${to}`)
    }
  }
})
