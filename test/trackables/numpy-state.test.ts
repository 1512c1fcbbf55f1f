import { inspect } from 'node:util'
import npmNdarray from 'ndarray'
import t from 'tap'
import type { TypedArray } from '../../lib/array/dtype.js'
import { NdArray, ndarray, NumpyState, zeros, type ArrayInput } from '../../lib/index.js'

type Arrays = Record<string, ArrayInput>

const state = (arrays: Arrays = {}): NumpyState<Arrays> =>
  Object.assign(new NumpyState<Arrays>(), arrays)

const x = zeros([2, 3])
const y = Float32Array.of(1, 2)

t.test('reading gives the very object that was set', (t) => {
  const npm = npmNdarray(Float64Array.of(1, 2, 3, 4), [2, 2]).transpose(1, 0)
  const parts = { data: y, shape: [2] }
  const arrays = state()
  const inputs: ArrayInput[] = [x, y, npm, parts, Buffer.from('ab'), new BigInt64Array(1)]
  for (const input of inputs) {
    arrays['a'] = input
    t.equal(arrays['a'], input)
  }
  t.end()
})

t.test('what is no array is refused, naming the property and the value', (t) => {
  const arrays = state({ x })
  const cases: [unknown, RegExp][] = [
    [3, /^NumpyState property 'x' must be an array: .*got 3$/],
    ['abc', /got 'abc'$/],
    [null, /got null$/],
    [undefined, /got undefined$/],
    [[1, 2], /got \[ 1, 2 \]/],
    [{ shape: [1] }, /got \{ shape: \[Array\] \}$/],
    [{ data: [1], shape: [1] }, /must be a typed array, got a plain array$/],
    [{ data: y, shape: [3] }, /leaves the data/],
    [new DataView(new ArrayBuffer(1)), /got DataView/],
    [new NumpyState(), /got NumpyState|got \[NumpyState\]/],
    [1n, /got 1n$/],
  ]
  for (const [value, message] of cases) {
    t.throws(
      () => {
        arrays['x'] = value as ArrayInput
      },
      { name: 'TypeError', message },
      inspect(value),
    )
    t.equal(arrays['x'], x, 'what was there stays')
  }
  t.throws(() => state({ 'odd name': 1 as unknown as ArrayInput }), {
    message: /^NumpyState property 'odd name' must be an array/,
  })
  t.end()
})

t.test('it behaves as a plain object', (t) => {
  const arrays = state({ b: x, a: y })
  t.strictSame(Object.keys(arrays), ['b', 'a'])
  t.strictSame(Object.values(arrays), [x, y])
  t.strictSame(Object.entries(arrays), [
    ['b', x],
    ['a', y],
  ])
  const seen: string[] = []
  for (const name in arrays) seen.push(name)
  t.strictSame(seen, ['b', 'a'])
  const { b, ...rest } = arrays
  t.equal(b, x)
  t.strictSame(rest, { a: y })
  const spread = { ...arrays }
  t.equal(spread['a'], y)
  t.equal(Object.getPrototypeOf(spread), Object.prototype)
  t.ok('a' in arrays && Object.hasOwn(arrays, 'a'))
  t.notOk('c' in arrays || Object.hasOwn(arrays, 'c'))
  t.equal(arrays['c'], undefined)
  t.ok('toString' in arrays, 'as of every object')
  t.notOk(Object.hasOwn(arrays, 'toString'))
  t.strictSame(Reflect.ownKeys(arrays), ['b', 'a'])
  t.strictSame(Object.getOwnPropertySymbols(arrays), [])
  t.strictSame(Object.getOwnPropertyDescriptor(arrays, 'b'), {
    value: x,
    writable: true,
    enumerable: true,
    configurable: true,
  })
  t.equal(Object.getOwnPropertyDescriptor(arrays, 'c'), undefined)
  t.ok(Object.isExtensible(arrays))
  t.notOk(Object.isFrozen(arrays))
  t.end()
})

t.test('deleted properties are gone', (t) => {
  const arrays = state({ a: x, b: y })
  t.ok(delete arrays['a'])
  t.notOk('a' in arrays)
  t.strictSame(Object.keys(arrays), ['b'])
  t.equal(arrays['a'], undefined)
  t.ok(delete arrays['never'])
  arrays['a'] = y
  t.strictSame(Object.keys(arrays), ['b', 'a'])
  t.end()
})

