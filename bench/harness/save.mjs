/** Times the saves of one contestant. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { contestantNamed } from '../contestants/index.mjs'
import { makeState } from '../workloads/state.mjs'
import { bytesIn, removeSettled } from './files.mjs'
import { memoryOf, resetPeak } from './memory.mjs'
import { timed } from './timed.mjs'

/**
 * The first save of a process has buffers to make and code to compile; those after it are the
 * steady state.
 *
 * @param keep leaves the files of the last save: a restore reads them
 */
export async function measureSave({ name, specs, directory, saves, keep, ask }) {
  const state = makeState(specs)
  const { save } = await contestantNamed(name).open(state)
  const permitted = resetPeak()
  const before = memoryOf()
  await ask('watch')
  const samples = []
  let bytes = 0
  for (let i = 0; i < saves; i++) {
    const target = join(directory, keep ? 'kept' : `save-${i}`)
    await mkdir(target, { recursive: true })
    globalThis.gc()
    await ask('warm')
    samples.push(await timed(() => save(target)))
    bytes = await bytesIn(target)
    if (!keep) await removeSettled(target)
  }
  const peak = permitted ? memoryOf().peak - before.rss : undefined
  return { samples, bytes, peak }
}
