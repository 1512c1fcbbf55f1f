import { getEventListeners } from 'node:events'
import t from 'tap'
import {
  checkChoice,
  checkOperationOptions,
  Operation,
  type Progress,
} from '../../lib/bundle/operation.js'
import { Aborted } from '../../lib/native.js'
import { runAsync, runSync, wait, type Steps } from '../../lib/twin.js'

const throwAborted = function* (operation: Operation): Steps<never> {
  operation.job.cancel()
  yield* wait(1)
  throw new Aborted()
}

t.test('an operation gives what its body gives', async (t) => {
  const body = function* (): Steps<number> {
    return yield* wait(3)
  }
  t.equal(runSync(new Operation({}, true).run(body)), 3)
  t.equal(await runAsync(new Operation({}, false).run(body)), 3)
})

t.test('an abort of a step becomes the reason of the signal', async (t) => {
  const controller = new AbortController()
  const reason = { why: 'because' }
  const operation = new Operation({ signal: controller.signal }, false)
  const run = runAsync(
    operation.run(function* () {
      controller.abort(reason)
      t.ok(operation.job.cancelled)
      return yield* throwAborted(operation)
    }),
  )
  t.equal(await run.catch((error: unknown) => error), reason)
})

t.test('a signal that is aborted already keeps the body from running', (t) => {
  const operation = new Operation({ signal: AbortSignal.abort(new Error('no')) }, true)
  const run = operation.run(function* (): Steps<void> {
    yield* wait(t.fail('ran'))
  })
  t.throws(
    () => {
      runSync(run)
    },
    { message: 'no' },
  )
  t.end()
})

t.test('no listener is left behind', async (t) => {
  const controller = new AbortController()
  const { signal } = controller
  const operation = new Operation({ signal }, false)
  const run = operation.run(function* (): Steps<void> {
    yield* wait(t.equal(getEventListeners(signal, 'abort').length, 1))
  })
  await runAsync(run)
  t.equal(getEventListeners(signal, 'abort').length, 0)
  controller.abort()
  t.notOk(operation.job.cancelled)
})

t.test('waiting ends when the signal aborts', async (t) => {
  t.equal(new Operation({}, false).aborted, undefined)
  const controller = new AbortController()
  const operation = new Operation({ signal: controller.signal }, false)
  const never = new Promise<never>(() => undefined)
  const run = runAsync(
    operation.run(function* (): Steps<never> {
      return yield* wait(Promise.race([never, operation.aborted ?? never]))
    }),
  )
  controller.abort(new Error('enough'))
  await t.rejects(run, { message: 'enough' })
})

t.test('phases are reported from their beginning to their end', (t) => {
  const reports: Progress[] = []
  const operation = new Operation({ onProgress: (progress) => void reports.push(progress) }, true)
  operation.begin('verify', 10)
  operation.begin('load', 0)
  operation.end()
  operation.begin('write', 20)
  t.strictSame(reports, [
    { phase: 'verify', done: 0, total: 10 },
    { phase: 'load', done: 0, total: 0 },
    { phase: 'write', done: 0, total: 20 },
  ])
  t.end()
})

t.test('a write of nothing is at its end at once', (t) => {
  const reports: Progress[] = []
  const operation = new Operation({ onProgress: (progress) => void reports.push(progress) }, true)
  operation.begin('write', 0)
  operation.end()
  t.strictSame(reports, [{ phase: 'sync', done: 0, total: 0 }])
  t.end()
})

t.test('what a report throws ends the operation, unless it comes too late', (t) => {
  const failure = new Error('callback')
  const onProgress = (): never => {
    throw failure
  }
  const operation = new Operation({ onProgress }, true)
  t.throws(
    () =>
      runSync(
        operation.run(function* () {
          operation.begin('write', 10)
          t.ok(operation.job.cancelled)
          return yield* throwAborted(operation)
        }),
      ),
    failure,
  )
  t.throws(() => {
    operation.check()
  }, failure)
  const late = new Operation({ onProgress }, true)
  const run = late.run(function* () {
    late.begin('write', 10)
    late.settle()
    late.check()
    return yield* wait(7)
  })
  t.equal(runSync(run), 7)
  t.end()
})

t.test('options are checked', (t) => {
  const check = checkOperationOptions as (options: unknown) => void
  t.doesNotThrow(() => {
    check({ signal: new AbortController().signal, onProgress: () => undefined, other: 1 })
  })
  const cases: [unknown, string][] = [
    [undefined, 'options must be an object, got undefined'],
    [3, 'options must be an object, got 3'],
    [{ signal: null }, 'options.signal must be an AbortSignal, got null'],
    [
      { signal: { aborted: false } },
      'options.signal must be an AbortSignal, got { aborted: false }',
    ],
    [{ onProgress: 'x' }, "options.onProgress must be a function, got 'x'"],
  ]
  for (const [options, message] of cases) {
    t.throws(() => {
      check(options)
    }, new TypeError(message))
  }
  t.end()
})

t.test('choices', (t) => {
  t.equal(checkChoice(undefined, 'x', ['a', 'b'], 'a'), 'a')
  t.equal(checkChoice('b', 'x', ['a', 'b'], 'a'), 'b')
  const message = "options.x must be one of 'a', 'b'; got 'c'"
  t.throws(() => checkChoice('c', 'x', ['a', 'b'], 'a'), new TypeError(message))
  t.throws(() => checkChoice(null, 'x', ['a'], 'a'), { message: /got null$/ })
  t.end()
})
