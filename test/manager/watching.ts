/** What the tests of watched directories share. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { within } from '../fixtures/child'

/** For tap's `skip`: false, or why open watches cannot be counted. */
export const noProc = existsSync('/proc/self/fdinfo') ? false : 'there is no /proc here'

export const openFiles = (): number => readdirSync('/proc/self/fd').length

/** Directories that this process watches. */
export function openWatches(): number {
  let count = 0
  for (const fd of readdirSync('/proc/self/fdinfo')) {
    let text = ''
    try {
      text = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')
    } catch {
      // That of the listing itself.
    }
    count += text.match(/^inotify wd:/gm)?.length ?? 0
  }
  return count
}

/** The next checkpoint; fails if none comes. */
export async function nextOf(checkpoints: AsyncIterator<string>): Promise<string> {
  const step = await within(checkpoints.next(), 'the next checkpoint')
  if (step.done === true) throw new Error('the iteration ended')
  return step.value
}
