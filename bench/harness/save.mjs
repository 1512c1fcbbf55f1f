/** Times the saves of one contestant. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { contestantNamed } from '../contestants/index.mjs'
import { changeState, makeState } from '../workloads/state.mjs'
import { bytesIn, removeSettled, settle } from './files.mjs'
import { memoryOf, resetPeak } from './memory.mjs'
import { timed } from './timed.mjs'

/**
 * The first save of a process has buffers to make and code to compile; those after it are the
 * steady state.
 *
 * @param keep leaves the files of the last save: a restore reads them
 * @param change share of the arrays that change between saves
 * @returns `unsupported`, the reason, if the first save says that this version cannot do it
 */
export async function measureSave({ name, specs, directory, saves, keep, change, ask }) {
  const state = makeState(specs)
  const { oneDirectory } = contestantNamed(name)
  const { save, latest, written, close } = await contestantNamed(name).open(state)
  const permitted = resetPeak()
  const before = memoryOf()
  await ask('watch')
  const samples = []
  let bytes = 0
  for (let i = 0; i < saves; i++) {
    const target = join(directory, keep ? 'kept' : oneDirectory ? 'saves' : `save-${i}`)
    await mkdir(target, { recursive: true })
    if (i > 0 && change > 0) changeState(state, change, i)
    globalThis.gc()
    await ask('warm')
    try {
      const times = await timed(() => save(target))
      samples.push({ ...times, written: written?.() })
    } catch (error) {
      if (i === 0 && error.code === 'CKPT_UNSUPPORTED') return { unsupported: error.message }
      throw error
    }
    bytes = await bytesIn(target, latest?.())
    if (oneDirectory) await settle(target)
    else if (!keep) await removeSettled(target)
  }
  const peak = permitted ? memoryOf().peak - before.rss : undefined
  await close?.()
  if (oneDirectory && !keep) await removeSettled(join(directory, 'saves'))
  return { samples, bytes, peak }
}
