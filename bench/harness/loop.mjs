/**
 * How long the event loop is not served while the disk is busy with another process: of a loop that
 * does nothing, and of one that saves, in turn.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { contestantNamed } from '../contestants/index.mjs'
import { makeState } from '../workloads/state.mjs'
import { timed } from './timed.mjs'

const TURNS = 2

/** @returns milliseconds: the longest block `idle` and `saving`, and the `window` watched at each */
export async function measureLoop({ name, specs, directory, ask }) {
  const { saves } = contestantNamed(name)
  const { save } = contestantNamed(saves).open(makeState(specs))
  let count = 0
  const saveOnce = async () => {
    const target = join(directory, `loop-${count++}`)
    await mkdir(target)
    globalThis.gc()
    await ask('warm')
    return timed(() => save(target))
  }
  await ask('load')
  // Makes the buffers, and tells how long an idle loop has to be watched for a fair comparison.
  let { call, wall } = await saveOnce()
  const result = { idle: 0, saving: 0, window: 0 }
  for (let turn = 0; turn < TURNS; turn++) {
    const window = wall - call
    globalThis.gc()
    await ask('warm')
    const idle = await timed(() => setTimeout(window))
    const saving = await saveOnce()
    result.idle = Math.max(result.idle, idle.block)
    result.saving = Math.max(result.saving, saving.block)
    result.window = window
    ;({ call, wall } = saving)
  }
  await ask('unload')
  return result
}
