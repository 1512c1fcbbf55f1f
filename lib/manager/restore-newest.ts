/**
 * Restores the newest checkpoint of a run that is whole.
 *
 * @module
 */
import type { Checkpoint } from '../checkpoint/checkpoint.js'
import type { RestoreOptions } from '../checkpoint/restore-options.js'
import type { RestoreStatus } from '../checkpoint/status.js'
import { corrupt, isCheckpointError, type CheckpointError } from '../errors.js'
import { isUnreadable } from '../failures.js'
import { wait, type Steps } from '../twin.js'
import type { Run } from './run.js'

/**
 * @returns undefined if there is no checkpoint
 * @throws what a restore throws, but for damage: that passes to the next; CKPT_CORRUPT if nothing is
 *   left
 */
export function* restoreNewest(
  checkpoint: Checkpoint,
  run: Run,
  options: RestoreOptions,
  sync: boolean,
): Steps<RestoreStatus | undefined> {
  run.passedOver.length = 0
  const candidates = run.candidates()
  for (const path of candidates) {
    try {
      const status = yield* wait(
        sync ? checkpoint.restoreSync(path, options) : checkpoint.restore(path, options),
      )
      run.restored(path, (options.verify ?? 'eager') === 'eager')
      return status
    } catch (error) {
      if (!isDamage(error)) throw error
      run.passOver(path, error)
    }
  }
  if (candidates.length === 0) return undefined
  // Not the same as having none: to start afresh would be to lose what can perhaps be saved.
  const errors = run.passedOver.map(({ error }) => error)
  const count = String(candidates.length)
  const message =
    `none of the ${count} checkpoints in '${run.directory}' is whole; remove them to start afresh, ` +
    'or restore one by hand'
  const cause = new AggregateError(errors, 'damaged checkpoints')
  throw corrupt(message, 'inconsistent', { path: run.directory }, { cause })
}

/** Files that are missing, cut, changed or unreadable; not a program that asks for something else. */
function isDamage(error: unknown): error is CheckpointError {
  if (isCheckpointError(error, 'CKPT_CORRUPT')) return true
  if (isCheckpointError(error, 'CKPT_NOT_FOUND')) return error.details.key === undefined
  return isUnreadable(error)
}
