import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DTYPES } from '../../../lib/array/dtype.js'
import { checkInput } from '../../../lib/array/input.js'
import { NdArray, zeros } from '../../../lib/array/ndarray.js'
import { bytesOf } from '../../../lib/array/typed-arrays.js'
import {
  npyValue,
  stringTensorValue,
  stringValue,
  tensorValue,
} from '../../../lib/bundle/write/values.js'
import { openCheckpointSync, StringTensor } from '../../../lib/index.js'
import { bytes, entryOf, fromHex, indexOf, toHex } from '../table/samples'
import { writeValues } from '../write-values'

t.test('a tensor of every dtype is an array of it', (t) => {
  const path = join(t.testdir(), 'x')
  const list = DTYPES.filter(({ name }) => name !== 'void').map(({ name }) => {
    const array = zeros([2, 3], name)
    const content = bytesOf(array.data)
    content.forEach((_, i) => (content[i] = i * 7))
    return { name, content }
  })
  for (const alignment of [1, 64]) {
    const values = list.map(({ name, content }) => tensorValue(name, name, [2, 3], content))
    writeValues(path, values, { alignment })
    for (const mode of ['map', 'load'] as const) {
      const reader = openCheckpointSync(path, { mode })
      for (const { name, content } of list) {
        const array = reader.get(name) as NdArray
        t.match(array, { dtype: name, shape: [2, 3], stride: [3, 1], offset: 0 })
        t.equal(Buffer.compare(bytesOf(array.data), content), 0, name)
      }
      const { copied, loaded } = reader.stats
      if (mode === 'load') t.equal(loaded, list.length)
      else t.equal(copied > 0, alignment === 1, 'only what is not aligned is copied')
    }
  }
  t.end()
})

t.test('big-endian tensors are swapped', (t) => {
  const dir = t.testdir()
  const path = join(dir, 'x')
  const data = Buffer.alloc(8 + 4 + 2 + 1 + 8)
  data.writeDoubleBE(Math.PI, 0)
  data.writeInt32BE(-5, 8)
  data.writeUInt16BE(77, 12)
  data.writeInt8(-1, 14)
  data.writeFloatBE(1.5, 15)
  data.writeFloatBE(-2, 19)
  const entries: [string, number, number, number][] = [
    ['f8', 2, 0, 8],
    ['i4', 3, 8, 4],
    ['u2', 17, 12, 2],
    ['i1', 6, 14, 1],
    ['c8', 8, 15, 8],
  ]
  const table = indexOf(
    entries.map(([key, dtype, offset, size]) => [bytes(key), entryOf({ dtype, offset, size })]),
    { bigEndian: true },
  )
  writeFileSync(`${path}.index`, table)
  writeFileSync(`${path}.data-00000-of-00001`, data)
  const reader = openCheckpointSync(path, { verify: 'off' })
  const scalar = (key: string): unknown => (reader.get(key) as NdArray).get()
  t.equal(scalar('f8'), Math.PI)
  t.equal(scalar('i4'), -5)
  t.equal(scalar('u2'), 77)
  t.equal(scalar('i1'), -1)
  t.strictSame(scalar('c8'), { re: 1.5, im: -2 })
  t.end()
})

t.test('strings come as bytes', (t) => {
  const path = join(t.testdir(), 'x')
  const strings = [bytes('hello'), bytes(''), new Uint8Array([0xff, 0]), bytes('é')]
  writeValues(path, [
    stringTensorValue('s', [2, 2], strings),
    stringTensorValue('none', [0], []),
    stringValue('one', bytes('scalar')),
  ])
  const reader = openCheckpointSync(path)
  const tensor = reader.get('s') as StringTensor
  t.ok(tensor instanceof StringTensor)
  t.match(tensor, { dtype: 'string', shape: [2, 2], size: 4 })
  t.strictSame([...tensor].map(toHex), strings.map(toHex))
  t.equal(Buffer.from((reader.get('one') as StringTensor).get()).toString(), 'scalar')
  t.strictSame([...(reader.get('none') as StringTensor)], [])
  t.match(reader.verifySync(), { ok: true, tensors: 3 })
  t.end()
})

