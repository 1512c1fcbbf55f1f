// Reading `.safetensors`, `.npy` and `model.json`: what is shared, what is copied, what is refused.
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { MappedFile } from '../../lib/convert/mapped-file.js'
import { formatOf } from '../../lib/convert/formats.js'
import {
  convertSync,
  exportNpySync,
  exportSafetensorsSync,
  exportTfjsSync,
  ndarray,
  openTensors,
  openTensorsSync,
  StringTensor,
  zeros,
  type NdArray,
} from '../../lib/index.js'
import { Scratch } from '../../lib/convert/tensor.js'
import { runSync } from '../../lib/twin.js'
import { sha256 } from '../interop/bytes'

const arrayOf = (path: string, name: string): NdArray => openTensorsSync(path).get(name) as NdArray

t.test('formats by their names', (t) => {
  const names = [
    'a.npy',
    'a.npz',
    'a.safetensors',
    'model.json',
    'ckpt-1',
    'run',
    'x.tfjs',
    'a.NPZ',
  ]
  t.strictSame(
    names.map((name) => formatOf(`/dir.npz/${name}`)),
    ['npy', 'npz', 'safetensors', 'tfjs', 'checkpoint', 'checkpoint', 'checkpoint', 'checkpoint'],
  )
  t.end()
})

t.test('a part of a file is a view where it is aligned, and a copy where not', (t) => {
  const path = join(t.testdir({ x: Buffer.alloc(100, 1) }), 'x')
  const file = runSync(MappedFile.open(path, true))
  file.part(8, 16, 'x').buffer(8)
  t.strictSame(file.stats, { mapped: 1, copied: 0, loaded: 0 })
  file.part(4, 16, 'x').buffer(8)
  t.strictSame(file.stats, { mapped: 1, copied: 1, loaded: 0 })
  t.throws(() => file.part(90, 11, 'x'), { code: 'CKPT_CORRUPT', details: { reason: 'bounds' } })
  t.throws(() => file.read(-1, 2), { code: 'CKPT_CORRUPT' })
  truncateSync(path, 50)
  const stream = file.part(0, 100, 'x').stream(new Scratch(), function* () {
    yield undefined
  })
  t.throws(
    () => {
      runSync(stream)
    },
    { code: 'CKPT_CORRUPT' },
    'a file that has become shorter',
  )
  t.end()
})

t.test('tensors of a .safetensors are views, in any order of dtypes', (t) => {
  const path = join(t.testdir(), 'a.safetensors')
  const wide = ndarray(Float64Array.of(1, 2))
  exportSafetensorsSync({ a: zeros([3], 'int8'), b: wide, c: zeros([1], 'float32') }, path)
  const file = openTensorsSync(path)
  t.strictSame(file.names(), ['b', 'c', 'a'], 'wide ones first')
  for (const name of file.names()) t.ok((file.get(name) as NdArray).data.byteLength > 0)
  const b = file.get('b') as NdArray
  b.data[0] = 5
  t.equal(arrayOf(path, 'b').data[0], 1)
  t.end()
})

t.test('metadata', (t) => {
  const path = join(t.testdir(), 'a.safetensors')
  const metadata = { format: 'pt', 'ünïcode "': '\n' }
  exportSafetensorsSync({ x: zeros([1]) }, path, { metadata })
  t.strictSame({ ...openTensorsSync(path).metadata }, metadata)
  const again = join(t.testdirName, 'b.safetensors')
  convertSync(path, again)
  t.strictSame({ ...openTensorsSync(again).metadata }, metadata, 'kept by a conversion')
  convertSync(path, again, { metadata: {} })
  t.strictSame({ ...openTensorsSync(again).metadata }, {})
  t.end()
})

t.test('a .npy with bytes behind its data, one of Fortran order, and a big-endian one', (t) => {
  const directory = t.testdir()
  const path = join(directory, 'x.npy')
  const fortran = ndarray(Int16Array.of(1, 2, 3, 4, 5, 6), [2, 3], { stride: [1, 2] })
  exportNpySync({ any: fortran }, path)
  const bytes = readFileSync(path)
  writeFileSync(path, Buffer.concat([bytes, Buffer.from('more')]))
  const read = arrayOf(path, 'x')
  t.strictSame([read.dtype, read.shape, read.stride], ['int16', [2, 3], [1, 2]])
  t.strictSame([read.get(0, 1), read.get(1, 2)], [3, 6])

  const big = Buffer.from(bytes.toString('latin1').replace('<i2', '>i2'), 'latin1')
  big.subarray(-12).swap16()
  writeFileSync(path, big)
  t.strictSame(arrayOf(path, 'x').data, Int16Array.of(1, 2, 3, 4, 5, 6))
  const c = join(directory, 'c.safetensors')
  convertSync(path, c)
  t.strictSame(arrayOf(c, 'x').data, Int16Array.of(1, 3, 5, 2, 4, 6), 'in C order elsewhere')
  t.end()
})

t.test('arrays that do not lie in C order are written block by block', (t) => {
  const path = join(t.testdir(), 'a.safetensors')
  // Larger than a piece in each of its rows, and not; steps of all kinds.
  const data = Int32Array.from({ length: 2 ** 20 }, (_, i) => i)
  const strided = {
    columns: ndarray(data, [2 ** 19, 2], { stride: [1, 2 ** 19] }),
    rows: ndarray(data, [2, 2 ** 19], { stride: [1, 2] }),
    back: ndarray(data, [3, 300_000], { stride: [-300_000, 1], offset: 700_000 }),
    deep: ndarray(data, [7, 5, 3, 9999], { stride: [1, 9, 3, 100] }),
    none: ndarray(data, [0, 5], { stride: [1, 9] }),
    one: ndarray(data, [], { offset: 9 }),
  }
  exportSafetensorsSync(strided, path)
  const file = openTensorsSync(path)
  for (const [name, array] of Object.entries(strided)) {
    const found = file.get(name) as NdArray
    t.strictSame(found.shape, array.shape)
    const expected = Int32Array.from(elements(array))
    t.equal(sha256(Buffer.from(found.data.buffer)), sha256(Buffer.from(expected.buffer)), name)
  }
  t.end()
})

