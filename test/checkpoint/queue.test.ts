import { join } from 'node:path'
import t from 'tap'
import { SaveQueue } from '../../lib/checkpoint/queue.js'
import { Checkpoint } from '../../lib/index.js'
import { runAsync, wait, type Steps } from '../../lib/twin.js'
import { filesIn, stateOf, emptyState } from './files'

const large = (value: number): Float64Array => new Float64Array(2 ** 18).fill(value)

const valueIn = async (path: string): Promise<unknown> => {
  const arrays = emptyState()
  await new Checkpoint({ arrays }).read(path)
  return arrays['x']?.get(0)
}

t.test('saves are ordered: each has the content of its call and the next number', async (t) => {
  const dir = t.testdir()
  const state = stateOf({ x: large(1) })
  const checkpoint = new Checkpoint({ arrays: state })
  const first = checkpoint.save(join(dir, 'ckpt'))
  state['x'] = large(2)
  const second = checkpoint.save(join(dir, 'ckpt'))
  state['x'] = large(3)
  t.strictSame(await Promise.all([first, second]), [join(dir, 'ckpt-1'), join(dir, 'ckpt-2')])
  t.equal(await valueIn(await first), 1)
  t.equal(await valueIn(await second), 2)
  t.equal(checkpoint.saveCounter, 2)
})

t.test('a third unfinished save is refused, and accepted afterwards', async (t) => {
  const dir = t.testdir()
  const prefix = join(dir, 'ckpt')
  const checkpoint = new Checkpoint({ arrays: stateOf({ x: large(1) }) })
  const saves = [checkpoint.save(prefix), checkpoint.write(join(dir, 'w'))]
  await t.rejects(checkpoint.save(prefix), {
    code: 'CKPT_BUSY',
    details: { path: prefix },
    message: /2 saves of this Checkpoint are unfinished/,
  })
  await Promise.all(saves)
  t.equal(await checkpoint.save(prefix), `${prefix}-2`)
})

t.test('the blocking twins refuse to wait', async (t) => {
  const prefix = join(t.testdir(), 'ckpt')
  const checkpoint = new Checkpoint({ arrays: stateOf({ x: large(1) }) })
  const path = checkpoint.saveSync(prefix)
  const busy = { code: 'CKPT_BUSY', message: /await it first$/ }
  const refused = (): void => {
    t.throws(() => checkpoint.saveSync(prefix), busy)
    t.throws(() => checkpoint.writeSync(prefix), busy)
    t.throws(() => checkpoint.restoreSync(path), busy)
    t.throws(() => checkpoint.readSync(path), busy)
  }
  const save = checkpoint.save(prefix)
  refused()
  await save
  const restore = checkpoint.restore(path)
  refused()
  await restore
  t.equal(checkpoint.saveSync(prefix), `${prefix}-2`)
})

t.test('restores wait for the saves before them and are not counted as saves', async (t) => {
  const prefix = join(t.testdir(), 'ckpt')
  const state = stateOf({ x: large(1) })
  const checkpoint = new Checkpoint({ arrays: state })
  const order: string[] = []
  const note = (what: string) => () => void order.push(what)
  const path = `${prefix}-1`
  const all = [
    checkpoint.save(prefix).then(note('save')),
    checkpoint.restore(path).then(note('restore')),
    checkpoint.restore(path).then(note('restore')),
    checkpoint.save(prefix).then(note('save')),
  ]
  state['x'] = large(2)
  await Promise.all(all)
  t.strictSame(order, ['save', 'restore', 'restore', 'save'])
  t.strictSame(state['x'].subarray(0, 2), Float64Array.of(1, 1))
  t.equal(checkpoint.saveCounter, 2)
})

t.test('checkpoints that save into one directory take turns', async (t) => {
  const dir = t.testdir()
  const saves = Array.from({ length: 6 }, async (_, i) => {
    const checkpoint = new Checkpoint({ arrays: stateOf({ x: large(i) }) })
    return checkpoint.save(join(dir, `p${String(i)}`))
  })
  const paths = await Promise.all(saves)
  for (const [i, path] of paths.entries()) t.equal(await valueIn(path), i)
  t.equal(filesIn(dir).length, 13, 'three files for each, one of them shared')
})

t.test('a failed save burns no number, nor does it hold up the next', async (t) => {
  const dir = t.testdir({ file: '' })
  const checkpoint = new Checkpoint({ arrays: stateOf({ x: large(1) }) })
  const failing = checkpoint.save(join(dir, 'file/ckpt'))
  const next = checkpoint.save(join(dir, 'ckpt'))
  await t.rejects(failing, { code: 'CKPT_IO', details: { name: 'ENOTDIR' } })
  t.equal(await next, join(dir, 'ckpt-1'))
  t.equal(checkpoint.saveCounter, 1)
})

/** A body that ends when it is told to. */
function controlled(
  log: string[],
  name: string,
): { body: () => Steps<{ result: string }>; end: () => void } {
  let end: () => void = () => undefined
  const ended = new Promise<void>((resolve) => (end = resolve))
  const body = function* (): Steps<{ result: string }> {
    log.push(`${name} begins`)
    yield* wait(ended)
    log.push(`${name} ends`)
    return { result: name }
  }
  return { body, end }
}

t.test(
  'an aborted one gives up waiting at once, and nobody passes the one before it',
  async (t) => {
    const queue = new SaveQueue()
    const log: string[] = []
    const [a, b, c] = [controlled(log, 'a'), controlled(log, 'b'), controlled(log, 'c')]
    const first = runAsync(queue.run('/d', false, undefined, a.body))
    let abort: (reason: Error) => void = () => undefined
    const aborted = new Promise<never>((_, reject) => (abort = reject))
    const second = runAsync(queue.run('/d', false, aborted, b.body))
    const third = runAsync(queue.run('/d', false, undefined, c.body))
    abort(new Error('enough'))
    await t.rejects(second, { message: 'enough' })
    await new Promise(setImmediate)
    t.strictSame(log, ['a begins'])
    c.end()
    a.end()
    t.strictSame(await Promise.all([first, third]), ['a', 'c'])
    t.strictSame(log, ['a begins', 'a ends', 'c begins', 'c ends'])
  },
)

t.test('what remains to be done keeps its place but not its caller', async (t) => {
  const queue = new SaveQueue()
  const log: string[] = []
  const removal = controlled(log, 'removal')
  const body = function* (): Steps<{ result: number; after: () => Promise<void> }> {
    yield* wait(1)
    return {
      result: 1,
      after: async () => {
        await runAsync(removal.body())
      },
    }
  }
  t.equal(await runAsync(queue.run('/e', false, undefined, body)), 1)
  const next = controlled(log, 'next')
  next.end()
  const second = runAsync(queue.run('/e', false, undefined, next.body))
  await new Promise(setImmediate)
  t.strictSame(log, ['removal begins'])
  removal.end()
  t.equal(await second, 'next')
  t.doesNotThrow(() => {
    queue.checkIdle('/e')
  })
})
