import fc from 'fast-check'
import t from 'tap'
import { decompress } from '../../../lib/bundle/table/snappy.js'
import { varintLength, writeVarint } from '../../../lib/bundle/varint.js'
import { bytes, fromHex, toHex } from './samples'

/** One element of raw snappy, and what it appends. */
type Element =
  | { readonly literal: Uint8Array; readonly wide: number }
  | { readonly back: number; readonly length: number; readonly kind: 1 | 2 | 3 }

const little = (value: number, size: number): number[] =>
  Array.from({ length: size }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff)

/** Compresses by fiat: writes the elements asked for and computes what they mean. */
function assemble(elements: readonly Element[]): { packed: Uint8Array; plain: Uint8Array } {
  const packed: number[] = []
  const plain: number[] = []
  for (const element of elements) {
    if ('literal' in element) {
      const { literal, wide } = element
      if (literal.length === 0) continue
      if (wide === 0 && literal.length <= 60) packed.push((literal.length - 1) << 2)
      else
        packed.push((59 + Math.max(1, wide)) << 2, ...little(literal.length - 1, Math.max(1, wide)))
      packed.push(...literal)
      plain.push(...literal)
      continue
    }
    if (plain.length === 0) continue
    const back = 1 + (element.back % plain.length)
    let { length, kind } = element
    if (kind === 1 && (back > 2047 || length < 4 || length > 11)) kind = 2
    if (kind === 1) packed.push(1 | ((length - 4) << 2) | ((back >> 8) << 5), back & 0xff)
    else packed.push(kind | ((length - 1) << 2), ...little(back, kind === 2 ? 2 : 4))
    for (; length > 0; length--) plain.push(plain[plain.length - back] ?? 0)
  }
  const header = new Uint8Array(varintLength(plain.length))
  writeVarint(header, 0, plain.length)
  return { packed: Uint8Array.from([...header, ...packed]), plain: Uint8Array.from(plain) }
}

const element: fc.Arbitrary<Element> = fc.oneof(
  fc.record({ literal: fc.uint8Array({ maxLength: 200 }), wide: fc.integer({ min: 0, max: 4 }) }),
  fc.record({
    back: fc.nat(5000),
    length: fc.integer({ min: 1, max: 64 }),
    kind: fc.constantFrom(1 as const, 2 as const, 3 as const),
  }),
)

t.test('any sequence of elements is expanded', (t) => {
  fc.assert(
    fc.property(fc.array(element, { maxLength: 40 }), (elements) => {
      const { packed, plain } = assemble(elements)
      t.equal(toHex(decompress(packed)), toHex(plain))
    }),
    { numRuns: 300 },
  )
  t.end()
})

t.test('known streams', (t) => {
  t.equal(decompress(fromHex('00')).length, 0)
  // 26 letters as one literal.
  const text = 'abcdefghijklmnopqrstuvwxyz'
  t.strictSame(
    Buffer.from(decompress(Buffer.concat([fromHex('1a64'), bytes(text)]))).toString(),
    text,
  )
  // A literal 'ab' and a copy that runs into its own output.
  t.equal(toHex(decompress(fromHex('0a0461621102'))), '6162'.repeat(5))
  t.end()
})

t.test('hostile streams are refused', (t) => {
  const cases: [string, string, RegExp][] = [
    ['empty', '', /length is not readable/],
    ['cut length', '80', /length is not readable/],
    ['a claim beyond any expansion', 'ffffffff0f0061', /cannot hold 4294967295/],
    ['a huge claim', 'ffffffffffffff0f0061', /cannot hold/],
    ['no elements', '01', /cannot hold 1/],
    ['short output', '020061', /shorter than claimed/],
    ['long output', '01046162', /longer than claimed/],
    ['long copy', '0300610901', /longer than claimed/],
    ['cut literal', '050c616263', /literal is cut off/],
    ['cut literal length', '05f4', /cut off/],
    ['literal length of four bytes', '05fcffffffff61', /literal is cut off/],
    ['cut copy', '05006101', /cut off/],
    ['cut wide copy', '0500610200', /cut off/],
    ['offset 0', '0500610100', /before the output/],
    ['offset before the start', '0500610102', /before the output/],
    ['offset of four bytes', '0500610fffffffff', /before the output/],
  ]
  for (const [name, hex, message] of cases) {
    const expected = { code: 'CKPT_CORRUPT', message, details: { reason: 'framing' } }
    t.throws(() => decompress(fromHex(hex)), expected, name)
  }
  t.end()
})

t.test('any bytes are expanded or refused', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (packed) => {
      try {
        t.ok(decompress(packed).length <= packed.length * 64)
      } catch (error) {
        t.match(error, { code: 'CKPT_CORRUPT' })
      }
    }),
    { numRuns: 1000 },
  )
  t.end()
})
