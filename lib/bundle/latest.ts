/**
 * Which checkpoint of a directory is the newest, by its state file.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isCheckpointError } from '../errors.js'
import { fromNodeError } from '../native.js'
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
    text = readFileSync(statePath, 'utf8')
  } catch (error) {
    const failure = fromNodeError(error, statePath)
    if (isCheckpointError(failure, 'CKPT_NOT_FOUND')) return null
    if (isCheckpointError(failure, 'CKPT_IO') && isAbsence(failure.details.name)) return null
    throw failure
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
