import t from 'tap'
import { Operation } from '../../../lib/bundle/operation.js'
import { Extent } from '../../../lib/bundle/read/extent.js'
import { checkEffort, prepare, separate } from '../../../lib/bundle/read/prepare.js'
import { runAsync, runSync } from '../../../lib/twin.js'
import { crcOf, newStats, shardIn, TEXT } from './extents'

t.test('extents are prepared as the options ask', async (t) => {
  const dir = t.testdir({ data: TEXT })
  const shard = shardIn(dir)
  const make = (crc: number) => {
    const stats = newStats()
    return { stats, extent: new Extent('k', { shard, offset: 0, length: 32 }, crc, 0, stats) }
  }
  for (const sync of [true, false]) {
    for (const mode of ['map', 'load'] as const) {
      for (const verify of ['eager', 'lazy', 'off'] as const) {
        const run = async ({ extent }: { extent: Extent }): Promise<void> => {
          const steps = prepare(new Operation({}, sync), [extent], 128, { mode, verify })
          if (sync) runSync(steps)
          else await runAsync(steps)
        }
        const right = make(crcOf(0, 32))
        await run(right)
        t.equal(right.stats.loaded, mode === 'load' ? 1 : 0)
        t.equal(Buffer.from(right.extent.buffer(1)).toString(), TEXT.slice(0, 32))
        const checks = verify === 'eager' || (verify === 'lazy' && mode === 'load')
        if (checks) await t.rejects(run(make(1)), { code: 'CKPT_CORRUPT' })
        else await t.resolves(run(make(1)))
      }
    }
  }
})

t.test('of extents of the same bytes each gets its own', (t) => {
  const shard = shardIn(t.testdir({ data: TEXT }))
  const stats = newStats()
  const make = (offset: number): Extent =>
    new Extent('k', { shard, offset, length: 16 }, crcOf(offset, 16), 0, stats)
  const [a, b, c] = [make(0), make(0), make(64)]
  separate([a, b, c], { mode: 'map', verify: 'eager' })
  t.strictSame(stats, { mapped: 0, copied: 1, loaded: 0 })
  new Uint8Array(a.buffer(1)).fill(0)
  t.equal(Buffer.from(b.buffer(1)).toString(), TEXT.slice(0, 16))
  t.equal(Buffer.from(c.buffer(1)).toString(), TEXT.slice(64, 80))
  t.end()
})

t.test('no more is done than the files could ask for', (t) => {
  t.doesNotThrow(() => {
    checkEffort(2 ** 20 + 1600, 100, { key: 'k' })
  })
  t.throws(
    () => {
      checkEffort(2 ** 20 + 1601, 100, { key: 'k' })
    },
    { code: 'CKPT_CORRUPT', details: { key: 'k', reason: 'inconsistent' } },
  )
  t.end()
})
