import fs, { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import {
  Checkpoint,
  checkpointsIterator,
  removeCheckpointSync,
  updateCheckpointStateSync,
  type CheckpointsIteratorOptions,
} from '../../lib/index.js'
import { Child, runChild, within } from '../fixtures/child'
import { nextOf, noProc, openFiles, openWatches } from './watching'

/** What comes within the deadline of a test comes by a notification. */
const HOUR = { pollIntervalSeconds: 3600 }

t.test('the latest comes first, then those that are saved', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint()
  const prefix = join(dir, 'ckpt')
  await checkpoint.save(prefix)
  await checkpoint.save(prefix)
  const paths: string[] = []
  for await (const path of checkpointsIterator(pathToFileURL(dir), HOUR)) {
    paths.push(basename(path))
    if (paths.length === 6) break
    // Now it comes before the next step, now behind it.
    if (paths.length % 2 === 0) await checkpoint.save(prefix)
    else void checkpoint.save(prefix)
  }
  t.strictSame(paths, ['ckpt-2', 'ckpt-3', 'ckpt-4', 'ckpt-5', 'ckpt-6', 'ckpt-7'])
})

t.test('of a burst the newest comes, and once', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint()
  const checkpoints = checkpointsIterator(dir, HOUR)
  const paths: string[] = []
  for (let burst = 0; burst < 5; burst++) {
    const next = nextOf(checkpoints)
    // Blocking: no notification is handed out meanwhile.
    for (let i = 0; i < 10; i++) checkpoint.saveSync(join(dir, 'ckpt'), { durable: false })
    paths.push(await next)
  }
  const expected = [10, 20, 30, 40, 50].map((number) => join(dir, `ckpt-${String(number)}`))
  t.strictSame(paths, expected)
  await checkpoints.return?.()
})

t.test('saves beside the iteration: each at most once, in order, and the last one', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint()
  const count = 60
  const saving = (async () => {
    for (let i = 0; i < count; i++) await checkpoint.save(join(dir, 'ckpt'), { durable: false })
  })()
  const numbers: number[] = []
  const last = join(dir, `ckpt-${String(count)}`)
  const iterating = async (): Promise<void> => {
    for await (const path of checkpointsIterator(dir, HOUR)) {
      numbers.push(Number(path.split('-').at(-1)))
      if (path === last) break
    }
  }
  await within(iterating(), `ckpt-${String(count)}`)
  await saving
  t.strictSame(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  )
})

t.test('the directory may come later, go and come again', async (t) => {
  const dir = t.testdir()
  const run = join(dir, 'runs/of/today')
  const checkpoints = checkpointsIterator(run, HOUR)
  for (const name of ['a', 'a', 'b', 'a']) {
    const next = nextOf(checkpoints)
    mkdirSync(join(dir, 'runs'), { recursive: true })
    const path = await new Checkpoint().save(join(run, name))
    t.equal(await next, path)
    rmSync(join(dir, 'runs'), { recursive: true })
  }
  const moved = nextOf(checkpoints)
  await new Checkpoint().save(join(dir, 'elsewhere/today/c'))
  mkdirSync(join(dir, 'runs'))
  renameSync(join(dir, 'elsewhere'), join(dir, 'runs/of'))
  t.equal(await moved, join(run, 'c-1'), 'a whole run that was moved there')
  await checkpoints.return?.()
})

t.test('a checkpoint that is written anew is another, one that is named anew is not', async (t) => {
  const dir = t.testdir()
  const checkpoints = checkpointsIterator(dir, HOUR)
  const path = join(dir, 'best')
  for (let i = 0; i < 3; i++) {
    const next = nextOf(checkpoints)
    await new Checkpoint().write(path)
    updateCheckpointStateSync(dir, { modelCheckpointPath: path })
    t.equal(await next, path)
  }
  const next = nextOf(checkpoints)
  updateCheckpointStateSync(dir, { modelCheckpointPath: path })
  await new Checkpoint().save(join(dir, 'other'))
  t.equal(await next, join(dir, 'other-1'))
  await checkpoints.return?.()
})

