import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  watch,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import {
  Checkpoint,
  checkpointExists,
  getCheckpointMtimes,
  removeCheckpoint,
  removeCheckpointSync,
  zeros,
  type RemoveOptions,
} from '../../lib/index.js'
import { filesIn, saved, stateOf, until } from '../checkpoint/files'

const MANNERS = {
  async: removeCheckpoint,
  sync: async (prefix: string | URL, options?: RemoveOptions) => {
    removeCheckpointSync(prefix, options)
    return Promise.resolve()
  },
}

const data = (base: string, shard: string, count: string): string =>
  `${base}.data-${shard}-of-${count}`

t.test('a checkpoint exists as long as its index does', async (t) => {
  const dir = t.testdir()
  const path = await new Checkpoint().save(join(dir, 'ckpt'))
  t.ok(checkpointExists(path))
  t.ok(checkpointExists(pathToFileURL(path)))
  t.notOk(checkpointExists(join(dir, 'ckpt')))
  t.notOk(checkpointExists(join(dir, 'ckpt-?')), 'a name, not a pattern')
  t.notOk(checkpointExists(dir))
  t.notOk(checkpointExists(join(path, 'x')))
  const odd = await new Checkpoint().write(join(dir, 'a*?b'))
  t.ok(checkpointExists(odd))
  rmSync(`${path}.index`)
  t.notOk(checkpointExists(path))
})

t.test('times are those of the index files that exist', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint()
  const paths = [await checkpoint.save(join(dir, 'ckpt')), await checkpoint.save(join(dir, 'ckpt'))]
  utimesSync(`${paths[0] ?? ''}.index`, 5, 1795370215.125)
  const asked = [join(dir, 'gone'), ...paths, join(dir, 'checkpoint/x')]
  const times = getCheckpointMtimes(asked)
  t.strictSame(times, [
    1795370215.125,
    Number(statSync(`${paths[1] ?? ''}.index`, { bigint: true }).mtimeNs) / 1e9,
  ])
  t.strictSame(getCheckpointMtimes([pathToFileURL(paths[0] ?? '')]), [1795370215.125])
  t.strictSame(getCheckpointMtimes([]), [])
  symlinkSync('loop.index', join(dir, 'loop.index'))
  const error = { code: 'CKPT_IO', details: { name: 'ELOOP', path: join(dir, 'loop.index') } }
  t.throws(() => getCheckpointMtimes([join(dir, 'loop')]), error)
})

