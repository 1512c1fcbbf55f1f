import { cpSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  latestCheckpoint,
  NumpyState,
  removeCheckpoint,
  VariableState,
  zeros,
  type NdArray,
  type SaveReport,
} from '../../../lib/index.js'
import { leftoversIn } from '../../fixtures/files'
import { emptyState, filesIn, type Arrays } from '../files'
import { bytesIn, bytesNow, linksOf, Saver, WAYS } from './reports'

/** Larger than what a tracker copies. */
const large = (value: number): Float64Array => new Float64Array(2 ** 15).fill(value)
const state = (): Record<string, Float64Array> => ({
  a: large(1),
  b: large(2),
  c: large(3),
  small: new Float64Array(5).fill(4),
})

for (const detect of WAYS) {
  const saver = (dir: string): Saver => new Saver(join(dir, 'ckpt'), state(), { detect })

  t.test(`${detect}: only what has changed is written`, async (t) => {
    const dir = t.testdir()
    const run = saver(dir)
    t.match(await run.save(), { kind: 'full', reason: 'there is no earlier checkpoint' })
    ;(run.arrays['b'] as Float64Array)[7] = -1
    const report = await run.save()
    t.match(report, { kind: 'incremental', path: join(dir, 'ckpt-2'), shards: 2, shardsLinked: 1 })
    // The array, and the counter.
    t.match(report, { values: 6, valuesWritten: 2 })
    t.ok(report.bytesWritten > 2 ** 18 && report.bytesWritten < 2 ** 18 + 4096)
    t.ok(report.bytesLinked > 2 ** 19 && report.bytesDead >= 2 ** 18)
    t.ok(report.callMs > 0 && report.durableMs >= report.callMs)
    t.strictSame(linksOf(report.path), [2, 1])
    t.strictSame(await bytesIn(report.path), bytesNow(run.arrays))
    t.strictSame(leftoversIn(dir), [])
  })

  t.test(`${detect}: the smallest change counts, wherever it is`, async (t) => {
    const run = saver(t.testdir())
    await run.save()
    const bytes = new Uint8Array((run.arrays['a'] as Float64Array).buffer)
    for (const at of [0, 1, 4095, 4096, 65535, 65536, 131072, bytes.length - 1]) {
      bytes[at] = (bytes[at] ?? 0) ^ 1
      const report = await run.save()
      t.match(report, { kind: 'incremental', valuesWritten: 2 }, String(at))
      t.strictSame((await bytesIn(report.path))['a'], bytesNow(run.arrays)['a'])
    }
  })

  t.test(`${detect}: a checkpoint is whole without the others`, async (t) => {
    const dir = t.testdir()
    const run = saver(dir)
    await run.save()
    ;(run.arrays['c'] as Float64Array)[0] = 9
    const { path } = await run.save()
    const expected = bytesNow(run.arrays)
    await removeCheckpoint(join(dir, 'ckpt-1'))
    t.strictSame(linksOf(path), [1, 1])
    t.strictSame(await bytesIn(path), expected)
    const elsewhere = join(dir, 'elsewhere')
    mkdirSync(elsewhere)
    for (const name of readdirSync(dir)) {
      if (name.startsWith('ckpt-2.')) cpSync(join(dir, name), join(elsewhere, name))
    }
    t.strictSame(await bytesIn(join(elsewhere, 'ckpt-2')), expected)
    ;(run.arrays['c'] as Float64Array)[1] = 9
    t.match(await run.save(), { kind: 'incremental', shardsLinked: 1 })
  })

  t.test(`${detect}: nothing has changed`, async (t) => {
    const dir = t.testdir()
    const run = saver(dir)
    const path = join(dir, 'same')
    const options = { incremental: { detect } }
    await run.checkpoint.write(path, options)
    const before = filesIn(dir)
    const reports: SaveReport[] = []
    await run.checkpoint.write(path, { ...options, onReport: (report) => reports.push(report) })
    t.match(reports, [{ kind: 'incremental', valuesWritten: 0, shards: 1, shardsLinked: 1 }])
    t.not(filesIn(dir).join(), before.join(), 'the names are others, so that nothing is mixed')
    t.strictSame(await bytesIn(path), bytesNow(run.arrays))
    for (let i = 0; i < 5; i++) {
      ;(run.arrays['a'] as Float64Array)[i] = 1 / (i + 1)
      await run.checkpoint.write(path, options)
      t.strictSame(await bytesIn(path), bytesNow(run.arrays))
    }
  })

  t.test(`${detect}: a blocking save`, async (t) => {
    const run = saver(t.testdir())
    await run.save()
    ;(run.arrays['a'] as Float64Array)[3] = 5
    const reports: SaveReport[] = []
    const onReport = (report: SaveReport): void => void reports.push(report)
    const options = { incremental: { detect }, onReport }
    const path = run.checkpoint.saveSync(run.prefix, options)
    t.match(reports, [{ kind: 'incremental', valuesWritten: 2 }])
    t.strictSame(await bytesIn(path), bytesNow(run.arrays))
    run.checkpoint.saveSync(run.prefix, options)
    t.match(reports[1], { kind: 'incremental', valuesWritten: 1 })
    t.match(await run.save(), { kind: 'incremental', valuesWritten: 1 })
  })

  t.test(`${detect}: arrays may be changed or given away after the call`, async (t) => {
    const run = saver(t.testdir())
    await run.save()
    const b = run.arrays['b'] as Float64Array
    b[0] = 7
    const expected = bytesNow(run.arrays)
    const promise = run.save()
    structuredClone(b, { transfer: [b.buffer as ArrayBuffer] })
    ;(run.arrays['c'] as Float64Array).fill(8)
    const { path, kind } = await promise
    t.equal(kind, 'incremental')
    t.strictSame(await bytesIn(path), expected)
    run.arrays['b'] = large(7)
    const report = await run.save()
    t.strictSame(await bytesIn(report.path), bytesNow(run.arrays))
  })

  t.test(`${detect}: saves that overlap each have their own content`, async (t) => {
    const run = saver(t.testdir())
    await run.save()
    const saves: Promise<SaveReport>[] = []
    const expected: Record<string, Buffer>[] = []
    for (const name of ['a', 'b']) {
      ;(run.arrays[name] as Float64Array)[0] = saves.length + 50
      expected.push(bytesNow(run.arrays))
      saves.push(run.save())
    }
    for (const [i, save] of saves.entries()) {
      t.strictSame(await bytesIn((await save).path), expected[i])
    }
    const report = await run.save()
    t.strictSame(await bytesIn(report.path), bytesNow(run.arrays))
  })

  t.test(`${detect}: a save that was aborted counts for nothing`, async (t) => {
    const dir = t.testdir()
    const run = saver(dir)
    await run.save()
    for (let i = 0; i < 6; i++) {
      ;(run.arrays['a'] as Float64Array)[i] = 50 + i
      const abort = new AbortController()
      const promise = run.save({ signal: abort.signal })
      abort.abort(new Error('enough'))
      await t.rejects(promise, /enough/)
      if (i % 2 === 0) (run.arrays['b'] as Float64Array)[i] = 50 + i
    }
    t.strictSame(leftoversIn(dir), [])
    const report = await run.save()
    t.equal(basename(report.path), 'ckpt-2')
    t.strictSame(await bytesIn(report.path), bytesNow(run.arrays))
    t.equal(basename(latestCheckpoint(dir) ?? ''), 'ckpt-2')
  })

  t.test(`${detect}: after ordinary saves and a restore`, async (t) => {
    const run = saver(t.testdir())
    await run.checkpoint.save(run.prefix)
    ;(run.arrays['a'] as Float64Array)[0] = 11
    const first = await run.save()
    t.strictSame(await bytesIn(first.path), bytesNow(run.arrays))
    await run.checkpoint.restore(join(run.prefix + '-1'))
    const second = await run.save()
    t.strictSame(await bytesIn(second.path), await bytesIn(run.prefix + '-1'))
  })
}

