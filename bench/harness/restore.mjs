/** Times the restores of one contestant. */
import { contestantNamed } from '../contestants/index.mjs'
import { checkState } from '../workloads/state.mjs'
import { memoryOf, resetPeak } from './memory.mjs'
import { timed } from './timed.mjs'

/** Elements from one memory page to the next. */
const PAGE = 4096 / 4

/**
 * Restores several times; the first in a process is what a resumed run waits for. Each time also:
 * `read`, one element of every page read, and `update`, one element of every page changed; the
 * arithmetic of a real step would be the same for all and hide the difference.
 */
export async function measureRestore({ name, specs, directory, restores, cold, ask }) {
  const samples = []
  await ask('watch')
  for (let i = 0; i < restores; i++) {
    samples.push(await restoreOnce(contestantNamed(name), specs, directory, cold, ask))
    globalThis.gc()
  }
  return { samples }
}

async function restoreOnce(contestant, specs, directory, cold, ask) {
  const { restore, arrays } = await contestant.open(specs)
  globalThis.gc()
  await ask('warm')
  if (cold) await ask('drop')
  const permitted = resetPeak()
  const before = memoryOf()
  const sample = await timed(() => restore(directory))
  const after = memoryOf()
  const [read, list] = stopwatch(() => {
    const restored = arrays()
    touch(restored)
    return restored
  })
  const [update] = stopwatch(() => negate(list))
  // Back, so that the check finds what was saved.
  negate(list)
  checkState(specs, list)
  const growth = after.rss - before.rss
  const peak = permitted ? after.peak - before.rss : undefined
  return { ...sample, read, update, growth, peak }
}

function stopwatch(body) {
  const begin = performance.now()
  const result = body()
  return [performance.now() - begin, result]
}

function touch(arrays) {
  let sum = 0
  for (const array of arrays) for (let i = 0; i < array.length; i += PAGE) sum += array[i]
  return sum
}

function negate(arrays) {
  for (const array of arrays) for (let i = 0; i < array.length; i += PAGE) array[i] = -array[i]
}
