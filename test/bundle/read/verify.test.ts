import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bytesOf } from '../../../lib/array/typed-arrays.js'
import { stringTensorValue, tensorValue } from '../../../lib/bundle/write/values.js'
import { toProblem } from '../../../lib/bundle/read/verify.js'
import { corrupt } from '../../../lib/errors.js'
import { openCheckpoint, openCheckpointSync, type Progress } from '../../../lib/index.js'
import { flip } from '../../checkpoint/files'
import { bytes } from '../table/samples'
import { writeValues } from '../write-values'

const a = Float64Array.of(Math.PI, 1)
const b = Float64Array.of(Math.E, 2)
const c = Float64Array.of(Math.LN2, 3)

/** Three tensors and strings, each in a shard of its own. */
const sample = (dir: string): string =>
  writeValues(
    join(dir, 'x'),
    [
      tensorValue('a', 'float64', [2], a),
      tensorValue('b', 'float64', [2], b),
      tensorValue('c', 'float64', [2], c),
      stringTensorValue('s', [1], [bytes('hello')]),
    ],
    { maxShardBytes: 1 },
  )

const shard = (path: string, i: number): string => `${path}.data-0000${String(i)}-of-00004`

t.test('a checkpoint without a fault', async (t) => {
  const path = sample(t.testdir())
  const expected = { ok: true, problems: [], tensors: 4, bytes: 53 }
  const reader = await openCheckpoint(path)
  t.strictSame(await reader.verify(), expected)
  t.strictSame(reader.verifySync(), expected)
  t.strictSame(
    reader.stats,
    { mapped: 0, copied: 0, loaded: 0 },
    'nothing of the reader is touched',
  )
})

t.test('all problems are told, not only the first', async (t) => {
  const path = sample(t.testdir())
  const reader = await openCheckpoint(path)
  flip(shard(path, 0), bytesOf(a))
  flip(shard(path, 2), bytesOf(c))
  writeFileSync(
    shard(path, 3),
    readFileSync(shard(path, 3), 'latin1').replace('hello', 'hallo'),
    'latin1',
  )
  const report = await reader.verify()
  t.match(report, { ok: false, tensors: 4, bytes: 53 })
  t.match(report.problems, [
    { code: 'CKPT_CORRUPT', key: 'a', path: shard(path, 0), reason: /checksum does not match/ },
    { code: 'CKPT_CORRUPT', key: 'c', path: shard(path, 2), reason: /checksum does not match/ },
    { code: 'CKPT_CORRUPT', key: 's', path: shard(path, 3), reason: /checksum does not match/ },
  ])
  t.equal(report.problems.length, 3)
})

t.test('files that are cut or missing are problems, a missing one only once', async (t) => {
  const path = sample(t.testdir())
  const reader = openCheckpointSync(path)
  truncateSync(shard(path, 0), 8)
  rmSync(shard(path, 1))
  const report = await reader.verify()
  t.match(report.problems, [
    { code: 'CKPT_NOT_FOUND', path: shard(path, 1), reason: /no file/ },
    { code: 'CKPT_CORRUPT', key: 'a', path: shard(path, 0), reason: /truncated/ },
  ])
  t.equal(report.problems.length, 2)
})

t.test('an index that is gone or broken by now is a problem', async (t) => {
  const path = sample(t.testdir())
  const reader = await openCheckpoint(path)
  const index = readFileSync(`${path}.index`)
  index.writeUInt8(index.readUInt8(20) ^ 1, 20)
  writeFileSync(`${path}.index`, index)
  t.match(await reader.verify(), {
    ok: false,
    problems: [{ code: 'CKPT_CORRUPT', path: `${path}.index` }],
    tensors: 0,
  })
  rmSync(`${path}.index`)
  t.match(reader.verifySync(), { problems: [{ code: 'CKPT_NOT_FOUND', path: `${path}.index` }] })
})

/** Scalars with keys so long that the index has several blocks. */
function manyBlocks(dir: string, count: number): string {
  const values = Array.from({ length: count }, (_, i) => {
    const key = `${String(i).padStart(4, '0')}${'x'.repeat(1000)}`
    return tensorValue(key, 'float64', [], Float64Array.of(1000 + i))
  })
  return writeValues(join(dir, 'many'), values)
}

/** As the table has it, which leaves out what a key has in common with the one before. */
const keyStart = (i: number): Uint8Array => bytes(`${i}xxxx`)

t.test('damaged blocks of the index and damaged tensors are all told', async (t) => {
  const path = manyBlocks(t.testdir(), 1000)
  const reader = await openCheckpoint(path)
  t.match(await reader.verify(), { ok: true, tensors: 1000 })
  const damaged = [5, 120, 600]
  for (const i of damaged) flip(`${path}.data-00000-of-00001`, bytesOf(Float64Array.of(1000 + i)))
  // The second block and the fourth.
  for (const i of [300, 900]) flip(`${path}.index`, keyStart(i))
  for (const report of [await reader.verify(), reader.verifySync()]) {
    const [first, second, ...others] = report.problems
    const block = { code: 'CKPT_CORRUPT', path: `${path}.index`, reason: /block checksum mismatch/ }
    t.match(first, block)
    t.match(second, block)
    t.not(first?.reason, second?.reason, 'each names its block')
    t.strictSame(
      others.map(({ key }) => Number(key?.slice(0, 4))),
      damaged,
    )
    t.ok(report.tensors > 400 && report.tensors < 600, 'those of the other blocks were checked')
  }
  await t.rejects(openCheckpoint(path), { code: 'CKPT_CORRUPT' })
})

t.test('without its first block nothing of an index can be understood', async (t) => {
  const path = manyBlocks(t.testdir(), 1000)
  const reader = await openCheckpoint(path)
  for (const i of [3, 600]) flip(`${path}.index`, keyStart(i))
  t.match((await reader.verify()).problems, [
    { reason: /block checksum mismatch/ },
    { reason: /block checksum mismatch/ },
    { reason: /has no header/ },
  ])
})

t.test('a check reports its bytes and can be aborted', async (t) => {
  const path = sample(t.testdir())
  const reader = await openCheckpoint(path)
  const reports: Progress[] = []
  await reader.verify({ onProgress: (progress) => void reports.push(progress) })
  t.strictSame(reports[0], { phase: 'verify', done: 0, total: 53 })
  t.strictSame(reports.at(-1), { phase: 'verify', done: 53, total: 53 })
  const signal = AbortSignal.abort(new Error('enough'))
  await t.rejects(reader.verify({ signal }), { message: 'enough' })
  await t.rejects(reader.verify(null as never), { name: 'TypeError' })
})

t.test('what is no failure of a checkpoint is no problem but an error', (t) => {
  const bug = new RangeError('bug')
  t.throws(() => toProblem(bug, 'p'), bug)
  t.strictSame(toProblem(corrupt('bad', 'framing'), 'p'), {
    code: 'CKPT_CORRUPT',
    path: 'p',
    reason: 'bad',
  })
  const details = { path: 'q', key: 'k' }
  t.match(toProblem(corrupt('bad', 'framing', details), 'p', 'other'), details)
  t.end()
})