t.test('what is gone or not there yet is left out', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint()
  removeCheckpointSync(await checkpoint.save(join(dir, 'ckpt')))
  const checkpoints = checkpointsIterator(dir, HOUR)
  let next = nextOf(checkpoints)
  updateCheckpointStateSync(dir, { modelCheckpointPath: join(dir, 'later') })
  await checkpoint.write(join(dir, 'later'))
  t.equal(await next, join(dir, 'later'), 'once its index is there')
  next = nextOf(checkpoints)
  const gone = checkpoint.saveSync(join(dir, 'ckpt'))
  removeCheckpointSync(gone)
  const path = await checkpoint.save(join(dir, 'ckpt'))
  t.equal(await next, path)
  await checkpoints.return?.()
})

t.test('an index that goes while it is looked at', async (t) => {
  const dir = t.testdir()
  const path = await new Checkpoint().save(join(dir, 'ckpt'))
  const { statSync } = fs
  t.teardown(() => {
    Object.assign(fs, { statSync })
  })
  Object.assign(fs, {
    statSync: (...args: Parameters<typeof statSync>) => {
      removeCheckpointSync(path)
      return statSync(...args)
    },
  })
  const paths: string[] = []
  for await (const path of checkpointsIterator(dir, { timeoutSeconds: 0 })) paths.push(path)
  t.strictSame(paths, [])
})

t.test('a relative directory is that of the call, and the paths are relative to it', async (t) => {
  const dir = t.testdir({ run: {}, other: {} })
  const start = process.cwd()
  t.teardown(() => {
    process.chdir(start)
  })
  process.chdir(dir)
  const checkpoint = new Checkpoint()
  const all = ['run', './run', 'run/'].map((name) => checkpointsIterator(name, HOUR))
  process.chdir(join(dir, 'other'))
  const next = all.map(nextOf)
  await checkpoint.save(join(dir, 'run/ckpt'))
  t.strictSame(await Promise.all(next), ['run/ckpt-1', './run/ckpt-1', 'run/ckpt-1'])
  const elsewhere = all.map(nextOf)
  const path = await checkpoint.write(join(dir, 'other/x'))
  updateCheckpointStateSync(join(dir, 'run'), { modelCheckpointPath: path })
  t.strictSame(await Promise.all(elsewhere), [path, path, path])
})

t.test('an abort ends a pending step at once, and each one after it', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint()
  const start = async (options: CheckpointsIteratorOptions = {}) => {
    const controller = new AbortController()
    const checkpoints = checkpointsIterator(dir, { ...HOUR, ...options, signal: controller.signal })
    return { controller, checkpoints, reason: new Error('enough') }
  }
  const pending = await start()
  const next = pending.checkpoints.next()
  pending.controller.abort(pending.reason)
  await t.rejects(next, pending.reason)
  t.strictSame(await pending.checkpoints.next(), { value: undefined, done: true })

  const early = await start()
  early.controller.abort(early.reason)
  await t.rejects(early.checkpoints.next(), early.reason)

  await checkpoint.save(join(dir, 'ckpt'))
  const between = await start()
  await nextOf(between.checkpoints)
  await checkpoint.save(join(dir, 'ckpt'))
  between.controller.abort(between.reason)
  await t.rejects(between.checkpoints.next(), between.reason)

  const asking = await start({ timeoutFn: () => new Promise<boolean>(() => undefined) })
  await nextOf(asking.checkpoints)
  const answer = asking.checkpoints.next()
  asking.controller.abort(asking.reason)
  await t.rejects(answer, asking.reason)
})

t.test('return ends a pending step at once', async (t) => {
  const dir = t.testdir()
  const checkpoints = checkpointsIterator(dir, HOUR)
  const steps = [checkpoints.next(), checkpoints.next()]
  const ended = { value: undefined, done: true }
  t.match(await within(Promise.resolve(checkpoints.return?.()), 'return'), ended)
  t.strictSame(await within(Promise.all(steps), 'the steps before it'), [ended, ended])
  t.strictSame(await checkpoints.next(), ended)
  const unused = checkpointsIterator(dir)
  t.match(await unused.return?.(), ended)
  t.strictSame(await unused.next(), ended)
})

t.test('steps may be asked for ahead', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint()
  const checkpoints = checkpointsIterator(dir, HOUR)
  const [first, second] = [nextOf(checkpoints), nextOf(checkpoints)]
  const path = await checkpoint.save(join(dir, 'ckpt'))
  t.equal(await first, path)
  t.equal(await checkpoint.save(join(dir, 'ckpt')), await second)
  await checkpoints.return?.()
})

