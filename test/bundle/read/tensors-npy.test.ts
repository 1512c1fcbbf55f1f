import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type DType } from '../../../lib/array/dtype.js'
import { NdArray } from '../../../lib/array/ndarray.js'
import { bytesOf } from '../../../lib/array/typed-arrays.js'
import { encodeObjectGraph } from '../../../lib/bundle/messages.js'
import { OBJECT_GRAPH_KEY } from '../../../lib/bundle/read/reader.js'
import { stringValue } from '../../../lib/bundle/write/values.js'
import { encodeNpyHeader, type NpyHeader } from '../../../lib/formats/npy.js'
import { Checkpoint, NumpyState, type ReadOptions } from '../../../lib/index.js'
import { bytes } from '../table/samples'
import { writeValues } from '../write-values'

/** The array of a state that a string holds as `.npy`. */
function restoreNpy(path: string, npy: Uint8Array, options: ReadOptions = {}): NdArray {
  const attributes = [{ name: 'py_state', fullName: '', checkpointKey: 'k' }]
  const node = (...children: [number, string][]) => ({
    children: children.map(([nodeId, localName]) => ({ nodeId, localName })),
    attributes: [],
    slotVariables: [],
  })
  const nodes = [node([1, 's']), node([2, 'x']), { ...node(), attributes }]
  writeValues(path, [
    stringValue('k', npy),
    stringValue(OBJECT_GRAPH_KEY, encodeObjectGraph({ nodes })),
  ])
  const s = new NumpyState<{ x: NdArray }>()
  new Checkpoint({ s }).readSync(path, options)
  return s.x
}

const npyOf = (header: Partial<NpyHeader>, data: Uint8Array): Buffer =>
  Buffer.concat([
    encodeNpyHeader({ descr: '<f8', fortranOrder: false, shape: [], ...header }),
    data,
  ])

t.test('what is not supported is told apart from what a changed bit makes of it', (t) => {
  const path = join(t.testdir(), 'x')
  const data = `${path}.data-00000-of-00001`
  restoreNpy(path, npyOf({}, Buffer.alloc(8)))
  const bytes = readFileSync(data)
  const magic = bytes.indexOf('NUMPY')
  for (const [at, value] of [
    [magic + 5, 5],
    [bytes.indexOf('<f8'), 'O'.charCodeAt(0)],
  ] as const) {
    for (const verify of ['eager', 'lazy'] as const) {
      const changed = Buffer.from(bytes)
      changed[at] = value
      writeFileSync(data, changed)
      const s = new NumpyState()
      const read = (): unknown => new Checkpoint({ s }).readSync(path, { verify })
      t.throws(read, { code: 'CKPT_CORRUPT', message: value === 5 ? /checksum/ : /./ })
    }
  }
  t.throws(() => restoreNpy(path, Buffer.from('\x93NUMPY\x05\0\0\0\0\0\0\0', 'latin1')), {
    code: 'CKPT_UNSUPPORTED',
  })
  t.end()
})

t.test('big-endian arrays are swapped, whatever follows them', (t) => {
  const path = join(t.testdir(), 'x')
  const cases: [string, DType, (data: Buffer) => void, unknown][] = [
    ['>f8', 'float64', (data) => data.writeDoubleBE(0.1), 0.1],
    ['>i8', 'int64', (data) => data.writeBigInt64BE(-9n), -9n],
    ['>u4', 'uint32', (data) => data.writeUInt32BE(9), 9],
    ['>i2', 'int16', (data) => data.writeInt16BE(-9), -9],
    ['>c16', 'complex128', (data) => data.writeDoubleBE(3, 8), { re: 0, im: 3 }],
  ]
  for (const [descr, dtype, write, value] of cases) {
    for (const trailing of [0, 1, 7]) {
      const data = Buffer.alloc(dtype === 'complex128' ? 16 : Number(descr.slice(2)))
      write(data)
      const array = restoreNpy(
        path,
        npyOf({ descr }, Buffer.concat([data, Buffer.alloc(trailing)])),
      )
      t.equal(array.dtype, dtype)
      t.strictSame(array.get(), value, descr)
      t.equal(array.data.byteLength, data.length)
    }
  }
  t.end()
})

t.test('bytes behind the data are ignored, and checked all the same', (t) => {
  const path = join(t.testdir(), 'x')
  const data = Buffer.concat([bytesOf(Float64Array.of(1, 2)), bytes('trailing!')])
  const npy = npyOf({ shape: [2] }, data)
  t.strictSame(restoreNpy(path, npy).data, Float64Array.of(1, 2))
  const file = `${path}.data-00000-of-00001`
  const content = readFileSync(file, 'latin1').replace('trailing!', 'Trailing!')
  writeFileSync(file, content, 'latin1')
  const s = new NumpyState()
  t.throws(() => new Checkpoint({ s }).readSync(path), { code: 'CKPT_CORRUPT' })
  t.end()
})

