// Values among others that are none: what a Trackable's properties are.
import npmNdarray from 'ndarray'
import t from 'tap'
import { findMember, isBareArray, trackable } from '../../lib/graph/trackable.js'
import { ndarray, NoDependency, NumpyState, Variable, zeros } from '../../lib/index.js'
import type { TrackableNode } from '../../lib/graph/node.js'
import { thing } from './nodes'

const names = (node: TrackableNode | undefined): string[] | undefined =>
  node && Array.from(node.children(), ([name]) => name)

t.test('what is no object that can be tracked is passed over', (t) => {
  class Model {
    readonly rate = 1
  }
  const values = [0, 'x', true, 1n, null, undefined, Symbol('s'), () => 1, new Date(), new Model()]
  for (const value of [...values, new Map([['a', thing({})]]), /x/, new NoDependency(thing({}))]) {
    t.equal(findMember(value, 'm'), undefined)
  }
  for (const empty of [[], {}, [[], {}], { a: { b: [1, 'x', null] } }]) {
    t.equal(findMember(empty, 'm'), undefined)
  }
  t.end()
})

t.test('containers count with what can be tracked in them', (t) => {
  const [a, b] = [thing({}), thing({})]
  const node = findMember({ note: 'x', a, n: [1, 2], deep: [{ b }, 3], f: () => 1 }, 'm')
  t.strictSame(names(node), ['a', 'deep'])
  t.equal(node?.child('a')?.identity, a)
  t.equal(node?.child('note'), undefined)
  t.equal(node?.child('n'), undefined)
  t.equal(node?.child('toString'), undefined)
  const deep = node?.child('deep')
  t.strictSame(names(deep), ['0'])
  t.equal(deep?.child('0')?.child('b')?.identity, b)
  t.equal(deep?.child('1'), undefined)
  t.strictSame([...(node?.values() ?? [1])], [])
  t.equal(node?.restore([], {} as never), undefined)
  t.end()
})

t.test('of an array the elements count, whatever else was put on it', (t) => {
  const [a, b] = [thing({}), thing({})]
  const list = Object.assign([1, , a], { extra: b })
  t.strictSame(names(findMember(list, 'm')), ['2'])
  t.equal(findMember(list, 'm')?.child('extra'), undefined)
  t.equal(findMember(Object.assign([1], { extra: b }), 'm'), undefined)
  const sparse: unknown[] = []
  sparse[2 ** 32 - 2] = a
  t.strictSame(names(findMember(sparse, 'm')), ['4294967294'])
  t.end()
})

t.test('containers may hold themselves', (t) => {
  const ring: Record<string, unknown> = { name: 'ring' }
  ring['self'] = [ring]
  t.equal(findMember(ring, 'm'), undefined)
  ring['a'] = thing({})
  t.strictSame(names(findMember(ring, 'm')), ['self', 'a'])
  t.equal(findMember(ring, 'm')?.child('self')?.child('0')?.identity, ring)
  t.end()
})

t.test('a deep container is no deep recursion, a large one is looked at as it is', (t) => {
  let deep: unknown = thing({})
  for (let i = 0; i < 20_000; i++) deep = [deep]
  t.strictSame(names(findMember(deep, 'm')), ['0'])
  const large = Array.from({ length: 200_000 }, (_, i) => i)
  t.equal(findMember({ large }, 'm'), undefined)
  t.end()
})

const ARRAYS: Readonly<Record<string, unknown>> = {
  typed: new Float32Array(2),
  buffer: Buffer.alloc(1),
  view: new DataView(new ArrayBuffer(1)),
  ours: zeros([2]),
  npm: npmNdarray(new Float64Array(4), [2, 2]),
  'npm, of a plain array': npmNdarray([1, 2]),
  parts: { data: new Float32Array(2), shape: [2] },
  text: ndarray(new Uint8Array(4), [4]),
}

for (const [what, array] of Object.entries(ARRAYS)) {
  t.test(`an array as it is would be lost and is refused: ${what}`, (t) => {
    t.ok(isBareArray(array))
    const message = /^'m' would not be saved: .* wrap it in NoDependency; got /
    t.throws(() => findMember(array, 'm'), { name: 'TypeError', message })
    t.throws(() => findMember({ a: [{ b: array }] }, 'm'), { message: /^'m\/a\/0\/b' would not/ })
    const late = findMember([thing({}), array], 'm')
    t.throws(() => names(late), { message: /^'m\/1' would not be saved/ })
    t.end()
  })
}

const OTHERS: Readonly<Record<string, unknown>> = {
  'a configuration': { data: './mnist', shape: [28, 28] },
  'one of another shape': Object.assign(new Date(), { data: new Float32Array(2), shape: 'round' }),
  'a state that keeps an array': {
    data: new Float32Array(2),
    shape: [2],
    serialize: () => '',
    deserialize: () => undefined,
  },
  'an object that names its children': {
    data: new Float32Array(2),
    shape: [2],
    [trackable]: () => ({}),
  },
  'a state': Object.assign(new NumpyState(), { data: zeros([1]), shape: zeros([1]) }),
  'a variable': new Variable(zeros([2])),
  'a buffer': new ArrayBuffer(1),
  number: 1,
  nothing: null,
}

for (const [what, value] of Object.entries(OTHERS)) {
  t.test(`${what} is no array`, (t) => {
    t.notOk(isBareArray(value))
    t.doesNotThrow(() => findMember(value, 'm'))
    t.end()
  })
}
