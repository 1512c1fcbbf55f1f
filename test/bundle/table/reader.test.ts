import fc from 'fast-check'
import t from 'tap'
import { isCheckpointError } from '../../../lib/errors.js'
import { encodeFooter, encodeHandle, type BlockHandle } from '../../../lib/bundle/table/format.js'
import { readTable } from '../../../lib/bundle/table/reader.js'
import {
  block,
  bytes,
  contents,
  entryOf,
  indexOf,
  readPairs,
  toHex,
  writeTable,
  type Pair,
} from './samples'

t.test('sorted keys with any values survive', (t) => {
  const key = fc.uint8Array({ maxLength: 12 })
  const pair = fc.tuple(key, fc.uint8Array({ maxLength: 40 }))
  const table = fc.uniqueArray(pair, { selector: ([key]) => toHex(key), maxLength: 120 })
  fc.assert(
    fc.property(table, (entries) => {
      const sorted = entries
        .sort(([a], [b]) => Buffer.compare(a, b))
        .map(([key, value]): Pair => [toHex(key), toHex(value)])
      t.strictSame(readPairs(writeTable(sorted)), sorted)
    }),
  )
  t.end()
})

t.test('runs of one prefix and values over two block sizes survive', (t) => {
  const long = 'ab'.repeat(2 * 262_144 + 1)
  const pairs: Pair[] = []
  for (let i = 0; i < 200; i++) {
    const suffix = i.toString(16).padStart(4, '0')
    pairs.push([`${'61'.repeat(100)}${suffix}`, i % 50 === 7 ? long : suffix.repeat(3)])
  }
  const table = writeTable(pairs)
  t.strictSame(readPairs(table), pairs)
  t.end()
})

t.test('keys are copies and values are views', (t) => {
  const table = writeTable([['6161', '0102']])
  for (const { key, value } of readTable(table, 'x')) {
    t.not(key.buffer, table.buffer)
    t.equal(value.buffer, table.buffer)
  }
  t.end()
})

t.test('a view of a larger buffer is read in its own bounds', (t) => {
  const table = writeTable([['61', '01']])
  const room = new Uint8Array(table.length + 20).fill(0xee)
  room.set(table, 7)
  t.strictSame(readPairs(room.subarray(7, 7 + table.length)), [['61', '01']])
  t.end()
})

const SMALL = indexOf(
  ['alpha', 'alphabet', 'beta', 'gamma/.ATTRIBUTES/VARIABLE_VALUE'].map((name, i) => [
    bytes(name),
    entryOf({ dtype: 1, shape: [i, 3], offset: i * 12, size: i * 12, crc: 0x01020304 + i }),
  ]),
)
const SMALL_PAIRS = JSON.stringify(readPairs(SMALL))

/** True if the damage was found or changed nothing. */
function isHarmless(table: Uint8Array): boolean {
  try {
    return JSON.stringify(readPairs(table)) === SMALL_PAIRS
  } catch (error) {
    return isCheckpointError(error, 'CKPT_CORRUPT') && error.details.path === 'x.index'
  }
}

t.test('a table cut anywhere is refused', (t) => {
  for (let length = 0; length < SMALL.length; length++) {
    const message = length < 48 ? /file is too short to be an sstable/ : /bad magic number/
    t.throws(() => readPairs(SMALL.subarray(0, length)), { code: 'CKPT_CORRUPT', message })
  }
  t.end()
})

t.test('no changed byte gives other content', (t) => {
  const bad: string[] = []
  for (let at = 0; at < SMALL.length; at++) {
    for (const flip of [0x01, 0x08, 0x80, 0xff]) {
      const damaged = SMALL.slice()
      damaged[at] = (damaged[at] ?? 0) ^ flip
      if (!isHarmless(damaged)) bad.push(`${String(at)} ^ ${String(flip)}`)
    }
  }
  t.strictSame(bad, [])
  t.end()
})

t.test('any bytes with a footer are read or refused', (t) => {
  const small = fc.nat(80)
  const handle = fc.record({ offset: fc.oneof(small, fc.maxSafeNat()), size: small })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), handle, handle, (body, meta, index) => {
      const table = Buffer.concat([
        block(body),
        block(contents('', [0])),
        encodeFooter(meta, index),
      ])
      try {
        readPairs(table)
      } catch (error) {
        t.match(error, { code: 'CKPT_CORRUPT' })
      }
    }),
    { numRuns: 2000 },
  )
  t.end()
})

/** A table from raw blocks; the index names each data block. */
function assemble(blocks: readonly Uint8Array[], handles?: readonly BlockHandle[]): Uint8Array {
  const parts: Uint8Array[] = []
  let offset = 0
  const place = (data: Uint8Array): BlockHandle => {
    const handle = { offset, size: data.length - 5 }
    parts.push(data)
    offset += data.length
    return handle
  }
  const placed = blocks.map(place)
  const meta = place(block(contents('', [0])))
  let entries = ''
  const restarts: number[] = []
  ;(handles ?? placed).forEach((handle, i) => {
    restarts.push(entries.length / 2)
    const value = toHex(encodeHandle(handle))
    const size = (value.length / 2).toString(16).padStart(2, '0')
    entries += `0001${size}${i.toString(16).padStart(2, '0')}${value}`
  })
  const index = place(block(contents(entries, restarts.length > 0 ? restarts : [0])))
  return Buffer.concat([...parts, encodeFooter(meta, index)])
}

