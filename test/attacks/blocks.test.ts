// Tables whose handles and restart points lead to the wrong place, and compressed blocks that become
// far more than they are.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { indexPath } from '../../lib/bundle/names.js'
import { writeVarint } from '../../lib/bundle/varint.js'
import { openCheckpointSync } from '../../lib/index.js'
import { encodeEntry, encodeHeader } from '../../lib/bundle/messages.js'
import { TableWriter } from '../../lib/bundle/table/writer.js'
import { block, contents, entryOf, fromHex, HEADER as BUNDLE, toHex } from '../bundle/table/samples'
import { problemsOf } from './expect'
import { compressed, entriesBomb, MAGIC } from './bombs'

type Handle = readonly [offset: number, size: number]

const varints = (...numbers: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(10 * numbers.length)
  return bytes.subarray(
    0,
    numbers.reduce((at, n) => writeVarint(bytes, at, n), 0),
  )
}

const byte = (n: number): string => n.toString(16).padStart(2, '0')

/** An index block's entries: each has a key of two bytes and a handle, or what is given for one. */
const handles = (list: readonly (Handle | string)[]): string =>
  list
    .map((handle, i) => {
      const value = typeof handle === 'string' ? handle : toHex(varints(...handle))
      return `0002${byte(value.length / 2)}ff${byte(i)}${value}`
    })
    .join('')

interface Table {
  readonly data: readonly Uint8Array[]
  /** What the index block has in the place of honest handles. */
  readonly handles?: readonly (Handle | string)[]
  readonly restarts?: readonly number[]
  /** What the footer begins with in the place of honest handles. */
  readonly footer?: string
}

function tableOf({ data, footer, restarts, handles: claimed }: Table): Uint8Array {
  let end = 0
  const honest = data.map(({ length }): Handle => {
    const handle = [end, length] as const
    end += length + 5
    return handle
  })
  const entries = handles(claimed ?? honest)
  // One restart point for each entry, as TensorFlow's index blocks have.
  const starts = Array.from(claimed ?? honest, (_, i) => handles((claimed ?? honest).slice(0, i)))
  const index = contents(entries, restarts ?? starts.map((before) => before.length / 2))
  const last = new Uint8Array(48)
  const blocks = [...data.map((bytes) => block(bytes)), block(index)]
  last.set(footer === undefined ? varints(0, 0, end, index.length) : fromHex(footer))
  last.set(MAGIC, 40)
  return Buffer.concat([...blocks, last])
}

/** The header of a bundle, under the empty key. */
const HEADER = '00000608011a020801'
const FIRST = contents(HEADER, [0])
const SECOND = contents('0001006b', [0])

const LIES: Readonly<Record<string, [Table, RegExp]>> = {
  'a data block that is the index block': [
    { data: [FIRST], handles: [[0, FIRST.length], `${byte(FIRST.length + 5)}10`] },
    /damaged|not parseable/,
  ],
  'an index block of which a handle leads to itself': [
    { data: [], handles: ['0012'] },
    /damaged|not parseable/,
  ],
  'one data block twice': [
    {
      data: [FIRST],
      handles: [
        [0, FIRST.length],
        [0, FIRST.length],
      ],
    },
    /data blocks overlap/,
  ],
  'data blocks that overlap by a byte': [
    {
      data: [FIRST, SECOND],
      handles: [
        [0, FIRST.length],
        [FIRST.length + 4, SECOND.length],
      ],
    },
    /data blocks overlap/,
  ],
  'data blocks in the wrong order': [
    {
      data: [SECOND, FIRST],
      handles: [
        [SECOND.length + 5, FIRST.length],
        [0, SECOND.length],
      ],
    },
    /data blocks overlap/,
  ],
  'a data block in the footer': [{ data: [FIRST], handles: [[60, 40]] }, /truncated block read/],
  'a handle of eleven bytes': [
    { data: [FIRST], handles: ['ffffffffffffffffffff0100'] },
    /bad block handle/,
  ],
  'a handle of 2^64 - 1': [
    { data: [FIRST], handles: ['ffffffffffffffffff0100'] },
    /bad block handle/,
  ],
  'a handle without a size': [{ data: [FIRST], handles: ['00'] }, /bad block handle/],
  'a handle of nothing': [{ data: [FIRST], handles: [''] }, /bad block handle/],
  'an index block that the footer places at 2^53 - 1': [
    { data: [FIRST], footer: `0000${toHex(varints(2 ** 53 - 1, 1))}` },
    /names a block outside the file/,
  ],
  'an index block of 2^53 - 1 bytes': [
    { data: [FIRST], footer: `0000${toHex(varints(0, 2 ** 53 - 1))}` },
    /names a block outside the file/,
  ],
  'offset and size of the index block whose sum is above 2^53': [
    { data: [FIRST], footer: `0000${toHex(varints(2 ** 53 - 1, 2 ** 53 - 1))}` },
    /names a block outside the file/,
  ],
  'a metaindex block outside the file': [
    { data: [FIRST], footer: `${toHex(varints(2 ** 40, 8))}0008` },
    /names a block outside the file/,
  ],
  'a footer of bytes that never end': [
    { data: [FIRST], footer: 'ff'.repeat(40) },
    /bad block handle in the footer/,
  ],
  'an index block that is the footer': [
    { data: [FIRST], footer: '00003c28' },
    /names a block outside the file/,
  ],
  'restart points in falling order': [
    { data: [contents(`${HEADER}0001006b0001006c`, [0, 13, 9])] },
    /a restart point is not at an entry/,
  ],
  'the same restart point twice': [
    { data: [contents(`${HEADER}0001006b`, [0, 9, 9])] },
    /a restart point is not at an entry/,
  ],
  'a first restart point that is not 0': [
    { data: [contents(`${HEADER}0001006b`, [9])] },
    /the first restart point is not 0/,
  ],
  'a restart point behind the entries': [
    { data: [contents(`${HEADER}0001006b`, [0, 2 ** 32 - 1])] },
    /a restart point is not at an entry/,
  ],
  'a restart point at a key that is not whole': [
    { data: [contents(`${HEADER}0001006b0101006c`, [0, 13])] },
    /a key at a restart point is not whole/,
  ],
  'restart points of an index block that lie': [
    { data: [FIRST], restarts: [0, 3] },
    /a restart point is not at an entry/,
  ],
  'a restart count of 0': [{ data: [fromHex('00000000')] }, /bad count of restart points/],
  'blocks of no bytes': [{ data: [new Uint8Array(0)] }, /bad count of restart points/],
  'entries whose lengths have ten bytes': [
    { data: [contents('80808080808080808001ffffffffffffffffff0100', [0])] },
    /an entry is not readable/,
  ],
}

