/**
 * Which checkpoint of a directory is the newest, by its state file.
 *
 * @module
 */
import { constants } from 'node:buffer'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isCheckpointError } from '../errors.js'
import { runSync } from '../twin.js'
import { readWhole } from './files.js'
import { checkPath, indexPath, type PathInput } from './names.js'
import { parseCheckpointState, resolveStatePath } from './state-file.js'

/**
 * The prefix of the directory's newest checkpoint, or null: no state file, one that cannot be
 * parsed, or a checkpoint that is gone. As TensorFlow's `latest_checkpoint`; synchronous, since all
 * it reads is one small file.
 *
 * @throws TypeError if the path is none; CheckpointError CKPT_IO if the state file cannot be read
 */
export function latestCheckpoint(directory: PathInput): string | null {
  const where = checkPath(directory, 'directory')
  const statePath = join(where, 'checkpoint')
  let text: string
  try {
    const bytes = runSync(readWhole(statePath, constants.MAX_STRING_LENGTH, true))
    text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  } catch (error) {
    if (isCheckpointError(error, 'CKPT_NOT_FOUND')) return null
    if (isCheckpointError(error, 'CKPT_IO') && isAbsence(error.details.name)) return null
    throw error
  }
  try {
    const { modelCheckpointPath } = parseCheckpointState(text, statePath)
    const prefix = resolveStatePath(where, modelCheckpointPath)
    return existsSync(indexPath(prefix)) ? prefix : null
  } catch (error) {
    if (isCheckpointError(error, 'CKPT_CORRUPT')) return null
    throw error
  }
}

/** The directory is no directory, or `checkpoint` is one. */
const isAbsence = (name: string): boolean => name === 'ENOTDIR' || name === 'EISDIR'
