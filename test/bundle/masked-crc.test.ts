import fc from 'fast-check'
import t from 'tap'
import { mask, unmask } from '../../lib/bundle/masked-crc.js'
import { crc32c } from '../../lib/native.js'

const uint32 = fc.integer({ min: 0, max: 0xffffffff })

t.test('known checksums', (t) => {
  const counting = Uint8Array.from({ length: 32 }, (_, i) => i)
  const cases: [Uint8Array, number, number][] = [
    [new Uint8Array(0), 0x00000000, 0xa282ead8],
    [Buffer.from('a'), 0xc1d04330, 0x28e46e78],
    [Buffer.from('123456789'), 0xe3069283, 0xc78ab0e5],
    [new Uint8Array(32), 0x8a9136aa, 0x0fd7fffa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43, 0xf909b029],
    [counting, 0x46dd794e, 0x951f7892],
  ]
  for (const [bytes, crc, masked] of cases) {
    t.equal(crc32c(bytes), crc)
    t.equal(mask(crc), masked)
    t.equal(unmask(masked), crc)
  }
  t.end()
})

t.test('unmask undoes mask', (t) => {
  fc.assert(
    fc.property(uint32, (crc) => {
      const masked = mask(crc)
      t.ok(masked >= 0 && masked <= 0xffffffff)
      t.equal(unmask(masked), crc)
    }),
  )
  t.end()
})
