import { inspect } from 'node:util'
import npmNdarray from 'ndarray'
import t from 'tap'
import { DTYPES, type DType } from '../../lib/array/dtype.js'
import { nodeOf } from '../../lib/graph/trackable.js'
import { NdArray, ndarray, Variable, zeros, type VariableValue } from '../../lib/index.js'

const make = (...args: unknown[]): Variable =>
  new Variable(...(args as [VariableValue, DType | undefined]))

t.test('a scalar has the dtype of its kind unless told, and keeps its type', (t) => {
  const cases: [VariableValue, DType | undefined, DType][] = [
    [1.5, undefined, 'float64'],
    [3n, undefined, 'int64'],
    [true, undefined, 'bool'],
    [1.5, 'float32', 'float32'],
    [7, 'int64', 'int64'],
    [7n, 'uint8', 'uint8'],
    [NaN, 'float16', 'float16'],
    [-Infinity, 'bfloat16', 'bfloat16'],
    [-0, 'float64', 'float64'],
    [-8, 'int4', 'int4'],
    [1, 'uint2', 'uint2'],
  ]
  for (const [value, dtype, expected] of cases) {
    const variable = make(value, dtype)
    t.equal(variable.dtype, expected)
    t.strictSame(variable.shape, [])
    t.ok(Object.is(variable.value, value), `${inspect(value)} of ${expected}`)
  }
  t.ok(Object.isFrozen(new Variable(1).shape))
  t.equal(Variable.name, 'Variable')
  t.end()
})

/** The least and the greatest of each dtype of integers. */
const RANGES: Partial<Record<DType, readonly [bigint, bigint]>> = Object.fromEntries(
  DTYPES.flatMap(({ name }): [DType, readonly [bigint, bigint]][] => {
    const [, unsigned, digits] = /^q?(u?)int(\d+)$/.exec(name) ?? []
    if (digits === undefined) return []
    const bits = BigInt(digits)
    const least = unsigned === 'u' ? 0n : -(2n ** (bits - 1n))
    return [[name, [least, least + 2n ** bits - 1n]]]
  }),
)

for (const [dtype, [least, greatest]] of Object.entries(RANGES)) {
  t.test(`${dtype} holds what fits in it and nothing else`, (t) => {
    for (const value of [least, greatest, 0n]) {
      t.equal(make(value, dtype).value, value)
      if (Number.isSafeInteger(Number(value))) {
        t.equal(make(Number(value), dtype).value, Number(value))
      }
    }
    for (const value of [least - 1n, greatest + 1n]) {
      const message = `a Variable of dtype ${dtype} cannot hold ${inspect(value)}`
      t.throws(() => make(value, dtype), new RangeError(message))
      t.throws(() => make(Number(value), dtype), { name: 'RangeError' })
    }
    for (const value of [0.5, NaN, Infinity, -Infinity, 2 ** 53 + 2]) {
      const message = `a Variable of dtype ${dtype} cannot hold ${String(value)}`
      t.throws(() => make(value, dtype), new RangeError(message))
    }
    for (const value of [true, 'x', null]) t.throws(() => make(value, dtype), { name: 'TypeError' })
    const variable = make(0, dtype)
    t.throws(() => (variable.value = Number(greatest) + 1), { name: 'RangeError' })
    t.throws(() => (variable.value = 0n), { name: 'TypeError' })
    t.equal(variable.value, 0, 'it is what it was')
    t.end()
  })
}

const FLOATS = DTYPES.filter(({ name }) => /float/.test(name)).map(({ name }) => name)

for (const dtype of FLOATS) {
  t.test(`${dtype} rounds numbers and takes nothing else`, (t) => {
    t.equal(make(1, dtype).value, 1)
    t.equal(make(0.5, dtype).value, 0.5)
    t.ok(Math.abs(Number(make(0.3, dtype).value) - 0.3) < 0.21)
    const array: NdArray = zeros([], dtype)
    array.set(5.4)
    t.equal(make(5.4, dtype).value, array.get(), 'as an element of an array does')
    for (const value of [1n, true]) {
      const message = `a Variable of dtype ${dtype} cannot hold ${inspect(value)}`
      t.throws(() => make(value, dtype), new TypeError(message))
    }
    t.end()
  })
}

