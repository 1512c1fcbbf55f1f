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
 *
 * @param cold drops the files from the page cache before each restore; else they are brought into it
 * @param touch false leaves reading and updating out
 */
export async function measureRestore(task) {
  const samples = []
  await task.ask('watch')
  for (let i = 0; i < task.restores; i++) {
    samples.push(await restoreOnce(contestantNamed(task.name), task))
    globalThis.gc()
  }
  return { samples }
}

async function restoreOnce(contestant, { specs, directory, cold, touch, ask }) {
  const { restore, arrays, close } = await contestant.open(specs)
  globalThis.gc()
  await ask('warm')
  await ask(cold ? 'drop' : 'fill')
  const permitted = resetPeak()
  const before = memoryOf()
  const sample = await timed(() => restore(directory))
  const after = memoryOf()
  const [read, list] = stopwatch(() => {
    const restored = arrays()
    if (touch) readPages(restored)
    return restored
  })
  const update = stopwatch(() => touch && negate(list))[0]
  // Back, so that the check finds what was saved.
  if (touch) negate(list)
  checkState(specs, list)
  await close?.()
  const growth = after.rss - before.rss
  const peak = permitted ? after.peak - before.rss : undefined
  return { ...sample, ...(touch && { read, update }), growth, peak }
}

function stopwatch(body) {
  const begin = performance.now()
  const result = body()
  return [performance.now() - begin, result]
}

function readPages(arrays) {
  let sum = 0
  for (const array of arrays) for (let i = 0; i < array.length; i += PAGE) sum += array[i]
  return sum
}

function negate(arrays) {
  for (const array of arrays) for (let i = 0; i < array.length; i += PAGE) array[i] = -array[i]
}
