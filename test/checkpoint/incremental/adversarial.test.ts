// What could make a save take something for unchanged that is not.
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  ndarray,
  NumpyState,
  VariableState,
  type ArrayInput,
  type SaveReport,
} from '../../../lib/index.js'
import { crc32c } from '../../../lib/native.js'
import { leftoversIn, shardsOf } from '../../fixtures/files'
import type { Arrays } from '../files'
import { bytesIn, bytesNow, Saver, WAYS } from './reports'
import { changeUnseen } from './same-crc'

const COUNT = 2 ** 15
const random = (seed: number): Float64Array =>
  Float64Array.from({ length: COUNT }, (_, i) => Math.sin(seed * 1000 + i))

for (const detect of WAYS) {
  const start = async (t: Test): Promise<Saver> => {
    const arrays = { a: random(1), b: random(2), c: random(3) }
    const run = new Saver(join(t.testdir(), 'ckpt'), arrays, { detect })
    await run.save()
    await run.save()
    return run
  }
  const check = async (t: Test, run: Saver, what: string): Promise<SaveReport> => {
    const report = await run.save()
    t.strictSame(await bytesIn(report.path), bytesNow(run.arrays), what)
    return report
  }

  t.test(`${detect}: other bytes of the same checksum`, async (t) => {
    const run = await start(t)
    const bytes = new Uint8Array((run.arrays['b'] as Float64Array).buffer)
    for (const at of [0, 100_000, bytes.length - 5]) {
      const before = crc32c(bytes)
      changeUnseen(bytes, (bytes) => (bytes[at] = (bytes[at] ?? 0) ^ 0x55))
      t.equal(crc32c(bytes), before)
      t.match(await check(t, run, String(at)), { kind: 'incremental', valuesWritten: 2 })
    }
    // Found by comparison with the files as well.
    changeUnseen(bytes, (bytes) => (bytes[1] = (bytes[1] ?? 0) ^ 1))
    const report = await run.save({ snapshot: 'none' })
    t.strictSame(await bytesIn(report.path), bytesNow(run.arrays))
  })

  t.test(`${detect}: arrays that change places, names, shapes, dtypes`, async (t) => {
    const run = await start(t)
    const { arrays } = run
    const steps: Record<string, () => void> = {
      'swapped in the state': () =>
        ([arrays['a'], arrays['b']] = [arrays['b'], arrays['a']] as [ArrayInput, ArrayInput]),
      'their bytes swapped': () => {
        const [a, b] = [arrays['a'] as Float64Array, arrays['b'] as Float64Array]
        const copy = a.slice()
        a.set(b)
        b.set(copy)
      },
      'an equal array in its place': () => (arrays['a'] = (arrays['a'] as Float64Array).slice()),
      renamed: () => {
        arrays['z'] = arrays['a'] as Float64Array
        delete arrays['a']
      },
      'and back': () => {
        arrays['a'] = arrays['z'] as Float64Array
        delete arrays['z']
      },
      reshaped: () => (arrays['a'] = ndarray(arrays['a'] as Float64Array, [COUNT / 2, 2])),
      'of another dtype, with the same bytes': () =>
        (arrays['b'] = new BigInt64Array((arrays['b'] as Float64Array).buffer)),
      'of half the length': () => (arrays['c'] = (arrays['c'] as Float64Array).subarray(COUNT / 2)),
      'the other half, at another place': () =>
        (arrays['c'] = new Float64Array((arrays['c'] as Float64Array).buffer, 0, COUNT / 2)),
      added: () => (arrays['d'] = random(9)),
      removed: () => delete arrays['a'],
      'strided, so that it is gathered': () =>
        (arrays['d'] = ndarray(arrays['d'] as Float64Array, [COUNT / 2], { stride: [2] })),
      'strided otherwise': () =>
        (arrays['d'] = ndarray(random(9), [COUNT / 2], { stride: [2], offset: 1 })),
      'negative zero and NaN payloads': () => {
        new Uint32Array((arrays['c'] as Float64Array).buffer).set([0, 0x80000000, 1, 0x7ff80001])
      },
    }
    for (const [what, step] of Object.entries(steps)) {
      step()
      await check(t, run, what)
      await check(t, run, `${what}, again`)
    }
  })

  t.test(`${detect}: two views of the same memory`, async (t) => {
    const memory = random(5)
    const arrays = { whole: memory, part: memory.subarray(5, COUNT - 7), twice: memory }
    const run = new Saver(join(t.testdir(), 'ckpt'), arrays, { detect })
    await run.save()
    for (const at of [0, 6, COUNT - 1, 4096]) {
      memory[at] = at + 0.5
      await check(t, run, String(at))
    }
  })

  const base = (run: Saver, number = 2): string => `${run.prefix}-${String(number)}`

  t.test(`${detect}: the earlier checkpoint is gone`, async (t) => {
    const run = await start(t)
    for (const file of [...shardsOf(base(run)), `${base(run)}.index`]) rmSync(file)
    const report = await check(t, run, 'all of it')
    t.match(report, { kind: 'full', reason: 'the data files of the earlier checkpoint are gone' })
    t.match(await check(t, run, 'the next one'), { kind: 'incremental' })
    ;(run.arrays['a'] as Float64Array)[1] = 1
    const { path } = await check(t, run, 'two data files')
    rmSync(shardsOf(path)[0] ?? '')
    t.match(await check(t, run, 'one of them'), { kind: 'incremental', shardsLinked: 1 })
  })

  t.test(`${detect}: the earlier checkpoint was changed`, async (t) => {
    const spoil: Record<string, (file: string) => void> = {
      'a byte': (file) => {
        const fd = openSync(file, 'r+')
        writeSync(fd, Buffer.of(0xaa), 0, 1, 100_000)
        closeSync(fd)
      },
      cut: (file) => {
        truncateSync(file, 100_000)
      },
      'replaced by a copy': (file) => {
        copyFileSync(file, `${file}~`)
        renameSync(`${file}~`, file)
      },
      'replaced by another file': (file) => {
        rmSync(file)
        writeFileSync(file, 'something else')
      },
      'replaced by a link': (file) => {
        renameSync(file, `${file}~`)
        symlinkSync(`${file}~`, file)
      },
    }
    for (const [what, change] of Object.entries(spoil)) {
      const run = await start(t)
      change(shardsOf(base(run))[0] ?? '')
      const report = await check(t, run, what)
      const wrong = /changed or replaced|are gone|could not be linked/
      t.match(report, { kind: 'full', reason: wrong }, what)
    }
  })

  t.test(`${detect}: the index of the earlier checkpoint does not matter`, async (t) => {
    const run = await start(t)
    writeFileSync(`${base(run)}.index`, 'spoilt')
    ;(run.arrays['a'] as Float64Array)[1] = 1
    t.match(await check(t, run, 'spoilt'), { kind: 'incremental' })
  })
}

