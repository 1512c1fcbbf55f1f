import { deepStrictEqual } from 'node:assert'
import { constants } from 'node:buffer'
import { createContext, runInContext } from 'node:vm'
import fc from 'fast-check'
import t from 'tap'
import { NumpyState, Variable } from '../../lib/index.js'
import { checkJson, jsonText, MAX_DEPTH, parseJson } from '../../lib/trackables/json-value.js'

const parse = (text: string): unknown => parseJson(Buffer.from(text), 'k')

const nested = (depth: number, value: unknown = 1): unknown => {
  let outer = value
  for (let i = 0; i < depth; i++) outer = i % 2 === 0 ? [outer] : { a: outer }
  return outer
}

t.test('what JSON keeps comes back as it was', (t) => {
  const values: unknown[] = [
    null,
    true,
    '',
    'é 日本 😀 \ud800 "\\\u0000\n',
    0,
    1.5e-300,
    Number.MAX_VALUE,
    2 ** 60,
    1e23,
    123456789012345680000,
    [],
    [[], {}, [null]],
    { a: { b: [1, 'two', false] }, '': 0, 'a.b': 1 },
    nested(MAX_DEPTH),
  ]
  for (const value of values) t.strictSame(parse(jsonText(value, 'no')), value)
  const realm = createContext()
  const foreign: unknown = runInContext('({ a: [1, { b: null }] })', realm)
  t.strictSame(parse(jsonText(foreign, 'no')), { a: [1, { b: null }] }, 'of another realm')
  const bare: unknown = Object.assign(Object.create(null) as object, { a: 1 })
  t.strictSame(parse(jsonText(bare, 'no')), { a: 1 })
  const shared = { x: 1 }
  t.strictSame(parse(jsonText([shared, shared], 'no')), [{ x: 1 }, { x: 1 }], 'no cycle')
  t.end()
})

t.test('every JSON value round-trips', (t) => {
  // Through JSON once: fast-check knows -0, which is refused.
  const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown)
  const roundTrip = fc.property(json, (value) => {
    deepStrictEqual(parse(jsonText(value, 'no')), value)
  })
  t.doesNotThrow(() => {
    fc.assert(roundTrip, { numRuns: 500 })
  })
  t.end()
})

t.test('__proto__ is a key like any other', (t) => {
  const value = JSON.parse(
    '{"__proto__":{"polluted":1},"constructor":{"__proto__":null}}',
  ) as object
  const text = jsonText(value, 'no')
  t.equal(text, '{"__proto__":{"polluted":1},"constructor":{"__proto__":null}}')
  const back = parse(text) as object
  t.strictSame(Object.keys(back), ['__proto__', 'constructor'])
  t.equal(Object.getPrototypeOf(back), Object.prototype)
  t.equal(({} as Record<string, unknown>)['polluted'], undefined)
  const bad = JSON.parse('{"a":{"__proto__":{"x":0}}}') as { a: Record<string, { x: number }> }
  const inner = Object.getOwnPropertyDescriptor(bad.a, '__proto__')?.value as { x: number }
  inner.x = NaN
  t.throws(() => {
    checkJson(bad, 'no')
  }, new TypeError('no: value.a.__proto__.x is NaN, no JSON number'))
  t.end()
})

t.test('what JSON would drop or change is refused, naming its place', (t) => {
  const sparse: unknown[] = [1]
  sparse[3] = 4
  const cycle: { inner: unknown[] } = { inner: [] }
  cycle.inner.push({ back: cycle })
  const extra = Object.assign([1], { note: 2 })
  const hidden = Object.defineProperty({}, 'h', { value: 1 })
  const accessor = {
    get now(): number {
      return 1
    },
  }
  const writeOnly = Object.defineProperty({}, 'w', { set: () => undefined, enumerable: true })
  class Config {
    rate = 1
  }
  class Numbers extends Array<number> {}
  const f = (): void => undefined
  const cases: [unknown, string][] = [
    [undefined, 'value is undefined, which JSON cannot hold'],
    [{ a: undefined }, 'value.a is undefined, which JSON cannot hold'],
    [{ a: [f] }, 'value.a[0] is [Function: f], which JSON cannot hold'],
    [[Symbol('s')], 'value[0] is Symbol(s), which JSON cannot hold'],
    [{ 'it is': 1n }, "value['it is'] is 1n, which JSON cannot hold"],
    [{ a: { b: NaN } }, 'value.a.b is NaN, no JSON number'],
    [[Infinity], 'value[0] is Infinity, no JSON number'],
    [-Infinity, 'value is -Infinity, no JSON number'],
    [{ '': -0 }, "value[''] is -0, which JSON would make 0"],
    [
      { d: new Date(0) },
      'value.d is 1970-01-01T00:00:00.000Z, neither a plain object nor an array',
    ],
    [new Map([[1, 2]]), 'value is Map(1) { 1 => 2 }, neither a plain object nor an array'],
    [[new Set([1])], 'value[0] is Set(1) { 1 }, neither a plain object nor an array'],
    [
      { w: new Float32Array(2) },
      'value.w is Float32Array(2) [ 0, 0 ], neither a plain object nor an array',
    ],
    [Buffer.from('a'), 'value is <Buffer 61>, neither a plain object nor an array'],
    [new Config(), 'value is Config { rate: 1 }, neither a plain object nor an array'],
    [new Numbers(), 'value is Numbers(0) [], neither a plain object nor an array'],
    [new Number(1), 'value is [Number: 1], neither a plain object nor an array'],
    [new Variable(1), 'value is Variable float64 [] 1, neither a plain object nor an array'],
    [new NumpyState(), 'value is NumpyState {}, neither a plain object nor an array'],
    [sparse, 'value[1] is a hole in a sparse array'],
    [extra, "value has a property 'note', which JSON would drop from an array"],
    [
      Object.assign([1], { [Symbol('s')]: 1 }),
      'value has a property Symbol(s), which JSON would drop from an array',
    ],
    [{ [Symbol('s')]: 1 }, 'value has a property Symbol(s), which JSON would drop'],
    [{ hidden }, 'value.hidden.h is not enumerable, so that JSON would drop it'],
    [accessor, 'value.now is an accessor, not a value'],
    [writeOnly, 'value.w is an accessor, not a value'],
    [cycle, 'value.inner[0].back leads back to an object that it is part of'],
    [Math, 'value.abs is not enumerable, so that JSON would drop it'],
    [{ toJSON: f }, 'value.toJSON is [Function: f], which JSON cannot hold'],
  ]
  for (const [value, message] of cases) {
    const error = { name: 'TypeError', message: `no: ${message}` }
    t.throws(
      () => {
        checkJson(value, 'no')
      },
      error,
      message,
    )
    t.throws(() => jsonText(value, 'no'), error, 'when it is saved, too')
  }
  t.throws(() => {
    checkJson(nested(MAX_DEPTH + 1), 'no')
  }, / is nested more than 1000 deep$/)
  t.end()
})

