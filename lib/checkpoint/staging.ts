/**
 * The memory that copies are made into. The next save finds it warm, and is spared several times the
 * cost of the copy; but a program that does not save any more should not keep it for ever.
 *
 * @module
 */
import { coolStaging } from '../native.js'

/** Milliseconds. More than lies between the saves of most runs. */
const KEPT_FOR = 600_000

let timer: NodeJS.Timeout | undefined

/** To be called when a copy was given back: after some time without another one the kernel may have it. */
export function keepStagingForNow(): void {
  if (timer !== undefined) {
    timer.refresh()
    return
  }
  timer = setTimeout(() => {
    timer = undefined
    coolStaging()
  }, KEPT_FOR)
  // It keeps no program alive.
  timer.unref()
}