t.test('well-formed blocks that TensorFlow does not write are read', (t) => {
  const one = block(contents('000100610001006200010063', [0]))
  t.strictSame(
    readPairs(assemble([one])).map(([key]) => key),
    ['61', '62', '63'],
  )
  const shared = block(contents('00020161620101010063', [0]))
  t.strictSame(readPairs(assemble([shared])), [
    ['6162', '01'],
    ['6163', ''],
  ])
  const snappy = block(Uint8Array.from([13, 12 << 2, ...contents('0001016107', [0])]), 1)
  t.strictSame(readPairs(assemble([snappy])), [['61', '07']])
  t.strictSame(readPairs(assemble([])), [])
  t.end()
})

t.test('hostile blocks are refused', (t) => {
  const cases: [name: string, table: Uint8Array, reason: string, message: RegExp][] = [
    ['type 2', assemble([block(contents('', [0]), 2)]), 'framing', /bad block type/],
    ['no snappy', assemble([block(contents('', [0]), 1)]), 'framing', /corrupted compressed/],
    ['no room for a count', assemble([block(Uint8Array.of(1, 0))]), 'bounds', /restart points/],
    ['no restart', assemble([block(new Uint8Array(4))]), 'bounds', /count of restart points \(0\)/],
    [
      'many restarts',
      assemble([block(Uint8Array.of(0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff))]),
      'bounds',
      /count of restart points \(4294967295\)/,
    ],
    ['late restart', assemble([block(contents('00010061', [1]))]), 'framing', /first restart/],
    ['restart inside', assemble([block(contents('00010061', [0, 2]))]), 'framing', /not at an/],
    ['restart behind', assemble([block(contents('00010061', [0, 4]))]), 'framing', /not at an/],
    ['restarts of nothing', assemble([block(contents('', [0, 0]))]), 'framing', /bad restart/],
    [
      'restart with a shared prefix',
      assemble([block(contents('0001006101010062', [0, 4]))]),
      'framing',
      /not whole/,
    ],
    ['shared too long', assemble([block(contents('000100610201006262', [0]))]), 'bounds', /leaves/],
    ['key too long', assemble([block(contents('00050061', [0]))]), 'bounds', /leaves its block/],
    ['value too long', assemble([block(contents('00010161', [0]))]), 'bounds', /leaves its block/],
    [
      'huge length',
      assemble([block(contents('00ffffffffffffff0f0061', [0]))]),
      'bounds',
      /leaves its block/,
    ],
    ['cut varint', assemble([block(contents('0080', [0]))]), 'framing', /not readable/],
    ['same key', assemble([block(contents('0001006100010061', [0]))]), 'framing', /increasing/],
    ['falling', assemble([block(contents('0001006200010061', [0]))]), 'framing', /increasing/],
    [
      'falling between blocks',
      assemble([block(contents('00010062', [0])), block(contents('00010061', [0]))]),
      'framing',
      /increasing/,
    ],
    [
      'one block twice',
      assemble(
        [block(contents('', [0]))],
        [
          { offset: 0, size: 8 },
          { offset: 0, size: 8 },
        ],
      ),
      'framing',
      /overlap/,
    ],
    [
      'block outside',
      assemble([block(contents('', [0]))], [{ offset: Number.MAX_SAFE_INTEGER, size: 8 }]),
      'bounds',
      /truncated block read/,
    ],
    [
      'block longer than the file',
      assemble([block(contents('', [0]))], [{ offset: 0, size: Number.MAX_SAFE_INTEGER }]),
      'bounds',
      /truncated block read/,
    ],
  ]
  for (const [name, table, reason, message] of cases) {
    const details = { reason, path: 'x.index' }
    t.throws(() => readPairs(table), { code: 'CKPT_CORRUPT', message, details }, name)
  }
  t.end()
})

t.test('bad handles are refused', (t) => {
  const good = { offset: 0, size: 8 }
  const body = block(contents('', [0]))
  for (const bad of [
    { offset: 0, size: 9 },
    { offset: 14, size: 0 },
    { offset: Number.MAX_SAFE_INTEGER, size: Number.MAX_SAFE_INTEGER },
  ]) {
    const details = { reason: 'bounds' }
    const first = Buffer.concat([body, encodeFooter(bad, good)])
    t.throws(() => readPairs(first), { code: 'CKPT_CORRUPT', details })
    const second = Buffer.concat([body, encodeFooter(good, bad)])
    t.throws(() => readPairs(second), { code: 'CKPT_CORRUPT', details })
  }
  const unreadable = Buffer.concat([body, encodeFooter(good, good)])
  unreadable.fill(0xff, body.length, body.length + 40)
  t.throws(() => readPairs(unreadable), { message: /bad block handle in the footer/ })
  const entry = block(contents('0001016180', [0]))
  const index = Buffer.concat([entry, encodeFooter(good, { offset: 0, size: entry.length - 5 })])
  t.throws(() => readPairs(index), { message: /bad block handle in the index block/ })
  t.end()
})

t.test('keys that repeat a long prefix cannot make the work quadratic', (t) => {
  const parts = [Buffer.from('00a08d0600', 'hex'), Buffer.alloc(100_000, 0x61)]
  // Each later entry adds one byte to the key before it: 100,000 bytes copied for five stored.
  for (let i = 0; i < 50_000; i++) {
    const shared = 100_000 + i
    const varint = [(shared & 0x7f) | 0x80, ((shared >> 7) & 0x7f) | 0x80, shared >> 14]
    parts.push(Buffer.from([...varint, 1, 0, 0x61]))
  }
  const table = assemble([block(contents(Buffer.concat(parts).toString('hex'), [0]))])
  t.throws(() => readPairs(table), { code: 'CKPT_CORRUPT', message: /keys repeat too much/ })
  t.end()
})
