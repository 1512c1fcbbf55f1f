/**
 * The file `checkpoint` of a directory: which checkpoints there are and which is the newest. It is
 * the text form of the protocol buffer CheckpointState, TensorFlow
 * `python/training/checkpoint_state.proto`; `python/training/checkpoint_management.py` writes it.
 *
 * @module
 */
import { isAbsolute, join } from 'node:path'
import { corrupt } from '../errors.js'
import { printDouble, printString, TextError, TextReader } from './proto/text-format.js'

/** Paths are prefixes, relative to the directory of the file or absolute. */
export interface CheckpointState {
  modelCheckpointPath: string
  /** Oldest first. */
  allModelCheckpointPaths: string[]
  /** Seconds since 1970, one per path or none. */
  allModelCheckpointTimestamps: number[]
  /** Seconds since 1970. */
  lastPreservedTimestamp?: number
}

/** The text TensorFlow writes: fields in order of their numbers, defaults omitted. */
export function formatCheckpointState(state: CheckpointState): string {
  const { modelCheckpointPath, lastPreservedTimestamp = 0 } = state
  const lines: string[] = []
  if (modelCheckpointPath !== '') {
    lines.push(`model_checkpoint_path: ${printString(modelCheckpointPath)}`)
  }
  for (const path of state.allModelCheckpointPaths) {
    lines.push(`all_model_checkpoint_paths: ${printString(path)}`)
  }
  for (const timestamp of state.allModelCheckpointTimestamps) {
    lines.push(`all_model_checkpoint_timestamps: ${printDouble(timestamp)}`)
  }
  if (lastPreservedTimestamp !== 0) {
    lines.push(`last_preserved_timestamp: ${printDouble(lastPreservedTimestamp)}`)
  }
  return lines.map((line) => `${line}\n`).join('')
}

/** A repeated field in one place: a value, or a list of them in brackets. */
function readRepeated<T>(reader: TextReader, target: T[], read: () => T): void {
  if (!reader.accept('[')) {
    target.push(read())
    return
  }
  if (reader.accept(']')) return
  do target.push(read())
  while (reader.accept(','))
  reader.expect(']')
}

function readField(reader: TextReader, state: CheckpointState): void {
  const name = reader.identifier()
  reader.expect(':')
  switch (name) {
    // Of a field that is not repeated the last value counts.
    case 'model_checkpoint_path':
      state.modelCheckpointPath = reader.string()
      break
    case 'all_model_checkpoint_paths':
      readRepeated(reader, state.allModelCheckpointPaths, () => reader.string())
      break
    case 'all_model_checkpoint_timestamps':
      readRepeated(reader, state.allModelCheckpointTimestamps, () => reader.double())
      break
    case 'last_preserved_timestamp':
      state.lastPreservedTimestamp = reader.double()
      break
    default:
      throw reader.fail(`unknown field '${name.slice(0, 80)}'`)
  }
  reader.accept(';,')
}

/**
 * Accepts what TensorFlow accepts, which is more than it writes.
 *
 * @param path of the file, for messages
 * @throws CheckpointError CKPT_CORRUPT `framing`, also when no newest checkpoint is named
 */
export function parseCheckpointState(text: string, path: string): CheckpointState {
  const state: CheckpointState = {
    modelCheckpointPath: '',
    allModelCheckpointPaths: [],
    allModelCheckpointTimestamps: [],
  }
  const reader = new TextReader(text)
  try {
    while (reader.peek() !== '') readField(reader, state)
    if (state.modelCheckpointPath === '') throw reader.fail('no model_checkpoint_path')
    return state
  } catch (error) {
    if (!(error instanceof TextError)) throw error
    const message = `invalid checkpoint state loaded from '${path}': ${error.message}`
    throw corrupt(message, 'framing', { path })
  }
}

/** A path of a state file in `directory`, resolved as TensorFlow does on reading. */
export function resolveStatePath(directory: string, path: string): string {
  return isAbsolute(path) ? path : join(directory, path)
}
