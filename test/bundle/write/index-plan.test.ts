import t from 'tap'
import { unmask } from '../../../lib/bundle/masked-crc.js'
import { parseIndex } from '../../../lib/bundle/read/index-file.js'
import { IndexPlan, type IndexRow } from '../../../lib/bundle/write/index-plan.js'

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
  const placeOf = (stored: number) => ({ shard: 1 + stored, offset: 64 })
  const { header, entries } = parseIndex(plan.moved(Uint32Array.of(8, 9), placeOf, 3), 'index')
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
