import fc from 'fast-check'
import t from 'tap'
import { TextWindow } from '../../lib/bundle/text-window.js'

t.test('slices of ASCII, in any order, near and far', (t) => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => 0x20 + (i % 95)))
  const text = bytes.toString('latin1')
  const window = new TextWindow(bytes)
  const place = fc.tuple(fc.nat(bytes.length), fc.nat(100_000))
  fc.assert(
    fc.property(place, ([start, length]) => {
      const end = Math.min(start + length, bytes.length)
      return window.slice(start, end) === text.slice(start, end)
    }),
  )
  t.end()
})

t.test('what is not ASCII, or is beside it, is left to the caller', (t) => {
  const bytes = Buffer.concat([Buffer.alloc(100_000, 'a'), Buffer.from('é'), Buffer.alloc(10, 'b')])
  const window = new TextWindow(bytes)
  t.equal(window.slice(0, 3), 'aaa')
  t.equal(window.slice(99_999, 100_002), undefined)
  t.equal(window.slice(100_000, 100_001), undefined, 'in a stretch that is known')
  t.equal(window.slice(3, 5), 'aa', 'another stretch')
  t.equal(window.slice(100_002, 100_012), 'b'.repeat(10))
  t.end()
})
