import fc from 'fast-check'
import t from 'tap'
import type { NpyDescr } from '../../lib/array/descr.js'
import {
  encodeNpyHeader,
  npyDataOffset,
  parseNpyHeader,
  type NpyHeader,
  type ParsedNpy,
} from '../../lib/formats/npy.js'

const header = (descr: NpyDescr, shape: readonly number[], fortranOrder = false): NpyHeader => ({
  descr,
  fortranOrder,
  shape,
})

const encode = (...fields: Parameters<typeof header>): Buffer =>
  Buffer.from(encodeNpyHeader(header(...fields)))

/** A header of any text, framed as a version says. */
function frame(text: string, version = 1): Buffer {
  const bytes = Buffer.from(text, version === 3 ? 'utf8' : 'latin1')
  const length = Buffer.alloc(version === 1 ? 2 : 4)
  length.writeUIntLE(bytes.length, 0, length.length)
  return Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.of(version, 0), length, bytes])
}

const parse = (bytes: Uint8Array, available = 1e6): ParsedNpy =>
  parseNpyHeader(bytes, available, 'k')

const DICT = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }"

t.test('the header of zeros([3, 4]) is that of numpy.save', (t) => {
  const golden = Buffer.from(
    '934e554d5059010076007b276465736372273a20273c6638272c2027666f727472616e5f6f72646572273a2046' +
      '616c73652c20277368617065273a2028332c2034292c207d20' +
      '20'.repeat(57) +
      '0a',
    'hex',
  )
  const bytes = encode('<f8', [3, 4])
  t.strictSame(bytes, golden)
  t.equal(bytes.length, 128)
  t.equal(bytes.toString('latin1', 10, 69), DICT)
  t.equal(bytes.readUInt16LE(8), 118)
  t.end()
})

t.test('headers of ordinary arrays take 128 bytes', (t) => {
  for (const descr of ['|b1', '<i8', '<c16', '<U32']) {
    for (const shape of [[], [0, 3], [1000000], [1, 2, 3, 4]]) {
      t.equal(encode(descr, shape).length, 128)
      t.equal(encode(descr, shape, true).length, 128)
    }
  }
  const scalar = "{'descr': '<i8', 'fortran_order': False, 'shape': (), }"
  t.equal(encode('<i8', []).toString('latin1', 10).trimEnd(), scalar)
  t.end()
})

t.test('padding is 1 to 64 spaces and the data begins at a multiple of 64', (t) => {
  const seen = new Set<number>()
  for (let length = 1; length <= 130; length++) {
    const bytes = encode([['x'.repeat(length), '<f8']], [2])
    t.equal(bytes.length % 64, 0)
    const text = bytes.toString('latin1', 10)
    t.ok(text.endsWith(' \n'))
    const dict = text.trimEnd()
    const padding = text.length - dict.length - 1
    t.ok(padding >= 1 && padding <= 64, String(padding))
    seen.add(padding)
  }
  t.equal(seen.size, 64)
  t.end()
})

t.test('version 2 begins where the length no longer fits, version 3 where Latin-1 ends', (t) => {
  const long = encode([['x'.repeat(70000), '<f8']], [2])
  t.equal(long[6], 2)
  t.equal(long.readUInt32LE(8), long.length - 12)
  t.equal(long.length % 64, 0)
  t.equal(encode([['é', '<f8']], [2])[6], 1)
  const wide = encode([['中', '<f8']], [2])
  t.equal(wide[6], 3)
  t.equal(wide.length % 64, 0)
  t.ok(wide.toString('utf8').includes("[('中', '<f8')]"))
  // The longest header of version 1: 65,535 is no length that padding can give.
  const lengths = [65380, 65400, 65420, 65440, 65460, 65480].map((n) => {
    const bytes = encode([['x'.repeat(n), '<f8']], [2])
    return [bytes[6], bytes.length % 64]
  })
  t.ok(lengths.some(([version]) => version === 1) && lengths.some(([version]) => version === 2))
  t.ok(lengths.every(([, rest]) => rest === 0))
  t.end()
})

