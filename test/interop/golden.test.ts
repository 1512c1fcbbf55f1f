// Bytes that TensorFlow wrote, written again: fixtures/golden.json holds what TensorFlow 2.21's
// SaveV2 makes of small tensors, and TensorFlow 1.13's layout of the documentation's example.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DT_VARIANT } from '../../lib/array/dtype.js'
import { unmask } from '../../lib/bundle/masked-crc.js'
import {
  partitionedValues,
  stringTensorValue,
  stringValue,
  tensorValue,
  type BundleValue,
} from '../../lib/bundle/write/values.js'
import {
  Checkpoint,
  NumpyState,
  openCheckpointSync,
  StringTensor,
  zeros,
  type NdArray,
} from '../../lib/index.js'
import { arrayBytes, toHex } from './bytes'
import { writeValues } from '../bundle/write-values'

interface Golden {
  readonly vectors: readonly { name: string; what: string; index: string; data: string }[]
  readonly variant: { what: string; data: string; crc: string }
  readonly example: { what: string; index: string; data: string }
}

const GOLDEN = JSON.parse(readFileSync(join(__dirname, 'fixtures/golden.json'), 'utf8')) as Golden

const text = (string: string): Uint8Array => Buffer.from(string)
const floats = (...elements: number[]): Uint8Array =>
  new Uint8Array(Float32Array.from(elements).buffer)
const int8 = (key: string, shape: number[], element: number): BundleValue =>
  tensorValue(key, 'int8', shape, Uint8Array.of(element))

const VALUES: Readonly<Record<string, readonly BundleValue[]>> = {
  V1: [tensorValue('k', 'float32', [3], floats(1, 2, 3))],
  V2: [stringTensorValue('s', [2], [text('hello'), text('')])],
  V3: [stringTensorValue('s', [0], [])],
  V4: partitionedValues(
    'k',
    'float32',
    [3],
    [
      { slice: [{ start: 0, length: 2 }], bytes: floats(1, 2) },
      { slice: [{ start: 2, length: 1 }], bytes: floats(3) },
    ],
  ),
  V5: [tensorValue('k', 'float32', [2], floats(1, 2))],
  V6: [tensorValue('z', 'float32', [0, 3], new Uint8Array(0))],
  V7: [int8('b', [1], 1), int8('a', [1], 2)],
  V8: Array.from({ length: 18 }, (_, i) => int8(`k${String(i).padStart(2, '0')}`, [], i)),
}

const hexOf = (path: string): string => toHex(readFileSync(path))

for (const { name, what, index, data } of GOLDEN.vectors) {
  t.test(`${name}: ${what}`, (t) => {
    const directory = t.testdir()
    const prefix = join(directory, 'golden')
    writeValues(prefix, VALUES[name] ?? [])
    t.equal(hexOf(`${prefix}.index`), index)
    t.equal(hexOf(`${prefix}.data-00000-of-00001`), data)
    t.equal(readdirSync(directory).length, 2, 'and nothing else')
    t.equal(openCheckpointSync(prefix).verifySync().ok, true)
    t.end()
  })
}

t.test('the golden vectors are read', (t) => {
  const read = (name: string): NdArray | StringTensor => {
    const values = VALUES[name] ?? []
    const prefix = join(t.testdir(), name)
    writeValues(prefix, values)
    return openCheckpointSync(prefix).get(values.at(-1)?.key ?? '')
  }
  const strings = read('V2')
  t.ok(strings instanceof StringTensor)
  t.strictSame(Array.from(strings as StringTensor, toHex), [toHex(text('hello')), ''])
  t.equal(read('V3').size, 0)
  const parts = read('V4') as NdArray
  t.strictSame(parts.shape, [3])
  t.equal(toHex(arrayBytes(parts)), toHex(floats(1, 2, 3)))
  t.strictSame(read('V6').shape, [0, 3])
  t.equal((read('V8') as NdArray).get(), 17)
  t.end()
})

t.test(`a variant is carried as its bytes: ${GOLDEN.variant.what}`, (t) => {
  const { data, crc } = GOLDEN.variant
  const head = Buffer.from(data, 'hex')
  const seed = unmask(Buffer.from(crc, 'hex').readUInt32LE())
  const prefix = join(t.testdir(), 'variant')
  writeValues(prefix, [{ key: 'v', dtype: DT_VARIANT, shape: [], head, seed }])
  t.match(hexOf(`${prefix}.index`), `35${crc}`, 'the checksum that TensorFlow stores')
  const reader = openCheckpointSync(prefix)
  t.strictSame(
    reader.variables().map(({ key, dtype, shape }) => ({ key, dtype, shape })),
    [{ key: 'v', dtype: 'variant', shape: [] }],
  )
  const value = reader.get('v')
  t.ok(value instanceof StringTensor)
  // Without its length in front and its checksum behind.
  t.equal(toHex((value as StringTensor).get()), toHex(head.subarray(1, -4)))
  t.equal(reader.verifySync().ok, true)
  t.end()
})

t.test(GOLDEN.example.what, async (t) => {
  const arrays = new NumpyState()
  const checkpoint = new Checkpoint({ numpy_arrays: arrays })
  arrays['x'] = zeros([3, 4])
  const prefix = await checkpoint.save(join(t.testdir(), 'ckpt'), { alignment: 1 })
  t.equal(hexOf(`${prefix}.index`), GOLDEN.example.index)
  t.equal(hexOf(`${prefix}.data-00000-of-00001`), GOLDEN.example.data)
  const state = readFileSync(join(prefix, '../checkpoint'), 'latin1')
  t.equal(state, 'model_checkpoint_path: "ckpt-1"\nall_model_checkpoint_paths: "ckpt-1"\n')
})

t.test('what TensorFlow 2.21 writes of the example, entry by entry', (t) => {
  const original = join(__dirname, 'fixtures/tf/docs-example/ckpt-1')
  const reader = openCheckpointSync(original)
  const bytesOf = (key: string): Uint8Array => (reader.get(key) as StringTensor).get()
  const counter = 'save_counter/.ATTRIBUTES/VARIABLE_VALUE'
  const array = 'numpy_arrays/x/.ATTRIBUTES/py_state'
  const graph = '_CHECKPOINTABLE_OBJECT_GRAPH'
  const prefix = join(t.testdir(), 'again')
  writeValues(prefix, [
    tensorValue(counter, 'int64', [], arrayBytes(reader.get(counter) as NdArray)),
    stringValue(array, bytesOf(array)),
    stringValue(graph, bytesOf(graph)),
  ])
  for (const suffix of ['.index', '.data-00000-of-00001']) {
    t.equal(hexOf(`${prefix}${suffix}`), hexOf(`${original}${suffix}`), suffix)
  }
  t.end()
})