t.test('after a restart a spoilt checkpoint has nothing that is linked', async (t) => {
  const dir = t.testdir()
  const arrays = { a: random(1), b: random(2) }
  const run = new Saver(join(dir, 'ckpt'), arrays)
  await run.save()
  const again = new Saver(join(dir, 'ckpt'), arrays)
  // Not mapped: what is changed in the file would be changed in the arrays.
  await again.checkpoint.restore(join(dir, 'ckpt-1'), { mode: 'load' })
  const file = shardsOf(join(dir, 'ckpt-1'))[0] ?? ''
  // The bytes of `a`: `b` can still be linked, in the same file.
  const at = readFileSync(file).indexOf(Buffer.from(arrays.a.buffer, 80_000, 64))
  t.ok(at > 0)
  const fd = openSync(file, 'r+')
  writeSync(fd, Buffer.alloc(64), 0, 64, at)
  closeSync(fd)
  const report = await again.save()
  t.strictSame(await bytesIn(report.path), bytesNow(again.arrays))
  t.match(report, { kind: 'incremental', valuesWritten: 2 })
  const third = new Saver(join(dir, 'ckpt'), arrays)
  await third.checkpoint.restore(report.path)
  for (const path of [`${report.path}.index`]) writeFileSync(path, readFileSync(path).subarray(9))
  t.match(await third.save(), { kind: 'full', reason: 'there is no earlier checkpoint' })
})

t.test('a tensor and a string of the same bytes', async (t) => {
  const dir = t.testdir()
  const values = random(1)
  const first = new Checkpoint({ x: Object.assign(new NumpyState<Arrays>(), { w: values }) })
  await first.save(join(dir, 'ckpt'))
  const variables = Object.assign(new VariableState<Arrays>(), { w: values })
  const second = new Checkpoint({ x: variables })
  await second.restore(null)
  const reports: SaveReport[] = []
  const onReport = (report: SaveReport): void => void reports.push(report)
  await second.save(join(dir, 'other'), { incremental: true, onReport })
  t.match(reports, [{ kind: 'full' }])
})

t.test('files of another owner are not linked', { skip: process.getuid?.() !== 0 }, async (t) => {
  const run = new Saver(join(t.testdir(), 'ckpt'), { a: random(1) })
  await run.save()
  const [file = ''] = shardsOf(`${run.prefix}-1`)
  chmodSync(file, 0o644)
  const { chownSync } = await import('node:fs')
  chownSync(file, 12345, 12345)
  ;(run.arrays['a'] as Float64Array)[0] = 0.5
  const other = new Saver(run.prefix, { a: random(1) })
  await other.checkpoint.restore(`${run.prefix}-1`)
  t.match(await other.save(), { kind: 'full' })
  t.ok(existsSync(file))
  t.strictSame(leftoversIn(join(run.prefix, '..')), [])
})
