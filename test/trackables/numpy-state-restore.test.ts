import { join } from 'node:path'
import fc from 'fast-check'
import npmNdarray from 'ndarray'
import t from 'tap'
import { DTYPES, type DType, type TypedArray } from '../../lib/array/dtype.js'
import { checkInput } from '../../lib/array/input.js'
import { gather } from '../../lib/array/strides.js'
import { bytesOf, viewAs } from '../../lib/array/typed-arrays.js'
import {
  Checkpoint,
  NdArray,
  ndarray,
  NumpyState,
  zeros,
  type ArrayInput,
} from '../../lib/index.js'
import { flip, stateOf, type Arrays, emptyState } from '../checkpoint/files'

const dataFile = (path: string): string => `${path}.data-00000-of-00001`

/** Saves arrays and gives them back through a fresh state. */
async function throughFile(path: string, arrays: Arrays): Promise<Record<string, NdArray>> {
  await new Checkpoint({ arrays: stateOf(arrays) }).write(path)
  const restored = emptyState()
  await new Checkpoint({ arrays: restored }).read(path)
  return restored
}

/** The elements in C order, as hex. */
const bits = (input: ArrayInput): string => Buffer.from(gather(checkInput(input))).toString('hex')

t.test('restore creates what is missing, of the saved dtype and shape', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  const restored = await throughFile(path, {
    scalar: ndarray(BigInt64Array.of(-3n), []),
    empty: zeros([0, 3], 'float32'),
    deep: zeros([1, 2, 3, 2, 1], 'uint16'),
    typed: Float32Array.of(1, 2),
  })
  t.strictSame(Object.keys(restored).sort(), ['deep', 'empty', 'scalar', 'typed'])
  t.match(restored['scalar'], { dtype: 'int64', shape: [], size: 1 })
  t.equal(restored['scalar']?.get(), -3n)
  t.match(restored['empty'], { dtype: 'float32', shape: [0, 3], size: 0 })
  t.match(restored['deep'], { dtype: 'uint16', shape: [1, 2, 3, 2, 1] })
  t.match(restored['typed'], { dtype: 'float32', shape: [2] })
  for (const array of Object.values(restored)) t.ok(array instanceof NdArray)
})

t.test('any array of any dtype comes back with its bits', async (t) => {
  const dir = t.testdir()
  const names = DTYPES.map(({ name }) => name).filter((name) => name !== 'void')
  const dims = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 })
  const arbitrary = fc.record({
    dtype: fc.constantFrom(...names),
    shape: dims,
    order: fc.constantFrom('c', 'fortran', 'reversed', 'stepped'),
    seed: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(arbitrary, { minLength: 1, maxLength: 8 }), async (list) => {
      const arrays = list.map(({ dtype, shape, order, seed }) => {
        return filled(dtype, shape, order, seed)
      })
      const named = Object.fromEntries(arrays.map((array, i) => [`a${String(i)}`, array]))
      const restored = await throughFile(join(dir, 'ckpt'), named)
      for (const [name, array] of Object.entries(named)) {
        const back = restored[name]
        t.match(back, { dtype: array.dtype, shape: array.shape })
        t.equal(back === undefined ? '' : bits(back), bits(array))
      }
    }),
    { numRuns: 40 },
  )
})

/** An array of repeated bytes whose elements lie in the order told. */
function filled(dtype: DType, shape: number[], order: string, seed: Uint8Array): NdArray {
  const { data } = zeros([2 * shape.reduce((n, d) => n * d, 1)], dtype)
  const bytes = bytesOf(data)
  for (let i = 0; i < bytes.length; i++) bytes[i] = (seed[i % 16] ?? 0) + (i >> 4)
  const c = zeros(shape, dtype).stride
  if (order === 'c') return ndarray(data, shape, { dtype })
  if (order === 'stepped') return ndarray(data, shape, { dtype, stride: c.map((step) => 2 * step) })
  if (order === 'reversed') {
    const offset = Math.max(shape.reduce((n, d) => n * d, 1) - 1, 0)
    return ndarray(data, shape, { dtype, stride: c.map((step) => -step), offset })
  }
  const stride = [...zeros([...shape].reverse(), dtype).stride].reverse()
  return ndarray(data, shape, { dtype, stride })
}

