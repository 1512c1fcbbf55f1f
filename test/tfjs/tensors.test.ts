import t from 'tap'
import { ndarray, zeros } from '../../lib/index.js'
import { fromTensor, toTensor } from '../../lib/tfjs/index.js'
import { BACKENDS, tf } from '../fixtures/tfjs'

const nothing = undefined as unknown as Float32Array

t.test('arrays become tensors and come back', async (t) => {
  for (const backend of BACKENDS) {
    await tf.setBackend(backend)
    const strided = ndarray(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2], { stride: [1, 3] })
    const tensor: tf.Tensor = toTensor(tf, strided)
    t.strictSame(tensor.arraySync(), [
      [1, 4],
      [2, 5],
      [3, 6],
    ])
    const back = fromTensor(tensor)
    t.strictSame([back.dtype, back.shape, [...back.data]], ['float32', [3, 2], [1, 4, 2, 5, 3, 6]])
    t.strictSame(toTensor(tf, zeros([0, 2], 'int32')).shape, [0, 2])
    const scalar = zeros([], 'float16')
    scalar.set(0.5)
    t.strictSame(Array.from(toTensor<tf.Tensor>(tf, scalar).dataSync()), [0.5])
    t.equal(toTensor(tf, ndarray(Uint8Array.of(1, 0), [2], { dtype: 'bool' })).dtype, 'bool')
    t.strictSame(Array.from(toTensor(tf, Int8Array.of(-1)).dataSync() as Int32Array), [-1])
  }
})

t.test('the CPU backend shares the memory', async (t) => {
  await tf.setBackend('cpu')
  const data = Float32Array.of(1, 2)
  t.equal(toTensor(tf, data).dataSync(), data)
  t.equal(fromTensor(tf.tensor(data)).data, data)
})

t.test('nothing is rounded or cut without being told', (t) => {
  t.throws(() => toTensor(tf, zeros([1])), /no dtype that holds float64: name one/)
  t.throws(() => toTensor(tf, zeros([1], 'complex64')), /no dtype that holds complex64/)
  t.strictSame(
    Array.from(toTensor(tf, Float64Array.of(0.1), 'float32').dataSync() as Float32Array),
    [Math.fround(0.1)],
  )
  const large = BigInt64Array.of(5n, 2n ** 40n)
  t.throws(() => toTensor(tf, large, 'int32'), { name: 'RangeError', message: /1099511627776/ })
  t.strictSame(
    Array.from(toTensor(tf, large.subarray(0, 1), 'int32').dataSync() as Int32Array),
    [5],
  )
  t.throws(() => toTensor(tf, Float32Array.of(0.5), 'int32'), { name: 'RangeError' })
  t.strictSame(
    Array.from(toTensor(tf, Int8Array.of(3, 0), 'bool').dataSync() as Uint8Array),
    [1, 0],
  )
  t.throws(() => toTensor(tf, Int8Array.of(1), 'int8' as 'int32'), /dtype must be float32, int32/)
  t.throws(() => toTensor(tf, nothing), /expected an NdArray/)
  t.throws(() => fromTensor(tf.tensor(['a'])), /dtype string is no array of numbers/)
  t.end()
})
