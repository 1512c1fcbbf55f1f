/**
 * What to say of a checkpoint that is not there: most often the path is nearly right.
 *
 * @module
 */
import { CheckpointError } from '../../errors.js'
import type { Steps } from '../../twin.js'
import { isDirectory, listSome } from '../files.js'
import { latestCheckpoint } from '../latest.js'
import { indexPath, splitPrefix } from '../names.js'

/** So many names of a directory are looked at for a hint. */
const LOOKED_AT = 10_000

/** The error for a prefix that has no index file, with the way out if one can be seen. */
export function* notFound(
  prefix: string,
  sync: boolean,
  cause: unknown,
): Steps<CheckpointError<'CKPT_NOT_FOUND'>> {
  const path = indexPath(prefix)
  const message = `no checkpoint '${prefix}': ${yield* reasonFor(prefix, path, sync)}`
  return new CheckpointError('CKPT_NOT_FOUND', message, { path }, { cause })
}

function* reasonFor(prefix: string, path: string, sync: boolean): Steps<string> {
  if (yield* isDirectoryQuietly(prefix, sync)) {
    const latest = latestQuietly(prefix)
    return latest === null
      ? 'it is a directory, and has no latest checkpoint either'
      : `it is a directory; its latest checkpoint, as latestCheckpoint() tells, is '${latest}'`
  }
  const reason = `there is no file '${path}'`
  const { directory, base } = splitPrefix(prefix)
  const number = newestNumber(base, yield* listSome(directory, LOOKED_AT, sync))
  const rule = "a path that save() returned ends in a number, as '-1'"
  return number === undefined
    ? `${reason} (${rule})`
    : `${reason}, but there is '${prefix}-${number}' (${rule})`
}

/** Of the checkpoints BASE-1, BASE-2 … the highest number, as it is written. */
function newestNumber(base: string, names: readonly string[]): string | undefined {
  let newest: string | undefined
  for (const name of names) {
    if (!name.startsWith(`${base}-`)) continue
    const number = /^(\d+)\.index$/.exec(name.slice(base.length + 1))?.[1]
    if (number !== undefined && Number(number) >= Number(newest ?? -1)) newest = number
  }
  return newest
}

// A hint that cannot be given must not hide what it is for.
function* isDirectoryQuietly(path: string, sync: boolean): Steps<boolean> {
  try {
    return yield* isDirectory(path, sync)
  } catch {
    return false
  }
}

function latestQuietly(directory: string): string | null {
  try {
    return latestCheckpoint(directory)
  } catch {
    return null
  }
}
