import { getEventListeners } from 'node:events'
import t from 'tap'
import { CALLED_OFF, Interruption } from '../../lib/manager/interruption.js'

const never = new Promise<never>(() => undefined)

t.test('a wait ends by itself', async (t) => {
  const { signal } = new AbortController()
  const interruption = new Interruption(signal)
  t.equal(await interruption.race(Promise.resolve(7)), 7)
  t.equal(await interruption.race(8), 8)
  const failure = new Error('of its own')
  await t.rejects(interruption.race(Promise.reject(failure)), failure)
  await interruption.pause(1)
  await interruption.pause(0)
  await interruption.pause(-5)
  await interruption.pause(NaN)
  await interruption.pause(Infinity, Promise.resolve())
  interruption.check()
  t.equal(getEventListeners(signal, 'abort').length, 0)
})

t.test('a signal ends it with its reason', async (t) => {
  for (const wait of [
    (interruption: Interruption) => interruption.race(never),
    (interruption: Interruption) => interruption.pause(Infinity),
    (interruption: Interruption) => interruption.pause(1e9, never),
  ]) {
    const controller = new AbortController()
    const interruption = new Interruption(controller.signal)
    const waiting = wait(interruption)
    t.equal(getEventListeners(controller.signal, 'abort').length, 1)
    const reason = new Error('enough')
    controller.abort(reason)
    await t.rejects(waiting, reason)
    t.equal(getEventListeners(controller.signal, 'abort').length, 0)
    await t.rejects(wait(interruption), reason, 'and each one after it')
    t.throws(() => {
      interruption.check()
    }, reason)
  }
})

t.test('calling off ends it', async (t) => {
  const interruption = new Interruption(undefined)
  const waiting = interruption.pause(Infinity).catch((error: unknown) => error)
  interruption.callOff()
  t.equal(await waiting, CALLED_OFF)
  t.equal(await interruption.race(never).catch((error: unknown) => error), CALLED_OFF)
  t.equal(await interruption.pause(0).catch((error: unknown) => error), CALLED_OFF)
})