t.test('headers are read back', (t) => {
  const descr: fc.Arbitrary<NpyDescr> = fc.oneof(
    fc.constantFrom('<f8', '|b1', '<U7', '|S3', '<M8[ns]', '<c8'),
    fc.array(
      fc
        .tuple(fc.string({ unit: 'grapheme' }), fc.constantFrom('<i2', '|V3'))
        .map(([name, type]) => [name, type] as const),
      { minLength: 1, maxLength: 20 },
    ),
  )
  const shape = fc.array(fc.nat(9), { maxLength: 6 })
  fc.assert(
    fc.property(descr, shape, fc.boolean(), (descr, shape, fortranOrder) => {
      const bytes = encodeNpyHeader({ descr, shape, fortranOrder })
      t.equal(npyDataOffset(bytes.subarray(0, 12), 'k'), bytes.length)
      const parsed = parseNpyHeader(bytes, Infinity, 'k')
      t.match(parsed, { descr, shape, fortranOrder, dataOffset: bytes.length })
      t.equal(parsed.dataLength, shape.reduce((n, d) => n * d, 1) * parsed.itemsize)
    }),
  )
  t.end()
})

t.test('as many axes as NumPy takes are written, and read', (t) => {
  const shape = (rank: number): number[] => Array.from({ length: rank }, () => 1)
  t.strictSame(parse(encode('<f8', shape(64))).shape, shape(64))
  const message = 'an array of 65 axes has no .npy: NumPy takes at most 64'
  t.throws(() => encode('<f8', shape(65)), new RangeError(message))
  const text = DICT.replace('(3, 4)', `(${'1, '.repeat(65)})`)
  t.throws(() => parse(frame(text)), { code: 'CKPT_CORRUPT', message: /shape has 65 axes$/ })
  t.end()
})

t.test('all versions are read', (t) => {
  for (const version of [1, 2, 3]) {
    const bytes = frame(`${DICT}\n`, version)
    t.match(parse(bytes), { version, descr: '<f8', shape: [3, 4], itemsize: 8, dataLength: 96 })
    t.equal(npyDataOffset(bytes, 'k'), bytes.length)
  }
  const name = Buffer.from('é', 'latin1').toString('latin1')
  t.strictSame(parse(frame(DICT.replace("'<f8'", `[('${name}', '<f8')]`))).descr, [['é', '<f8']])
  t.strictSame(parse(frame(DICT.replace("'<f8'", "[('é中', '<f8')]"), 3)).descr, [['é中', '<f8']])
  t.end()
})

t.test('headers that other writers made are read', (t) => {
  const texts = [
    `{"shape": (3L, 4L), "fortran_order": False, "descr": "<f8"}`,
    `  {\n'descr' :'<f8' , 'fortran_order':False,\t'shape':(3,4)}   \n\n`,
    `{'descr': 'f8', 'fortran_order': False, 'shape': (3, 4)}`,
    `{'descr': '=f8', 'fortran_order': False, 'shape': (3, 4)}`,
    DICT,
  ]
  for (const text of texts) {
    const parsed = parse(frame(text))
    t.match(parsed, { shape: [3, 4], fortranOrder: false, bigEndian: false }, text)
    t.equal(parsed.info?.name, 'float64')
  }
  t.end()
})

