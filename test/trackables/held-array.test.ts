import { runInNewContext } from 'node:vm'
import npmNdarray from 'ndarray'
import t from 'tap'
import { NdArray, ndarray, zeros, type ArrayInput } from '../../lib/index.js'
import { HeldArray } from '../../lib/trackables/held-array.js'

/** A restored array whose bytes are not what they should be. */
const corrupt = (shape: number[]): NdArray<'float32'> =>
  new NdArray({
    dtype: 'float32',
    shape,
    data: () => {
      throw new Error('corrupt')
    },
  })

t.test('what is held is the very object', (t) => {
  const held = new HeldArray()
  t.equal(held.value, undefined)
  t.equal(held.info, undefined)
  const inputs: ArrayInput[] = [
    zeros([2, 3]),
    Float32Array.of(1),
    { data: new Int8Array(4), shape: [2], stride: [2] },
    npmNdarray(new Uint16Array(6), [2, 3]),
  ]
  const infos = ['float64 2,3', 'float32 1', 'int8 2', 'uint16 2,3']
  for (const [i, input] of inputs.entries()) {
    held.value = input
    t.equal(held.value, input)
    t.equal(`${String(held.info?.dtype)} ${String(held.info?.shape)}`, infos[i])
    t.equal(new HeldArray(input).value, input)
  }
  t.end()
})

t.test('a typed array of any realm is replaced by one of its class', (t) => {
  const replaced = (value: ArrayInput, array: NdArray): unknown => {
    const held = new HeldArray(value)
    held.replace(array)
    const { value: first } = held
    t.equal(held.value, first, 'always the same object')
    return first
  }
  t.strictSame(replaced(new Float32Array(9), ndarray(Float32Array.of(1))), Float32Array.of(1))
  t.strictSame(replaced(Buffer.alloc(1), ndarray(Uint8Array.of(1, 2))), Buffer.from([1, 2]))
  t.strictSame(
    replaced(new Uint8ClampedArray(1), ndarray(Uint8Array.of(1))),
    Uint8ClampedArray.of(1),
  )
  const foreign = runInNewContext('new Float64Array(2)') as Float64Array
  t.strictSame(replaced(foreign, ndarray(Float64Array.of(3))), Float64Array.of(3))
  t.strictSame(replaced(new Float32Array(1), zeros([0], 'float32')), new Float32Array(0))
  t.end()
})

t.test('anything else becomes the restored array itself', (t) => {
  const cases: [ArrayInput, NdArray][] = [
    [zeros([2]), zeros([2])],
    [npmNdarray(new Float64Array(2), [2]), zeros([2])],
    [new Float64Array(2), zeros([2, 1])],
    [new Float64Array(2), zeros([])],
    [new Float64Array(2), zeros([2], 'float32')],
    [new Uint8Array(2), zeros([2], 'bool')],
    [new Uint16Array(2), zeros([2], 'bfloat16')],
    [new Float32Array(2), zeros([1], 'complex64')],
  ]
  for (const [value, array] of cases) {
    const held = new HeldArray(value)
    held.replace(array)
    t.equal(held.value, array)
  }
  const empty = new HeldArray()
  const array = zeros([1])
  empty.replace(array)
  t.equal(empty.value, array)
  t.end()
})

t.test('a dtype tells what a class does not', (t) => {
  const held = new HeldArray(new Uint16Array(2))
  const array = ndarray(Uint16Array.of(0x3f80), [1], { dtype: 'bfloat16' })
  held.replace(array, 'bfloat16')
  t.strictSame(held.value, Uint16Array.of(0x3f80))
  held.replace(ndarray(Uint16Array.of(7)), 'bfloat16')
  t.ok(held.value instanceof NdArray, 'uint16 is another dtype')
  const complex = new HeldArray(new Float32Array(2))
  complex.replace(ndarray(Float32Array.of(1, 2), [1], { dtype: 'complex64' }), 'complex64')
  t.strictSame(complex.value, Float32Array.of(1, 2))
  t.end()
})

t.test('it is of its class through any number of restores, until another value is set', (t) => {
  const held = new HeldArray(new Float32Array(1))
  for (let i = 0; i < 3; i++) held.replace(ndarray(Float32Array.of(i)))
  t.strictSame(held.value, Float32Array.of(2))
  held.replace(ndarray(Float32Array.of(5)))
  held.value = zeros([1], 'float32')
  held.replace(ndarray(Float32Array.of(6)))
  t.ok(held.value instanceof NdArray)
  held.value = new Float32Array(1)
  held.replace(zeros([1, 1], 'float32'))
  held.replace(ndarray(Float32Array.of(7)))
  t.ok(held.value instanceof NdArray, 'what was an array once stays one')
  t.end()
})

t.test('dtype and shape are known without a look at the elements', (t) => {
  for (const value of [undefined, zeros([1], 'float32'), new Float32Array(1)]) {
    for (const shape of [[2], [2, 3]]) {
      const held = new HeldArray(value)
      held.replace(corrupt(shape))
      t.match(held.info, { dtype: 'float32', shape })
      held.replace(ndarray(Float32Array.of(1)))
      const restored = held.value
      t.equal(restored instanceof NdArray ? restored.get(0) : (restored as Float32Array)[0], 1)
    }
  }
  t.end()
})

t.test('corrupt elements fail at each use, and give way to others', (t) => {
  const held = new HeldArray(new Float32Array(1))
  held.replace(corrupt([2]))
  for (let use = 0; use < 2; use++) t.throws(() => held.value, new Error('corrupt'))
  held.replace(ndarray(Float32Array.of(3)))
  t.strictSame(held.value, Float32Array.of(3), 'and it is still of its class')
  held.replace(corrupt([2]))
  const own = Int8Array.of(1)
  held.value = own
  t.equal(held.value, own)
  t.end()
})

t.test('what is held no more is let go of', (t) => {
  const held = new HeldArray()
  held.value = new Float32Array(3)
  held.value = undefined
  t.equal(held.value, undefined)
  t.equal(held.info, undefined)
  t.end()
})
