import { runInNewContext } from 'node:vm'
import npmNdarray from 'ndarray'
import t from 'tap'
import type { DType, TypedArray } from '../../lib/array/dtype.js'
import { checkInput, dtypeOfArray, ndarray } from '../../lib/array/input.js'
import { NdArray, zeros } from '../../lib/array/ndarray.js'
import { gather } from '../../lib/array/strides.js'

/** The elements of an input in C order. */
function elements(input: unknown): number[] {
  const checked = checkInput(input)
  const bytes = gather(checked)
  const constructor = checked.data.constructor as new (b: ArrayBuffer) => Float64Array
  return [...new constructor(bytes.buffer as ArrayBuffer)]
}

t.test('a typed array is an array of one axis', (t) => {
  const cases: [TypedArray, DType][] = [
    [new Int8Array(2), 'int8'],
    [new Uint8Array(2), 'uint8'],
    [new Uint8ClampedArray(2), 'uint8'],
    [Buffer.alloc(2), 'uint8'],
    [new Int16Array(2), 'int16'],
    [new Uint16Array(2), 'uint16'],
    [new Int32Array(2), 'int32'],
    [new Uint32Array(2), 'uint32'],
    [new BigInt64Array(2), 'int64'],
    [new BigUint64Array(2), 'uint64'],
    [new Float32Array(2), 'float32'],
    [new Float64Array(2), 'float64'],
  ]
  for (const [data, dtype] of cases) {
    const { info, itemsize, ...rest } = checkInput(data)
    t.equal(info.name, dtype)
    t.equal(dtypeOfArray(data), dtype)
    t.equal(itemsize, data.BYTES_PER_ELEMENT)
    t.strictSame(rest, { data, shape: [2], stride: [1], offset: 0 })
  }
  t.equal(checkInput(runInNewContext('new Float32Array(3)')).info.name, 'float32')
  t.throws(() => dtypeOfArray([] as unknown as TypedArray), TypeError)
  t.end()
})

t.test('Float16Array is float16 where the runtime has it', (t) => {
  const { Float16Array } = globalThis as { Float16Array?: new (n: number) => TypedArray }
  if (Float16Array !== undefined) {
    t.equal(checkInput(new Float16Array(2)).info.name, 'float16')
  }
  t.end()
})

t.test('our own arrays keep everything', (t) => {
  const data = Float64Array.from({ length: 6 }, (_, i) => i)
  const array = ndarray(data, [3, 2], { stride: [1, 3] })
  t.match(checkInput(array), { shape: [3, 2], stride: [1, 3], offset: 0, data })
  const raw = new NdArray({
    dtype: 'void',
    shape: [2],
    data: Buffer.from('abcd'),
    descr: '|S2',
    itemsize: 2,
  })
  t.match(checkInput(raw), { descr: '|S2', itemsize: 2, info: { name: 'void' } })
  t.end()
})

t.test('an array that lost its memory is refused', (t) => {
  const array = zeros([4])
  structuredClone(array.data, { transfer: [array.data.buffer as ArrayBuffer] })
  t.throws(() => checkInput(array), { name: 'RangeError', message: /which holds 0 elements/ })
  t.end()
})

