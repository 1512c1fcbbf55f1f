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

/**
 * What the state file of a directory tells. In the file paths are prefixes relative to its directory,
 * or absolute; `getCheckpointState` gives them joined to the directory.
 */
export interface CheckpointState {
  /** The newest checkpoint. */
  readonly modelCheckpointPath: string
  /** Oldest first. */
  readonly allModelCheckpointPaths: readonly string[]
  /** Seconds since 1970, one per path or none. */
  readonly allModelCheckpointTimestamps: readonly number[]
  /** When the newest checkpoint that is kept for ever was saved, in seconds since 1970. */
  readonly lastPreservedTimestamp?: number
}

/** A state that is being parsed. */
interface Draft extends CheckpointState {
  modelCheckpointPath: string
  readonly allModelCheckpointPaths: string[]
  readonly allModelCheckpointTimestamps: number[]
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

function readField(reader: TextReader, state: Draft): void {
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
  const state: Draft = {
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

/**
 * A path of a state file in `directory`, resolved as TensorFlow does on reading: the two are put
 * together as they are. Taking `..` out would lead elsewhere where the directory is a link.
 */
export function resolveStatePath(directory: string, path: string): string {
  if (isAbsolute(path)) return path
  return directory === '' || directory.endsWith('/') ? directory + path : `${directory}/${path}`
}

/** The state with all its paths resolved. */
export function resolveState(directory: string, state: CheckpointState): CheckpointState {
  const resolve = (path: string): string => resolveStatePath(directory, path)
  return {
    ...state,
    modelCheckpointPath: resolve(state.modelCheckpointPath),
    allModelCheckpointPaths: state.allModelCheckpointPaths.map(resolve),
  }
}

/** The path of a directory's state file. */
export const statePath = (directory: string): string => join(directory, 'checkpoint')
