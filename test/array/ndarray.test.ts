import { inspect } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { DTYPES, dtypeInfo, type DType } from '../../lib/array/dtype.js'
import { checkBounds, checkShape, elementCount, NdArray, zeros } from '../../lib/array/ndarray.js'
import { ndarray } from '../../lib/index.js'

/** A value that every numeric dtype but bool holds exactly. */
const samples: Record<string, readonly unknown[]> = {
  bool: [0, 1],
  int64: [-(2n ** 63n), 0n, 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  complex64: [{ re: 1.5, im: -2 }],
  complex128: [{ re: 0.1, im: -1e300 }],
  int2: [-2, -1, 0, 1],
  uint2: [0, 3],
  int4: [-8, 7],
  uint4: [0, 15],
  int8: [-128, 127],
  qint8: [-128, 127],
  uint8: [0, 255],
  quint8: [0, 255],
  int16: [-32768, 32767],
  qint16: [-32768, 32767],
  uint16: [0, 65535],
  quint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  qint32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
}

const floats = [-0.5, 0, 1, 6]

const samplesOf = (name: DType): readonly unknown[] => samples[name] ?? floats

t.test('zeros are float64 in C order unless a dtype is given', (t) => {
  const array = zeros([3, 4])
  t.equal(array.dtype, 'float64')
  t.strictSame(array.shape, [3, 4])
  t.strictSame(array.stride, [4, 1])
  t.equal(array.offset, 0)
  t.equal(array.size, 12)
  t.equal(array.itemsize, 8)
  t.ok(array.data instanceof Float64Array)
  t.equal(array.data.length, 12)
  t.equal(array.get(1, 1), 0)
  t.notOk('descr' in array)
  t.end()
})

t.test('scalars and empty arrays', (t) => {
  const scalar = zeros([], 'int32')
  t.equal(scalar.size, 1)
  scalar.set(7)
  t.equal(scalar.get(), 7)
  const empty = zeros([0, 3])
  t.equal(empty.size, 0)
  t.equal(empty.data.length, 0)
  t.throws(() => empty.get(0, 0), RangeError)
  t.end()
})

t.test('every dtype gives back what was set', (t) => {
  for (const { name, itemsize, lanes, classes } of DTYPES) {
    if (name === 'void') continue
    const array = zeros([2, 3], name)
    t.equal(array.dtype, name)
    t.equal(array.data.constructor.name, classes[0], name)
    t.equal(array.data.length, 6 * lanes)
    t.equal(array.data.byteLength, 6 * itemsize)
    for (const value of samplesOf(name)) {
      array.set(1, 2, value as number)
      t.strictSame(array.get(1, 2), value, name)
      const others = new Set([array.get(0, 0), array.get(1, 1)].map((other) => inspect(other)))
      t.equal(others.size, 1, 'no other element changed')
    }
  }
  t.end()
})

t.test('get and set speak numbers where data holds bits', (t) => {
  const brain = zeros([2], 'bfloat16')
  brain.set(1, 3.14159)
  t.strictSame(brain.data, Uint16Array.of(0, 0x4049))
  t.equal(brain.get(1), 3.140625)
  const half = ndarray(Uint16Array.of(0x3c00, 0x7c00), [2], { dtype: 'float16' })
  t.equal(half.get(0), 1)
  half.set(0, 65520)
  t.equal(half.get(0), Infinity)
  half.set(1, -0)
  t.ok(Object.is(half.get(1), -0))
  const truth = zeros([2], 'bool')
  truth.set(0, 5)
  truth.set(1, true)
  t.strictSame(truth.data, Uint8Array.of(1, 1))
  t.end()
})

t.test('values are converted as typed arrays do', (t) => {
  const bytes = zeros([1], 'uint8')
  bytes.set(0, 257.9)
  t.equal(bytes.get(0), 1)
  bytes.set(0, 3n)
  t.equal(bytes.get(0), 3)
  const long = zeros([1], 'int64')
  long.set(0, 5)
  t.equal(long.get(0), 5n)
  long.set(0, 2n ** 63n)
  t.equal(long.get(0), -(2n ** 63n), 'wraps')
  long.set(0, true)
  t.equal(long.get(0), 1n)
  const complex = zeros([1], 'complex64')
  complex.set(0, 4)
  t.strictSame(complex.get(0), { re: 4, im: 0 })
  t.end()
})

t.test('values that do not fit are refused and change nothing', (t) => {
  const cases: [DType, unknown][] = [
    ['float64', '1'],
    ['float64', undefined],
    ['float64', null],
    ['float64', [1]],
    ['float32', { re: 1, im: 2 }],
    ['int64', 1.5],
    ['int64', 2 ** 53],
    ['int64', '1'],
    ['uint64', NaN],
    ['complex64', { re: '1', im: 0 }],
    ['complex128', { re: 1 }],
    ['bool', 'true'],
  ]
  for (const [dtype, value] of cases) {
    const array = zeros([1], dtype)
    const before = inspect(array.get(0))
    t.throws(
      () => {
        array.set(0, value as number)
      },
      { name: 'TypeError', message: /^expected a (number|bigint or a safe integer), got / },
      `${dtype} ${inspect(value)}`,
    )
    t.equal(inspect(array.get(0)), before)
  }
  t.throws(() => {
    zeros([1], 'float4_e2m1fn').set(0, NaN)
  }, RangeError)
  t.end()
})

t.test('indices are checked', (t) => {
  const array = zeros([2, 3])
  for (const index of [
    [2, 0],
    [0, 3],
    [-1, 0],
    [0.5, 0],
    [NaN, 0],
    ['0', 0],
  ]) {
    const at = index as number[]
    t.throws(() => array.get(...at), { name: 'RangeError', message: /^index .* is outside axis/ })
    t.throws(() => {
      array.set(...at, 1)
    }, RangeError)
  }
  t.throws(() => array.get(0), new TypeError('expected 2 indices, got 1'))
  t.throws(() => array.get(0, 0, 0), new TypeError('expected 2 indices, got 3'))
  t.throws(() => {
    array.set(0, 1)
  }, new TypeError('expected 2 indices, got 1'))
  t.throws(() => {
    array.set(...([] as unknown as [number]))
  }, new TypeError('set needs an index and a value'))
  t.end()
})

t.test('an element is where offset and strides say', (t) => {
  const data = Float32Array.from({ length: 24 }, (_, i) => i)
  const at = fc.tuple(fc.nat(1), fc.nat(2))
  const stride = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 }))
  fc.assert(
    fc.property(at, stride, ([i, j], [a, b]) => {
      const array = ndarray(data, [2, 3], { stride: [a, b], offset: 10 })
      t.equal(array.get(i, j), 10 + i * a + j * b)
    }),
  )
  t.end()
})

