import fc from 'fast-check'
import t from 'tap'
import { mask } from '../../../lib/bundle/masked-crc.js'
import { parseStrings, parseVariants, StringTensor } from '../../../lib/bundle/read/strings.js'
import { stringTensorValue } from '../../../lib/bundle/write/values.js'
import { crc32c } from '../../../lib/native.js'
import { bytes, fromHex, toHex } from '../table/samples'

/** A tensor list of [1, 2] as TensorFlow wrote it, and its masked checksum. */
const VARIANT = fromHex(
  '3e0a1674656e736f72666c6f773a3a54656e736f724c697374120c0001ffffffffffffffffff011a0a080112002a' +
    '040000803f1a0a080112002a0400000040e7f6e3e6',
)

t.test('elements are found by their index, in C order', (t) => {
  const tensor = new StringTensor('string', [2, 3], (i) => bytes(String(i)))
  t.match(tensor, { dtype: 'string', shape: [2, 3], size: 6 })
  t.equal(Buffer.from(tensor.get(1, 1)).toString(), '4')
  t.strictSame(
    Array.from(tensor, (element) => Buffer.from(element).toString()),
    ['0', '1', '2', '3', '4', '5'],
  )
  t.throws(() => tensor.get(1), new TypeError('expected 2 indices, got 1'))
  t.throws(() => tensor.get(2, 0), new RangeError('index 2 is outside axis 0 of 2 elements'))
  t.throws(() => tensor.get(0, -1), RangeError)
  t.throws(() => tensor.get(0.5, 0), RangeError)
  t.ok(Object.isFrozen(tensor.shape))
  const scalar = new StringTensor('string', [], () => bytes('x'))
  t.equal(scalar.size, 1)
  t.equal(scalar.get().length, 1)
  t.strictSame([...new StringTensor('string', [0], () => bytes('x'))], [])
  t.end()
})

t.test('any strings are found where they were written', (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (strings) => {
      const { head, seed } = stringTensorValue('k', [strings.length], strings)
      const layout = parseStrings(head, head.length, strings.length, 'k')
      const found = strings.map((_, i) => head.subarray(layout.offsets[i], layout.offsets[i + 1]))
      t.strictSame(found.map(toHex), strings.map(toHex))
      t.equal(layout.offsets[strings.length], head.length)
      t.equal(crc32c(head.subarray(layout.offsets[0]), layout.seed), seed)
    }),
  )
  t.end()
})

t.test('of a scalar the first bytes are enough', (t) => {
  const { head } = stringTensorValue('k', [], [new Uint8Array(1000)])
  t.strictSame([...parseStrings(head.subarray(0, 20), head.length, 1, 'k').offsets], [6, 1006])
  t.end()
})

t.test('a tensor of no strings may have been written without a byte', (t) => {
  t.match(parseStrings(new Uint8Array(0), 0, 0, 'k'), { seed: 0 })
  t.match(parseStrings(fromHex('d8ea82a2'), 4, 0, 'k').offsets, [4])
  t.end()
})

t.test('lengths that do not fit are refused', (t) => {
  const { head } = stringTensorValue('k', [2], [bytes('hello'), bytes('')])
  const refused = (data: Uint8Array, count: number, message: RegExp, reason = 'bounds'): void => {
    const details = { key: 'k', reason }
    const error = { code: 'CKPT_CORRUPT', message, details }
    t.throws(() => parseStrings(data, data.length, count, 'k'), error, String(message))
  }
  refused(head, 99, /stored size 11; expected size is at least 99/)
  refused(head.subarray(0, 5), 2, /string lengths longer than expected/)
  refused(head.subarray(0, 10), 2, /string lengths longer than expected/)
  refused(fromHex('ffffffffffffffffffff01'), 1, /string lengths longer than expected/)
  const changed = Buffer.from(head)
  changed.writeUInt8(4, 0)
  refused(changed, 2, /the length checksum of 'k' does not match/, 'checksum')
  t.end()
})

t.test('variants are carried as their bytes, every checksum checked', (t) => {
  const { elements, crc } = parseVariants(VARIANT, 1, 'k')
  t.strictSame(elements, [VARIANT.subarray(1, 63)])
  t.equal(mask(crc), 0xe44362f7)
  const changed = VARIANT.slice()
  changed[20] = 0
  const corrupt = { code: 'CKPT_CORRUPT', details: { reason: 'checksum' } }
  t.throws(() => parseVariants(changed, 1, 'k'), corrupt)
  for (const length of [0, 1, 30, 66]) {
    const short = { code: 'CKPT_CORRUPT', details: { reason: 'bounds' } }
    t.throws(() => parseVariants(VARIANT.subarray(0, length), 1, 'k'), short)
  }
  t.throws(() => parseVariants(VARIANT, 2, 'k'), { code: 'CKPT_CORRUPT' })
  t.strictSame(parseVariants(new Uint8Array(0), 0, 'k'), { elements: [], crc: 0 })
  t.end()
})