t.test('npm arrays are saved as they look', async (t) => {
  const base = npmNdarray(
    Float64Array.from({ length: 12 }, (_, i) => i),
    [3, 4],
  )
  const restored = await throughFile(join(t.testdir(), 'ckpt'), {
    transposed: base.transpose(1, 0),
    window: base.lo(1, 1).hi(2, 2),
    stepped: base.step(-1, 2),
  })
  const rows = (name: string): unknown => {
    const array = restored[name]
    const [height = 0, width = 0] = array?.shape ?? []
    return Array.from({ length: height }, (_, i) =>
      Array.from({ length: width }, (_, j) => array?.get(i, j)),
    )
  }
  t.strictSame(rows('window'), [
    [5, 6],
    [9, 10],
  ])
  t.strictSame(rows('stepped'), [
    [8, 10],
    [4, 6],
    [0, 2],
  ])
  t.strictSame(restored['transposed']?.stride, [1, 4], 'Fortran order is kept')
  t.equal(restored['transposed']?.get(3, 1), 7)
})

t.test('a property that held a typed array gets one of its class', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  const arrays: Record<string, TypedArray> = {
    int8: Int8Array.of(1, -2),
    buffer: Buffer.from('ab'),
    bytes: Uint8Array.of(1, 2),
    clamped: Uint8ClampedArray.of(1, 255),
    int16: Int16Array.of(1, 2),
    int64: BigInt64Array.of(1n, -2n),
    uint64: BigUint64Array.of(1n, 2n),
    float32: Float32Array.of(1.5, NaN),
    float64: Float64Array.of(-0, 2),
    empty: new Float64Array(0),
  }
  await new Checkpoint({ arrays: stateOf(arrays) }).write(path)
  const empties = Object.entries(arrays).map(([name, { constructor }]) => {
    const made = name === 'buffer' ? Buffer.alloc(9) : new (constructor as typeof Int8Array)(9)
    return [name, made] as const
  })
  const state = stateOf(Object.fromEntries(empties))
  await new Checkpoint({ arrays: state }).read(path)
  for (const [name, array] of Object.entries(arrays)) {
    const back = state[name]
    t.equal((back as object).constructor, array.constructor, name)
    t.strictSame(back, array, name)
    t.equal(state[name], back, 'always the same object')
  }
  t.ok(Buffer.isBuffer(state['buffer']))
  t.notOk(Buffer.isBuffer(state['bytes']))
})

t.test('typed arrays come back as such after any number of restores', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  const state = stateOf({ w: Float32Array.of(1, 2) })
  const checkpoint = new Checkpoint({ state })
  await checkpoint.write(path)
  await checkpoint.read(path)
  await checkpoint.read(path)
  const first = state['w']
  t.strictSame(first, Float32Array.of(1, 2))
  await checkpoint.read(path)
  t.strictSame(state['w'], Float32Array.of(1, 2))
  t.not(state['w'], first, 'a new one')
})

t.test('a typed array gives way to an array of another rank or element type', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  const saved = {
    rank: zeros([2, 2], 'float32'),
    type: Float64Array.of(1),
    bool: ndarray(Uint8Array.of(1, 0), [2], { dtype: 'bool' }),
    half: ndarray(Uint16Array.of(0x3c00), [1], { dtype: 'float16' }),
    void: Float32Array.of(1),
  }
  await new Checkpoint({ state: stateOf(saved) }).write(path)
  const state = stateOf({
    rank: new Float32Array(4),
    type: new Float32Array(1),
    bool: new Uint8Array(2),
    half: new Uint16Array(1),
    void: zeros([1], 'float32'),
  })
  await new Checkpoint({ state }).read(path)
  for (const name of Object.keys(saved)) t.ok(state[name] instanceof NdArray, name)
  t.match(state, { bool: { dtype: 'bool' }, half: { dtype: 'float16' }, rank: { shape: [2, 2] } })
  t.equal((state['half'] as NdArray).get(0), 1)
})

