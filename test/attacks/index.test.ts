// Indexes that lie: each is refused with a typed error, and what is honest in them still reads.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { indexPath } from '../../lib/bundle/names.js'
import { encodeEntry, type BundleEntry } from '../../lib/bundle/messages.js'
import { openCheckpointSync, type NdArray, type ErrorCode } from '../../lib/index.js'
import { fromHex } from '../bundle/table/samples'
import { problemsOf, readEach } from './expect'
import { crcOf, FLOAT, forge, INT64, STRING, stringsEntry, type ForgedEntry } from './forge'

const HONEST = { key: 'honest', shape: [2], bytes: new Uint8Array(8) }

interface Lie {
  readonly entry: ForgedEntry
  readonly code?: ErrorCode
  readonly message?: RegExp
}

const MAX = Number.MAX_SAFE_INTEGER

/** Entries that open and are found out when they are used. */
const LIES: Readonly<Record<string, Lie>> = {
  'an offset behind the file': { entry: { key: 'k', offset: 1000, size: 4 } },
  'a size beyond the file': { entry: { key: 'k', shape: [1000], size: 4000 } },
  'offset and size whose sum is above 2^53': {
    entry: { key: 'k', shape: [2 ** 50], offset: MAX, size: 2 ** 52 },
  },
  'the largest offset': { entry: { key: 'k', offset: MAX, size: 4 } },
  'a size that is not what the shape demands': {
    entry: { key: 'k', shape: [3], bytes: new Uint8Array(8) },
    message: /invalid size in bundle entry/,
  },
  'a shape of 2^52 elements over eight bytes': {
    entry: { key: 'k', shape: [2 ** 26, 2 ** 26], bytes: new Uint8Array(8) },
  },
  'a shape of 2^50 elements that claims their bytes': {
    entry: { key: 'k', shape: [2 ** 50], size: 2 ** 52 },
  },
  'a shard that the header does not count': { entry: { key: 'k', shard: 1, size: 4 } },
  'the largest shard number': { entry: { key: 'k', shard: 2 ** 31 - 1, size: 4 } },
  'an unknown dtype': { entry: { key: 'k', dtype: 99, size: 4 }, code: 'CKPT_UNSUPPORTED' },
  'the dtype 0': { entry: { key: 'k', dtype: 0, size: 4 }, code: 'CKPT_UNSUPPORTED' },
  'a reference dtype': { entry: { key: 'k', dtype: 101, size: 4 }, code: 'CKPT_UNSUPPORTED' },
  'more strings than bytes': { entry: { key: 'k', dtype: STRING, shape: [2 ** 40], size: 8 } },
  'a string that claims 2^53 - 1 bytes': {
    entry: { key: 'k', dtype: STRING, bytes: fromHex('ffffffffffffff0f00000000') },
  },
  'a string length of eleven bytes': {
    entry: { key: 'k', dtype: STRING, bytes: fromHex('ffffffffffffffffffff0100000000') },
  },
  'string lengths that sum up beyond the entry': {
    entry: { key: 'k', dtype: STRING, shape: [2], bytes: fromHex('7f7f00000000') },
  },
  'a variant that claims more than the entry': {
    entry: { key: 'k', dtype: 21, bytes: fromHex('ffffffff0f000000') },
  },
  'slices that are nowhere': {
    entry: { key: 'k', shape: [2], slices: [[{ start: 0, length: 2 }]] },
  },
  'a wrong checksum': {
    entry: { key: 'k', bytes: new Uint8Array(4), crc: 1 },
    message: /checksum/,
  },
}

/** The honest tensor reads, the other one fails, and verification names it. */
function checkLie(t: Test, { entry, code = 'CKPT_CORRUPT', message }: Lie): void {
  const prefix = forge(join(t.testdir(), 'x'), { entries: [HONEST, entry] })
  const reader = openCheckpointSync(prefix)
  t.strictSame(
    Array.from(reader.variables(), ({ key }) => key),
    ['honest', 'k'],
  )
  t.strictSame((reader.get('honest') as NdArray).data, new Float32Array(2))
  for (const options of [{}, { verify: 'eager' }, { mode: 'load' }] as const) {
    t.strictSame([...new Set(readEach(prefix, options))], [code])
  }
  const { problems = [] } = problemsOf(prefix).report ?? {}
  t.match(problems, [{ code, key: 'k', ...(message && { reason: message }) }])
  t.equal(problems.length, 1)
}

