/**
 * Checks of checkpoints that may be anything, damaged ones first of all.
 *
 * @module
 */
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { indexPath } from '../bundle/names.js'
import type { Progress } from '../bundle/operation.js'
import { openCheckpoint } from '../bundle/read/open.js'
import { isSavedModel, savedModelPrefix } from '../bundle/read/saved-model.js'
import { toProblem, type VerifyReport } from '../bundle/read/verify.js'
import { CheckpointError, isCheckpointError } from '../errors.js'
import { prefixOf } from './open.js'
import { listRun } from './run-listing.js'

export interface VerifiedCheckpoint extends VerifyReport {
  /** Prefix. */
  readonly path: string
}

export interface Watcher {
  readonly update: (progress: Progress) => void
  readonly stop: () => void
}

/**
 * The prefixes that a path stands for: a prefix, the values of a SavedModel, or all checkpoints of a
 * directory, oldest first.
 *
 * @throws CheckpointError CKPT_NOT_FOUND if there is none
 */
export function prefixesAt(path: string): string[] {
  const absolute = resolve(prefixOf(path))
  if (existsSync(indexPath(absolute))) return [absolute]
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const message = `no checkpoint '${absolute}': neither '${indexPath(absolute)}' nor such a directory exists`
    throw new CheckpointError('CKPT_NOT_FOUND', message, { path: absolute })
  }
  const prefixes = listRun(absolute).checkpoints.map((checkpoint) => checkpoint.path)
  if (prefixes.length > 0) return prefixes
  if (isSavedModel(absolute)) return [savedModelPrefix(absolute)]
  const message = `directory '${absolute}' has no checkpoints: no file of it ends in '.index'`
  throw new CheckpointError('CKPT_NOT_FOUND', message, { path: absolute })
}

/** Reads a checkpoint whole. One that cannot even be opened has a problem like any other. */
export async function verifyAt(prefix: string, watcher: Watcher): Promise<VerifiedCheckpoint> {
  try {
    await using reader = await openCheckpoint(prefix, { verify: 'off' })
    const report = await reader.verify({ onProgress: watcher.update })
    return { path: prefix, ...report }
  } catch (error) {
    if (!isCheckpointError(error)) throw error
    const problems = [toProblem(error, indexPath(prefix))]
    return { path: prefix, ok: false, problems, tensors: 0, bytes: 0 }
  } finally {
    watcher.stop()
  }
}
