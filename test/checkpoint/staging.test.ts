import t from 'tap'
import { keepStagingForNow } from '../../lib/checkpoint/staging.js'

t.test('the memory of copies is given up some time after the last', (t) => {
  const timers: { run: () => void; ms: number; refreshed: number; unrefed: boolean }[] = []
  const real = globalThis.setTimeout
  t.teardown(() => (globalThis.setTimeout = real))
  globalThis.setTimeout = ((run: () => void, ms: number) => {
    const timer = { run, ms, refreshed: 0, unrefed: false }
    timers.push(timer)
    return { refresh: () => timer.refreshed++, unref: () => (timer.unrefed = true) }
  }) as unknown as typeof setTimeout
  keepStagingForNow()
  keepStagingForNow()
  keepStagingForNow()
  t.match(timers, [{ ms: 600_000, refreshed: 2, unrefed: true }])
  timers[0]?.run()
  keepStagingForNow()
  t.equal(timers.length, 2, 'a new one after the pause')
  t.end()
})
