import fc from 'fast-check'
import t from 'tap'
import { decodeKey, encodeKey } from '../../../lib/bundle/read/keys.js'
import { bytes, fromHex } from '../table/samples'

t.test('keys that are no UTF-8 stay different and come back', (t) => {
  t.equal(decodeKey(bytes('é\ufffd\ufeff😀')), 'é\ufffd\ufeff😀')
  t.equal(decodeKey(fromHex('ff61')), '\udcff' + 'a')
  t.equal(decodeKey(fromHex('c3a9c3')), 'é\udcc3')
  t.equal(decodeKey(fromHex('eda080')), '\udced\udca0\udc80', 'a surrogate in bytes')
  t.equal(decodeKey(fromHex('c0af')), '\udcc0\udcaf', 'an overlong form')
  t.equal(decodeKey(fromHex('e09fbfff')), '\udce0\udc9f\udcbf\udcff', 'another one')
  t.equal(decodeKey(fromHex('ffe282acf09f9880f48fbfbf')), '\udcff€😀\u{10ffff}')
  t.equal(decodeKey(fromHex('f4908080')), '\udcf4\udc90\udc80\udc80', 'above Unicode')
  t.equal(decodeKey(fromHex('61f09f98')), 'a\udcf0\udc9f\udc98', 'cut off')
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ maxLength: 12 }), (a, b) => {
      t.strictSame(Buffer.from(encodeKey(decodeKey(a))), Buffer.from(a))
      t.equal(decodeKey(a) === decodeKey(b), Buffer.compare(a, b) === 0)
    }),
    { numRuns: 500 },
  )
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (key) => {
      t.equal(decodeKey(encodeKey(key)), key)
    }),
  )
  t.end()
})