for (const [manner, remove] of Object.entries(MANNERS)) {
  t.test(`the files of a checkpoint are removed and no others, ${manner}`, async (t) => {
    const own = [
      'ckpt-1.index',
      'ckpt-1.meta',
      data('ckpt-1', '00000', '00002'),
      data('ckpt-1', '00001', '00002'),
      data('ckpt-1', '00006', '00007'),
      data('ckpt-1', '100000', '100001'),
    ]
    const others = [
      'ckpt-1',
      'ckpt-10.index',
      data('ckpt-10', '00000', '00001'),
      'ckpt-1.data-foo',
      'ckpt-1.data-00000-of-00001.tempstate17',
      'ckpt-1.data-0000-of-0001',
      'ckpt-1.data-00000-of-',
      'ckpt-1.index.bak',
      'ckpt-1.metadata',
      'ckpt-1xindex',
      'xckpt-1.index',
      data('xckpt-1', '00000', '00001'),
      data('ckpt-?', '00000', '00001'),
      'checkpoint',
    ]
    const dir = t.testdir(Object.fromEntries([...own, ...others].map((name) => [name, name])))
    await remove(join(dir, 'ckpt-1'))
    t.strictSame(filesIn(dir), others.sort())
    await remove(join(dir, 'ckpt-1'))
    await remove(join(dir, 'none/ckpt-1'))
    await remove(join(dir, 'checkpoint/ckpt-1'))
    t.strictSame(filesIn(dir), others, 'what is not there is no error')
    await remove(join(dir, 'ckpt-?'), { durable: false })
    t.strictSame(
      filesIn(dir),
      others.filter((name) => !name.includes('?')),
      'a name, not a pattern',
    )
  })

  t.test(`what was saved is removed, ${manner}`, async (t) => {
    const dir = t.testdir()
    const checkpoint = new Checkpoint({ a: stateOf({ x: zeros([90]), y: zeros([90]) }) })
    const path = await checkpoint.save(join(dir, 'ckpt'), { maxShardBytes: 100 })
    const kept = await checkpoint.save(join(dir, 'ckpt'))
    t.ok(filesIn(dir).length > 5)
    await remove(pathToFileURL(path))
    const files = ['checkpoint', data('ckpt-2', '00000', '00001'), 'ckpt-2.index']
    t.strictSame(filesIn(dir), files)
    t.ok(checkpointExists(kept))
  })

  t.test(`data without an index are removed, ${manner}`, async (t) => {
    const dir = t.testdir({ [data('a', '00000', '00001')]: '', 'a.meta': '' })
    await remove(join(dir, 'a'))
    t.strictSame(filesIn(dir), [])
  })

  t.test(`links are removed, not followed, ${manner}`, async (t) => {
    const target = { index: 'untouched', data: 'untouched', sub: { x: 'untouched' } }
    const dir = t.testdir({ target, run: {} })
    const run = join(dir, 'run')
    symlinkSync('../target/index', join(run, 'a.index'))
    symlinkSync('../target/data', join(run, data('a', '00000', '00002')))
    symlinkSync('../target/sub', join(run, data('a', '00001', '00002')))
    symlinkSync('nowhere', join(run, 'a.meta'))
    await remove(join(run, 'a'))
    t.strictSame(filesIn(run), [])
    t.strictSame(filesIn(join(dir, 'target')), ['data', 'index', 'sub', 'sub/x'])
    t.equal(readFileSync(join(dir, 'target/sub/x'), 'utf8'), 'untouched')
  })

  t.test(`the names are the prefix and a suffix, whatever it is, ${manner}`, async (t) => {
    const names = ['run.index', data('run', '00000', '00001')]
    const dir = t.testdir({
      ...Object.fromEntries(names.map((name) => [name, ''])),
      run: { '.index': '', '..index': '', '...index': '', [data('', '00000', '00001')]: '' },
    })
    const run = join(dir, 'run')
    await remove(`${run}/`)
    t.strictSame(filesIn(run), ['...index', '..index'])
    await remove(`${run}/.`)
    await remove(`${run}/..`)
    t.strictSame(filesIn(run), [])
    t.strictSame(filesIn(dir), ['run', data('run', '00000', '00001'), 'run.index'])
  })

  t.test(`an index that cannot be removed keeps its data, ${manner}`, async (t) => {
    const name = data('a', '00000', '00001')
    const dir = t.testdir({ 'a.index': { x: '' }, [name]: '' })
    const error = { code: 'CKPT_IO', details: { syscall: 'unlink', path: join(dir, 'a.index') } }
    await t.rejects(async () => remove(join(dir, 'a')), error)
    t.ok(existsSync(join(dir, name)))
    rmSync(join(dir, 'a.index'), { recursive: true })
    mkdirSync(join(dir, data('a', '00000', '00002')))
    await t.rejects(async () => remove(join(dir, 'a')), { code: 'CKPT_IO' })
    t.strictSame(filesIn(dir), [data('a', '00000', '00002')], 'the other files are removed')
    symlinkSync('loop', join(dir, 'loop'))
    await t.rejects(async () => remove(join(dir, 'loop/a')), {
      code: 'CKPT_IO',
      details: { name: 'ELOOP' },
    })
  })

  t.test(`a relative prefix is that of the call, ${manner}`, async (t) => {
    const dir = t.testdir({ run: { 'a.index': '' }, 'a.index': '' })
    const start = process.cwd()
    t.teardown(() => {
      process.chdir(start)
    })
    process.chdir(join(dir, 'run'))
    const removed = remove('a')
    process.chdir(dir)
    await removed
    t.strictSame(filesIn(dir), ['a.index', 'run'])
  })
}

t.test('the index goes first', async (t) => {
  const dir = t.testdir()
  await saved(join(dir, 'ckpt'), { x: zeros([2]) })
  const gone: string[] = []
  const watcher = watch(dir, (_, name) => gone.push(name ?? ''))
  removeCheckpointSync(join(dir, 'ckpt-1'))
  await until('the events', () => gone.length >= 2)
  watcher.close()
  t.strictSame(gone, ['ckpt-1.index', data('ckpt-1', '00000', '00001')])
  t.strictSame(readdirSync(dir), ['checkpoint'])
})

t.test('misuse is named', async (t) => {
  const bad = 1 as unknown as string
  const path = new TypeError('prefix must be a string or a file URL, got 1')
  t.throws(() => checkpointExists(bad), path)
  t.throws(() => getCheckpointMtimes([bad]), path)
  t.throws(() => getCheckpointMtimes('x' as unknown as string[]), { name: 'TypeError' })
  await t.rejects(removeCheckpoint(bad), path)
  await t.rejects(removeCheckpoint(''), { message: /must not be empty/ })
  await t.rejects(removeCheckpoint('a', 3 as RemoveOptions), { message: /^options must be/ })
  const durable = 'yes' as unknown as boolean
  await t.rejects(removeCheckpoint('a', { durable }), { message: /^options.durable must be/ })
  t.throws(() => {
    removeCheckpointSync(bad)
  }, path)
})
