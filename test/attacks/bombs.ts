/** Index files that are small, and large when they are read: compressed by fiat. */
import { writeVarint } from '../../lib/bundle/varint.js'
import { block, contents, fromHex } from '../bundle/table/samples'

export const MAGIC = fromHex('57fb808b247547db')

const varints = (...numbers: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(10 * numbers.length)
  return bytes.subarray(
    0,
    numbers.reduce((at, n) => writeVarint(bytes, at, n), 0),
  )
}

/** Elements of snappy: a literal of up to 60 bytes, and copies of what was `back` bytes before. */
const literal = (bytes: Uint8Array): Uint8Array => Buffer.of((bytes.length - 1) << 2, ...bytes)

const copies = (back: number, count: number): Uint8Array => {
  const all = Buffer.alloc(3 * Math.ceil(count / 64))
  for (let at = 0, left = count; left > 0; at += 3, left -= 64) {
    all[at] = 2 | ((Math.min(left, 64) - 1) << 2)
    all.writeUInt16LE(back, at + 1)
  }
  return all
}

/**
 * A table whose only data block is compressed.
 *
 * @param parts literals, each followed by so many copies of its last byte
 */
export function compressed(
  length: number,
  parts: Iterable<readonly [literal: Uint8Array, copied: number]>,
): Uint8Array {
  const elements = Array.from(parts, ([bytes, count]) => [literal(bytes), copies(1, count)])
  return around(Buffer.concat([varints(length), ...elements.flat()]))
}

const around = (packed: Uint8Array): Uint8Array => tableAround(packed, 1)

/** A table of one data block. */
function tableAround(packed: Uint8Array, type: number): Uint8Array {
  const first = block(packed, type)
  const handle = varints(0, packed.length)
  const entry = Buffer.concat([Buffer.of(0, 1, handle.length, 0xff), handle])
  const index = contents(entry.toString('hex'), [0])
  const footer = new Uint8Array(48)
  footer.set(varints(first.length, index.length, first.length, index.length))
  footer.set(MAGIC, 40)
  return Buffer.concat([first, block(index), footer])
}

/** An index of so many bytes whose keys, of bytes that are no text, sum up to many times as many. */
export function repeatedKeys(bytes: number): Uint8Array {
  const long = Math.floor(bytes / 64)
  const run = (first: number): Uint8Array => {
    const whole = Buffer.concat([varints(0, long, 0), Buffer.alloc(long, first)])
    const rest = Array.from({ length: 14 }, (_, i) =>
      Buffer.concat([varints(long + i, 1, 0), Buffer.of(0xff)]),
    )
    return Buffer.concat([whole, ...rest])
  }
  const runs = Array.from({ length: 60 }, (_, i) => run(0xa0 + i))
  const entries = Buffer.concat([fromHex('00000608011a020801'), ...runs])
  return tableAround(contents(entries.toString('hex'), [0]), 0)
}

/** Entries under a number, before the next one: `k`, `ka`, `kaa` … with values of no bytes. */
const PER_NUMBER = 16

/**
 * An index of so many entries that say nothing. All but a number in the first key of sixteen is a
 * copy of the sixteen before it.
 */
export function entriesBomb(count: number): Uint8Array {
  const run = (number: number): Uint8Array => {
    const first = Buffer.from('00040000000000', 'hex')
    first.writeUInt32BE(0x61000000 + number, 3)
    const rest = Array.from({ length: PER_NUMBER - 1 }, (_, i) => Buffer.of(4 + i, 1, 0, 0x61))
    return Buffer.concat([first, ...rest])
  }
  const header = fromHex('00000608011a020801')
  const sample = run(0)
  const runs = Math.floor(count / PER_NUMBER)
  const parts: Uint8Array[] = [literal(header)]
  for (let at = 0; at < sample.length; at += 60) parts.push(literal(sample.subarray(at, at + 60)))
  const next = Buffer.concat([
    literal(sample.subarray(0, 7)),
    copies(sample.length, sample.length - 7),
  ])
  const others = Buffer.alloc((runs - 1) * next.length, next)
  // The number lies behind the tag of the literal and the lengths of the entry.
  for (let i = 1; i < runs; i++) others.writeUInt32BE(0x61000000 + i, (i - 1) * next.length + 4)
  parts.push(others)
  const restarts = Buffer.alloc(8)
  restarts.writeUInt32LE(1, 4)
  const length = header.length + runs * sample.length + restarts.length
  return around(Buffer.concat([varints(length), ...parts, literal(restarts)]))
}