function* elements(array: NdArray, axis = 0, at = array.offset): Generator<number> {
  const length = array.shape[axis]
  if (length === undefined) yield array.data[at] as number
  else
    for (let i = 0; i < length; i++)
      yield* elements(array, axis + 1, at + i * (array.stride[axis] ?? 0))
}

t.test('weights that go across the ends of files', (t) => {
  const path = join(t.testdir(), 'model.json')
  const x = Float32Array.from({ length: 1000 }, (_, i) => i)
  exportTfjsSync({ flag: zeros([3], 'bool'), x }, path, { shardBytes: 333 })
  t.strictSame(arrayOf(path, 'x').data, x)
  t.end()
})

t.test('quantized weights come as what they stand for', (t) => {
  const directory = t.testdir({
    w: Buffer.of(0, 128, 255, 1, 0, 255, 255, 10, 20, 0, 0x3c, 0, 0xc0),
  })
  const path = join(directory, 'model.json')
  const quantization = { dtype: 'uint8', scale: 0.5, min: -3 }
  const weights = [
    { name: 'a', dtype: 'float32', shape: [3], quantization },
    { name: 'b', dtype: 'float32', shape: [2], quantization: { ...quantization, dtype: 'uint16' } },
    { name: 'c', dtype: 'int32', shape: [2], quantization },
    { name: 'd', dtype: 'float32', shape: [2], quantization: { dtype: 'float16' } },
  ]
  writeFileSync(path, JSON.stringify({ weightsManifest: [{ paths: ['w'], weights }] }))
  const value = (name: string): unknown => arrayOf(path, name).data
  t.strictSame(value('a'), Float32Array.of(-3, 61, 124.5))
  t.strictSame(value('b'), Float32Array.of(-2.5, 32764.5))
  t.strictSame(value('c'), Int32Array.of(2, 7))
  t.strictSame(value('d'), Float32Array.of(1, -2))
  t.end()
})

t.test('strings of TensorFlow.js', (t) => {
  const directory = t.testdir({
    w: Buffer.from('\x02\0\0\0hi\0\0\0\0\x01\0\0\0\xff\x07', 'latin1'),
  })
  const path = join(directory, 'model.json')
  const weights = [
    { name: 's', dtype: 'string', shape: [3] },
    { name: 'x', dtype: 'bool', shape: [1] },
  ]
  const write = (shape: number[]): void => {
    const list = [{ ...weights[0], shape }, weights[1]]
    writeFileSync(path, JSON.stringify({ weightsManifest: [{ paths: ['w'], weights: list }] }))
  }
  write([3])
  const strings = openTensorsSync(path).get('s') as StringTensor
  t.strictSame(
    [...strings].map((bytes) => Buffer.from(bytes).toString('latin1')),
    ['hi', '', '\xff'],
  )
  t.equal(arrayOf(path, 'x').get(0), 7)
  // Through a checkpoint and back: the same bytes.
  convertSync(path, join(directory, 'ckpt'))
  convertSync(join(directory, 'ckpt'), join(directory, 'back/model.json'), { filter: '**' })
  t.strictSame(
    readFileSync(join(directory, 'back/group1-shard1of1.bin')),
    readFileSync(join(directory, 'w')),
  )
  const npz = join(directory, 'a.npz')
  t.throws(() => convertSync(path, npz), { code: 'CKPT_UNSUPPORTED', details: { key: 's' } })
  for (const shape of [[4], [2], [2 ** 40], [0]]) {
    write(shape)
    t.throws(() => openTensorsSync(path), { code: 'CKPT_CORRUPT' }, String(shape))
  }
  t.end()
})

t.test('files of weights that are too short, too long or not there', (t) => {
  const directory = t.testdir()
  const path = join(directory, 'model.json')
  exportTfjsSync({ x: zeros([10], 'float32') }, path)
  const weights = join(directory, 'group1-shard1of1.bin')
  for (const length of [39, 41, 0]) {
    writeFileSync(weights, Buffer.alloc(length))
    t.throws(() => openTensorsSync(path), { code: 'CKPT_CORRUPT' })
  }
  const model = JSON.parse(readFileSync(path, 'utf8')) as { weightsManifest: { paths: string[] }[] }
  const [group] = model.weightsManifest
  if (group !== undefined) group.paths = ['none.bin']
  writeFileSync(path, JSON.stringify(model))
  t.throws(() => openTensorsSync(path), { code: 'CKPT_NOT_FOUND' })
  t.end()
})

t.test('what is no file of its format', async (t) => {
  const directory = t.testdir({ empty: '', text: 'some text that is longer than a header' })
  for (const format of ['npy', 'npz', 'safetensors', 'tfjs'] as const) {
    for (const name of ['empty', 'text']) {
      const path = join(directory, name)
      await t.rejects(openTensors(path, { format }), { code: 'CKPT_CORRUPT' }, `${format} ${name}`)
    }
    const folder = join(directory, format)
    mkdirSync(folder)
    await t.rejects(openTensors(folder, { format }), { code: 'CKPT_IO' }, format)
  }
  await t.rejects(openTensors(join(directory, 'x'), { format: 'zip' as never }), TypeError)
})
