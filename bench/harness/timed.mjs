/** Times one call as a training loop feels it. */
import { mainThreadTime } from './memory.mjs'

/** Milliseconds. */
const now = () => performance.now()

const TICK = 1

/**
 * @returns milliseconds: `call`, until the call returned its promise; `block`, the longest time the
 *   event loop was not served from then on; `wall`, until the promise was resolved; `cpu` and `main`,
 *   what all threads and what the calling one computed
 */
export async function timed(body) {
  const [cpu, main] = [process.cpuUsage(), mainThreadTime()]
  const times = await timedCall(body)
  const { user, system } = process.cpuUsage(cpu)
  const later = mainThreadTime()
  return {
    ...times,
    cpu: (user + system) / 1000,
    main: later === undefined ? undefined : later - main,
  }
}

async function timedCall(body) {
  const begin = now()
  const pending = body()
  const returned = now()
  if (typeof pending?.then !== 'function') {
    return { call: returned - begin, block: 0, wall: returned - begin }
  }
  let last = returned
  let block = 0
  const look = () => {
    const time = now()
    // A timer that is on time comes a tick after the last one.
    block = Math.max(block, time - last - TICK)
    last = time
  }
  // Not setImmediate: a loop that never sleeps would take a processor from the writer's threads.
  const timer = setInterval(look, TICK)
  try {
    await pending
    const wall = now() - begin
    look()
    return { call: returned - begin, block, wall }
  } finally {
    clearInterval(timer)
  }
}
