import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { dtypeInfo } from '../../../lib/array/dtype.js'
import { checkClaims, fixedRange, openContext } from '../../../lib/bundle/read/tensor-context.js'
import { tensorValue } from '../../../lib/bundle/write/values.js'
import { runAsync, runSync } from '../../../lib/twin.js'
import { bytes, entryOf, indexOf } from '../table/samples'
import { writeValues } from '../write-values'

const ACCESS = { mode: 'map', verify: 'lazy' } as const

t.test('a context is the index and its mapped shards', async (t) => {
  const path = join(t.testdir(), 'x')
  writeValues(path, [tensorValue('k', 'int16', [2], Int16Array.of(1, 2))])
  for (const context of [
    runSync(openContext(path, ACCESS, true)),
    await runAsync(openContext(path, ACCESS, false)),
  ]) {
    t.equal(context.access, ACCESS)
    t.strictSame(context.stats, { mapped: 0, copied: 0, loaded: 0 })
    const entry = context.index.entries.get('k') ?? entryOf({})
    t.match(fixedRange(context.shards, entry, dtypeInfo('int16'), 'k'), { offset: 0, length: 4 })
    t.throws(() => fixedRange(context.shards, entry, dtypeInfo('int32'), 'k'), {
      code: 'CKPT_CORRUPT',
      message: "invalid size in bundle entry: key 'k'; stored size 4; expected size 8",
    })
    t.doesNotThrow(() => {
      checkClaims(context)
    })
  }
})

t.test('entries that claim one file over and over are refused', (t) => {
  const path = join(t.testdir({ 'x.data-00000-of-00001': Buffer.alloc(100_000) }), 'x')
  const claims = (count: number): void => {
    const entry = entryOf({ dtype: 6, shape: [100_000], size: 100_000 })
    const keys = Array.from({ length: count }, (_, i) => bytes(String(i)))
    writeFileSync(`${path}.index`, indexOf(keys.map((key) => [key, entry] as const)))
    checkClaims(runSync(openContext(path, ACCESS, true)))
  }
  t.doesNotThrow(() => {
    claims(16)
  })
  t.throws(
    () => {
      claims(30)
    },
    { code: 'CKPT_CORRUPT', details: { reason: 'inconsistent', path: `${path}.index` } },
  )
  t.end()
})