t.test('objects of the npm package are taken as they are', (t) => {
  const matrix = npmNdarray(
    Float64Array.from({ length: 12 }, (_, i) => i),
    [3, 4],
  )
  t.match(checkInput(matrix), { shape: [3, 4], stride: [4, 1], offset: 0 })
  t.strictSame(elements(matrix), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  t.strictSame(elements(matrix.transpose(1, 0)), [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
  t.strictSame(elements(matrix.step(2, -1)), [3, 2, 1, 0, 11, 10, 9, 8])
  t.strictSame(elements(matrix.hi(2, 3)), [0, 1, 2, 4, 5, 6])
  t.strictSame(elements(matrix.lo(1, 2)), [6, 7, 10, 11])
  t.strictSame(elements(matrix.pick(1, null)), [4, 5, 6, 7])
  t.strictSame(elements(matrix.pick(2, 3)), [11])
  t.strictSame(elements(matrix.hi(2, 3).lo(1, 1).transpose(1, 0).step(-1, 1)), [6, 5])
  t.end()
})

t.test('its names of types are ours', (t) => {
  const cases: [TypedArray, DType][] = [
    [new Uint8ClampedArray(2), 'uint8'],
    [new BigInt64Array(2), 'int64'],
    [new BigUint64Array(2), 'uint64'],
    [Buffer.alloc(2), 'uint8'],
    [new Int8Array(2), 'int8'],
    [new Uint32Array(2), 'uint32'],
    [new Float32Array(2), 'float32'],
  ]
  for (const [data, dtype] of cases) {
    const input = npmNdarray(data as Float64Array, [2])
    t.equal(checkInput(input).info.name, dtype, input.dtype)
  }
  t.throws(() => checkInput(npmNdarray([1, 2, 3])), {
    name: 'TypeError',
    message: 'the data of an array must be a typed array, got a plain array',
  })
  t.end()
})

t.test('ours can be handed to it', (t) => {
  const ours = zeros([2, 3], 'float32')
  ours.set(1, 2, 5)
  const data = ours.data as Float32Array
  const theirs = npmNdarray(data, [...ours.shape], [...ours.stride], ours.offset)
  t.equal(theirs.get(1, 2), 5)
  t.equal(theirs.transpose(1, 0).get(2, 1), 5)
  theirs.set(0, 0, 7)
  t.equal(ours.get(0, 0), 7)
  t.end()
})

t.test('parts may leave out what has a default', (t) => {
  const data = Float32Array.of(1, 2, 3, 4)
  t.match(checkInput({ data }), { shape: [4], stride: [1], offset: 0 })
  t.match(checkInput({ data, shape: [2, 2] }), { stride: [2, 1], offset: 0 })
  t.match(checkInput({ data, shape: [2], offset: 1, dtype: 'complex64', stride: [0] }), {
    info: { name: 'complex64' },
    offset: 1,
  })
  t.match(checkInput({ data, shape: [], offset: 3 }), { shape: [], stride: [] })
  t.end()
})

t.test('bad parts are named', (t) => {
  const data = new Float32Array(4)
  const cases: [object, string, RegExp][] = [
    [{ data, shape: 4 }, 'TypeError', /^shape must be an array, got 4/],
    [{ data, shape: [-1] }, 'RangeError', /^shape must hold non-negative integers/],
    [{ data, shape: [5] }, 'RangeError', /leaves the data, which holds 4 elements/],
    [{ data, shape: [2], stride: [2, 1] }, 'TypeError', /^stride must be an array of 1 integers/],
    [{ data, shape: [2], stride: 1 }, 'TypeError', /^stride must be an array of 1 integers/],
    [{ data, shape: [2], stride: [1.5] }, 'RangeError', /^stride must be an integer, got 1.5/],
    [{ data, shape: [2], stride: [4] }, 'RangeError', /leaves the data/],
    [{ data, shape: [2], offset: '0' }, 'RangeError', /^offset must be an integer, got '0'/],
    [{ data, shape: [2], offset: -1 }, 'RangeError', /leaves the data/],
    [{ data, shape: [2], offset: 3 }, 'RangeError', /leaves the data/],
    [{ data, dtype: 1 }, 'TypeError', /^dtype must be a string, got 1/],
    [{ data, dtype: 'float' }, 'TypeError', /^unknown dtype 'float'/],
    [{ data, dtype: 'void' }, 'TypeError', /^unknown dtype 'void'/],
    [{ data, dtype: 'constructor' }, 'TypeError', /^unknown dtype 'constructor'/],
    [{ data, dtype: 'float64' }, 'TypeError', /^dtype 'float64' takes a Float64Array, got Float32/],
    [{ data: [1, 2], shape: [2] }, 'TypeError', /must be a typed array, got a plain array/],
  ]
  for (const [parts, name, message] of cases) {
    t.throws(() => checkInput(parts), { name, message }, String(message))
  }
  t.end()
})

t.test('what is no array is shown', (t) => {
  const cases: [unknown, RegExp][] = [
    [undefined, /got undefined$/],
    [null, /got null$/],
    [3, /got 3$/],
    ['x'.repeat(999), /got 'x{40}'\.\.\. 959 more characters$/],
    [[1, 2], /got \[ 1, 2 \]; ndarray\(Float64Array\.from\(…\)\) makes one$/],
    [{ shape: [2] }, /got \{ shape: \[Array\] \}$/],
    [new DataView(new ArrayBuffer(2)), /got DataView/],
    [new ArrayBuffer(2), /got ArrayBuffer/],
    [() => 1, /got \[Function/],
    [Symbol('s'), /got Symbol\(s\)$/],
  ]
  for (const [value, message] of cases) {
    t.throws(() => checkInput(value), { name: 'TypeError', message })
    t.throws(() => checkInput(value), { message: /^expected an NdArray, a typed array or \{ data/ })
  }
  t.end()
})

t.test('ndarray makes an array over the same memory', (t) => {
  const data = Float64Array.of(1, 2, 3, 4)
  const array = ndarray(data, [2, 2])
  t.ok(array instanceof NdArray)
  t.equal(array.data, data)
  t.strictSame(array.stride, [2, 1])
  t.strictSame(ndarray(data).shape, [4])
  t.strictSame(ndarray(data, [1], { offset: 3 }).get(0), 4)
  t.strictSame(ndarray(Float32Array.of(1, 2, 3, 4), undefined, { dtype: 'complex64' }).shape, [2])
  t.throws(
    () => ndarray(new Float64Array(3), undefined, { dtype: 'complex128' }),
    new TypeError("dtype 'complex128' takes pairs of re and im, got 3 numbers"),
  )
  t.strictSame(ndarray(Uint8Array.of(1, 0), [2], { dtype: 'bool' }).dtype, 'bool')
  t.strictSame(ndarray(data, []).get(), 1)
  t.end()
})

t.test('bad arguments of ndarray are named', (t) => {
  const data = new Float64Array(4)
  const make = ndarray as (...args: unknown[]) => NdArray
  t.throws(() => make([1, 2]), new TypeError('data must be a typed array, got [ 1, 2 ]'))
  t.throws(() => make(data, undefined, { stride: [1] }), {
    name: 'TypeError',
    message: 'stride and offset need a shape',
  })
  t.throws(
    () => make(data, undefined, { offset: 1 }),
    new TypeError('stride and offset need a shape'),
  )
  t.throws(() => make(data, [5]), RangeError)
  t.throws(() => make(data, 'x'), { name: 'TypeError', message: /^shape must be an array/ })
  t.end()
})

t.test('arrays of @stdlib/ndarray', (t) => {
  const parts = { shape: [2], strides: [-1], offset: 1 }
  // The parts of its Complex128Array, of its BooleanArray and of its data types.
  const bytes = new Float64Array([1, 2, 3, 4])
  const view = { buffer: bytes.buffer, byteOffset: 0, byteLength: 32, length: 2 }
  const dtype = { toString: () => 'complex128' }
  const complex = checkInput({ ...parts, data: view, dtype })
  t.strictSame([complex.info.name, complex.stride, complex.offset], ['complex128', [-1], 1])
  t.equal(complex.data.buffer, bytes.buffer)
  const flags = { buffer: Uint8Array.of(1, 0).buffer, byteOffset: 0, byteLength: 2 }
  t.equal(checkInput({ ...parts, data: flags, dtype: 'bool' }).info.name, 'bool')
  t.equal(checkInput({ ...parts, data: new Float32Array(2), dtype: 'float32' }).data.length, 2)
  t.equal(checkInput({ ...parts, data: Uint8ClampedArray.of(1, 2), dtype: 'uint8c' }).offset, 1)
  t.throws(() => checkInput({ ...parts, data: view, dtype: 'generic' }), { name: 'TypeError' })
  t.throws(() => checkInput({ ...parts, data: {}, dtype: 'bool' }), { name: 'TypeError' })
  t.throws(() => checkInput({ ...parts, data: view, dtype: null }), { name: 'TypeError' })
  t.end()
})
