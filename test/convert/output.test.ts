// What is on the disk when an export or import ends, in whatever way.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  convert,
  convertSync,
  exportNpz,
  exportNpzSync,
  exportTfjsSync,
  importNpzSync,
  isCheckpointError,
  latestCheckpoint,
  ndarray,
  NumpyState,
  openCheckpointSync,
  openTensorsSync,
  VariableState,
  zeros,
  type NdArray,
  type Progress,
} from '../../lib/index.js'
import { contentOf } from '../fixtures/files'
import { mountTmpfs, noMounts } from '../fixtures/tmpfs'

const FILES = ['a.npy', 'a.npz', 'a.safetensors', 'model.json', 'ckpt']

const both = {
  promise: convert,
  blocking: (...args: Parameters<typeof convert>) =>
    new Promise((resolve) => {
      resolve(convertSync(...args))
    }),
}

const megabytes = (count: number, value: number): NdArray =>
  ndarray(new Float32Array(count * 2 ** 18).fill(value))

/** Files of a directory, those below it too. */
const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()

/** Each file is written, and then replaced in vain: `fail` must leave all as it was. */
async function leavesAll(t: Test, fail: (source: object, path: string) => Promise<unknown>) {
  for (const file of FILES) {
    const directory = t.testdir()
    const empty = join(directory, 'new')
    await fail({ x: megabytes(3, 2) }, join(empty, file))
    t.strictSame(
      filesIn(directory).filter((name) => name !== 'new'),
      [],
      `${file}: no trace`,
    )
    const old = join(directory, 'old')
    await convert({ x: megabytes(1, 1) }, join(old, file))
    const before = contentOf(old)
    await fail({ x: megabytes(3, 2) }, join(old, file))
    t.strictSame(contentOf(old), before, `${file}: as it was`)
  }
}

t.test('an abort leaves what was there', async (t) => {
  const reason = new Error('enough')
  await leavesAll(t, async (source, path) => {
    const abort = new AbortController()
    const promise = convert(source as never, path, { signal: abort.signal })
    setImmediate(() => {
      abort.abort(reason)
    })
    await t.rejects(promise, reason)
    const { signal } = abort
    t.throws(() => convertSync(source as never, path, { signal }), reason)
  })
})

t.test('what onProgress throws ends it, also at the end', async (t) => {
  const reason = new Error('no')
  for (const when of ['write', 'sync']) {
    await leavesAll(t, async (source, path) => {
      const onProgress = ({ phase }: Progress): void => {
        if (phase === when) throw reason
      }
      for (const run of Object.values(both)) {
        await t.rejects(run(source as never, path, { onProgress }), reason, when)
      }
    })
  }
})

t.test('a damaged source leaves what was there', async (t) => {
  const directory = t.testdir()
  const model = new VariableState()
  model['x'] = megabytes(3, 2)
  const prefix = new Checkpoint({ model }).writeSync(join(directory, 'source/ckpt'))
  const shard = `${prefix}.data-00000-of-00001`
  const bytes = readFileSync(shard)
  bytes[2 ** 21] = 1
  writeFileSync(shard, bytes)
  const reader = openCheckpointSync(prefix)
  const key = 'model/x/.ATTRIBUTES/VARIABLE_VALUE'
  await leavesAll(t, async (_, path) => {
    for (const run of Object.values(both)) {
      const error = { code: 'CKPT_CORRUPT', details: { reason: 'checksum', key } }
      await t.rejects(run(reader, path), error)
    }
  })
})

t.test('a full disk is CKPT_IO and leaves what was there', { skip: noMounts }, async (t) => {
  for (const file of FILES) {
    const tmpfs = mountTmpfs('size=4m')
    if (tmpfs === undefined) throw new Error('no tmpfs')
    try {
      const path = join(tmpfs.path, file)
      await convert({ x: megabytes(1, 1) }, path)
      const before = contentOf(tmpfs.path)
      for (const run of Object.values(both)) {
        const error = { code: 'CKPT_IO', details: { name: 'ENOSPC' } }
        await t.rejects(run({ x: megabytes(5, 2) }, path), error, file)
        t.strictSame(contentOf(tmpfs.path), before)
      }
    } finally {
      tmpfs.unmount()
    }
  }
})

t.test('each file replaces one that was there, and readers of that go on', async (t) => {
  for (const [manner, run] of Object.entries(both)) {
    for (const file of FILES) {
      const directory = t.testdir()
      const path = join(directory, file)
      await run({ x: megabytes(1, 1) }, path)
      const reader = file === 'ckpt' ? openCheckpointSync(path) : openTensorsSync(path)
      const old = reader.get(file === 'a.npy' ? 'a' : 'x') as NdArray
      await run({ x: megabytes(2, 2) }, path)
      t.equal(old.data[2 ** 17], 1, `${file}, ${manner}`)
      const again = file === 'ckpt' ? openCheckpointSync(path) : openTensorsSync(path)
      const { data } = again.get(file === 'a.npy' ? 'a' : 'x') as NdArray
      t.same([data.length, data[0], data[2 ** 18]], [2 ** 19, 2, 2])
      const names = readdirSync(directory)
      // A checkpoint that replaces one has another number of data files, as one that is saved.
      const files = { 'model.json': 2, ckpt: 3 }[file] ?? 1
      t.equal(names.length, files, names.join())
    }
  }
})

