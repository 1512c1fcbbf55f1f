/**
 * Opens checkpoints for reading.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { inspect } from 'node:util'
import type { NdArray } from '../../array/ndarray.js'
import { CheckpointError } from '../../errors.js'
import { runAsync, runSync, type Steps } from '../../twin.js'
import type { AccessOptions } from './extent.js'
import { isDirectory } from '../files.js'
import { latestCheckpoint } from '../latest.js'
import { checkPath, indexPath, type PathInput } from '../names.js'
import {
  checkChoice,
  checkOperationOptions,
  Operation,
  type OperationOptions,
} from '../operation.js'
import { CheckpointReader } from './reader.js'
import { isSavedModel, savedModelPrefix } from './saved-model.js'
import type { StringTensor } from './strings.js'
import { openContext } from './tensor-context.js'

/** How the arrays of a checkpoint come into memory, and when they are checked. */
export interface ReadOptions extends OperationOptions {
  /**
   * `map` (default): arrays are views of the mapped file, made at first use. `load`: arrays are read into
   * memory of their own, for a trainer that rewrites all of them at once.
   */
  mode?: 'map' | 'load'
  /**
   * `eager`: every byte's checksum is checked before the promise resolves. `lazy`: each array's at
   * its first use. `off`: never. Default: `eager` for restores, `lazy` for `openCheckpoint`.
   */
  verify?: 'eager' | 'lazy' | 'off'
}

export interface CheckedReadOptions extends OperationOptions {
  readonly access: AccessOptions
}

/** @throws TypeError naming the option that is not what it should be */
export function checkReadOptions(
  options: ReadOptions,
  verify: AccessOptions['verify'],
): CheckedReadOptions {
  checkOperationOptions(options)
  const access = {
    mode: checkChoice(options.mode, 'mode', ['map', 'load'], 'map'),
    verify: checkChoice(options.verify, 'verify', ['eager', 'lazy', 'off'], verify),
  }
  return { ...options, access }
}

/** @internal Opens a prefix; the body of `openCheckpoint` and of every restore. */
export function* openReader(
  prefix: string,
  access: AccessOptions,
  sync: boolean,
): Steps<CheckpointReader> {
  return new CheckpointReader(prefix, yield* openContext(prefix, access, sync))
}

function* openSteps(path: PathInput, options: ReadOptions, sync: boolean): Steps<CheckpointReader> {
  // Lazy by default: listing what a large checkpoint holds should not read all of it.
  const checked = checkReadOptions(options, 'lazy')
  const operation = new Operation(checked, sync)
  return yield* operation.run(function* () {
    const prefix = yield* resolvePrefix(resolve(checkPath(path, 'path')), sync)
    const reader = yield* openReader(prefix, checked.access, sync)
    try {
      if (checked.access.verify === 'eager') yield* reader.verifyEagerly(operation)
    } catch (error) {
      reader.closeSync()
      throw error
    }
    return reader
  })
}

/** A prefix as it is; a directory as its latest checkpoint, or as the values of a SavedModel. */
function* resolvePrefix(path: string, sync: boolean): Steps<string> {
  if (existsSync(indexPath(path)) || !(yield* isDirectory(path, sync))) return path
  const latest = latestCheckpoint(path)
  if (latest !== null) return latest
  if (isSavedModel(path)) return savedModelPrefix(path)
  const message = `directory '${path}' has no latest checkpoint: no readable state file 'checkpoint', or what it names is gone`
  throw new CheckpointError('CKPT_NOT_FOUND', message, { path })
}

/**
 * Opens a checkpoint for reading.
 *
 * @param path the prefix that `save` returned, or a directory: its latest checkpoint, or the values of
 *   the SavedModel in it
 * @param options `verify` is `lazy` by default here
 * @throws CheckpointError CKPT_NOT_FOUND, CKPT_CORRUPT, CKPT_UNSUPPORTED, CKPT_IO
 */
export async function openCheckpoint(
  path: PathInput,
  options: ReadOptions = {},
): Promise<CheckpointReader> {
  return runAsync(openSteps(path, options, false))
}

/** The blocking twin of `openCheckpoint`. */
export function openCheckpointSync(path: PathInput, options: ReadOptions = {}): CheckpointReader {
  return runSync(openSteps(path, options, true))
}

/**
 * TensorFlow's name of `openCheckpointSync`: opens a checkpoint for reading.
 *
 * @param path the prefix that `save` returned, or a directory: its latest checkpoint, or the values of
 *   the SavedModel in it
 * @param options `verify` is `lazy` by default here
 * @throws CheckpointError CKPT_NOT_FOUND, CKPT_CORRUPT, CKPT_UNSUPPORTED, CKPT_IO
 */
export function loadCheckpoint(path: PathInput, options: ReadOptions = {}): CheckpointReader {
  return openCheckpointSync(path, options)
}

/**
 * Keys and shapes of a checkpoint, sorted by key.
 *
 * @param path a prefix, or a directory, as `openCheckpoint` takes it
 * @returns pairs; a shape is the length of each axis, empty for a scalar
 * @throws CheckpointError as `openCheckpoint`
 */
export function listVariables(path: PathInput): [key: string, shape: number[]][] {
  const reader = openCheckpointSync(path)
  const variables = reader.variables()
  reader.closeSync()
  return variables.map(({ key, shape }) => [key, shape])
}

/**
 * One tensor of a checkpoint, checked.
 *
 * @param path a prefix, or a directory, as `openCheckpoint` takes it
 * @param key as `listVariables` gives it; a `:0` at its end is dropped, as TensorFlow does
 * @throws CheckpointError as `openCheckpoint`; CKPT_NOT_FOUND if there is no such key
 */
export function loadVariable(path: PathInput, key: string): NdArray | StringTensor {
  if (typeof key !== 'string') throw new TypeError(`key must be a string, got ${inspect(key)}`)
  const reader = openCheckpointSync(path)
  try {
    const { tensor, extents } = reader.tensor(reader.has(key) ? key : key.replace(/:0$/, ''))
    // Now, not at first use: the caller asked for the value, not for a view.
    for (const extent of extents) extent.checkNow()
    return tensor
  } finally {
    reader.closeSync()
  }
}