t.test('types are known in either byte order, or carried', (t) => {
  const cases: [string, string | undefined, boolean][] = [
    ['>f8', 'float64', true],
    ['>c8', 'complex64', true],
    ['>i2', 'int16', true],
    ['>u1', 'uint8', false],
    ['|b1', 'bool', false],
    ['<f2', 'float16', false],
    ['<f16', undefined, false],
    ['|S4', undefined, false],
    ['>U4', undefined, false],
    ['<M8[D]', undefined, false],
  ]
  for (const [descr, name, bigEndian] of cases) {
    const parsed = parse(frame(DICT.replace('<f8', descr)))
    t.equal(parsed.info?.name, name, descr)
    if (name !== undefined) t.equal(parsed.bigEndian, bigEndian, descr)
  }
  t.equal(parse(encode([['bfloat16', '<u2']], [2])).info?.name, 'bfloat16')
  t.equal(parse(encode([['a', '<u2']], [2])).info, undefined)
  t.end()
})

t.test('what is no .npy is refused', (t) => {
  const corrupt = (bytes: Uint8Array, message: RegExp, reason: string): void => {
    const details = { key: 'k', reason }
    t.throws(() => parse(bytes), { code: 'CKPT_CORRUPT', message, details }, String(message))
  }
  corrupt(Buffer.alloc(0), /does not begin with the .npy magic/, 'framing')
  corrupt(Buffer.from('\x80\x03pickle', 'latin1'), /does not begin with/, 'framing')
  corrupt(frame(DICT).subarray(0, 9), /ends inside its .npy header/, 'bounds')
  const texts: [string, RegExp][] = [
    ['', /malformed .npy header: expected a value at character 0/],
    ['[]', /it is not a dict of three keys/],
    ["{'descr': '<f8'}", /it is not a dict of three keys/],
    [DICT.replace('}', "'more': 1}"), /it is not a dict of three keys/],
    [DICT.replace('shape', 'shapes'), /it lacks descr, fortran_order or shape/],
    [DICT.replace('False', '0'), /it lacks descr, fortran_order or shape/],
    [DICT.replace('(3, 4)', '3'), /shape is not a tuple/],
    [DICT.replace('(3, 4)', '(-3, 4)'), /shape is not a tuple of non-negative integers/],
    [DICT.replace('(3, 4)', '[3, 4]'), /shape is not a tuple/],
    [DICT.replace('<f8', '<z8'), /unknown type '<z8'/],
    [DICT.replace(', }', ''), /malformed/],
    [`${DICT}x`, /unexpected text/],
  ]
  for (const [text, message] of texts) corrupt(frame(text), message, 'framing')
  t.end()
})

t.test('what is not read is told apart from what is broken', (t) => {
  const cases: [Uint8Array, RegExp][] = [
    [Buffer.from('PK\x03\x04'), /is a zip archive \(\.npz\), which is not read/],
    [frame(DICT, 4), /is \.npy version 4\.0/],
    [frame(DICT, 0), /is \.npy version 0\.0/],
    [frame(DICT.replace('<f8', '|O')), /object arrays hold Python pickles/],
  ]
  const wrongMinor = frame(DICT)
  wrongMinor[7] = 1
  cases.push([wrongMinor, /version 1\.1/])
  for (const [bytes, message] of cases) {
    t.throws(() => parse(bytes), { code: 'CKPT_UNSUPPORTED', message, details: { key: 'k' } })
  }
  t.end()
})

t.test('a shape that claims more than follows is refused', (t) => {
  const bytes = frame(DICT)
  t.equal(parse(bytes, bytes.length + 96).dataLength, 96)
  t.equal(parse(bytes, bytes.length + 97).dataLength, 96, 'more is ignored')
  const details = { key: 'k', reason: 'bounds' }
  t.throws(() => parse(bytes, bytes.length + 95), { code: 'CKPT_CORRUPT', details })
  for (const shape of ['(9007199254740991,)', '(4294967296, 4294967296, 4294967296)']) {
    const huge = frame(DICT.replace('(3, 4)', shape))
    t.throws(() => parse(huge), { code: 'CKPT_CORRUPT', details })
  }
  t.equal(parse(frame(DICT.replace('(3, 4)', '(9007199254740991, 0)'))).dataLength, 0)
  t.end()
})
