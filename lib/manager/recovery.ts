/**
 * What a new manager finds in its directory: by the state file, as TensorFlow's, and by looking at
 * the files where that is missing or older than they are.
 *
 * @module
 */
import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { readState } from '../bundle/latest.js'
import { indexPath } from '../bundle/names.js'
import { statePath, type CheckpointState } from '../bundle/state-file.js'
import { fromNodeError, isUnreadable } from '../failures.js'
import { ManagedCheckpoint } from './managed-checkpoint.js'

export interface Recovered {
  /** Oldest first; the new manager may remove them. */
  readonly managed: readonly ManagedCheckpoint[]
  /** Prefixes that a restore may try, the best first. */
  readonly candidates: readonly string[]
  /** Seconds since 1970. */
  readonly lastPreserved: number
  /** Prefixes whose removal was not finished: they are listed, but have no index. */
  readonly halfRemoved: readonly string[]
}

/** A checkpoint that was found by its index. */
interface Found {
  readonly path: string
  readonly number: number
  /** Seconds since 1970. */
  readonly mtime: number
}

/** @param directory absolute */
export function recover(directory: string, checkpointName: string): Recovered {
  const found = scan(directory, checkpointName)
  const state = findState(directory)
  const byNumber = [...found].sort((a, b) => b.number - a.number)
  if (state === undefined) {
    // Nothing says who made them and why they are there: they can be restored, not removed.
    const candidates = byNumber.map(({ path }) => path)
    return { managed: [], candidates, lastPreserved: Date.now() / 1000 - 1, halfRemoved: [] }
  }
  return fromState(directory, state, byNumber)
}

/** A state file that no one can read says nothing, as one that is corrupt. */
function findState(directory: string): CheckpointState | undefined {
  try {
    const read = readState(directory)
    if ('state' in read) return read.state
    return read.reason === 'missing' ? stagedState(directory) : undefined
  } catch (error) {
    if (isUnreadable(error)) return undefined
    throw error
  }
}

/**
 * The state file of a directory's first save that ended between its two renames: the checkpoint is
 * committed, and what names it is still in the staging directory. Without it nobody would know that
 * the checkpoint is this run's, and it would never be removed.
 */
function stagedState(directory: string): CheckpointState | undefined {
  for (const name of namesIn(directory).filter((name) => name.startsWith('.ndcheckpoint-'))) {
    const read = readState(directory, join(directory, name, 'state'))
    if ('state' in read && hasIndex(read.state.modelCheckpointPath)) return read.state
  }
  return undefined
}

function fromState(
  directory: string,
  state: CheckpointState,
  byNumber: readonly Found[],
): Recovered {
  const paths = new Set(byNumber.map(({ path }) => path))
  // What other tools wrote may have other names; that is no matter for what is in the directory.
  const exists = (path: string): boolean => paths.has(path) || hasIndex(path)
  const { allModelCheckpointPaths: all, allModelCheckpointTimestamps: times } = state
  // A path that is listed twice would be removed as an old one while it is a new one.
  const timestamps = new Map<string, number>()
  for (const [i, path] of all.entries()) {
    const normal = normalize(directory, path)
    timestamps.delete(normal)
    // Without times there is nothing later than the last preserved one: TensorFlow manages none.
    timestamps.set(normal, times[i] ?? -Infinity)
  }
  const listed = [...timestamps.keys()]
  const inside = (path: string): boolean => dirname(path) === directory
  const { lastPreservedTimestamp: lastPreserved = 0 } = state
  const ours = [...timestamps].filter(([path, time]) => time > lastPreserved && inside(path))
  const managed = ours
    .filter(([path]) => exists(path))
    .map(([path, time]) => new ManagedCheckpoint(path, time))
  const late = lateComers(directory, state, byNumber)
  const newest = normalize(directory, state.modelCheckpointPath)
  const candidates = new Set([
    ...late.map(({ path }) => path),
    ...[newest, ...listed.toReversed()].filter(exists),
    ...byNumber.map(({ path }) => path),
  ])
  const known = new Set(managed.map(({ path }) => path))
  const added = late.filter(({ path }) => !known.has(path)).reverse()
  return {
    managed: [...managed, ...added.map(({ path, mtime }) => new ManagedCheckpoint(path, mtime))],
    candidates: [...candidates],
    lastPreserved,
    halfRemoved: halfRemoved(
      ours.map(([path]) => path),
      exists,
    ),
  }
}

/**
 * Checkpoints that lack an index, behind which there is a whole one: nothing is removed before a newer
 * checkpoint is there. Those without may be on their way, in a directory that is being copied.
 */
function halfRemoved(paths: readonly string[], exists: (path: string) => boolean): string[] {
  const last = paths.findLastIndex(exists)
  return paths.slice(0, Math.max(last, 0)).filter((path) => !exists(path))
}

/**
 * Checkpoints that were committed and not yet named when their process ended: newer by number than
 * the newest that is named, and by time than the state file itself. A state file that somebody
 * edited, to go back to an earlier checkpoint, is newer than all of them and is believed.
 */
function lateComers(
  directory: string,
  state: CheckpointState,
  byNumber: readonly Found[],
): Found[] {
  const newest = normalize(directory, state.modelCheckpointPath)
  const number = byNumber.find(({ path }) => path === newest)?.number ?? -1
  const written = mtimeOf(statePath(directory)) ?? Infinity
  return byNumber.filter((found) => found.number > number && found.mtime > written)
}

/** A path of a state file, which may be written in many ways. */
function normalize(directory: string, path: string): string {
  return dirname(resolve(path)) === directory ? join(directory, basename(path)) : resolve(path)
}

const hasIndex = (path: string): boolean => mtimeOf(indexPath(path)) !== undefined

/** Checkpoints of a manager's name, by their indexes. */
function scan(directory: string, checkpointName: string): Found[] {
  return namesIn(directory).flatMap((name) => {
    if (!name.startsWith(`${checkpointName}-`)) return []
    const digits = /^(\d{1,15})\.index$/.exec(name.slice(checkpointName.length + 1))?.[1]
    const mtime = digits === undefined ? undefined : mtimeOf(join(directory, name))
    if (digits === undefined || mtime === undefined) return []
    return [{ path: join(directory, `${checkpointName}-${digits}`), number: Number(digits), mtime }]
  })
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    throw fromNodeError(error, directory)
  }
}

function mtimeOf(path: string): number | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false })
    return stats?.isFile() === true ? stats.mtimeMs / 1000 : undefined
  } catch (cause) {
    if (isNoPath(cause)) return undefined
    const error = fromNodeError(cause, path)
    if (isUnreadable(error)) return undefined
    throw error
  }
}

/** No file has such a path, but a state file may name it: a null byte, a file as directory */
const isNoPath = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['ERR_INVALID_ARG_VALUE', 'ENAMETOOLONG', 'ENOTDIR'].includes(String(error.code))
