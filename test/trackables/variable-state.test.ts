import { join } from 'node:path'
import npmNdarray from 'ndarray'
import t from 'tap'
import {
  Checkpoint,
  loadVariable,
  NdArray,
  ndarray,
  openCheckpointSync,
  Variable,
  VariableState,
  zeros,
  type ArrayInput,
} from '../../lib/index.js'

type Arrays = Record<string, ArrayInput>

const stateOf = (arrays: Arrays = {}): VariableState<Arrays> =>
  Object.assign(new VariableState<Arrays>(), arrays)

const save = (dir: string, arrays: Arrays): string =>
  new Checkpoint({ s: stateOf(arrays) }).writeSync(join(dir, 'ckpt'))

t.test('each array is a tensor of its own, in C order', (t) => {
  const transposed = npmNdarray(Float64Array.of(1, 2, 3, 4), [2, 2]).transpose(1, 0)
  const path = save(t.testdir(), {
    w: zeros([3, 4], 'float32'),
    'a/b': Int8Array.of(1, -2),
    half: ndarray(Uint16Array.of(0x3c00), [], { dtype: 'float16' }),
    complex: ndarray(Float32Array.of(1, 2, 3, 4), [2], { dtype: 'complex64' }),
    transposed,
    flags: ndarray(Uint8Array.of(1, 0), [2], { dtype: 'bool' }),
  })
  const reader = openCheckpointSync(path)
  const shown = reader
    .variables()
    .filter(({ key }) => key.startsWith('s/'))
    .map(({ key, dtype, shape }) => `${key.replace(/\/\.ATTR.*/, '')} ${dtype} [${String(shape)}]`)
  t.strictSame(shown, [
    's/a.Sb int8 [2]',
    's/complex complex64 [2]',
    's/flags bool [2]',
    's/half float16 []',
    's/transposed float64 [2,2]',
    's/w float32 [3,4]',
  ])
  const array = loadVariable(path, 's/transposed/.ATTRIBUTES/VARIABLE_VALUE') as NdArray
  t.strictSame(array.data, Float64Array.of(1, 3, 2, 4))
  const names = reader.objectGraph?.nodes.flatMap(({ attributes }) => attributes)
  t.strictSame(
    names?.find(({ checkpointKey }) => checkpointKey.startsWith('s/a.Sb')),
    {
      name: 'VARIABLE_VALUE',
      fullName: 's/a/b',
      checkpointKey: 's/a.Sb/.ATTRIBUTES/VARIABLE_VALUE',
    },
    'its name in TensorFlow 1 is its path',
  )
  t.end()
})

t.test('a restore creates what is missing and replaces what is there', (t) => {
  const path = save(t.testdir(), {
    a: ndarray(Float32Array.of(1)),
    b: Float32Array.of(2),
    c: zeros([]),
  })
  const [a, b] = [zeros([1], 'float32'), new Float32Array(1)]
  const state = stateOf({ a, b, own: zeros([1]) })
  const status = new Checkpoint({ s: state }).readSync(path)
  t.strictSame(Object.keys(state), ['a', 'b', 'own', 'c'])
  t.not(state['a'], a)
  t.equal(a.get(0), 0, 'no array is written into')
  t.strictSame(state['a'], ndarray(Float32Array.of(1)))
  t.strictSame(state['b'], Float32Array.of(2), 'of its class')
  t.match(state['c'], { dtype: 'float64', shape: [] })
  t.strictSame(
    status.missingInCheckpoint.map(({ key }) => key),
    ['s/own/.ATTRIBUTES/VARIABLE_VALUE'],
  )
  t.end()
})

t.test('what is there must have the saved dtype and shape; else nothing changes', (t) => {
  const path = save(t.testdir(), { a: zeros([1]), w: zeros([2, 3], 'float32') })
  const cases: [ArrayInput, string][] = [
    [zeros([3, 2], 'float32'), 'float32 [3, 2]'],
    [zeros([2, 3]), 'float64 [2, 3]'],
    [new Float32Array(6), 'float32 [6]'],
    [ndarray(new Uint16Array(6), [2, 3], { dtype: 'bfloat16' }), 'bfloat16 [2, 3]'],
  ]
  for (const [w, expected] of cases) {
    const a = zeros([1])
    const state = stateOf({ a, w })
    const checkpoint = new Checkpoint({ s: state })
    t.throws(() => checkpoint.readSync(path), {
      code: 'CKPT_MISMATCH',
      details: { key: 's/w/.ATTRIBUTES/VARIABLE_VALUE', expected, found: 'float32 [2, 3]' },
    })
    t.equal(state['a'], a)
    t.equal(state['w'], w)
    delete state['w']
    checkpoint.readSync(path)
    t.match(state['w'], { dtype: 'float32', shape: [2, 3] }, 'without a value there is no conflict')
  }
  t.end()
})

t.test('a restored array counts with its own dtype and shape, also when nobody has looked', (t) => {
  const dir = t.testdir({ a: {}, b: {} })
  const [one, two] = [
    save(join(dir, 'a'), { w: Float32Array.of(1) }),
    save(join(dir, 'b'), { w: Float32Array.of(1, 2) }),
  ]
  const state = stateOf({ w: new Float32Array(1) })
  const checkpoint = new Checkpoint({ s: state })
  checkpoint.readSync(one)
  const expected = { expected: 'float32 [1]', found: 'float32 [2]' }
  t.throws(() => checkpoint.readSync(two), { code: 'CKPT_MISMATCH', details: expected })
  t.strictSame(state['w'], Float32Array.of(1))
  state['w'] = new Float32Array(2)
  checkpoint.readSync(two)
  t.strictSame(state['w'], Float32Array.of(1, 2))
  t.end()
})

t.test('a state and Variables of the same names are the same to a checkpoint', (t) => {
  const dir = t.testdir()
  const variables = { w: new Variable(new Float32Array(2)), n: new Variable(0) }
  new Checkpoint({ s: variables })
    .readSync(save(dir, { w: Float32Array.of(1, 2), n: ndarray(Float64Array.of(3), []) }))
    .assertConsumed()
  t.strictSame(variables.w.value, Float32Array.of(1, 2))
  t.equal(variables.n.value, 3)
  variables.n.value = 4
  const state = stateOf()
  new Checkpoint({ s: state }).readSync(
    new Checkpoint({ s: variables }).writeSync(join(dir, 'ckpt')),
  )
  t.equal((state['n'] as NdArray).get(), 4)
  t.end()
})

t.test('text is no tensor, and the property is named', (t) => {
  const descr = '<U1'
  const text = new NdArray({
    dtype: 'void',
    shape: [1],
    descr,
    itemsize: 4,
    data: new Uint8Array(4),
  })
  t.throws(() => save(t.testdir(), { label: text }), {
    name: 'TypeError',
    message:
      "VariableState property 'label' cannot be saved: a tensor cannot hold text, dates or structures",
  })
  t.end()
})