t.test('complex arrays count complex elements', (t) => {
  const data = Float64Array.from({ length: 12 }, (_, i) => i)
  const options = { dtype: 'complex128', stride: [-1], offset: 5 } as const
  const array = ndarray(data, [3], options)
  t.strictSame(array.get(0), { re: 10, im: 11 })
  t.strictSame(array.get(2), { re: 6, im: 7 })
  t.throws(() => ndarray(data, [4], { ...options, offset: 6 }), RangeError)
  t.end()
})

t.test('data is made at first use, and fails at each use until it can be', (t) => {
  let calls = 0
  const array = new NdArray({
    dtype: 'int8',
    shape: [2],
    data: () => {
      calls++
      if (calls < 3) throw new Error(`call ${String(calls)}`)
      return Int8Array.of(1, 2)
    },
  })
  t.equal(calls, 0)
  t.throws(() => array.data, { message: 'call 1' })
  t.throws(() => array.get(0), { message: 'call 2' })
  t.equal(array.get(1), 2)
  t.equal(array.data, array.data)
  t.equal(calls, 3)
  t.end()
})

t.test('raw bytes keep their description', (t) => {
  const data = Buffer.from('abcdef')
  const array = new NdArray({ dtype: 'void', shape: [2], data, descr: '|S3', itemsize: 3 })
  t.equal(array.descr, '|S3')
  t.equal(Buffer.from(array.get(1)).toString(), 'def')
  array.set(0, Buffer.from('xyz'))
  t.equal(data.toString(), 'xyzdef', 'shared')
  t.throws(() => {
    array.set(0, Buffer.from('toolong'))
  }, new TypeError('a void element takes a Uint8Array of 3 bytes'))
  t.equal(inspect(array), "NdArray void [2] '|S3'")
  t.end()
})

