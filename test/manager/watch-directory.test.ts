import fs, { mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { watchDirectory } from '../../lib/manager/watch-directory.js'
import { within } from '../fixtures/child'
import { noProc, openWatches } from './watching'

/** Runs `act` with a watch on the directory and waits until it has been told. */
async function told(directory: string, what: string, act: () => void): Promise<void> {
  let wake: () => void = () => undefined
  const change = new Promise<void>((resolve) => (wake = resolve))
  const unwatch = watchDirectory(directory, wake)
  act()
  await within(change, what)
  unwatch()
}

t.test('what happens in a directory is told', async (t) => {
  const dir = t.testdir()
  const file = (name: string): string => join(dir, name)
  await told(dir, 'the state file', () => {
    writeFileSync(file('checkpoint'), '')
  })
  await told(dir, 'the state file changed', () => {
    writeFileSync(file('checkpoint'), 'x')
  })
  writeFileSync(file('new'), '')
  await told(dir, 'the state file replaced', () => {
    renameSync(file('new'), file('checkpoint'))
  })
  await told(dir, 'an index', () => {
    writeFileSync(file('ckpt-1.index'), '')
  })
  await told(dir, 'an index removed', () => {
    unlinkSync(file('ckpt-1.index'))
  })
  await told(dir, 'the directory removed', () => {
    rmSync(dir, { recursive: true })
  })
})

t.test('the making of a directory is told, step by step', async (t) => {
  const dir = t.testdir()
  const deep = join(dir, 'a/b/c')
  for (const path of ['a', 'a/b', 'a/b/c']) {
    await told(deep, path, () => {
      mkdirSync(join(dir, path))
    })
  }
  await told(deep, 'the state file', () => {
    writeFileSync(join(deep, 'checkpoint'), '')
  })
  await told(deep, 'its end, whole', () => {
    rmSync(join(dir, 'a'), { recursive: true })
  })
  await told(deep, 'all at once', () => {
    mkdirSync(deep, { recursive: true })
  })
  await told(deep, 'its move', () => {
    renameSync(deep, join(dir, 'moved'))
  })
})

t.test('what concerns no checkpoint is not told', async (t) => {
  const dir = t.testdir({ run: {} })
  let calls = 0
  const unwatch = watchDirectory(join(dir, 'run'), () => calls++)
  const unwatchLater = watchDirectory(join(dir, 'later/on'), () => calls++)
  await told(join(dir, 'run'), 'the last of them', () => {
    writeFileSync(join(dir, 'run/ckpt-1.data-00000-of-00001'), 'x')
    mkdirSync(join(dir, 'run/sub'))
    writeFileSync(join(dir, 'other'), '')
    writeFileSync(join(dir, 'run/checkpoint'), '')
  })
  t.equal(calls, 1, 'one for the state file, if a new file is told once')
  unwatch()
  unwatchLater()
})

t.test('nothing is told after the end, and nothing is left', { skip: noProc }, async (t) => {
  const dir = t.testdir({ file: '' })
  symlinkSync('nowhere', join(dir, 'dangling'))
  const before = openWatches()
  let calls = 0
  for (const name of ['', 'file', 'file/x', 'none', 'none/x', 'dangling', 'dangling/x']) {
    const unwatch = watchDirectory(join(dir, name), () => calls++)
    t.equal(openWatches(), before + 1, name)
    unwatch()
    unwatch()
    t.equal(openWatches(), before)
  }
  await told(dir, 'another watch', () => {
    writeFileSync(join(dir, 'checkpoint'), '')
  })
  t.equal(calls, 0)
})

t.test('a directory that is made just before the watch is not missed', (t) => {
  const dir = t.testdir()
  const watch = fs.watch.bind(fs)
  t.teardown(() => {
    Object.assign(fs, { watch })
  })
  const targets: string[] = []
  Object.assign(fs, {
    watch: (target: string, listener: () => void) => {
      targets.push(target)
      const watcher = watch(target, listener)
      // Whoever was faster.
      mkdirSync(join(dir, 'run'), { recursive: true })
      return watcher
    },
  })
  watchDirectory(join(dir, 'run'), () => undefined)()
  t.strictSame(targets, [dir, join(dir, 'run')])
  t.end()
})

t.test('where nothing can be watched, nothing is told', (t) => {
  const dir = t.testdir()
  const watch = fs.watch.bind(fs)
  t.teardown(() => {
    Object.assign(fs, { watch })
  })
  let calls = 0
  Object.assign(fs, {
    watch: () => {
      calls++
      throw Object.assign(new Error('no watches left'), { code: 'ENOSPC' })
    },
  })
  const unwatch = watchDirectory(dir, () => {
    t.fail('told')
  })
  unwatch()
  t.ok(calls > 0 && calls < 100, 'and it gives up')
  t.end()
})
