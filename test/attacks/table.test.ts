// Index files that are no tables, or tables that lie about their blocks.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { indexPath } from '../../lib/bundle/names.js'
import { writeVarint } from '../../lib/bundle/varint.js'
import { openCheckpoint, openCheckpointSync } from '../../lib/index.js'
import { block, contents, fromHex, toHex } from '../bundle/table/samples'
import { problemsOf } from './expect'

interface Lie {
  /** The only data block. */
  readonly data: Uint8Array
  readonly type?: number
  /** What the index block says of it: offset and size. */
  readonly handle?: readonly [offset: number, size: number]
  readonly message: RegExp
}

const varints = (...numbers: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(10 * numbers.length)
  return bytes.subarray(
    0,
    numbers.reduce((at, n) => writeVarint(bytes, at, n), 0),
  )
}

/** A table of one data block, with right checksums everywhere. */
function tableOf({ data, type = 0, handle = [0, data.length] }: Lie): Uint8Array {
  const first = block(data, type)
  const value = varints(...handle)
  const entry = `0001${value.length.toString(16).padStart(2, '0')}ff${toHex(value)}`
  const index = contents(entry, [0])
  const footer = new Uint8Array(48)
  footer.set(varints(first.length, index.length, first.length, index.length))
  footer.set(fromHex('57fb808b247547db'), 40)
  return Buffer.concat([first, block(index), footer])
}

/** The entry of the header: an empty key. */
const HEADER = '00000608011a020801'

const LIES: Readonly<Record<string, Lie>> = {
  'a key twice': {
    data: contents(`${HEADER}0001006b0001006b`, [0]),
    message: /keys are not in increasing order/,
  },
  'keys in the wrong order': {
    data: contents(`${HEADER}0001006b0001006a`, [0]),
    message: /keys are not in increasing order/,
  },
  'a compressed block that claims 4 GiB': {
    data: fromHex('ffffffff0f0000'),
    type: 1,
    message: /corrupted compressed block/,
  },
  'a compressed block that claims 2^53 bytes': {
    data: fromHex('ffffffffffffff0f0000'),
    type: 1,
    message: /corrupted compressed block/,
  },
  'a compressed block that is longer than it claims': {
    data: fromHex('04146162636465666768'),
    type: 1,
    message: /corrupted compressed block/,
  },
  'a compressed block that is shorter than it claims': {
    data: fromHex('0a04616263'),
    type: 1,
    message: /corrupted compressed block/,
  },
  'a compressed block that copies from before its start': {
    data: fromHex('080061fe0500'),
    type: 1,
    message: /corrupted compressed block/,
  },
  'an unknown block type': { data: contents(HEADER, [0]), type: 7, message: /bad block type/ },
  'a block behind the file': {
    data: contents(HEADER, [0]),
    handle: [2 ** 52, 16],
    message: /truncated block read/,
  },
  'a block whose end is above 2^53': {
    data: contents(HEADER, [0]),
    handle: [0, 2 ** 53 - 1],
    message: /truncated block read/,
  },
  'an entry that is longer than its block': {
    data: contents('0000ffffff7f00', [0]),
    message: /an entry leaves its block/,
  },
  'an entry that shares more than there is': {
    data: contents('0500006b', [0]),
    message: /an entry leaves its block/,
  },
  'more restart points than bytes': {
    data: fromHex('ffffffff'),
    message: /bad count of restart points/,
  },
  'a restart point between entries': {
    data: contents(HEADER, [0, 3]),
    message: /a restart point is not at an entry/,
  },
  'no entry at all': { data: contents('', [0]), message: /has no header/ },
}

for (const [what, lie] of Object.entries(LIES)) {
  t.test(`a table with ${what} is corrupt`, async (t) => {
    const prefix = join(t.testdir(), 'x')
    const path = indexPath(prefix)
    writeFileSync(path, tableOf(lie))
    const expected = { code: 'CKPT_CORRUPT', details: { path }, message: lie.message }
    t.throws(() => openCheckpointSync(prefix), expected)
    await t.rejects(openCheckpoint(prefix), expected)
  })
}

t.test('a long key that is repeated by its prefix is refused before it fills the memory', (t) => {
  const prefix = join(t.testdir(), 'x')
  // One key of 64 KiB, then a hundred thousand entries of six bytes that each add one more.
  const long = 2 ** 16
  const first = Buffer.concat([varints(0, long, 0), Buffer.alloc(long, 'k')])
  const rest = Array.from({ length: 10 ** 5 }, (_, i) => [
    varints(long + i, 1, 0),
    Buffer.from('k'),
  ])
  const data = contents(HEADER + toHex(first) + toHex(Buffer.concat(rest.flat())), [0])
  writeFileSync(indexPath(prefix), tableOf({ data, message: /./ }))
  t.throws(() => openCheckpointSync(prefix), { code: 'CKPT_CORRUPT', message: /repeat too much/ })
  t.end()
})

t.test('files that are no tables are corrupt', (t) => {
  const directory = t.testdir()
  const FILES: Readonly<Record<string, Uint8Array>> = {
    empty: new Uint8Array(0),
    zeros: new Uint8Array(1000),
    text: Buffer.from('a text that is longer than the footer of a table is, so that it is read\n'),
    footer: Buffer.concat([new Uint8Array(40), fromHex('57fb808b247547db')]),
  }
  for (const [name, bytes] of Object.entries(FILES)) {
    writeFileSync(indexPath(join(directory, name)), bytes)
    t.strictSame(problemsOf(join(directory, name)).codes, ['CKPT_CORRUPT'], name)
  }
  mkdirSync(indexPath(join(directory, 'directory')))
  t.throws(() => openCheckpointSync(join(directory, 'directory')), {
    code: 'CKPT_IO',
    details: { name: 'EISDIR', path: indexPath(join(directory, 'directory')) },
  })
  t.end()
})
