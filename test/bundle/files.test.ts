import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  isDirectory,
  listDirectory,
  listSome,
  readWhole,
  syncDirectory,
} from '../../lib/bundle/files.js'
import { runAsync, runSync } from '../../lib/twin.js'

t.test('a file is read whole, up to a limit', async (t) => {
  const path = join(t.testdir({ file: 'content', empty: '' }), 'file')
  t.equal(Buffer.from(await runAsync(readWhole(path, 7, false))).toString(), 'content')
  t.equal(Buffer.from(runSync(readWhole(path, 7, true))).toString(), 'content')
  const tooLarge = {
    code: 'CKPT_TOO_LARGE',
    message: `'${path}' has 7 bytes, more than the 6 that are read`,
    details: { bytes: 7, limit: 6, path },
  }
  await t.rejects(runAsync(readWhole(path, 6, false)), tooLarge)
  t.throws(() => runSync(readWhole(path, 6, true)), tooLarge)
  t.equal(runSync(readWhole(join(path, '../empty'), 0, true)).length, 0)
})

t.test('files that cannot be read', async (t) => {
  const dir = t.testdir({ file: '', folder: {} })
  const cases: [string, object][] = [
    ['missing', { code: 'CKPT_NOT_FOUND', details: { path: join(dir, 'missing') } }],
    ['folder', { code: 'CKPT_IO', details: { name: 'EISDIR', path: join(dir, 'folder') } }],
    ['file/x', { code: 'CKPT_IO', details: { name: 'ENOTDIR', path: join(dir, 'file/x') } }],
  ]
  for (const [name, { ...error }] of cases) {
    const path = join(dir, name)
    const expected = error as { code: string }
    await t.rejects(runAsync(readWhole(path, 9, false)), expected)
    t.throws(() => runSync(readWhole(path, 9, true)), expected)
  }
})

t.test('names in a directory', async (t) => {
  const dir = t.testdir({ b: '', a: {} })
  t.strictSame((await runAsync(listDirectory(dir, false))).sort(), ['a', 'b'])
  t.strictSame(runSync(listDirectory(dir, true)).sort(), ['a', 'b'])
  t.strictSame(await runAsync(listDirectory(join(dir, 'none'), false)), [])
  t.strictSame(runSync(listDirectory(join(dir, 'none'), true)), [])
  const error = { code: 'CKPT_IO', details: { name: 'ENOTDIR', path: join(dir, 'b') } }
  await t.rejects(runAsync(listDirectory(join(dir, 'b'), false)), error)
  t.throws(() => runSync(listDirectory(join(dir, 'b'), true)), error)
})

t.test('some names in a directory', async (t) => {
  const names = Array.from({ length: 100 }, (_, i) => `f${String(i)}`).sort()
  const dir = t.testdir(Object.fromEntries(names.map((name) => [name, ''])))
  for (const limit of [0, 1, 40, 100, 1000]) {
    const found = [await runAsync(listSome(dir, limit, false)), runSync(listSome(dir, limit, true))]
    for (const some of found) {
      t.equal(some.length, Math.min(limit, 100))
      t.ok(some.every((name) => names.includes(name)))
      t.equal(new Set(some).size, some.length)
    }
  }
  for (const name of ['none', 'f0']) {
    t.strictSame(await runAsync(listSome(join(dir, name), 9, false)), [])
    t.strictSame(runSync(listSome(join(dir, name), 9, true)), [])
  }
})

t.test('what is a directory', async (t) => {
  const dir = t.testdir({ b: '', a: {} })
  for (const [name, expected] of [
    ['a', true],
    ['b', false],
    ['none', false],
  ] as const) {
    t.equal(await runAsync(isDirectory(join(dir, name), false)), expected, name)
    t.equal(runSync(isDirectory(join(dir, name), true)), expected, name)
  }
})

t.test('a directory is synced', async (t) => {
  const dir = t.testdir({ file: '' })
  await runAsync(syncDirectory(dir, false))
  runSync(syncDirectory(dir, true))
  if (existsSync('/proc/self')) {
    // Answers EINVAL, as file systems do that have nothing to sync.
    await runAsync(syncDirectory('/proc', false))
    runSync(syncDirectory('/proc', true))
  }
  const cases: [string, { code: string; details: object }][] = [
    ['none', { code: 'CKPT_NOT_FOUND', details: { path: join(dir, 'none') } }],
    ['file', { code: 'CKPT_IO', details: { name: 'ENOTDIR', path: join(dir, 'file') } }],
  ]
  for (const [name, error] of cases) {
    await t.rejects(runAsync(syncDirectory(join(dir, name), false)), error)
    t.throws(() => {
      runSync(syncDirectory(join(dir, name), true))
    }, error)
  }
})
