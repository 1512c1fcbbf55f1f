import t from 'tap'
import { mask, unmask } from '../../../lib/bundle/masked-crc.js'
import { parseIndex } from '../../../lib/bundle/read/index-file.js'
import { IndexPlan, type IndexRow } from '../../../lib/bundle/write/index-plan.js'
import { runAsync, runSync } from '../../../lib/twin.js'

/** What is stored as 0, and so not at all: the entry is shorter by its field. */
const NOTHING = unmask(0)

const rowsOf = (crcs: readonly number[]): IndexRow[] =>
  crcs.map((crc, stored) => ({
    key: Buffer.from(`k${String(stored).padStart(3, '0')}`),
    entry: { dtype: 1, shape: [2], shard: 0, offset: 8 * stored, size: 8, crc, slices: [] },
    stored,
  }))

const crcsIn = (bytes: Uint8Array): number[] =>
  [...parseIndex(bytes, 'index').entries.values()].map(({ crc }) => unmask(crc))

t.test('checksums are put in place, those of several blocks too', (t) => {
  const count = 300
  const plan = new IndexPlan(rowsOf(Array.from({ length: count }, (_, i) => i + 1)), 1)
  const crcs = Uint32Array.from({ length: count }, (_, i) => 0xffffffff - 7 * i)
  t.strictSame(crcsIn(plan.withChecksums(crcs)), [...crcs])
  t.strictSame(
    crcsIn(plan.bytes),
    Array.from({ length: count }, (_, i) => unmask(i + 1)),
    'the plan stays as it is',
  )
  t.end()
})

t.test('a checksum that is stored as nothing comes and goes', (t) => {
  const plan = new IndexPlan(rowsOf([1, 0, 3]), 1)
  for (const crcs of [
    [5, 6, 7],
    [NOTHING, 6, 7],
    [5, NOTHING, NOTHING],
  ]) {
    t.strictSame(crcsIn(plan.withChecksums(Uint32Array.from(crcs))), crcs)
  }
  t.end()
})

t.test('the same entries elsewhere', (t) => {
  const plan = new IndexPlan(rowsOf([1, 2]), 1)
  const places = { shards: [1, 2], offsets: [64, 64], crcs: Uint32Array.of(8, 9) }
  const { header, entries } = parseIndex(runSync(plan.moved(places, 3, true)), 'index')
  t.equal(header.numShards, 3)
  t.match(
    [...entries.values()],
    [
      { shard: 1, offset: 64, size: 8 },
      { shard: 2, offset: 64, size: 8 },
    ],
  )
  t.end()
})

t.test('elsewhere is byte for byte what a plan for there makes', async (t) => {
  const shapes = [[], [3], [1000, 70_000], Array.from({ length: 100 }, () => 1)]
  const count = 10_000
  const row = (stored: number, shard: number, offset: number, crc: number): IndexRow => ({
    key: Buffer.from(`k${String(stored).padStart(5, '0')}`),
    entry: {
      dtype: (stored % 3) * 100,
      shape: shapes[stored % shapes.length] ?? [],
      shard,
      offset,
      size: stored % 5 === 0 ? 0 : 2 ** (stored % 50),
      crc,
      slices: [],
    },
    stored: count - 1 - stored,
  })
  const sliced: IndexRow = {
    key: Buffer.from('z'),
    entry: { ...row(1, 0, 0, 0).entry, slices: [[{ start: 0, length: -1 }]] },
    stored: -1,
  }
  const rows = Array.from({ length: count }, (_, i) => row(i, 0, 64 * i, i + 1))
  const plan = new IndexPlan([...rows, sliced], 1)
  const shards = Array.from({ length: count }, (_, i) => i % 300)
  const offsets = Array.from({ length: count }, (_, i) => (i % 7 === 0 ? 0 : 2 ** (i % 50)))
  const crcs = Uint32Array.from({ length: count }, (_, i) => (i % 11 === 0 ? NOTHING : 99 * i))
  const moved = rows.map(({ stored }, i) =>
    row(i, shards[stored] ?? 0, offsets[stored] ?? 0, mask(crcs[stored] ?? 0)),
  )
  const expected = new IndexPlan([...moved, sliced], 300).bytes
  const places = { shards, offsets, crcs }
  t.ok(Buffer.from(runSync(plan.moved(places, 300, true))).equals(expected))
  t.ok(Buffer.from(await runAsync(plan.moved(places, 300, false))).equals(expected))
})
