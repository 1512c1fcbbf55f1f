/**
 * Writes the state file of a directory by hand: TensorFlow's `update_checkpoint_state` and
 * `generate_checkpoint_state_proto` (python/checkpoint/checkpoint_management.py).
 *
 * @module
 */
import { isAbsolute, relative, resolve } from 'node:path'
import { inspect } from 'node:util'
import { runAsync, runSync, type Steps } from '../twin.js'
import { checkPath, type PathInput } from './names.js'
import { replaceFile } from './replace-file.js'
import { formatCheckpointState, statePath, type CheckpointState } from './state-file.js'

/** Paths are prefixes of checkpoints, as `save` returns them. */
export interface UpdateStateOptions {
  /** The newest checkpoint. */
  modelCheckpointPath: PathInput
  /** Oldest first. The newest is added if it is not the last of them. Default: only the newest. */
  allModelCheckpointPaths?: readonly PathInput[]
  /** Seconds since 1970, one for each path, also for the one that is added. Default: none. */
  allModelCheckpointTimestamps?: readonly number[]
  /** When the newest checkpoint that is kept for ever was saved, in seconds since 1970. */
  lastPreservedTimestamp?: number
  /** Default true: the promise resolves when the file survives a power loss. */
  durable?: boolean
}

function checkTimes(value: unknown, what: string): number[] {
  if (Array.isArray(value) && value.every((time) => typeof time === 'number')) return value
  throw new TypeError(`options.${what} must be an array of numbers, got ${inspect(value)}`)
}

function checkPaths(value: unknown, what: string): string[] {
  if (Array.isArray(value)) return value.map((path) => checkPath(path, `options.${what}`))
  throw new TypeError(`options.${what} must be an array of paths, got ${inspect(value)}`)
}

/**
 * How a path is written into the state file of `directory`: relative if it is below the directory,
 * so that this may be moved, or if it was relative. In an absolute directory TensorFlow takes
 * relative paths as the file's own, in a relative one as the process's.
 */
function storedPath(directory: string, path: string): string {
  const base = resolve(directory)
  const target = isAbsolute(directory) ? resolve(base, path) : resolve(path)
  const stored = relative(base, target)
  if (stored === '') return target
  return isAbsolute(path) && /^\.\.(\/|$)/.test(stored) ? path : stored
}

/**
 * The state that the options ask for, with its paths as they are written.
 *
 * @throws TypeError or RangeError naming the option that is not what it should be
 */
export function makeState(directory: string, options: UpdateStateOptions): CheckpointState {
  const newest = checkPath(options.modelCheckpointPath, 'options.modelCheckpointPath')
  const paths = checkPaths(options.allModelCheckpointPaths ?? [], 'allModelCheckpointPaths')
  const times = checkTimes(
    options.allModelCheckpointTimestamps ?? [],
    'allModelCheckpointTimestamps',
  )
  const { lastPreservedTimestamp } = options
  if (lastPreservedTimestamp !== undefined && typeof lastPreservedTimestamp !== 'number') {
    const shown = inspect(lastPreservedTimestamp)
    throw new TypeError(`options.lastPreservedTimestamp must be a number, got ${shown}`)
  }
  const modelCheckpointPath = storedPath(directory, newest)
  if (resolve(directory, modelCheckpointPath) === resolve(statePath(directory))) {
    const shown = `options.modelCheckpointPath '${newest}'`
    throw new RangeError(`${shown} is the state file itself; give the checkpoint another name`)
  }
  const all = paths.map((path) => storedPath(directory, path))
  if (all.at(-1) !== modelCheckpointPath) all.push(modelCheckpointPath)
  if (times.length > 0 && times.length !== all.length) {
    const expected = `one number for each of the ${String(all.length)} paths (the newest is one of them)`
    const got = `got ${String(times.length)}`
    throw new RangeError(`options.allModelCheckpointTimestamps must have ${expected}, ${got}`)
  }
  return {
    modelCheckpointPath,
    allModelCheckpointPaths: all,
    allModelCheckpointTimestamps: [...times],
    ...(lastPreservedTimestamp !== undefined && { lastPreservedTimestamp }),
  }
}

function* updateSteps(
  directory: PathInput,
  options: UpdateStateOptions,
  sync: boolean,
): Steps<void> {
  const where = checkPath(directory, 'directory')
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError(`options must be an object, got ${inspect(options)}`)
  }
  const { durable = true } = options
  if (typeof durable !== 'boolean') {
    throw new TypeError(`options.durable must be a boolean, got ${inspect(durable)}`)
  }
  const text = Buffer.from(formatCheckpointState(makeState(where, options)))
  yield* replaceFile(resolve(statePath(where)), text, { durable }, sync)
}

/**
 * Replaces the state file of a directory: which checkpoints it has and which is the newest. `save`
 * does it by itself; this is for checkpoints that `write` wrote, or that were copied or removed by
 * other means. Whether the checkpoints exist is not looked at.
 *
 * The file is replaced at once and durably. Paths below the directory are written relative to it, so
 * that it may be moved; others as TensorFlow does. A relative path belongs to the directory if that is
 * absolute, and to the working directory if that is relative too. Missing directories are made.
 *
 * @throws TypeError, RangeError for bad arguments: also timestamps that do not match the paths in
 *   count, and a newest checkpoint of the state file's own path; CheckpointError CKPT_IO, with the
 *   file as it was before
 */
export async function updateCheckpointState(
  directory: PathInput,
  options: UpdateStateOptions,
): Promise<void> {
  return runAsync(updateSteps(directory, options, false))
}

/** The blocking twin of `updateCheckpointState`. */
export function updateCheckpointStateSync(directory: PathInput, options: UpdateStateOptions): void {
  runSync(updateSteps(directory, options, true))
}