t.test('a program that goes on after a restart links what it has restored', async (t) => {
  const dir = t.testdir()
  const first = new Saver(join(dir, 'ckpt'), state())
  await first.save()
  const arrays = emptyState()
  const checkpoint = new Checkpoint({ arrays })
  await checkpoint.restore(join(dir, 'ckpt-1'))
  arrays['a']?.set(0, -5)
  const reports: SaveReport[] = []
  const options = { incremental: true, onReport: (report: SaveReport) => reports.push(report) }
  const path = await checkpoint.save(join(dir, 'ckpt'), options)
  t.match(reports, [{ kind: 'incremental', valuesWritten: 2, shardsLinked: 1 }])
  t.strictSame(await bytesIn(path), bytesNow(arrays))
  // Into another directory too.
  await checkpoint.save(join(dir, 'other/ckpt'), options)
  t.match(reports[1], { kind: 'incremental', valuesWritten: 1 })
})

for (const snapshot of ['none', 'fork'] as const) {
  t.test(`snapshot: '${snapshot}' compares with the files`, async (t) => {
    const run = new Saver(join(t.testdir(), 'ckpt'), state())
    await run.save({ snapshot })
    for (let i = 0; i < 3; i++) {
      ;(run.arrays['b'] as Float64Array)[i] = 77
      const report = await run.save({ snapshot })
      t.match(report, { kind: 'incremental', valuesWritten: 2 })
      t.strictSame(await bytesIn(report.path), bytesNow(run.arrays))
    }
  })
}

