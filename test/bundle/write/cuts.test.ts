import t from 'tap'
import { decodeKey } from '../../../lib/bundle/read/keys.js'
import { Cuts } from '../../../lib/bundle/write/cuts.js'
import { PlannedBundle } from '../../../lib/bundle/write/planned-bundle.js'
import { int64Value, stringValue, tensorValue } from '../../../lib/bundle/write/values.js'
import { loadVariable, openCheckpoint, type DType, type NdArray } from '../../../lib/index.js'
import { writeValues } from '../write-values'

const floats = (rows: number, columns: number): Float32Array =>
  Float32Array.from({ length: rows * columns }, (_, i) => i)

t.test('a tensor is cut along its first axis, into whole rows', (t) => {
  const source = floats(10, 4)
  const value = tensorValue('t', 'float32', [10, 4], source)
  const { values } = Cuts.of([value], 50)
  // Three rows of 16 bytes fit 50.
  t.strictSame(
    values.map(({ shape, source }) => [shape, source?.byteLength]),
    [
      [[3, 4], 48],
      [[3, 4], 48],
      [[3, 4], 48],
      [[1, 4], 16],
      [[10, 4], undefined],
    ],
  )
  t.strictSame(values.at(-1)?.slices?.[3], [
    { start: 9, length: 1 },
    { start: 0, length: -1 },
  ])
  t.equal(values[1]?.source?.byteOffset, 48)
  t.equal(decodeKey(values[0]?.keyBytes ?? new Uint8Array(0)).startsWith('\0t'), true)
  t.end()
})

t.test('what is small, of one row, text, or cannot be put together stays whole', (t) => {
  const whole = [
    tensorValue('small', 'float32', [4, 4], floats(4, 4)),
    tensorValue('row', 'float32', [1, 100], floats(1, 100)),
    tensorValue('scalar', 'float32', [], floats(1, 1)),
    ...(['uint16', 'uint32', 'uint64', 'float16'] as const).map((dtype: DType) =>
      tensorValue(dtype, dtype, [100], new Uint8Array(800)),
    ),
    stringValue('text', new Uint8Array(1000)),
  ]
  const { values } = Cuts.of(whole, 64)
  t.strictSame(values, whole)
  t.end()
})

t.test('rows larger than a slice are slices by themselves', (t) => {
  const { values } = Cuts.of([tensorValue('t', 'int8', [3, 100], new Int8Array(300))], 10)
  t.equal(values.length, 4)
  t.end()
})

t.test('numbers of the values, and other arrays in their places', (t) => {
  const options = { alignment: 1, maxShardBytes: Infinity, sliceBytes: 64 }
  const given = [
    tensorValue('a', 'float32', [32], floats(32, 1)),
    int64Value('n', 1),
    tensorValue('b', 'float32', [4], floats(4, 1)),
    int64Value('m', 1),
  ]
  const bundle = PlannedBundle.of(given, options)
  t.strictSame(
    [-1, 0, 1, 2, 3].map((number) => bundle.rowOf(number)),
    [-1, 0, 2, 3, 4],
  )
  t.equal(bundle.count, 5)
  const others = [new Float32Array(32).fill(7), new Float32Array(4).fill(8)]
  const again = bundle.again(others, new Map([[3, int64Value('m', 9)]]))
  t.equal(again?.sources.length, 3)
  t.equal(again?.sources[1]?.byteOffset, 64)
  t.equal(again?.headOf(4)[0], 9)
  t.equal(again?.headOf(2)[0], 1)
  const plain = PlannedBundle.of(given, { alignment: 1, maxShardBytes: Infinity })
  t.equal(plain.rowOf(3), 3)
  t.end()
})

t.test('it is read as a whole', async (t) => {
  const path = `${t.testdir()}/x`
  const source = floats(100, 3)
  const complex = Float32Array.from({ length: 200 }, (_, i) => -i)
  writeValues(
    path,
    [
      tensorValue('t', 'float32', [100, 3], source),
      tensorValue('c', 'complex64', [50, 2], complex),
      tensorValue('b', 'bfloat16', [200], new Uint16Array(200).fill(3)),
    ],
    { sliceBytes: 100, alignment: 64 },
  )
  t.strictSame((loadVariable(path, 't') as NdArray).data, source)
  t.strictSame((loadVariable(path, 'c') as NdArray).data, complex)
  const reader = await openCheckpoint(path)
  t.equal((await reader.verify()).ok, true)
  t.equal(reader.variables().length, 3)
  await reader.close()
})
