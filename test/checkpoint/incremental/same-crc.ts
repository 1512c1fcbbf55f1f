/** Other bytes with the same CRC-32C. */
import { crc32c } from '../../../lib/native.js'

/**
 * Changes bytes at their start, and the last four so that the checksum of all stays the same. The
 * checksum is linear: what a set of bits does to it is the exclusive or of what each of them does.
 */
export function changeUnseen(bytes: Uint8Array, change: (bytes: Uint8Array) => void): void {
  const before = crc32c(bytes)
  change(bytes)
  const tail = bytes.length - 4
  // Which bits of the last four bytes give which difference.
  const zero = crc32c(new Uint8Array(4))
  const rows = Array.from({ length: 32 }, (_, bit) => {
    const one = new Uint8Array(4)
    one[bit >> 3] = 1 << (bit & 7)
    return { effect: (crc32c(one) ^ zero) >>> 0, bits: 1 << bit }
  })
  let wanted = (crc32c(bytes) ^ before) >>> 0
  let bits = 0
  for (let column = 0; column < 32; column++) {
    const mask = (1 << column) >>> 0
    const pivot = rows.findIndex((row, i) => i >= column && (row.effect & mask) !== 0)
    const row = rows[pivot]
    if (row === undefined) throw new Error('the checksum is not invertible')
    rows.splice(pivot, 1)
    rows.splice(column, 0, row)
    for (const other of rows) {
      if (other === row || (other.effect & mask) === 0) continue
      other.effect = (other.effect ^ row.effect) >>> 0
      other.bits ^= row.bits
    }
  }
  for (const [column, { bits: own }] of rows.entries()) {
    if ((wanted & ((1 << column) >>> 0)) !== 0) bits ^= own
  }
  wanted = bits >>> 0
  for (let i = 0; i < 4; i++)
    bytes[tail + i] = (bytes[tail + i] ?? 0) ^ ((wanted >>> (8 * i)) & 255)
  if (crc32c(bytes) !== before) throw new Error('the checksum has changed')
}