t.test('shape and stride do not change', (t) => {
  const array = zeros([2, 3])
  const shape = array.shape as number[]
  t.throws(() => shape.push(1), TypeError)
  t.throws(() => {
    ;(array.stride as number[])[0] = 9
  }, TypeError)
  const given = [2, 3]
  const other = zeros(given)
  given[0] = 99
  t.strictSame(other.shape, [2, 3])
  t.end()
})

t.test('inspection names dtype and shape and shows few elements', (t) => {
  t.equal(inspect(zeros([2], 'int32')), 'NdArray int32 [2] Int32Array(2) [ 0, 0 ]')
  t.match(inspect(zeros([100])), /^NdArray float64 \[100\] .*… 92 more items|92 more items/s)
  t.end()
})

t.test('bad arguments of zeros are named', (t) => {
  const call = (shape: unknown, dtype?: unknown) => () => zeros(shape as number[], dtype as DType)
  t.throws(call(3), new TypeError('shape must be an array, got 3'))
  t.throws(call(undefined), new TypeError('shape must be an array, got undefined'))
  for (const shape of [[-1], [1.5], ['2'], [NaN], [2 ** 53], [undefined]]) {
    t.throws(call(shape), { name: 'RangeError', message: /^shape must hold non-negative integers/ })
  }
  t.throws(call([2 ** 30, 2 ** 30]), { name: 'RangeError', message: /has too many elements/ })
  t.throws(call([2], 'float'), new TypeError("unknown dtype 'float'"))
  t.throws(call([2], 'void'), new TypeError("zeros cannot make dtype 'void'"))
  t.throws(call([2], '__proto__'), TypeError)
  t.throws(() => checkShape(3, 'size'), new TypeError('size must be an array, got 3'))
  t.end()
})

t.test('bounds are those of the elements that exist', (t) => {
  const fits = (shape: number[], stride: number[], offset: number, length: number): boolean => {
    try {
      checkBounds(shape, stride, offset, length)
      return true
    } catch (error) {
      t.match(error, { name: 'RangeError', message: /leaves the data, which holds/ })
      return false
    }
  }
  t.ok(fits([3], [1], 0, 3))
  t.notOk(fits([3], [1], 1, 3))
  t.notOk(fits([3], [-1], 1, 3))
  t.ok(fits([3], [-1], 2, 3))
  t.ok(fits([1], [99], 0, 1))
  t.ok(fits([3], [0], 0, 1))
  t.ok(fits([0], [99], 99, 0), 'no elements lie nowhere')
  t.notOk(fits([], [], 0, 0))
  t.end()
})

t.test('element counts', (t) => {
  t.equal(elementCount(new Float32Array(7), dtypeInfo('complex64'), 8), 3)
  t.equal(elementCount(new Float32Array(7), dtypeInfo('float32'), 4), 7)
  t.equal(elementCount(new Uint8Array(7), dtypeInfo('void'), 3), 2)
  t.equal(elementCount(new Uint8Array(0), dtypeInfo('void'), 0), Infinity, 'elements of no bytes')
  t.end()
})
