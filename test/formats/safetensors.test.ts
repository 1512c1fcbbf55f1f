import fc from 'fast-check'
import t from 'tap'
import { isCheckpointError } from '../../lib/errors.js'
import {
  encodeSafetensorsHeader,
  headerLength,
  MAX_HEADER,
  parseSafetensorsHeader,
  safetensorsName,
  type SafetensorsHeader,
} from '../../lib/formats/safetensors.js'

const PATH = '/a.safetensors'

const parse = (text: string | Buffer, dataLength: number): SafetensorsHeader =>
  parseSafetensorsHeader(Buffer.from(text as string), dataLength, PATH)

const entry = (dtype: string, shape: unknown, ...offsets: unknown[]): object => ({
  dtype,
  shape,
  data_offsets: offsets,
})

t.test('the example of the format', (t) => {
  const text = `{"TENSOR_NAME":{"dtype":"F16","shape":[1,16,256],"data_offsets":[0,8192]},"NEXT":{"dtype":"BF16","shape":[],"data_offsets":[8192,8194]},"__metadata__":{"who":"me"}}   `
  const { entries, metadata } = parse(text, 8194)
  t.strictSame(entries, [
    {
      name: 'TENSOR_NAME',
      type: 'F16',
      dtype: 'float16',
      shape: [1, 16, 256],
      begin: 0,
      end: 8192,
    },
    { name: 'NEXT', type: 'BF16', dtype: 'bfloat16', shape: [], begin: 8192, end: 8194 },
  ])
  t.strictSame(metadata, { who: 'me' })
  t.end()
})

t.test('what is written is read again, and the data begins aligned', (t) => {
  const tensor = fc.record({
    name: fc.string().filter((name) => name !== '__metadata__'),
    dtype: fc.constantFrom('float32', 'bfloat16', 'bool', 'int64', 'float8_e4m3fn', 'complex64'),
    shape: fc.array(fc.nat(5), { maxLength: 4 }),
  })
  const widths: Record<string, number> = { F32: 4, BF16: 2, BOOL: 1, I64: 8, F8_E4M3: 1, C64: 8 }
  const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name })
  fc.assert(
    fc.property(tensors, fc.dictionary(fc.string(), fc.string()), (list, metadata) => {
      const described = list.map(({ name, dtype, shape }) => {
        const type = safetensorsName(dtype) ?? ''
        const size = shape.reduce((product, length) => product * length, 1)
        return { name, type, shape, byteLength: size * (widths[type] ?? 0) }
      })
      const bytes = encodeSafetensorsHeader(described, metadata, PATH)
      const total = described.reduce((sum, { byteLength }) => sum + byteLength, 0)
      const length = headerLength(bytes.subarray(0, 8), bytes.length + total, PATH)
      const header = parseSafetensorsHeader(bytes.subarray(8), total, PATH)
      const names = header.entries.map(({ name }) => name).sort()
      return (
        bytes.length % 64 === 0 &&
        length === bytes.length - 8 &&
        JSON.stringify(names) === JSON.stringify(list.map(({ name }) => name).sort()) &&
        JSON.stringify(Object.entries(header.metadata).sort()) ===
          JSON.stringify(Object.entries(metadata).sort())
      )
    }),
  )
  t.end()
})

