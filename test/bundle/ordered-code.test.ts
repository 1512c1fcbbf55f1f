import fc from 'fast-check'
import t from 'tap'
import { encodeSigned, encodeSliceKey, encodeUnsigned } from '../../lib/bundle/ordered-code.js'
import { toHex } from './table/samples'

const signed = (value: number | bigint): string => toHex(Uint8Array.from(encodeSigned(value)))
const unsigned = (value: number): string => toHex(Uint8Array.from(encodeUnsigned(value)))

t.test('known signed numbers', (t) => {
  const vectors: [number | bigint, string][] = [
    [0, '80'],
    [1, '81'],
    [63, 'bf'],
    [64, 'c040'],
    [100, 'c064'],
    [8191, 'dfff'],
    [8192, 'e02000'],
    [-1, '7f'],
    [-64, '40'],
    [-65, '3fbf'],
    [-8192, '2000'],
    [-8193, '1fdfff'],
    [2 ** 20, 'f0100000'],
    [2 ** 34, 'fc0400000000'],
    [2n ** 55n, 'ff8080000000000000'],
    [2n ** 62n, 'ffc04000000000000000'],
    [-(2n ** 63n), '003f8000000000000000'],
  ]
  for (const [value, hex] of vectors) t.equal(signed(value), hex, String(value))
  t.end()
})

t.test('known unsigned numbers', (t) => {
  t.equal(unsigned(0), '00')
  t.equal(unsigned(1), '0101')
  t.equal(unsigned(300), '02012c')
  t.equal(unsigned(2 ** 40), '06010000000000')
  t.end()
})

t.test('slice keys', (t) => {
  const first = encodeSliceKey('k', [{ start: 0, length: 2 }])
  t.equal(toHex(first), '006b000101018082')
  const second = encodeSliceKey(Buffer.from('k'), [{ start: 2, length: 1 }])
  t.equal(toHex(second), '006b000101018281')
  const whole = encodeSliceKey('', [{ start: 0, length: -1 }])
  t.equal(toHex(whole), '0000010101807f')
  const escaped = encodeSliceKey(Uint8Array.of(0x00, 0x41, 0xff), [])
  t.equal(toHex(escaped), '0000ff41ff00000100')
  t.equal(toHex(encodeSliceKey('é', [])), '00c3a9000100')
  t.end()
})

t.test('byte order is the order of values', (t) => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  fc.assert(
    fc.property(int64, int64, (a, b) => {
      const order = Buffer.compare(Buffer.from(encodeSigned(a)), Buffer.from(encodeSigned(b)))
      t.equal(order, a < b ? -1 : a > b ? 1 : 0)
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 6 }), fc.uint8Array({ maxLength: 6 }), (a, b) => {
      t.equal(
        Buffer.compare(encodeSliceKey(a, []), encodeSliceKey(b, [])),
        Buffer.compare(a, b),
        'names',
      )
    }),
  )
  t.end()
})