t.test('a model.json is replaced with files of other names, and takes none of others', (t) => {
  const directory = t.testdir({ 'group1-shard1of2.bin': 'mine' })
  const path = join(directory, 'model.json')
  const options = { shardBytes: 2 ** 20 }
  exportTfjsSync({ x: megabytes(2, 1) }, path, options)
  t.strictSame(filesIn(directory), [
    'group1-shard1of2.bin',
    'group2-shard1of2.bin',
    'group2-shard2of2.bin',
    'model.json',
  ])
  exportTfjsSync({ x: megabytes(2, 1) }, path, options)
  t.strictSame(filesIn(directory).slice(1, 3), ['group3-shard1of2.bin', 'group3-shard2of2.bin'])
  t.equal(readFileSync(join(directory, 'group1-shard1of2.bin'), 'utf8'), 'mine')
  t.end()
})

t.test('a checkpoint that is imported has no number and no state file', (t) => {
  const directory = t.testdir()
  exportNpzSync({ x: zeros([2]) }, join(directory, 'a.npz'))
  const { path } = importNpzSync(join(directory, 'a.npz'), join(directory, 'ckpt'), {
    maxShardBytes: 1,
    alignment: 1,
  })
  t.equal(path, join(directory, 'ckpt'))
  t.equal(latestCheckpoint(directory), null)
  t.end()
})

t.test('what stands in the way is CKPT_IO', async (t) => {
  const directory = t.testdir()
  for (const file of FILES.filter((name) => name !== 'ckpt')) {
    mkdirSync(join(directory, file))
    for (const run of Object.values(both)) {
      const error = { code: 'CKPT_IO', details: { path: join(directory, file) } }
      await t.rejects(run({ x: zeros([1], 'float32') }, join(directory, file)), error, file)
    }
  }
  t.strictSame(filesIn(directory), FILES.filter((name) => name !== 'ckpt').sort())
  writeFileSync(join(directory, 'file'), '')
  await t.rejects(convert({ x: zeros([1]) }, join(directory, 'file/a.npz')), { code: 'CKPT_IO' })
})

t.test('files are those that the umask allows', (t) => {
  const directory = t.testdir()
  const before = process.umask(0o027)
  try {
    for (const file of FILES) convertSync({ x: zeros([1], 'float32') }, join(directory, file))
  } finally {
    process.umask(before)
  }
  for (const name of readdirSync(directory)) {
    t.equal(statSync(join(directory, name)).mode & 0o777, 0o640, name)
  }
  t.end()
})

t.test('progress is of bytes, and ends with all of them', async (t) => {
  const directory = t.testdir()
  for (const file of FILES) {
    for (const run of Object.values(both)) {
      const seen: Progress[] = []
      const onProgress = (progress: Progress): void => {
        seen.push(progress)
      }
      await run({ x: megabytes(3, 1) }, join(directory, file), { onProgress })
      const total = 3 * 2 ** 20
      t.match(seen[0], { phase: 'write', done: 0, total })
      t.match(seen.at(-1), { phase: 'sync', done: total, total })
      t.ok(seen.every(({ done }, i) => done >= (seen[i - 1]?.done ?? 0)))
    }
  }
})

t.test('many at once, of one reader', async (t) => {
  const directory = t.testdir()
  const state = new NumpyState()
  for (let i = 0; i < 20; i++) state[`x${String(i)}`] = megabytes(1, i)
  const prefix = await new Checkpoint({ state }).save(join(directory, 'ckpt'))
  const reader = openCheckpointSync(prefix)
  const paths = Array.from({ length: 8 }, (_, i) => join(directory, `out/${String(i)}.npz`))
  await Promise.all(paths.map((path) => exportNpz(reader, path)))
  const first = readFileSync(paths[0] ?? '')
  for (const path of paths) t.ok(readFileSync(path).equals(first), path)
  t.strictSame(readdirSync(join(directory, 'out')).length, 8)
  reader.closeSync()
  await t.rejects(exportNpz(reader, join(directory, 'x.npz')), { code: 'CKPT_CLOSED' })
  const file = openTensorsSync(paths[0] ?? '')
  file.closeSync()
  file.closeSync()
  t.throws(() => file.get('x1'), { code: 'CKPT_CLOSED' })
  await t.rejects(exportNpz(file, join(directory, 'x.npz')), { code: 'CKPT_CLOSED' })
})

t.test('a missing source', async (t) => {
  const directory = t.testdir()
  for (const file of [...FILES, 'none/ckpt']) {
    for (const run of Object.values(both)) {
      try {
        await run(join(directory, file), join(directory, 'out.npz'))
        t.fail(file)
      } catch (error) {
        t.ok(isCheckpointError(error, 'CKPT_NOT_FOUND'), file)
      }
    }
  }
  t.strictSame(readdirSync(directory), [])
})
