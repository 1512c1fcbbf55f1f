/**
 * What the state file of a directory says: which checkpoints there are and which is the newest.
 * TensorFlow `python/checkpoint/checkpoint_management.py`.
 *
 * @module
 */
import { constants } from 'node:buffer'
import { existsSync } from 'node:fs'
import { isCheckpointError, type CheckpointError } from '../errors.js'
import { runSync } from '../twin.js'
import { readWhole } from './files.js'
import { checkPath, indexPath, type PathInput } from './names.js'
import {
  parseCheckpointState,
  resolveState,
  statePath,
  type CheckpointState,
} from './state-file.js'

/** The state of a directory, or why there is none. */
export type StateReading =
  | { readonly state: CheckpointState }
  /** No such directory, or no state file in it. */
  | { readonly reason: 'missing' }
  /** Text that cannot be parsed, or that names no newest checkpoint. */
  | { readonly reason: 'corrupt'; readonly error: CheckpointError<'CKPT_CORRUPT'> }

/**
 * Reads a directory's state file. Paths come joined to the directory.
 *
 * @param path of the file, if it has not come to its final name
 * @throws CheckpointError CKPT_IO, CKPT_TOO_LARGE if there is a file that cannot be read
 */
export function readState(directory: string, path: string = statePath(directory)): StateReading {
  let text: string
  try {
    const bytes = runSync(readWhole(path, constants.MAX_STRING_LENGTH, true))
    text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  } catch (error) {
    if (isCheckpointError(error, 'CKPT_NOT_FOUND')) return { reason: 'missing' }
    if (isCheckpointError(error, 'CKPT_IO') && isAbsence(error.details.name)) {
      return { reason: 'missing' }
    }
    throw error
  }
  try {
    return { state: resolveState(directory, parseCheckpointState(text, path)) }
  } catch (error) {
    if (!isCheckpointError(error, 'CKPT_CORRUPT')) throw error
    return { reason: 'corrupt', error }
  }
}

/** The directory is no directory, or `checkpoint` is one. */
const isAbsence = (name: string): boolean => name === 'ENOTDIR' || name === 'EISDIR'

/**
 * What the directory's state file says, with its paths joined to `directory` as it is given, or null:
 * no state file, one that cannot be parsed, or one that names no newest checkpoint. The checkpoints
 * themselves are not looked for. As TensorFlow's `get_checkpoint_state`; synchronous, since all it
 * reads is one small file.
 *
 * @throws TypeError if the path is none; CheckpointError CKPT_IO if the state file cannot be read
 */
export function getCheckpointState(directory: PathInput): CheckpointState | null {
  const reading = readState(checkPath(directory, 'directory'))
  return 'state' in reading ? reading.state : null
}

/**
 * The prefix of the directory's newest checkpoint, or null: no state file, one that cannot be
 * parsed, or a checkpoint that is gone. As TensorFlow's `latest_checkpoint`; synchronous, since all
 * it reads is one small file.
 *
 * @throws TypeError if the path is none; CheckpointError CKPT_IO if the state file cannot be read
 */
export function latestCheckpoint(directory: PathInput): string | null {
  const path = getCheckpointState(directory)?.modelCheckpointPath
  return path !== undefined && existsSync(indexPath(path)) ? path : null
}