t.test('bytes that are no JSON text are corrupt', (t) => {
  const corrupt = { code: 'CKPT_CORRUPT', details: { reason: 'framing', key: 'k' } }
  for (const text of [
    '',
    '{',
    '[1,]',
    'NaN',
    "{'a': 1}",
    '"a',
    '"a\\"',
    '\ufeff1',
    '1 2',
    '[01]',
  ]) {
    t.throws(() => parse(text), corrupt, JSON.stringify(text))
  }
  t.throws(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22), 'k'), corrupt)
  t.throws(() => parseJson(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22), 'k'), corrupt)
  const npy = Buffer.from('\x93NUMPY\x01\x00', 'latin1')
  t.throws(() => parseJson(npy, 'k'), {
    code: 'CKPT_MISMATCH',
    details: { key: 'k', expected: 'JSON text', found: 'a NumPy array' },
  })
  const bytes = constants.MAX_STRING_LENGTH + 1
  t.throws(() => parseJson(new Uint8Array(bytes), 'k'), {
    code: 'CKPT_TOO_LARGE',
    details: { bytes, limit: constants.MAX_STRING_LENGTH, key: 'k' },
  })
  t.end()
})

t.test('numbers of Python that would become others are refused', (t) => {
  const lossy = [
    '12345678901234567890',
    '-9007199254740993',
    '[1, 340282366920938463463374607431768211455]',
    '{"a\\\\": 9007199254740993}',
    '1e400',
    `-${'9'.repeat(400)}`,
  ]
  for (const text of lossy) {
    t.throws(() => parse(text), { code: 'CKPT_UNSUPPORTED', details: { key: 'k' } }, text)
  }
  t.throws(() => parse('12345678901234567890'), {
    message: "the state 'k' has the number 12345678901234567890, which JavaScript would change",
  })
  const kept: [string, unknown][] = [
    ['9007199254740991', 2 ** 53 - 1],
    ['1152921504606846976', 2 ** 60],
    ['123456789012345680000', 123456789012345680000],
    ['0.1000000000000000055511151231257827', 0.1],
    ['1E+2', 100],
    ['"12345678901234567890"', '12345678901234567890'],
    ['{"9007199254740993": "\\"9007199254740993"}', { '9007199254740993': '"9007199254740993' }],
    ['-0.0', -0],
  ]
  for (const [text, value] of kept) {
    const found = parse(text)
    if (value === 0) t.ok(Object.is(found, value), text)
    else t.strictSame(found, value, text)
  }
  t.end()
})

t.test('texts nested millions of levels deep are refused before they are parsed', (t) => {
  const feature = 'JSON nested more than 1000 deep'
  const deep = (n: number): string => '['.repeat(n) + ']'.repeat(n)
  for (const text of [deep(1001), deep(3e6), '{"a":'.repeat(1001)]) {
    t.throws(() => parse(text), { code: 'CKPT_UNSUPPORTED', details: { feature, key: 'k' } })
  }
  t.strictSame(parse(deep(1000)), JSON.parse(deep(1000)))
  t.strictSame(parse(`[${'[],'.repeat(2000)}"${'['.repeat(2000)}"]`), [
    ...Array.from({ length: 2000 }, () => []),
    '['.repeat(2000),
  ])
  t.end()
})
