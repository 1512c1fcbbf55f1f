import fc from 'fast-check'
import t from 'tap'
import { readVarint, VarintCursor, varintLength, writeVarint } from '../../lib/bundle/varint.js'
import { fromHex, toHex } from './table/samples'

function encode(n: number): string {
  const target = new Uint8Array(varintLength(n))
  writeVarint(target, 0, n)
  return toHex(target)
}

const read = (hex: string): ReturnType<typeof readVarint> => {
  const bytes = fromHex(hex)
  return readVarint(bytes, 0, bytes.length)
}

t.test('known values', (t) => {
  t.equal(encode(0), '00')
  t.equal(encode(127), '7f')
  t.equal(encode(128), '8001')
  t.equal(encode(300), 'ac02')
  t.equal(encode(2 ** 31), '8080808008')
  t.equal(encode(2 ** 32 - 1), 'ffffffff0f')
  t.equal(encode(Number.MAX_SAFE_INTEGER), 'ffffffffffffff0f')
  t.end()
})

t.test('every safe integer survives, in the bytes that BigInt arithmetic gives', (t) => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (n) => {
      const groups: number[] = []
      let rest = BigInt(n)
      for (; rest > 127n; rest >>= 7n) groups.push(Number(rest & 127n) | 128)
      groups.push(Number(rest))
      t.equal(encode(n), toHex(Uint8Array.from(groups)))
      t.strictSame(read(encode(n)), { value: n, next: groups.length })
    }),
  )
  t.end()
})

t.test('what does not fit is refused', (t) => {
  for (const n of [-1, 0.5, 2 ** 53, NaN, Infinity]) {
    t.throws(() => varintLength(n), RangeError)
    t.throws(() => writeVarint(new Uint8Array(16), 0, n), RangeError)
  }
  t.equal(read(''), undefined)
  t.equal(read('80'), undefined)
  t.equal(read('8080'), undefined)
  t.equal(read('ffffffffffffff10'), undefined, '2^53 and more')
  t.equal(read('ffffffffffffffffff01'), undefined, '-1 as int64')
  t.equal(read('8080808080808080808001'), undefined, 'eleven bytes')
  t.strictSame(read('81808080808080808000'), { value: 1, next: 10 }, 'ten bytes')
  t.end()
})

t.test('a read stops at the limit', (t) => {
  const bytes = fromHex('05ac0207')
  t.equal(readVarint(bytes, 1, 2), undefined)
  t.strictSame(readVarint(bytes, 1, 3), { value: 300, next: 3 })
  t.equal(readVarint(bytes, 4, 100), undefined, 'also when the limit is behind the bytes')
  const cursor = new VarintCursor(bytes, 0, 2)
  t.equal(cursor.read(), 5)
  t.equal(cursor.read(), -1)
  t.equal(cursor.offset, 1, 'a failed read does not move')
  t.end()
})