t.test('Fortran order is a matter of strides', (t) => {
  const data = bytesOf(Float64Array.of(1, 2, 3, 4, 5, 6))
  const array = restoreNpy(
    join(t.testdir(), 'x'),
    npyOf({ shape: [2, 3], fortranOrder: true }, data),
  )
  t.strictSame(array.stride, [1, 2])
  t.equal(array.get(1, 2), 6)
  t.equal(array.get(0, 1), 3)
  t.end()
})

t.test('text, dates and structures are carried and saved again unchanged', (t) => {
  const dir = t.testdir()
  const cases: [NpyHeader['descr'], number][] = [
    ['|S3', 3],
    ['<U2', 8],
    ['>U2', 8],
    ['<M8[ns]', 8],
    ['<f16', 16],
    ['|V5', 5],
    [
      [
        ['a', '<i4'],
        ['', '|V4'],
        ['b', '<f8', [2]],
      ],
      24,
    ],
    [[], 0],
  ]
  for (const [i, [descr, itemsize]] of cases.entries()) {
    const data = Uint8Array.from({ length: 3 * itemsize }, (_, i) => i)
    const npy = npyOf({ descr, shape: [3] }, data)
    const array = restoreNpy(join(dir, 'x'), npy)
    t.match(array, { dtype: 'void', shape: [3], itemsize })
    t.strictSame(array.descr, descr)
    t.equal(Buffer.compare(bytesOf(array.data), data), 0)
    if (itemsize > 0) t.equal((array.get(2) as Uint8Array)[0], 2 * itemsize)
    const state = new NumpyState<{ x: NdArray }>()
    state.x = array
    const checkpoint = new Checkpoint({ s: state })
    const path = checkpoint.writeSync(join(dir, `again${String(i)}`), { alignment: 1 })
    const again = readFileSync(`${path}.data-00000-of-00001`)
    t.ok(again.includes(npy), 'the very .npy')
  }
  t.end()
})

t.test('a long header is read', (t) => {
  const names = Array.from({ length: 300 }, (_, i) => `field${String(i)}`)
  const descr = names.map((name) => [name, '|u1'] as const)
  const data = Uint8Array.from({ length: 600 }, (_, i) => i)
  const array = restoreNpy(join(t.testdir(), 'x'), npyOf({ descr, shape: [2] }, data))
  t.strictSame(array.descr, descr)
  t.equal((array.get(1) as Uint8Array)[7], (300 + 7) % 256)
  t.end()
})

t.test('a string that holds no array, or less than its header says, is refused', (t) => {
  const path = join(t.testdir(), 'x')
  const full = npyOf({ shape: [4] }, new Uint8Array(32))
  const cases: [Uint8Array, string, RegExp][] = [
    [bytes(''), 'CKPT_CORRUPT', /does not begin with the \.npy magic/],
    [bytes('PK\x03\x04'), 'CKPT_UNSUPPORTED', /a zip archive/],
    [full.subarray(0, 159), 'CKPT_CORRUPT', /needs 32 bytes, but only 31 follow/],
    [full.subarray(0, 100), 'CKPT_CORRUPT', /ends inside its \.npy header/],
    [full.subarray(0, 9), 'CKPT_CORRUPT', /ends inside its \.npy header/],
    [npyOf({ descr: '|O' }, new Uint8Array(8)), 'CKPT_UNSUPPORTED', /Python pickles/],
  ]
  for (const [npy, code, message] of cases) {
    for (const verify of ['eager', 'off'] as const) {
      const details = { key: 'k' }
      t.throws(() => restoreNpy(path, npy, { verify }), { code, message, details }, String(message))
    }
  }
  t.end()
})

t.test('a damaged header is damage, whatever it seems to ask for', (t) => {
  const dir = t.testdir()
  const sound = npyOf({ descr: '<f8' }, Buffer.alloc(8))
  const changes: [from: string, to: string][] = [
    ['\x93NUMPY\x01', '\x93NUMPY\x09'],
    ["'<f8'", "'|O' "],
    ['\x93NUMPY', 'PKNUMP'],
  ]
  for (const [i, [from, to]] of changes.entries()) {
    const path = join(dir, String(i))
    restoreNpy(path, sound)
    const file = `${path}.data-00000-of-00001`
    const text = readFileSync(file, 'latin1')
    t.ok(text.includes(from))
    writeFileSync(file, text.replace(from, to), 'latin1')
    const s = new NumpyState()
    const restore = (): unknown => new Checkpoint({ s }).readSync(path)
    t.throws(restore, { code: 'CKPT_CORRUPT', details: { reason: 'checksum', key: 'k' } }, to)
  }
  // The same bytes as they were written: nothing is damaged, and it is not read.
  const pickled = Buffer.from(sound.toString('latin1').replace("'<f8'", "'|O' "), 'latin1')
  t.throws(() => restoreNpy(join(dir, 'pickled'), pickled), { code: 'CKPT_UNSUPPORTED' })
  t.end()
})
