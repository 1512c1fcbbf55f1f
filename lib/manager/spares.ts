/**
 * The spare data files of managers, removed at the latest when the program ends: by `process.exit`
 * nothing is collected any more.
 *
 * @module
 */
import { clearSpareShards, createSpareShards, type SpareShards } from '../native.js'

const living = new Set<WeakRef<SpareShards>>()

let isWatching = false

/** Once for all managers, and only if there are any. */
function watchExit(): void {
  if (isWatching) return
  isWatching = true
  process.once('exit', () => {
    for (const spares of living) {
      try {
        const found = spares.deref()
        if (found !== undefined) void clearSpareShards(found, true)
      } catch {
        // The next save in the directory removes them.
      }
    }
  })
}

/** Spare files of one directory. */
export function openSpares(directory: string): SpareShards {
  watchExit()
  for (const spares of living) if (spares.deref() === undefined) living.delete(spares)
  const spares = createSpareShards(directory)
  living.add(new WeakRef(spares))
  return spares
}
