import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Extent } from '../../../lib/bundle/read/extent.js'
import { crc32c } from '../../../lib/native.js'
import { crcOf, newStats, shardIn, TEXT } from './extents'

t.test('aligned bytes are mapped, others copied, and always the same buffer given', (t) => {
  const shard = shardIn(t.testdir({ data: TEXT }))
  const stats = newStats()
  const extent = (offset: number, length: number): Extent =>
    new Extent('k', { shard, offset, length }, crcOf(offset, length), 0, stats)
  const aligned = extent(64, 16)
  t.equal(Buffer.from(aligned.buffer(8)).toString(), TEXT.slice(64, 80))
  t.equal(aligned.buffer(8), aligned.buffer(1))
  t.strictSame(stats, { mapped: 1, copied: 0, loaded: 0 })
  t.equal(Buffer.from(extent(3, 16).buffer(8)).toString(), TEXT.slice(3, 19))
  t.strictSame(stats, { mapped: 1, copied: 1, loaded: 0 })
  t.equal(Buffer.from(extent(3, 16).buffer(1)).toString(), TEXT.slice(3, 19))
  t.strictSame(stats, { mapped: 2, copied: 1, loaded: 0 })
  t.equal(extent(3, 0).buffer(8).byteLength, 0)
  t.end()
})

t.test('a checksum that differs names key, file and both values', (t) => {
  const shard = shardIn(t.testdir({ data: TEXT }))
  const extent = new Extent('k', { shard, offset: 0, length: 8 }, crcOf(1, 8), 0, newStats())
  for (let use = 0; use < 2; use++) {
    t.throws(
      () => {
        extent.checkNow()
      },
      {
        code: 'CKPT_CORRUPT',
        message:
          /^checksum does not match in 'k': stored [\da-f]{8}, the bytes in '.*data' give [\da-f]{8}$/,
        details: { key: 'k', path: shard.path, reason: 'checksum' },
      },
    )
  }
  t.end()
})

t.test('a checksum may begin before the bytes', (t) => {
  const shard = shardIn(t.testdir({ data: TEXT }))
  const seed = crc32c(Buffer.from(TEXT).subarray(0, 10))
  const extent = new Extent('k', { shard, offset: 10, length: 6 }, crcOf(0, 16), seed, newStats())
  t.doesNotThrow(() => {
    extent.checkNow()
  })
  t.end()
})

t.test('what was right once is not checked again after it was written to', (t) => {
  const shard = shardIn(t.testdir({ data: TEXT }))
  const extent = (): Extent =>
    new Extent('k', { shard, offset: 0, length: 64 }, crcOf(0, 64), 0, newStats())
  const first = extent()
  first.checkNow()
  new Uint8Array(first.buffer(1)).fill(0)
  t.doesNotThrow(() => {
    extent().checkNow()
  })
  const other = new Extent('k', { shard, offset: 0, length: 63 }, crcOf(0, 63), 0, newStats())
  t.throws(
    () => {
      other.checkNow()
    },
    { code: 'CKPT_CORRUPT' },
  )
  t.end()
})

t.test('loading at first use needs no file', (t) => {
  const dir = t.testdir({ data: TEXT })
  const shard = shardIn(dir)
  rmSync(join(dir, 'data'))
  const stats = newStats()
  const extent = new Extent('k', { shard, offset: 0, length: 16 }, crcOf(0, 16), 0, stats)
  extent.loadUnlessFilled()
  extent.loadUnlessFilled()
  t.strictSame(stats, { mapped: 0, copied: 0, loaded: 1 })
  t.equal(Buffer.from(extent.buffer(8)).toString(), TEXT.slice(0, 16))
  t.end()
})
