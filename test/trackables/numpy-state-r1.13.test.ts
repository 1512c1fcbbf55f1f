// What TensorFlow 1.13's own tests of NumpyState hold (contrib/checkpoint/python/python_state_test.py),
// as far as it is no matter of graphs.
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, ndarray, NumpyState, Variable, zeros, type NdArray } from '../../lib/index.js'
import { untilNothingLives } from '../fixtures/settle'

const ones = (): NdArray => ndarray(new Float64Array(4).fill(1), [2, 2])
const int64 = (value: bigint): NdArray => ndarray(BigInt64Array.of(value), [])

type Arrays = Record<'a' | 'b' | 'c', NdArray>

const elements = ({ data }: NdArray): (number | bigint)[] => [...data]

t.test('save, change, save; restore the one and the other', async (t) => {
  const state = new NumpyState<Arrays>()
  const checkpoint = new Checkpoint({ numpy: state })
  const [a, b, c] = [ones(), ones(), int64(3n)]
  Object.assign(state, { a, b, c })
  state.b = zeros([2, 2])
  t.equal(state.a, a, 'reading gives what was set')
  t.strictSame(elements(state.b), [0, 0, 0, 0])
  t.equal(state.c.get(), 3n)
  const prefix = join(t.testdir(), 'ckpt')
  const first = await checkpoint.save(prefix)
  state.a.set(1, 1, 2)
  state.c = int64(4n)
  const second = await checkpoint.save(prefix)

  const other = new NumpyState<Arrays>()
  const loaded = new Checkpoint({ numpy: other })
  const restoreFirst = async (): Promise<void> => {
    ;(await loaded.restore(first)).initializeOrRestore()
    t.strictSame(elements(other.a), [1, 1, 1, 1])
    t.strictSame(elements(other.b), [0, 0, 0, 0])
    t.equal(other.c.get(), 3n)
  }
  await restoreFirst()
  other.a.set(0, 0, 42)
  t.equal(other.a.get(0, 0), 42)
  await restoreFirst()
  ;(await loaded.restore(second)).initializeOrRestore()
  t.strictSame(elements(other.a), [1, 1, 1, 2])
  t.strictSame(elements(other.b), [0, 0, 0, 0])
  t.equal(other.c.get(), 4n)
})

t.test('saves and restores leave nothing behind', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  const rounds = async (): Promise<void> => {
    const state = new NumpyState<{ a: NdArray }>()
    const checkpoint = new Checkpoint({ state })
    for (let i = 0; i < 10; i++) {
      state.a = ones()
      await checkpoint.restore(await checkpoint.write(path))
      t.strictSame(elements(state.a), [1, 1, 1, 1])
    }
  }
  await rounds()
  await untilNothingLives()
})

t.test('arrays and variables do not mix in a NumpyState', (t) => {
  const state = new NumpyState<Record<string, unknown>>()
  state['a'] = ones()
  t.throws(() => {
    state['v'] = new Variable(1)
  }, /^NumpyState property 'v' must be an array: .*Variable/)
  t.strictSame(Object.keys(state), ['a'])
  t.end()
})

t.test("the docstring's example", async (t) => {
  const arrays = new NumpyState<{ x: NdArray }>()
  const checkpoint = new Checkpoint({ numpy_arrays: arrays })
  arrays.x = zeros([3, 4])
  const path = await checkpoint.save(join(t.testdir(), 'ckpt'))
  arrays.x.set(1, 1, 4)
  await checkpoint.restore(path)
  t.strictSame(elements(arrays.x), new Array<number>(12).fill(0))
  const second = new Checkpoint({ numpy_arrays: new NumpyState<{ x: NdArray }>() })
  await second.restore(path)
  t.strictSame(second.numpy_arrays.x.shape, [3, 4])
  t.strictSame(elements(second.numpy_arrays.x), new Array<number>(12).fill(0))
})
