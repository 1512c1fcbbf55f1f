import t from 'tap'
import { checkInput, ndarray } from '../../../lib/array/input.js'
import { NdArray, zeros } from '../../../lib/array/ndarray.js'
import { mask } from '../../../lib/bundle/masked-crc.js'
import {
  int64Value,
  npyValue,
  partitionedValues,
  stringTensorValue,
  stringValue,
  tensorValue,
  type BundleValue,
} from '../../../lib/bundle/write/values.js'
import { crc32c } from '../../../lib/native.js'
import { bytes, fromHex, toHex } from '../table/samples'

/** The checksum of the entry as it will be stored. */
const stored = ({ seed, source }: BundleValue): number =>
  mask(source === undefined ? seed : crc32c(asBytes(source), seed))

const asBytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

const payload = ({ head, source }: BundleValue): string =>
  toHex(head) + (source === undefined ? '' : toHex(asBytes(source)))

/** A masked checksum as it stands in an index. */
const fromLE = (hex: string): number => Buffer.from(fromHex(hex)).readUInt32LE(0)

t.test('tensors, strings and counters are as TensorFlow writes them', (t) => {
  const floats = tensorValue('k', 'float32', [3], Float32Array.of(1, 2, 3))
  t.equal(payload(floats), '0000803f0000004000004040')
  t.match(floats, { dtype: 1, shape: [3] })
  t.equal(stored(floats), fromLE('735b8971'))
  const strings = stringTensorValue('s', [2], [bytes('hello'), bytes('')])
  t.equal(payload(strings), '0500eab2043e68656c6c6f')
  t.equal(stored(strings), fromLE('5d47c777'))
  const none = stringTensorValue('s', [0], [])
  t.equal(payload(none), 'd8ea82a2')
  t.equal(stored(none), fromLE('f6c10c64'))
  const counter = int64Value('c', 1)
  t.equal(payload(counter), '0100000000000000')
  t.match(counter, { dtype: 9, shape: [] })
  t.equal(stored(counter), fromLE('0175de41'))
  t.end()
})

t.test('an array is a string of its .npy', (t) => {
  const value = npyValue('x', checkInput(zeros([3, 4])))
  t.match(value, { key: 'x', dtype: 7, shape: [] })
  t.equal(toHex(value.head.subarray(0, 6)), 'e00161b7ab35')
  t.equal(value.head.length, 134)
  t.equal(value.source?.byteLength, 96)
  t.equal(stored(value), fromLE('1c4c7e11'))
  t.end()
})

t.test('contiguous elements are shared, others gathered', (t) => {
  const data = Float64Array.from({ length: 24 }, (_, i) => i)
  const source = (...args: Parameters<typeof ndarray>): ArrayBufferView | undefined =>
    npyValue('x', checkInput(ndarray(...args))).source
  const whole = source(data, [4, 6])
  t.equal(whole?.buffer, data.buffer)
  const part = source(data, [2, 3], { offset: 5 })
  t.match(part, { buffer: data.buffer, byteOffset: 40, byteLength: 48 })
  const strided = source(data, [2, 3], { stride: [12, 2] })
  t.not(strided?.buffer, data.buffer)
  t.strictSame(asBytes(strided ?? data), asBytes(Float64Array.of(0, 2, 4, 12, 14, 16)))
  const complex = source(data, [3], { dtype: 'complex128', offset: 2 })
  t.match(complex, { byteOffset: 32, byteLength: 48 })
  t.equal(source(data, [0, 3], { offset: 999 })?.byteLength, 0)
  const raw = new NdArray({
    dtype: 'void',
    shape: [2],
    data: bytes('abcdef'),
    descr: '|S3',
    itemsize: 3,
  })
  t.equal(npyValue('x', checkInput(raw)).source?.byteLength, 6)
  t.end()
})

t.test('Fortran order is kept where an array has it and not C order too', (t) => {
  const data = new Float64Array(12)
  const header = (...args: Parameters<typeof ndarray>): string =>
    Buffer.from(npyValue('x', checkInput(ndarray(...args))).head).toString('latin1')
  const fortran = "'fortran_order': True"
  t.match(header(data, [3, 4], { stride: [1, 3] }), fortran)
  t.notMatch(header(data, [3, 4]), fortran)
  t.notMatch(header(data, [12]), fortran)
  t.notMatch(header(data, [1, 12], { stride: [1, 1] }), fortran)
  t.notMatch(header(data, [3, 2], { stride: [1, 6] }), fortran)
  t.notMatch(header(data, []), fortran)
  t.end()
})

t.test('a long string has a long length', (t) => {
  const value = stringValue('s', new Uint8Array(300))
  t.equal(toHex(value.head.subarray(0, 2)), 'ac02')
  t.equal(value.head.length, 306)
  t.equal(stored(value), stored(stringTensorValue('s', [], [new Uint8Array(300)])))
  t.end()
})

t.test('a partitioned tensor is its slices and an entry that names them', (t) => {
  const values = partitionedValues(
    'k',
    'float32',
    [3],
    [
      { slice: [{ start: 0, length: 2 }], bytes: Float32Array.of(1, 2) },
      { slice: [{ start: 2, length: 1 }], bytes: Float32Array.of(3) },
    ],
  )
  t.strictSame(
    values.map(({ keyBytes }) => (keyBytes === undefined ? undefined : toHex(keyBytes))),
    ['006b000101018082', '006b000101018281', undefined],
  )
  t.strictSame(
    values.map(({ shape }) => shape),
    [[2], [1], [3]],
  )
  t.strictSame(values[2]?.slices, [[{ start: 0, length: 2 }], [{ start: 2, length: 1 }]])
  t.equal(values[2]?.source, undefined)
  const whole = partitionedValues(
    'k',
    'int8',
    [2, 3],
    [
      {
        slice: [
          { start: 0, length: -1 },
          { start: 1, length: 2 },
        ],
        bytes: new Int8Array(4),
      },
    ],
  )
  t.strictSame(whole[0]?.shape, [2, 2], 'an axis that is taken whole')
  t.end()
})