t.test('between two checkpoints lies the least interval', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint()
  const prefix = join(dir, 'ckpt')
  await checkpoint.save(prefix)
  const controller = new AbortController()
  const options = { ...HOUR, signal: controller.signal }
  const slow = checkpointsIterator(dir, { ...options, minIntervalSeconds: 3600 })
  const never = checkpointsIterator(dir, { ...options, minIntervalSeconds: Infinity })
  const fast = checkpointsIterator(dir, { ...options, minIntervalSeconds: 0.001 })
  await Promise.all([slow, never, fast].map(nextOf))
  const waiting = [slow.next(), never.next()].map((next) =>
    next.catch((error: unknown) => (error as Error).message),
  )
  for (let i = 0; i < 3; i++) t.equal(await checkpoint.save(prefix), await nextOf(fast))
  controller.abort(new Error('enough'))
  t.strictSame(await Promise.all(waiting), ['enough', 'enough'], 'the others are still waiting')
})

t.test('when the time is up the iteration ends', async (t) => {
  const dir = t.testdir()
  const collect = async (options: CheckpointsIteratorOptions): Promise<string[]> => {
    const paths: string[] = []
    for await (const path of checkpointsIterator(dir, options)) paths.push(path)
    return paths
  }
  t.strictSame(await collect({ timeoutSeconds: 0 }), [])
  t.strictSame(await collect({ timeoutSeconds: 0.02 }), [])
  const path = await new Checkpoint().save(join(dir, 'ckpt'))
  t.strictSame(await collect({ timeoutSeconds: 0 }), [path], 'what is there comes')
  t.strictSame(await collect({ timeoutSeconds: 0.02, pollIntervalSeconds: 0.001 }), [path])
})

t.test('unless timeoutFn says that more will come', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint()
  const log: string[] = []
  // As in TensorFlow it is asked after a checkpoint as well.
  const answers = [false, false, 'save', false, true] as const
  const timeoutFn = async (): Promise<boolean> => {
    const answer = answers[log.filter((line) => line === 'asked').length]
    log.push('asked')
    if (answer === 'save') await checkpoint.save(join(dir, 'ckpt'))
    return answer === true
  }
  for await (const path of checkpointsIterator(dir, { timeoutSeconds: 0.01, timeoutFn })) {
    log.push(basename(path))
  }
  t.strictSame(log, ['asked', 'asked', 'asked', 'ckpt-1', 'asked', 'asked'])
  const done = checkpointsIterator(dir, { timeoutFn: () => true })
  t.equal(await nextOf(done), join(dir, 'ckpt-1'))
  t.strictSame(await done.next(), { value: undefined, done: true }, 'without a timeout too')
  const failing = checkpointsIterator(dir, {
    timeoutFn: () => {
      throw new Error('of its own')
    },
  })
  await nextOf(failing)
  await t.rejects(failing.next(), { message: 'of its own' })
})

t.test('where nothing is told, looking finds it', async (t) => {
  const dir = t.testdir({ a: {}, b: {} })
  await new Checkpoint().save(join(dir, 'a/ckpt'))
  const path = await new Checkpoint().save(join(dir, 'b/other'))
  symlinkSync('a', join(dir, 'run'))
  const options = { pollIntervalSeconds: 0.01 }
  const checkpoints = checkpointsIterator(join(dir, 'run'), options)
  t.equal(await nextOf(checkpoints), join(dir, 'run/ckpt-1'))
  const next = nextOf(checkpoints)
  // The link that is watched through leads elsewhere: nothing happens in the directory itself.
  symlinkSync('b', join(dir, 'new'))
  renameSync(join(dir, 'new'), join(dir, 'run'))
  t.equal(await next, join(dir, 'run', basename(path)))

  const watch = fs.watch.bind(fs)
  t.teardown(() => {
    Object.assign(fs, { watch })
  })
  Object.assign(fs, {
    watch: () => {
      throw Object.assign(new Error('no watches left'), { code: 'ENOSPC' })
    },
  })
  const unwatched = nextOf(checkpoints)
  t.equal(await new Checkpoint().save(join(dir, 'run/c')), await unwatched)
  await checkpoints.return?.()
})

