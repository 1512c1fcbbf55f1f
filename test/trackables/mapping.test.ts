import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import {
  Checkpoint,
  Mapping,
  NumpyState,
  openCheckpointSync,
  Variable,
  zeros,
} from '../../lib/index.js'
import type { MappingInput } from '../../lib/index.js'
import { stateOf } from '../checkpoint/files'

const one = new Variable(1)
const two = new Variable(2)

t.test('it behaves as a Map that nothing leaves', (t) => {
  const mapping = new Mapping<object>()
  t.equal(mapping.set('b', one).set('a', two), mapping)
  t.equal(mapping.size, 2)
  t.equal(mapping.get('b'), one)
  t.equal(mapping.get('c'), undefined)
  t.ok(mapping.has('a'))
  t.notOk(mapping.has('c'))
  t.strictSame([...mapping.keys()], ['b', 'a'])
  t.strictSame([...mapping.values()], [one, two])
  t.strictSame([...mapping.entries()], [...mapping])
  t.strictSame(Object.fromEntries(mapping), { b: one, a: two })
  t.notOk('delete' in mapping || 'clear' in mapping)
  t.end()
})

t.test('it is made of a record, a Map, pairs, or another Mapping', (t) => {
  const record = { b: one, a: two }
  const pairs = Object.entries(record)
  const inputs: MappingInput<object>[] = [record, new Map(pairs), pairs, new Mapping(record)]
  for (const input of inputs) t.strictSame([...new Mapping(input)], pairs)
  t.equal(new Mapping().size, 0)
  for (const wrong of [null, 5, 'ab', [one], [['a', one, two]], new Set(['ab'])]) {
    t.throws(() => new Mapping(wrong as unknown as MappingInput<object>), {
      name: 'TypeError',
      message: /^a Mapping is made of an object, or pairs of key and value; got /,
    })
  }
  t.end()
})

t.test('keys are strings, any of them', (t) => {
  const mapping = new Mapping<object>()
  for (const key of [0, null, undefined, Symbol('s'), {}, ['a']]) {
    t.throws(() => mapping.set(key as string, one), {
      name: 'TypeError',
      message: `the keys of a Mapping are strings, got ${inspect(key, { depth: 0 })}`,
    })
  }
  const message = 'the keys of a Mapping are strings, got Symbol(s)'
  t.throws(() => new Mapping({ [Symbol('s')]: one }), new TypeError(message))
  t.throws(() => new Mapping([[1, one]] as unknown as [string, object][]), /are strings, got 1/)
  t.equal(mapping.size, 0)
  const path = join(t.testdir(), 'x')
  const names = ['__proto__', 'constructor', '', 'a/b', 'a.b', 'é', '0', '.S']
  const numbered = names.map((name, i) => [name, new Variable(i)] as const)
  new Checkpoint({ mapping: new Mapping(numbered) }).writeSync(path)
  const restored = new Mapping(names.map((name) => [name, new Variable(-1)] as const))
  new Checkpoint({ mapping: restored }).readSync(path).assertConsumed()
  t.strictSame(
    Array.from(restored, ([name, { value }]) => [name, value]),
    names.map((name, i) => [name, i]),
  )
  t.equal(({} as Record<string, unknown>)['value'], undefined)
  t.end()
})

t.test('a key keeps its value', (t) => {
  const mapping = new Mapping<object>({ a: one })
  mapping.set('a', one)
  t.throws(() => mapping.set('a', two), {
    name: 'TypeError',
    message: /^the key 'a' of a Mapping cannot be given another value: it is append-only/,
  })
  t.throws(() => mapping.set('a', 5 as unknown as object), /append-only/)
  t.strictSame([...mapping], [['a', one]])
  t.end()
})

t.test('what cannot be tracked is refused, naming the key and the value', (t) => {
  const mapping = new Mapping<object>({ a: one })
  t.throws(() => mapping.set('it is', 3 as unknown as object), {
    name: 'TypeError',
    message: /^'Mapping\['it is'\]' cannot be saved: .*got 3; numbers are saved in a Variable$/,
  })
  t.throws(() => mapping.set('b', zeros([1])), /Mapping\['b'\].*properties of a NumpyState/)
  t.throws(() => new Mapping({ c: 'text' as unknown as object }), /Mapping\['c'\].*got 'text'/)
  t.equal(mapping.size, 1)
  t.end()
})

t.test('it is printed as what it holds', (t) => {
  const mapping = new Mapping<object>({ a: one })
  t.equal(inspect(mapping), "Mapping(1) { 'a' => Variable float64 [] 1 }")
  t.equal(inspect([[[mapping]]]), '[ [ [ [Mapping] ] ] ]')
  mapping.set('self', mapping)
  t.match(inspect(mapping, { depth: Infinity }), "'self' => [Circular Mapping] }")
  t.end()
})

t.test('values are saved under their keys, in the order in which they came', (t) => {
  const path = join(t.testdir(), 'x')
  const mapping = new Mapping<object>({ z: one, a: stateOf({ w: zeros([2]) }), list: [two] })
  new Checkpoint({ mapping }).writeSync(path)
  const [, saved] = openCheckpointSync(path).objectGraph?.nodes ?? []
  t.strictSame(
    saved?.children.map(({ localName }) => localName),
    ['z', 'a', 'list'],
  )
  const [z, list] = [new Variable(0), new Variable(0)]
  const plain = { a: new NumpyState(), list: [list], z }
  new Checkpoint({ mapping: plain }).readSync(path).assertConsumed()
  t.strictSame([z.value, list.value], [1, 2], 'a plain object takes them too')
  t.strictSame(Object.keys(plain.a), ['w'])
  t.end()
})

t.test('what is set after a restore takes its values then', (t) => {
  const path = join(t.testdir(), 'x')
  new Checkpoint({ mapping: { a: one, b: { deep: two } } }).writeSync(path)
  const mapping = new Mapping<object>()
  const status = new Checkpoint({ mapping }).readSync(path)
  const [a, deep] = [new Variable(0), new Variable(0)]
  t.throws(() => mapping.set('a', new Variable(zeros([2]))), { code: 'CKPT_MISMATCH' })
  t.equal(mapping.size, 0)
  mapping.set('b', { deep }).set('a', a)
  t.strictSame([a.value, deep.value], [1, 2])
  status.assertConsumed()
  t.end()
})
