import { Tensor } from 'onnxruntime-common'
import * as ort from 'onnxruntime-common'
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, ndarray, toOnnx, VariableState, zeros } from '../../lib/index.js'

t.test('tensors of onnxruntime are arrays', async (t) => {
  const state = new VariableState()
  state['x'] = new Tensor('float32', Float32Array.of(1, 2, 3, 4), [2, 2])
  state['n'] = new Tensor('int64', BigInt64Array.of(1n, 2n), [2])
  state['flags'] = new Tensor('bool', [true, false], [2])
  state['half'] = new Tensor('float16', Uint16Array.of(0x3c00), [1])
  const path = await new Checkpoint({ state }).write(join(t.testdir(), 'ckpt'))
  const read = new VariableState()
  await new Checkpoint({ state: read }).read(path)
  const shown = Object.entries(read).map(([name, value]) => {
    const { dtype, shape } = value as { dtype: string; shape: number[] }
    return [name, dtype, shape.join()]
  })
  t.strictSame(shown.sort(), [
    ['flags', 'bool', '2'],
    ['half', 'float16', '1'],
    ['n', 'int64', '2'],
    ['x', 'float32', '2,2'],
  ])
  const text = new Tensor('string', ['a'], [1]) as unknown as Float32Array
  t.throws(() => (state['text'] = text), /must be an array: the data .* got a plain array/)
})

t.test('arrays become tensors, without a copy where they can', (t) => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6)
  const shared = toOnnx(ort, ndarray(data, [2, 3]))
  t.equal(shared.data, data)
  t.strictSame([shared.type, shared.dims], ['float32', [2, 3]])
  const part = toOnnx(ort, ndarray(data, [2], { offset: 4 }))
  t.equal((part.data as Float32Array).buffer, data.buffer)
  t.strictSame([...(part.data as Float32Array)], [5, 6])
  const turned = toOnnx(ort, ndarray(data, [3, 2], { stride: [1, 3] }))
  t.strictSame([...(turned.data as Float32Array)], [1, 4, 2, 5, 3, 6])
  t.equal(toOnnx(ort, zeros([1], 'int64')).type, 'int64')
  t.strictSame(toOnnx(ort, zeros([0, 3], 'bool')).dims, [0, 3])
  t.throws(() => toOnnx(ort, zeros([1], 'complex64')), /no tensor of dtype complex64/)
  t.end()
})