t.test('booleans are bool, and only they', (t) => {
  for (const value of [true, false]) t.equal(make(value, 'bool').value, value)
  for (const value of [0, 1, 1n, 'true']) {
    t.throws(() => make(value, 'bool'), { name: 'TypeError' }, inspect(value))
  }
  const variable = new Variable(false)
  variable.value = true
  t.equal(variable.value, true)
  t.throws(() => ((variable as Variable).value = 1), {
    name: 'TypeError',
    message: /^a Variable of dtype bool and shape \[\] takes a boolean, got 1; make a new Variable/,
  })
  t.end()
})

t.test('what is no value, no dtype or no options is named', (t) => {
  for (const value of [undefined, null, 'x', [1, 2], {}, new Date(), () => 1, Symbol('s')]) {
    t.throws(() => make(value), {
      name: 'TypeError',
      message: /^expected an NdArray, a typed array/,
    })
  }
  t.throws(() => make({ data: [1], shape: [1] }), { message: /must be a typed array/ })
  t.throws(() => make(npmNdarray([1, 2])), { message: /must be a typed array/ })
  for (const dtype of ['float33', 'string', 'void', '', 3, {}]) {
    t.throws(() => make(1, dtype), new TypeError(`unknown dtype ${inspect(dtype)}`))
  }
  for (const dtype of ['complex64', 'complex128'] as const) {
    const message = `a scalar ${dtype} Variable is made of an array: zeros([], '${dtype}')`
    t.throws(() => make(1, dtype), new TypeError(message))
  }
  for (const options of [null, 3, 'x']) {
    const message = `options must be an object, got ${inspect(options)}`
    t.throws(() => make(1, undefined, options), new TypeError(message))
  }
  for (const name of ['', 3, null]) {
    const message = `options.name must be a string that is not empty, got ${inspect(name)}`
    t.throws(() => make(1, undefined, { name }), new TypeError(message))
  }
  t.end()
})

t.test('an array is held as it is', (t) => {
  const inputs: [VariableValue, DType, number[]][] = [
    [zeros([2, 3]), 'float64', [2, 3]],
    [zeros([], 'complex64'), 'complex64', []],
    [zeros([0, 2], 'int64'), 'int64', [0, 2]],
    [new Int16Array(3), 'int16', [3]],
    [new BigUint64Array(1), 'uint64', [1]],
    [Buffer.from('ab'), 'uint8', [2]],
    [{ data: new Float32Array(6), shape: [2, 2], stride: [3, 1] }, 'float32', [2, 2]],
    [npmNdarray(new Float64Array(4), [2, 2]).transpose(1, 0), 'float64', [2, 2]],
    [ndarray(new Uint16Array(2), [2], { dtype: 'bfloat16' }), 'bfloat16', [2]],
  ]
  for (const [value, dtype, shape] of inputs) {
    const variable = make(value)
    t.equal(variable.value, value)
    t.equal(variable.dtype, dtype)
    t.strictSame(variable.shape, shape)
    t.ok(Object.isFrozen(variable.shape))
    t.equal(make(value, dtype).dtype, dtype, 'it may be told what it is')
    variable.value = value
    t.equal(variable.value, value)
  }
  t.end()
})