t.test('several iterators on one directory do not disturb each other', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint()
  const all = Array.from({ length: 8 }, () => checkpointsIterator(dir, HOUR))
  while (all.length > 0) {
    const next = all.map(nextOf)
    const path = await checkpoint.save(join(dir, 'ckpt'))
    t.strictSame(
      await Promise.all(next),
      all.map(() => path),
    )
    const ending = all[0]?.next()
    await all.shift()?.return?.()
    await ending
  }
})

t.test('another process saves', async (t) => {
  const dir = join(t.testdir(), 'run')
  const saving = runChild('save-named.cjs', { args: [dir, 'ckpt', '12'] })
  const numbers: number[] = []
  const iterating = async (): Promise<void> => {
    for await (const path of checkpointsIterator(dir, HOUR)) {
      numbers.push(Number(path.split('-').at(-1)))
      if (path === join(dir, 'ckpt-12')) break
    }
  }
  await within(iterating(), 'ckpt-12')
  await saving
  t.strictSame(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  )
})

t.test('a process lives while a step is pending, and no longer', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint()
  const child = new Child('iterate.cjs', { args: [dir, '2'] })
  await child.untilLines(1)
  const paths: string[] = []
  for (const lines of [2, 3]) {
    paths.push(await checkpoint.save(join(dir, 'ckpt')))
    await child.untilLines(lines)
  }
  t.strictSame(await child.finish(), ['waiting', ...paths])
})

t.test('nothing stays open', { skip: noProc }, async (t) => {
  const dir = t.testdir({ empty: {} })
  await new Checkpoint().save(join(dir, 'run/ckpt'))
  const run = join(dir, 'run')
  // What the first watch of a process opens is kept.
  await nextOf(checkpointsIterator(run))
  const [files, watches] = [openFiles(), openWatches()]
  const { signal } = new AbortController()
  for (let i = 0; i < 1000; i++) await nextOf(checkpointsIterator(run, { signal }))
  t.equal(openFiles(), files, 'dropped after a step')
  t.equal(openWatches(), watches)
  const waiting = Array.from({ length: 1000 }, () => checkpointsIterator(join(dir, 'empty')))
  const steps = waiting.map((checkpoints) => checkpoints.next())
  t.ok(openWatches() > watches)
  for (const checkpoints of waiting) void checkpoints.return?.()
  await Promise.all(steps)
  t.equal(openFiles(), files, 'called off while they waited')
  t.equal(openWatches(), watches)
  const controllers = Array.from({ length: 50 }, () => new AbortController())
  const aborted = controllers.map(({ signal }) =>
    checkpointsIterator(join(dir, 'none'), { signal }).next(),
  )
  for (const controller of controllers) controller.abort()
  await Promise.allSettled(aborted)
  t.equal(openWatches(), watches, 'aborted')
})

t.test('a state file that cannot be read ends it', async (t) => {
  const dir = t.testdir({ checkpoint: t.fixture('symlink', 'checkpoint') })
  const checkpoints = checkpointsIterator(dir)
  await t.rejects(checkpoints.next(), { code: 'CKPT_IO', details: { name: 'ELOOP' } })
  t.strictSame(await checkpoints.next(), { value: undefined, done: true })
})

t.test('misuse is named', (t) => {
  const iterate = (directory: unknown, options?: unknown): unknown =>
    checkpointsIterator(directory as string, options as CheckpointsIteratorOptions)
  const cases: [unknown, string][] = [
    [3, 'options must be an object, got 3'],
    [{ signal: 3 }, 'options.signal must be an AbortSignal, got 3'],
    [{ timeoutFn: true }, 'options.timeoutFn must be a function, got true'],
    [{ timeoutSeconds: '1' }, "options.timeoutSeconds must be a number, got '1'"],
    [{ minIntervalSeconds: null }, 'options.minIntervalSeconds must be a number, got null'],
  ]
  for (const [options, message] of cases)
    t.throws(() => iterate('x', options), new TypeError(message))
  for (const name of ['minIntervalSeconds', 'timeoutSeconds', 'pollIntervalSeconds']) {
    for (const value of [-1, NaN]) {
      const message = `options.${name} must be seconds from 0 on, got ${String(value)}`
      t.throws(() => iterate('x', { [name]: value }), new RangeError(message))
    }
  }
  const zero = new RangeError('options.pollIntervalSeconds must be above 0, got 0')
  t.throws(() => iterate('x', { pollIntervalSeconds: 0 }), zero)
  t.throws(() => iterate(1), new TypeError('directory must be a string or a file URL, got 1'))
  t.end()
})