t.test('each rule of the header is enforced', (t) => {
  const ab = (a: object, b: object): string => JSON.stringify({ a, b })
  const one = (value: unknown): string => JSON.stringify({ a: value })
  const cases: [string, string | Buffer, number, string][] = [
    ['a space before it', ' {}', 0, 'framing'],
    ['a byte order mark', Buffer.from('\ufeff{}'), 0, 'framing'],
    ['nothing', '', 0, 'framing'],
    ['an array', '[]', 0, 'framing'],
    ['cut off', '{"a":', 0, 'framing'],
    ['not UTF-8', Buffer.from('{"\xff":1}', 'latin1'), 0, 'framing'],
    ['text behind it', '{}x', 0, 'framing'],
    ['a key twice', `{"a":${JSON.stringify(entry('U8', [1], 0, 1))},"a":{}}`, 1, 'inconsistent'],
    [
      'a field twice',
      '{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}',
      1,
      'inconsistent',
    ],
    ['a hole', ab(entry('U8', [1], 0, 1), entry('U8', [1], 2, 3)), 3, 'inconsistent'],
    ['a hole before the first', one(entry('U8', [1], 1, 2)), 2, 'inconsistent'],
    ['an overlap', ab(entry('U8', [2], 0, 2), entry('U8', [2], 1, 3)), 3, 'inconsistent'],
    ['the same bytes twice', ab(entry('U8', [2], 0, 2), entry('U8', [2], 0, 2)), 2, 'inconsistent'],
    ['bytes behind the last', one(entry('U8', [1], 0, 1)), 2, 'bounds'],
    ['a tensor beyond the file', one(entry('U8', [9], 0, 9)), 2, 'bounds'],
    ['fewer bytes than the shape', one(entry('F32', [2], 0, 4)), 4, 'inconsistent'],
    ['an end before the begin', one(entry('U8', [0], 4, 0)), 0, 'inconsistent'],
    ['half a byte', one(entry('F4', [1], 0, 1)), 1, 'inconsistent'],
    ['a shape beyond all numbers', one(entry('U8', [2 ** 40, 2 ** 40], 0, 0)), 0, 'inconsistent'],
    ['a negative length', one(entry('U8', [-1], 0, 0)), 0, 'framing'],
    ['a fraction', one(entry('U8', [1.5], 0, 1)), 1, 'framing'],
    ['three offsets', one(entry('U8', [1], 0, 1, 1)), 1, 'framing'],
    ['a tensor of null', one(null), 0, 'framing'],
    ['no offsets', one({ dtype: 'U8', shape: [] }), 0, 'framing'],
    ['metadata of numbers', '{"__metadata__":{"a":1}}', 0, 'framing'],
    ['metadata of a list', '{"__metadata__":["a"]}', 0, 'framing'],
    ['metadata of null', '{"__metadata__":null}', 0, 'framing'],
  ]
  for (const [what, text, length, reason] of cases) {
    t.throws(() => parse(text, length), { code: 'CKPT_CORRUPT', details: { reason } }, what)
  }
  const unknown = { code: 'CKPT_UNSUPPORTED', details: { feature: 'dtype F7', key: 'a' } }
  t.throws(() => parse(one(entry('F7', [1], 0, 1)), 1), unknown)
  t.throws(() => parse(one(entry('toString', [1], 0, 1)), 1), { code: 'CKPT_UNSUPPORTED' })
  t.end()
})

t.test('dtypes that no array has are known, so that their file can be read', (t) => {
  const text = JSON.stringify({ a: entry('F4', [4], 0, 2), b: entry('F8_E8M0', [1], 2, 3) })
  t.strictSame(
    parse(text, 3).entries.map(({ dtype }) => dtype),
    [undefined, undefined],
  )
  t.end()
})

t.test('the length of the header is checked before it is used', (t) => {
  const length = (value: bigint, size: number): number => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(value)
    return headerLength(bytes, size, PATH)
  }
  t.equal(length(2n, 10), 2)
  const corrupt = { code: 'CKPT_CORRUPT', details: { reason: 'bounds' } }
  t.throws(() => length(3n, 10), corrupt)
  t.throws(() => length(2n ** 64n - 1n, 2 ** 40), corrupt)
  t.throws(() => headerLength(Buffer.alloc(7), 7, PATH), corrupt)
  t.throws(() => length(BigInt(MAX_HEADER) + 1n, 2 ** 40), { code: 'CKPT_TOO_LARGE' })
  t.equal(length(BigInt(MAX_HEADER), 2 ** 40), MAX_HEADER)
  t.end()
})

t.test('any bytes as a header are read or refused', (t) => {
  const good = Buffer.from(
    JSON.stringify({ a: entry('F32', [2, 2], 0, 16), b: entry('I8', [1], 16, 17) }),
  )
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(20), (at, byte, dataLength) => {
      const bytes = Buffer.from(good)
      bytes[at] = byte
      try {
        const { entries } = parseSafetensorsHeader(bytes, dataLength, PATH)
        return entries.every(({ begin, end }) => begin <= end && end <= dataLength)
      } catch (error) {
        return isCheckpointError(error, 'CKPT_CORRUPT', 'CKPT_UNSUPPORTED')
      }
    }),
    { numRuns: 2000 },
  )
  t.end()
})