for (const [what, [table, message]] of Object.entries(LIES)) {
  t.test(`a table with ${what} is corrupt`, (t) => {
    const prefix = join(t.testdir(), 'x')
    const path = indexPath(prefix)
    writeFileSync(path, tableOf(table))
    t.throws(() => openCheckpointSync(prefix), { code: 'CKPT_CORRUPT', message, details: { path } })
    t.strictSame(problemsOf(prefix).codes, ['CKPT_CORRUPT'])
    t.end()
  })
}

t.test('the same tables without the lie are read', (t) => {
  const prefix = join(t.testdir(), 'x')
  writeFileSync(indexPath(prefix), tableOf({ data: [FIRST, SECOND] }))
  t.strictSame(
    openCheckpointSync(prefix)
      .variables()
      .map(({ key }) => key),
    ['k'],
  )
  writeFileSync(indexPath(prefix), compressed(FIRST.length, [[FIRST, 0]]))
  t.equal(openCheckpointSync(prefix).variables().length, 0)
  t.end()
})

t.test('a compressed index that becomes far more than it is', (t) => {
  const prefix = join(t.testdir(), 'x')
  const path = indexPath(prefix)
  const refused = (index: Uint8Array, message: RegExp): void => {
    writeFileSync(path, index)
    t.throws(() => openCheckpointSync(prefix), { code: 'CKPT_CORRUPT', message })
  }
  // A literal of one byte, and copies of it.
  refused(compressed(2 ** 24, [[Buffer.of(0), 2 ** 24 - 1]]), /corrupted compressed block/)
  refused(entriesBomb(500_000), /far too many entries/)
  // One long key, and a dozen that share all of it.
  const long = 600_000
  const rest = Array.from({ length: 12 }, (_, i) => [varints(long + i, 1, 0), Buffer.of(0x6b)])
  const shared = Buffer.concat([...rest.flat(), Buffer.of(0, 0, 0, 0, 1, 0, 0, 0)])
  const first = Buffer.concat([varints(0, long, 0), Buffer.of(0x6b)])
  const parts: [Uint8Array, number][] = [[fromHex(HEADER), 0]]
  parts.push([first, long - 1])
  for (let at = 0; at < shared.length; at += 60) parts.push([shared.subarray(at, at + 60), 0])
  const length = HEADER.length / 2 + first.length + long - 1 + shared.length
  refused(compressed(length, parts), /keys repeat too much/)
  t.end()
})

t.test('many short entries are refused, as many as an honest file may have are not', (t) => {
  const prefix = join(t.testdir(), 'x')
  const write = (count: number, value: Uint8Array): void => {
    const table = new TableWriter()
    table.add(new Uint8Array(0), encodeHeader(BUNDLE))
    const key = Buffer.alloc(4)
    for (let i = 0; i < count; i++) {
      key.writeUInt32BE(0x61000000 + i)
      table.add(key, value)
    }
    writeFileSync(indexPath(prefix), table.finish())
  }
  write(150_000, new Uint8Array(0))
  t.throws(() => openCheckpointSync(prefix), { code: 'CKPT_CORRUPT', message: /far too many/ })
  write(80_000, encodeEntry(entryOf({ size: 4, crc: 0x12345678 })))
  t.equal(openCheckpointSync(prefix).variables().length, 80_000)
  t.end()
})
