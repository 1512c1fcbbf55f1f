/**
 * How long the event loop is not served while the disk is busy with another process: of a loop that
 * does nothing, and of one that saves, in turn.
 */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { contestantNamed } from '../contestants/index.mjs'
import { makeState } from '../workloads/state.mjs'
import { removeSettled } from './files.mjs'
import { timed } from './timed.mjs'

/** @returns milliseconds: the longest block `idle` and `saving`, and the `window` watched at each */
export async function measureLoop({ name, specs, directory, ask }) {
  const { saves } = contestantNamed(name)
  const { save } = contestantNamed(saves).open(makeState(specs))
  const saveOnce = async () => {
    const target = await mkdtemp(join(directory, 'loop-'))
    globalThis.gc()
    await ask('warm')
    const times = await timed(() => save(target))
    await removeSettled(target)
    return times
  }
  await ask('load')
  // Makes the buffers, and tells how long an idle loop has to be watched for a fair comparison.
  const { call, wall } = await saveOnce()
  const window = wall - call
  globalThis.gc()
  await ask('warm')
  const idle = await timed(() => setTimeout(window))
  const saving = await saveOnce()
  await ask('unload')
  return { idle: idle.block, saving: saving.block, window }
}