t.test('a dtype tells what a typed array does not', (t) => {
  const cases: [VariableValue, DType, number[]][] = [
    [new Uint8Array(2), 'bool', [2]],
    [new Uint16Array(2), 'bfloat16', [2]],
    [new Uint16Array(2), 'float16', [2]],
    [new Float32Array(4), 'complex64', [2]],
    [new Float64Array(4), 'complex128', [2]],
    [new Uint8Array(1), 'float8_e5m2', [1]],
    [new Int8Array(1), 'qint8', [1]],
  ]
  for (const [value, dtype, shape] of cases) {
    const variable = make(value, dtype)
    t.equal(variable.value, value)
    t.equal(variable.dtype, dtype)
    t.strictSame(variable.shape, shape)
    const { constructor } = value as Uint8Array
    const another = new (constructor as Uint8ArrayConstructor)((value as Uint8Array).length)
    variable.value = another
    t.equal(variable.value, another)
  }
  t.throws(() => make(new Float32Array(2), 'int8'), { message: /^dtype 'int8' takes a Int8Array/ })
  t.throws(() => make(new Float32Array(3), 'complex64'), { message: /takes pairs of re and im/ })
  const message = 'the array has dtype float64, not float32; convert it first'
  t.throws(() => make(zeros([2]), 'float32'), new TypeError(message))
  t.end()
})

t.test('text, dates and structures are no tensors', (t) => {
  const text = new NdArray({
    dtype: 'void',
    shape: [1],
    descr: '<U1',
    itemsize: 4,
    data: new Uint8Array(4),
  })
  const message = 'a Variable cannot hold text, dates or structures'
  t.throws(() => make(text), new TypeError(message))
  t.end()
})

t.test('another dtype, shape or kind needs another Variable', (t) => {
  const held = zeros([2, 2], 'float32')
  const variable = make(held)
  const start = /^a Variable of dtype float32 and shape \[2, 2\] takes an array of these, got /
  for (const value of [
    zeros([2, 2]),
    zeros([4], 'float32'),
    new Float32Array(4),
    zeros([], 'float32'),
  ]) {
    t.throws(() => (variable.value = value), { name: 'TypeError', message: start })
  }
  for (const value of [1, true, null, undefined, 'x', [1]]) {
    t.throws(() => (variable.value = value as never), { name: 'TypeError' })
  }
  t.equal(variable.value, held)
  const number = new Variable(1)
  for (const value of [1n, true, zeros([]), new Float64Array(1), '1', undefined]) {
    t.throws(() => ((number as Variable).value = value as never), {
      name: 'TypeError',
      message: /takes a number, got /,
    })
  }
  t.equal(number.value, 1)
  t.end()
})

t.test('it counts, and is shown with its dtype and shape', (t) => {
  const step = new Variable(0, 'int64')
  step.value += 1
  step.value++
  t.equal(step.value, 2)
  t.equal(inspect(step), 'Variable int64 [] 2')
  t.equal(inspect(new Variable(2n)), 'Variable int64 [] 2n')
  t.equal(inspect(new Variable(false)), 'Variable bool [] false')
  t.equal(
    inspect(new Variable(zeros([1, 2], 'float32'))),
    'Variable float32 [1, 2] NdArray float32 [1, 2] Float32Array(2) [ 0, 0 ]',
  )
  t.equal(inspect(new Variable(Int8Array.of(1))), 'Variable int8 [1] Int8Array(1) [ 1 ]')
  t.end()
})

t.test('a class may extend it', (t) => {
  // TypeScript extends no class whose constructors make different types.
  const Base = Variable as unknown as new (value: number) => Variable<number>
  class Counter extends Base {
    bump(): void {
      this.value++
    }
  }
  const counter = new Counter(1)
  counter.bump()
  t.equal(counter.value, 2)
  t.ok(counter instanceof Variable)
  t.equal(nodeOf(counter, 'c').identity, counter)
  t.end()
})

t.test('in a graph it has one value and no children', (t) => {
  const node = nodeOf(new Variable(Float32Array.of(1), undefined, { name: 'w:x/y' }), 'w')
  t.strictSame([...node.children()], [])
  t.equal(node.child('x'), undefined)
  const [value, ...rest] = node.values()
  t.match(value, { attribute: 'VARIABLE_VALUE', fullName: 'w:x/y' })
  t.match(value?.describe(), { dtype: 'float32', shape: [1] })
  t.strictSame(rest, [])
  const [unnamed] = nodeOf(new Variable(1), 'w').values()
  t.notOk(unnamed && 'fullName' in unnamed, 'by default it is the path')
  t.end()
})
