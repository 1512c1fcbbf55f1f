import fc from 'fast-check'
import t from 'tap'
import { planLayout, type Layout } from '../../../lib/bundle/write/layout.js'
import type { BundleValue } from '../../../lib/bundle/write/values.js'

/** A value of so many bytes of head and, if any are given, of source. */
const value = (head: number, source?: number): BundleValue => ({
  key: 'k',
  dtype: 1,
  shape: [],
  head: new Uint8Array(head),
  seed: 0,
  ...(source === undefined ? {} : { source: new Uint8Array(source) }),
})

const plan = (
  values: readonly BundleValue[],
  { maxShardBytes = Infinity, alignment = 1 } = {},
): Layout => planLayout(values, { maxShardBytes, alignment })

t.test('values are packed in order', (t) => {
  t.strictSame(plan([value(8), value(134, 96), value(179)]), {
    shardSizes: [417],
    placements: [
      { shard: 0, offset: 0 },
      { shard: 0, offset: 8 },
      { shard: 0, offset: 238 },
    ],
  })
  t.end()
})

t.test('the source of a value is aligned, what has none is not', (t) => {
  const { placements, shardSizes } = plan([value(8), value(10, 5), value(3), value(0, 64)], {
    alignment: 64,
  })
  t.strictSame(
    placements.map(({ offset }) => offset),
    [0, 54, 69, 128],
  )
  t.strictSame(shardSizes, [192])
  t.end()
})

t.test('a shard ends before the value that would exceed the limit', (t) => {
  const values = [value(4), value(4), value(4), value(20), value(1), value(1)]
  const { placements, shardSizes } = plan(values, { maxShardBytes: 8 })
  t.strictSame(shardSizes, [8, 4, 20, 2])
  t.strictSame(
    placements.map(({ shard }) => shard),
    [0, 0, 1, 2, 3, 3],
  )
  t.end()
})

t.test('one shard may be empty, none of several is', (t) => {
  t.strictSame(plan([value(0)]).shardSizes, [0])
  t.strictSame(plan([value(5), value(0), value(5)], { maxShardBytes: 5 }).shardSizes, [5, 5])
  t.end()
})

t.test('any layout holds its values apart, in order and aligned', (t) => {
  const sizes = fc.record({ head: fc.nat(50), source: fc.option(fc.nat(200), { nil: undefined }) })
  const options = fc.record({
    maxShardBytes: fc.constantFrom(1, 50, 100, 1000, Infinity),
    alignment: fc.constantFrom(1, 4, 64),
  })
  const values = fc.array(
    sizes.map(({ head, source }) => value(head, source)),
    { minLength: 1, maxLength: 12 },
  )
  fc.assert(
    fc.property(values, options, (values, options) => {
      const { placements, shardSizes } = plan(values, options)
      t.equal(placements.length, values.length)
      let shard = 0
      let end = 0
      for (const [i, placement] of placements.entries()) {
        const { head, source } = values[i] ?? value(0)
        const size = head.length + (source?.byteLength ?? 0)
        if (placement.shard !== shard) {
          t.equal(placement.shard, shard + 1)
          t.equal(shardSizes[shard], Math.max(end, 1), 'none is empty')
          shard++
          end = 0
        }
        t.ok(placement.offset >= end)
        if (source !== undefined) t.equal((placement.offset + head.length) % options.alignment, 0)
        else t.equal(placement.offset, end)
        end = placement.offset + size
      }
      const alone = shardSizes.length === 1
      t.equal(shardSizes[shard], alone ? end : Math.max(end, 1))
      t.ok(alone || shardSizes.every((size) => size > 0))
    }),
    { numRuns: 300 },
  )
  t.end()
})
