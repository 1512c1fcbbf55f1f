import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parseIndex } from '../../../lib/bundle/read/index-file.js'
import { readRange, Shards, subrange } from '../../../lib/bundle/read/shards.js'
import { runAsync, runSync } from '../../../lib/twin.js'
import { bytes, entryOf, indexOf } from '../table/samples'

const ENTRIES = [
  entryOf({ offset: 2, size: 3 }),
  entryOf({ shard: 1, offset: 0, size: 4 }),
  entryOf({ shard: 2, size: 1 }),
  entryOf({ shard: 3, size: 1 }),
]

const index = parseIndex(
  indexOf(ENTRIES.map((entry, i) => [bytes(`k${String(i)}`), entry] as const)),
  'x.index',
)

const [first = entryOf({}), second = entryOf({}), absent = entryOf({}), beyond = entryOf({})] =
  ENTRIES

t.test('the shards that entries name are mapped', async (t) => {
  const dir = t.testdir({
    'x.data-00000-of-00003': '0123456789',
    'x.data-00001-of-00003': 'abcd',
  })
  const prefix = join(dir, 'x')
  for (const sync of [true, false]) {
    const shards = new Shards(prefix, 3)
    if (sync) runSync(shards.open(index, true))
    else await runAsync(shards.open(index, false))
    t.equal(readRange(shards.range(first, 'k0')).toString(), '234')
    t.equal(readRange(shards.range(second, 'k1')).toString(), 'abcd')
    t.equal(shards.totalBytes, 14)
    t.ok(shards.holds(first))
    t.notOk(shards.holds(absent))
    t.equal(shards.pathOf(2), `${prefix}.data-00002-of-00003`)
    const details = { path: shards.pathOf(2) }
    t.throws(() => shards.range(absent, 'k2'), { code: 'CKPT_NOT_FOUND', details })
    t.match(shards.failures(), [{ path: shards.pathOf(2), error: { code: 'CKPT_NOT_FOUND' } }])
    t.throws(() => shards.range(beyond, 'k3'), {
      code: 'CKPT_CORRUPT',
      message: "entry 'k3' lies in shard 3, but there are 3",
      details: { key: 'k3', reason: 'bounds' },
    })
  }
})

t.test('an entry that ends outside its file is refused', (t) => {
  const dir = t.testdir({ 'x.data-00000-of-00001': '0123456789' })
  const shards = new Shards(join(dir, 'x'), 1)
  runSync(shards.open(parseIndex(indexOf([[bytes('k'), first]]), 'x'), true))
  for (const [offset, size] of [
    [0, 11],
    [10, 1],
    [11, 0],
    [2 ** 53 - 1, 2 ** 53 - 1],
  ] as const) {
    const entry = entryOf({ offset, size })
    const message = /which has only 10: the file is truncated or belongs to another checkpoint$/
    t.throws(() => shards.range(entry, 'k'), { code: 'CKPT_CORRUPT', message })
    t.notOk(shards.holds(entry))
  }
  t.equal(readRange(shards.range(entryOf({ offset: 10, size: 0 }), 'k')).length, 0)
  const range = shards.range(entryOf({ offset: 1, size: 8 }), 'k')
  t.equal(readRange(subrange(range, 2)).toString(), '345678')
  t.equal(readRange(subrange(range, 2, 4)).toString(), '34')
  t.end()
})

t.test('what replaces a file later is not read', (t) => {
  const dir = t.testdir({ 'x.data-00000-of-00001': '0123456789' })
  const shards = new Shards(join(dir, 'x'), 1)
  runSync(shards.open(parseIndex(indexOf([[bytes('k'), first]]), 'x'), true))
  rmSync(shards.pathOf(0))
  writeFileSync(shards.pathOf(0), 'abcdefghij')
  t.equal(readRange(shards.range(first, 'k')).toString(), '234')
  t.end()
})
