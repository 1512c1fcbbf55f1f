/** Memory and processor time of a process from /proc. */
import { readFileSync, writeFileSync } from 'node:fs'

/**
 * @returns bytes: `rss`, `peak` (of rss), `anonymous`: what no file backs and only this process holds
 */
export function memoryOf(pid = 'self') {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1')
  const field = (name) => 1024 * Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  return { rss: field('VmRSS'), peak: field('VmHWM'), anonymous: field('RssAnon') }
}

/** Lets the peak begin anew. False where the system does not permit it. */
export function resetPeak() {
  try {
    writeFileSync('/proc/self/clear_refs', '5')
    return true
  } catch {
    return false
  }
}

/** @returns milliseconds that the main thread computed; undefined where the system does not count */
export function mainThreadTime() {
  try {
    const path = `/proc/self/task/${process.pid}/schedstat`
    return Number(readFileSync(path, 'latin1').split(' ')[0]) / 1e6
  } catch {
    return undefined
  }
}