t.test('a changed string is found when it is used', (t) => {
  const path = join(t.testdir(), 'x')
  writeValues(path, [stringTensorValue('s', [2], [bytes('hello'), bytes('you')])])
  const file = `${path}.data-00000-of-00001`
  writeFileSync(file, readFileSync(file, 'latin1').replace('you', 'me!'), 'latin1')
  const tensor = openCheckpointSync(path).get('s') as StringTensor
  for (const use of [0, 1]) t.throws(() => tensor.get(use), { code: 'CKPT_CORRUPT' })
  t.equal((openCheckpointSync(path, { verify: 'off' }).get('s') as StringTensor).get(1)[0], 0x6d)
  t.end()
})

t.test('sizes that dtype and shape do not give are refused', (t) => {
  const path = join(t.testdir(), 'x')
  const value = tensorValue('k', 'float32', [3], new Uint8Array(13))
  writeValues(path, [value])
  t.throws(() => openCheckpointSync(path).get('k'), {
    code: 'CKPT_CORRUPT',
    message: "invalid size in bundle entry: key 'k'; stored size 13; expected size 12",
    details: { key: 'k', reason: 'inconsistent' },
  })
  writeValues(path, [{ ...value, dtype: 20 }])
  t.throws(() => openCheckpointSync(path).get('k'), {
    code: 'CKPT_UNSUPPORTED',
    message: "tensor 'k' has dtype DataType(20)",
  })
  t.equal(openCheckpointSync(path).variables()[0]?.dtype, 'DataType(20)')
  t.end()
})

t.test('a view of a mapping needs no more than its elements demand', (t) => {
  const path = join(t.testdir(), 'x')
  writeValues(path, [
    tensorValue('a', 'int8', [3], new Uint8Array(3)),
    npyValue('n', checkInput(Float64Array.of(1))),
  ])
  const reader = openCheckpointSync(path)
  t.strictSame((reader.get('a') as NdArray).data, new Int8Array(3))
  t.strictSame(reader.stats, { mapped: 1, copied: 0, loaded: 0 })
  t.end()
})

t.test('variants are carried as their bytes', (t) => {
  const path = join(t.testdir(), 'x')
  // A tensor list of [1, 2] as TensorFlow wrote it.
  const data = fromHex(
    '3e0a1674656e736f72666c6f773a3a54656e736f724c697374120c0001ffffffffffffffffff011a0a0801120' +
      '02a040000803f1a0a080112002a0400000040e7f6e3e6',
  )
  const entry = { dtype: 21, size: data.length }
  const write = (crc: number): void => {
    writeFileSync(`${path}.index`, indexOf([[bytes('v'), entryOf({ ...entry, crc })]]))
    writeFileSync(`${path}.data-00000-of-00001`, data)
  }
  write(0xe44362f7)
  const tensor = openCheckpointSync(path).get('v') as StringTensor
  t.match(tensor, { dtype: 'variant', shape: [], size: 1 })
  t.strictSame(toHex(tensor.get()), toHex(data.subarray(1, 63)))
  t.equal(openCheckpointSync(path).variables()[0]?.dtype, 'variant')
  t.match(openCheckpointSync(path).verifySync(), { ok: true })
  write(1)
  t.throws(() => openCheckpointSync(path).get('v'), { code: 'CKPT_CORRUPT', details: { key: 'v' } })
  t.end()
})

t.test('strings of a big-endian checkpoint are not read', (t) => {
  const path = join(t.testdir(), 'x')
  writeValues(path, [stringTensorValue('s', [1], [bytes('hello')])])
  const entry = entryOf({ dtype: 7, shape: [1], size: 10 })
  writeFileSync(`${path}.index`, indexOf([[bytes('s'), entry]], { bigEndian: true }))
  t.throws(() => openCheckpointSync(path).get('s'), {
    code: 'CKPT_UNSUPPORTED',
    details: { feature: 'strings of a big-endian checkpoint', key: 's' },
  })
  t.end()
})