t.test('assigning, defining and copying set properties', (t) => {
  const arrays = Object.assign(state(), { a: x }, state({ b: y }))
  t.strictSame(Object.keys(arrays), ['a', 'b'])
  Object.defineProperty(arrays, 'c', { value: x })
  t.equal(arrays['c'], x)
  Object.defineProperty(arrays, 'd', { value: y, writable: true, enumerable: true })
  t.equal(arrays['d'], y)
  t.ok(Reflect.set(arrays, 'a', y))
  t.equal(arrays['a'], y)
  const bad: PropertyDescriptor[] = [
    { get: () => x },
    { value: x, writable: false },
    { value: x, enumerable: false },
    { value: x, configurable: false },
  ]
  for (const descriptor of bad) {
    const message = "NumpyState property 'e' must be a plain, writable value"
    t.throws(() => Object.defineProperty(arrays, 'e', descriptor), new TypeError(message))
  }
  t.throws(() => Object.defineProperty(arrays, 'e', { value: 1 }), { message: /property 'e'/ })
  t.notOk('e' in arrays)
  t.end()
})

t.test('any name is a name', (t) => {
  const names = ['__proto__', 'constructor', 'then', 'toString', 'hasOwnProperty', '', '0', 'a/b']
  const arrays = state()
  for (const name of names) arrays[name] = ndarray(Float64Array.of(1))
  t.strictSame(new Set(Object.keys(arrays)), new Set(names))
  for (const name of names) {
    t.ok(arrays[name] instanceof NdArray, name)
    t.ok(Object.hasOwn(arrays, name))
  }
  t.ok(arrays instanceof NumpyState)
  for (const name of names) t.ok(Reflect.deleteProperty(arrays, name))
  t.strictSame(Object.keys(arrays), [])
  t.equal(Object.getPrototypeOf(arrays), NumpyState.prototype)
  t.equal(({} as Arrays)['polluted'], undefined)
  t.end()
})

t.test('symbols are no names of arrays', (t) => {
  const arrays = state()
  const key = Symbol('weights')
  const set = arrays as unknown as Record<symbol, unknown>
  const message = 'NumpyState holds arrays under string names, not Symbol(weights)'
  t.throws(() => {
    set[key] = x
  }, new TypeError(message))
  t.equal(set[key], undefined)
  t.notOk(key in arrays)
  t.ok(Reflect.deleteProperty(arrays, key))
  t.end()
})

t.test('it can be awaited, returned and printed', async (t) => {
  const arrays = state({ a: y })
  t.equal(await Promise.resolve(arrays), arrays)
  t.equal(inspect(arrays), 'NumpyState { a: Float32Array(2) [ 1, 2 ] }')
  t.match(inspect(state({ x })), 'NumpyState { x: NdArray float64 [2, 3] Float64Array(6) [')
  t.equal(inspect({ in: { arrays } }, { depth: 1 }), '{ in: { arrays: [NumpyState] } }')
  t.equal(inspect(new NumpyState()), 'NumpyState {}')
  t.equal(JSON.stringify(arrays), '{"a":{"0":1,"1":2}}')
  t.equal(Object.prototype.toString.call(arrays), '[object Object]')
})

t.test('it cannot be frozen: a restore has to add what is missing', (t) => {
  const arrays = state({ a: x })
  t.throws(() => Object.freeze(arrays), TypeError)
  t.throws(() => Object.preventExtensions(arrays), TypeError)
  t.throws(() => {
    Object.setPrototypeOf(arrays, null)
  }, TypeError)
  t.end()
})

t.test('two states share nothing', (t) => {
  const [a, b] = [state({ x }), state({ x: y })]
  t.equal(a['x'], x)
  t.equal(b['x'], y)
  t.end()
})

t.test('a class may extend it', (t) => {
  class Weights extends NumpyState<Arrays> {
    bias: TypedArray = Float64Array.of(1)
  }
  const weights = new Weights()
  t.strictSame(Object.keys(weights), ['bias'])
  t.ok(weights instanceof Weights && weights instanceof NumpyState)
  t.end()
})
