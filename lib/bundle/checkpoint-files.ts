/**
 * A checkpoint as a set of files: whether it is there, since when, and its removal. TensorFlow 1's
 * `checkpoint_exists`, `get_checkpoint_mtimes` and `remove_checkpoint`
 * (python/checkpoint/checkpoint_management.py). Those take paths for patterns; here they are names.
 *
 * @module
 */
import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { inspect } from 'node:util'
import { isCheckpointError } from '../errors.js'
import { addSpareShards, fromNodeError, removeFiles, type SpareShards } from '../native.js'
import { runAsync, runSync, wait, type Steps } from '../twin.js'
import { listDirectory, syncDirectory } from './files.js'
import { checkPath, indexPath, shardFilesOf, type PathInput } from './names.js'

/** Whether there is a checkpoint of this prefix: its index file exists. Nothing is read. */
export function checkpointExists(prefix: PathInput): boolean {
  return existsSync(indexPath(checkPath(prefix, 'prefix')))
}

/**
 * When checkpoints were saved, in seconds since 1970: the modification times of their index files.
 * Those that do not exist are left out, so that there may be fewer times than prefixes.
 *
 * @throws TypeError if they are no paths; CheckpointError CKPT_IO
 */
export function getCheckpointMtimes(prefixes: readonly PathInput[]): number[] {
  if (!Array.isArray(prefixes)) {
    throw new TypeError(`prefixes must be an array of paths, got ${inspect(prefixes)}`)
  }
  const paths = prefixes.map((prefix: unknown) => indexPath(checkPath(prefix, 'prefix')))
  return paths.flatMap((path) => {
    try {
      const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
      return stats === undefined ? [] : [Number(stats.mtimeNs) / 1e9]
    } catch (error) {
      const failure = fromNodeError(error, path)
      if (isNoDirectory(failure)) return []
      throw failure
    }
  })
}

/** A file stands where a directory should be: below it there is nothing. */
const isNoDirectory = (error: unknown): boolean =>
  isCheckpointError(error, 'CKPT_IO') && error.details.name === 'ENOTDIR'

function* namesIn(directory: string, sync: boolean): Steps<string[]> {
  try {
    return yield* listDirectory(directory, sync)
  } catch (error) {
    if (isNoDirectory(error)) return []
    throw error
  }
}

/**
 * The body of `removeCheckpoint`. The index goes first and for good: a checkpoint that exists has all
 * its data, whenever the removal stops.
 *
 * @param durable whether that also holds when the power goes; then nothing of it comes back either
 * @param spares takes the data files, to be written over later. Only of what is gone durably: if the
 *   index came back, it would name files that hold something else
 */
export function* removeCheckpointFiles(
  prefix: string,
  sync: boolean,
  durable = true,
  spares?: SpareShards,
): Steps<void> {
  // Not `resolve(prefix)`: 'run/' would become 'run', which is a checkpoint beside the directory.
  const index = resolve(indexPath(prefix))
  const directory = dirname(index)
  const indexName = basename(index)
  const base = indexName.slice(0, -indexPath('').length)
  const names = yield* namesIn(directory, sync)
  if (names.includes(indexName)) {
    yield* wait(removeFiles([index], sync))
    if (durable) yield* syncDirectory(directory, sync)
  }
  const shards = shardFilesOf(base, names).map(({ name }) => join(directory, name))
  const rest = names.includes(`${base}.meta`) ? [join(directory, `${base}.meta`)] : []
  if (spares !== undefined && durable) {
    if (shards.length > 0) yield* wait(addSpareShards(spares, shards, durable, sync))
  } else {
    rest.push(...shards)
  }
  // The `.meta` is the graph that tf.train.Saver wrote beside it.
  if (rest.length === 0) return
  yield* wait(removeFiles(rest, sync))
  // Or data files could come back of which no state file tells any more.
  if (durable) yield* syncDirectory(directory, sync)
}

/** How a checkpoint is removed. */
export interface RemoveOptions {
  /**
   * Default true: the index is gone for good before the data are touched. If the power goes meanwhile
   * the checkpoint is there with all its data, or it is not there.
   */
  durable?: boolean
}

function* removeSteps(prefix: PathInput, options: RemoveOptions, sync: boolean): Steps<void> {
  const path = checkPath(prefix, 'prefix')
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError(`options must be an object, got ${inspect(options)}`)
  }
  const { durable = true } = options
  if (typeof durable !== 'boolean') {
    throw new TypeError(`options.durable must be a boolean, got ${inspect(durable)}`)
  }
  yield* removeCheckpointFiles(path, sync, durable)
}

/**
 * Removes the files of a checkpoint: index, data files of any number of shards, and the `.meta` of
 * TensorFlow 1. Links are removed, not followed; what is not there is no error. The state file is not
 * changed. Arrays that were restored from it stay valid.
 *
 * @param prefix as `save` returned it
 * @throws TypeError if it is no path; CheckpointError CKPT_IO: if the index could not be removed,
 *   nothing was
 */
export async function removeCheckpoint(
  prefix: PathInput,
  options: RemoveOptions = {},
): Promise<void> {
  return runAsync(removeSteps(prefix, options, false))
}

/** The blocking twin of `removeCheckpoint`. */
export function removeCheckpointSync(prefix: PathInput, options: RemoveOptions = {}): void {
  runSync(removeSteps(prefix, options, true))
}