t.test('a tensor in slices: only those that have changed are written', async (t) => {
  for (const detect of WAYS) {
    const prefix = join(t.testdir(), 'ckpt')
    const variables = Object.assign(new VariableState(), {
      table: zeros([1000, 256], 'float32'),
      // TensorFlow could not put it together.
      whole: zeros([1000, 256], 'uint16'),
    })
    const checkpoint = new Checkpoint({ variables })
    const reports: SaveReport[] = []
    const onReport = (report: SaveReport): void => void reports.push(report)
    const options = { incremental: { detect, sliceBytes: 65536 }, onReport }
    await checkpoint.save(prefix, options)
    variables.table.set(500, 3, 1.5)
    const path = await checkpoint.save(prefix, options)
    // 64 rows of 1 KiB, and the counter.
    t.match(reports[1], { kind: 'incremental', valuesWritten: 2 })
    t.ok((reports[1]?.bytesWritten ?? 0) < 65536 + 8192)
    const restored = new VariableState<Record<string, NdArray>>()
    await new Checkpoint({ variables: restored }).restore(path)
    t.equal(restored['table']?.get(500, 3), 1.5)
    t.equal(restored['table']?.get(499, 3), 0)
    t.strictSame(restored['whole']?.shape, [1000, 256])
    // After a restart the slices are compared with the files.
    const again = new Checkpoint({ variables: restored })
    await again.restore(path)
    restored['table']?.set(0, 0, 2)
    await again.save(prefix, options)
    t.match(reports[2], { kind: 'incremental', valuesWritten: 2 })
  }
})

t.test('a report that throws changes nothing', async (t) => {
  const dir = t.testdir()
  const run = new Saver(join(dir, 'ckpt'), state())
  const onReport = (): never => {
    throw new Error('thrown by the program')
  }
  t.equal(await run.checkpoint.save(run.prefix, { onReport }), join(dir, 'ckpt-1'))
})

t.test('an ordinary save reports, too', async (t) => {
  const run = new Saver(join(t.testdir(), 'ckpt'), state())
  const report = await run.save({ incremental: false })
  t.match(report, { kind: 'full', reason: undefined, values: 6, valuesWritten: 6, shards: 1 })
  const files = [`${report.path}.index`, `${report.path}.data-00000-of-00001`]
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
  t.equal(report.bytesWritten, bytes)
  rmSync(files[0] ?? '')
})

t.test('the save counter is what was written, also after it was corrected in turn', async (t) => {
  for (const detect of WAYS) {
    const prefix = join(t.testdir(), 'ckpt')
    const arrays = Object.assign(new NumpyState<Arrays>(), { a: large(1), b: large(2) })
    const inner = new Checkpoint({ arrays })
    // It counts on the same counter, and knows nothing of what is restored by the other one.
    const outer = new Checkpoint({ root: inner })
    const options = { incremental: { detect } }
    const first = await outer.save(prefix, options)
    await Promise.all([outer.save(prefix, options), outer.save(prefix, options)])
    // Only the counter goes back.
    await inner.restore(first, { filter: 'save_counter' })
    t.equal(outer.saveCounter, 1)
    const path = await outer.save(prefix, options)
    t.equal(path, `${prefix}-2`)
    const found = new Checkpoint({ arrays: emptyState() })
    await found.restore(path)
    t.equal(found.saveCounter, 2, detect)
  }
})

t.test('from one way of finding changes to the other', async (t) => {
  const run = new Saver(join(t.testdir(), 'ckpt'), state())
  for (const detect of [...WAYS, ...WAYS, ...WAYS]) {
    for (let save = 0; save < 2; save++) {
      const array = run.arrays['b'] as Float64Array
      array[save] = (array[save] ?? 0) + 1
      const report = await run.save({ incremental: { detect } })
      t.strictSame(await bytesIn(report.path), bytesNow(run.arrays))
      if (save === 1) t.match(report, { kind: 'incremental', valuesWritten: 2 })
    }
  }
})