t.test('restore replaces arrays and writes into none', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  const state = stateOf({ a: zeros([2]), b: Float64Array.of(1) })
  const checkpoint = new Checkpoint({ state })
  await checkpoint.write(path)
  const a = ndarray(Float64Array.of(5, 6))
  const b = Float64Array.of(7)
  Object.assign(state, { a, b, added: b })
  await checkpoint.read(path)
  t.strictSame([...a.data, ...b], [5, 6, 7])
  t.not(state['a'], a)
  t.equal((state['a'] as NdArray).get(0), 0)
  t.equal(state['added'], b, 'what the checkpoint lacks stays')
})

t.test('a deleted array is not saved', async (t) => {
  const state = stateOf({ a: zeros([2]), b: zeros([2]) })
  delete state['a']
  const restored = await throughFile(join(t.testdir(), 'ckpt'), state)
  t.strictSame(Object.keys(restored), ['b'])
})

t.test('names of all kinds survive', async (t) => {
  const names = ['__proto__', 'constructor', 'then', 'a/b', 'a.b', '.S', '', 'é', '😀', '0', ' ']
  const entries = names.map((name, i) => [name, Float64Array.of(i)] as const)
  const state = new NumpyState<Arrays>()
  for (const [name, array] of entries) state[name] = array
  const path = join(t.testdir(), 'ckpt')
  await new Checkpoint({ state }).write(path)
  const restored = emptyState()
  await new Checkpoint({ state: restored }).read(path)
  t.strictSame(new Set(Object.keys(restored)), new Set(names))
  for (const [name, array] of entries) t.equal(restored[name]?.get(0), array[0], name)
})

t.test('names that are no Unicode are refused when saved', async (t) => {
  const checkpoint = new Checkpoint({ state: stateOf({ '\ud800': zeros([1]) }) })
  const message = 'the name "\\ud800" cannot be saved: it is not valid Unicode'
  const prefix = join(t.testdir(), 'ckpt')
  await t.rejects(checkpoint.save(prefix), new TypeError(message))
})

t.test('an array that cannot be saved any more is named', async (t) => {
  const array = zeros([3])
  const checkpoint = new Checkpoint({ state: stateOf({ weights: array }) })
  structuredClone(array.data, { transfer: [array.data.buffer as ArrayBuffer] })
  await t.rejects(checkpoint.save(join(t.testdir(), 'ckpt')), {
    name: 'TypeError',
    message: /^NumpyState property 'weights' cannot be saved: .*holds 0 elements/,
  })
})

t.test('an array of more axes than NumPy takes is refused by name', (t) => {
  const deep = zeros(Array.from({ length: 65 }, () => 1))
  const checkpoint = new Checkpoint({ state: stateOf({ deep }) })
  t.throws(() => checkpoint.saveSync(join(t.testdir(), 'ckpt')), {
    name: 'TypeError',
    message: /^NumpyState property 'deep' cannot be saved: an array of 65 axes has no \.npy/,
  })
  t.end()
})

t.test('memory that is shared or resizable is saved', async (t) => {
  const shared = new Float64Array(new SharedArrayBuffer(16))
  shared.set([1, 2])
  const Resizable = ArrayBuffer as unknown as new (n: number, o: object) => ArrayBuffer
  const resizable = viewAs('Int32Array', new Resizable(8, { maxByteLength: 64 }), 0, 8)
  resizable.set([3, 4] as never)
  const restored = await throughFile(join(t.testdir(), 'ckpt'), { shared, resizable })
  t.strictSame(restored['shared']?.data, Float64Array.of(1, 2))
  t.strictSame(restored['resizable']?.data, Int32Array.of(3, 4))
})

t.test('a corrupt array that is assigned elsewhere stays a corrupt array', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  const data = Float64Array.of(0.1, 0.2)
  await new Checkpoint({ state: stateOf({ a: ndarray(data) }) }).write(path)
  flip(dataFile(path), bytesOf(data))
  const state = emptyState()
  await new Checkpoint({ state }).read(path, { verify: 'lazy' })
  const other = emptyState()
  t.throws(() => Object.assign(other, { b: state['a'] }), { code: 'CKPT_CORRUPT' })
  t.notOk('b' in other)
  await t.rejects(new Checkpoint({ state }).write(path), { code: 'CKPT_CORRUPT' })
})