for (const [what, lie] of Object.entries(LIES)) {
  t.test(`${what} is refused`, (t) => {
    checkLie(t, lie)
    t.end()
  })
}

const plain = (fields: Partial<BundleEntry>): string =>
  Buffer.from(
    encodeEntry({
      dtype: FLOAT,
      shape: [],
      shard: 0,
      offset: 0,
      size: 4,
      crc: 0,
      slices: [],
      ...fields,
    }),
  ).toString('hex')

/** Entries that cannot even be read. */
const UNREADABLE: Readonly<Record<string, string>> = {
  'a negative shard': '18ffffffffffffffffff01',
  'a negative offset': '20ffffffffffffffffff01',
  'an offset above 2^53': '20ffffffffffffffff7f',
  'a negative size': '28ffffffffffffffffff01',
  'a size of 2^63 - 1': '28ffffffffffffffff7f',
  'a negative dimension': '120d120b08ffffffffffffffffff01',
  'a shape of more than 2^53 elements': '12141208088080808080808008120808808080808080808008',
  'three hundred dimensions': `128407${'1200'.repeat(450)}`,
  'a number without an end': '28ffffffffffffffffffffffff',
  'a field that is cut off': '12ff',
  'a slice outside its tensor': plain({}) + '3a040a021005',
}

for (const [what, hex] of Object.entries(UNREADABLE)) {
  t.test(`an entry of ${what} makes the index corrupt`, (t) => {
    const entries = [HONEST, { key: 'k', raw: fromHex(hex) }]
    const prefix = forge(join(t.testdir(), 'x'), { entries })
    t.throws(() => openCheckpointSync(prefix), { code: 'CKPT_CORRUPT', details: { key: 'k' } })
    t.end()
  })
}

t.test('overlapping entries read, as in TensorFlow, until they claim far too much', (t) => {
  const bytes = new Uint8Array(2 ** 20)
  const crc = crcOf(bytes)
  const shared = { dtype: INT64, shape: [2 ** 17], offset: 0, size: 2 ** 20, crc }
  const base = { key: 'base', ...shared, bytes }
  const some = Array.from({ length: 8 }, (_, i) => ({ key: `k${String(i)}`, ...shared }))
  const few = forge(join(t.testdir(), 'few'), { entries: [base, ...some] })
  t.strictSame(problemsOf(few).codes, [])
  t.equal(openCheckpointSync(few, { verify: 'eager' }).get('k7').size, 2 ** 17)
  const more = Array.from({ length: 40 }, (_, i) => ({ key: `k${String(i)}`, ...shared }))
  const many = forge(join(t.testdir(), 'many'), { entries: [base, ...more] })
  t.match(problemsOf(many).report?.problems, [{ reason: /claim \d+ bytes of files that hold/ }])
  t.throws(() => openCheckpointSync(many, { verify: 'eager' }), { code: 'CKPT_CORRUPT' })
  t.end()
})

t.test('a header that counts 2^31 - 1 shards costs nothing', (t) => {
  const entries = [{ key: 'k', shard: 2 ** 31 - 2, size: 4 }]
  const prefix = forge(join(t.testdir(), 'x'), { entries, header: { numShards: 2 ** 31 - 1 } })
  t.strictSame(readEach(prefix), ['CKPT_NOT_FOUND'])
  t.match(problemsOf(prefix).report?.problems, [{ code: 'CKPT_NOT_FOUND' }])
  t.end()
})

t.test('a thousand missing shards are not a thousand attempts', (t) => {
  const entries = Array.from({ length: 1000 }, (_, shard) => ({
    key: `k${String(shard)}`,
    shard,
    size: 4,
  }))
  const prefix = forge(join(t.testdir(), 'x'), { entries, header: { numShards: 1000 } })
  t.strictSame([...new Set(readEach(prefix))], ['CKPT_NOT_FOUND'])
  t.throws(() => openCheckpointSync(prefix).get('k999'), { message: /100 other data files/ })
  t.end()
})

t.test('a string tensor of a hundred thousand empty strings reads', (t) => {
  const strings = Array.from({ length: 10 ** 5 }, () => new Uint8Array(0))
  const prefix = forge(join(t.testdir(), 'x'), { entries: [stringsEntry('k', strings)] })
  t.strictSame(readEach(prefix), [])
  t.equal(problemsOf(prefix).report?.ok, true)
  t.ok(readFileSync(indexPath(prefix)).length < 200)
  t.end()
})
