import t from 'tap'
import { lengthBytes } from '../../lib/bundle/string-length.js'
import { toHex } from './table/samples'

t.test('lengths above four bytes are checksummed as eight', (t) => {
  t.equal(toHex(lengthBytes(0)), '00000000')
  t.equal(toHex(lengthBytes(2 ** 32 - 1)), 'ffffffff')
  t.equal(toHex(lengthBytes(2 ** 32)), '0000000001000000')
  t.equal(toHex(lengthBytes(2 ** 32 + 1)), '0100000001000000')
  t.end()
})
