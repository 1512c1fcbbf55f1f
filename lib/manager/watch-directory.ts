/**
 * Tells when something may have happened to the checkpoints of a directory, by the system's
 * notifications. The directory need not exist yet.
 *
 * Nothing is promised but this: what happens in the directory after the call, and its making, is told
 * where the file system tells it. Callers look for themselves, and look again now and then.
 *
 * @module
 */
import { existsSync, watch, type FSWatcher } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'

/** Directories that come and go faster than this are left to the callers' looking. */
const ATTEMPTS = 10

/**
 * @param directory absolute
 * @param onChange may be called often and for nothing
 * @returns a function that ends it at once; until then the process is kept alive
 */
export function watchDirectory(directory: string, onChange: () => void): () => void {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const target = nearestExisting(directory)
    const missing = target === directory ? undefined : firstBelow(target, directory)
    const concerns =
      missing === undefined ? concernsCheckpoints : (name: string) => name === missing
    const watcher = tryWatch(target, (name) => {
      // By the name of the target itself comes its removal.
      if (name === null || name === basename(target) || concerns(name)) onChange()
    })
    if (watcher === undefined) continue
    if (missing === undefined || !existsSync(join(target, missing))) {
      return () => {
        watcher.close()
      }
    }
    // It was made before there was somebody to be told.
    watcher.close()
  }
  return () => undefined
}

/** The directory, or of its ancestors the nearest one that exists. */
function nearestExisting(directory: string): string {
  let at = directory
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at)
  return at
}

const firstBelow = (ancestor: string, directory: string): string =>
  relative(ancestor, directory).split(sep)[0] ?? ''

/** The state file, and what makes a checkpoint exist. Data files would wake for nothing. */
const concernsCheckpoints = (name: string): boolean =>
  name === 'checkpoint' || name.endsWith('.index')

/** Undefined if the target is gone by now, or if there are no notifications left to have. */
function tryWatch(target: string, onEvent: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(target, (_, name) => {
      onEvent(name)
    })
    // Whoever looks now and then needs no notifications.
    watcher.on('error', () => undefined)
    return watcher
  } catch {
    return undefined
  }
}
