import t from 'tap'
import { runAsync, runSync, wait, type Steps } from '../lib/twin.js'

/** Two steps in either manner; recovers from `recovers`. */
function* add(
  a: number | Promise<number>,
  b: number | Promise<number>,
  log: string[] = [],
): Steps<number> {
  try {
    const first = yield* wait(a)
    log.push('first')
    return first + (yield* wait(b))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return -1
  } finally {
    log.push('end')
  }
}

t.test('one body runs in both manners', async (t) => {
  t.equal(runSync(add(1, 2)), 3)
  t.equal(await runAsync(add(1, 2)), 3)
  t.equal(await runAsync(add(Promise.resolve(1), Promise.resolve(2))), 3)
})

t.test('the first steps of an asynchronous run are taken in the call', async (t) => {
  const log: string[] = []
  const started = (function* (): Steps<number> {
    log.push('in the call')
    return yield* wait(Promise.resolve(1))
  })()
  const promise = runAsync(started)
  t.strictSame(log, ['in the call'])
  t.equal(await promise, 1)
})

t.test('a rejection is thrown where it was waited for', async (t) => {
  const log: string[] = []
  t.equal(await runAsync(add(Promise.reject(new RangeError('x')), 1, log)), -1, 'recovers')
  const failure = new Error('y')
  await t.rejects(runAsync(add(1, Promise.reject(failure), log)), failure)
  t.strictSame(log, ['end', 'first', 'end'])
})

t.test('a step that throws ends both runs', async (t) => {
  const failing = function* (): Steps<number> {
    yield* wait(1)
    throw new Error('z')
  }
  t.throws(() => runSync(failing()), { message: 'z' })
  await t.rejects(runAsync(failing()), { message: 'z' })
})

t.test('a blocking run refuses to wait', (t) => {
  const message = 'a blocking call met a promise'
  t.throws(() => runSync(add(Promise.resolve(1), 2)), { message })
  t.end()
})
