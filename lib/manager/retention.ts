/**
 * Which checkpoints of a run are kept. A policy is a function: it is given the checkpoints and
 * returns those that it wants. PyTorch's and Orbax's preservation policies are its models;
 * TensorFlow has `max_to_keep` and `keep_checkpoint_every_n_hours` only.
 *
 * @module
 */
import { inspect } from 'node:util'

/** A checkpoint that a manager answers for. */
export interface SavedCheckpoint {
  /** Prefix, which `restore` takes. */
  readonly path: string
  /** The number in its name; undefined if there is none. */
  readonly number: number | undefined
  /** Time of the save, in seconds since 1970. */
  readonly timestamp: number
  /** Of the manager's step counter, if it had one. */
  readonly step: number | undefined
  /** As given to `save`. */
  readonly metric: number | undefined
  /** Saved with `pin: true`: kept whatever the policies say. */
  readonly pinned: boolean
}

/**
 * Chooses what to keep. Called after every save, in the background; it must not change what it is
 * given.
 *
 * @param checkpoints oldest first, the new one last
 */
export type RetentionPolicy = (checkpoints: readonly SavedCheckpoint[]) => Iterable<SavedCheckpoint>

/** Keeps the newest `count`. */
export function keepLatest(count: number): RetentionPolicy {
  checkPositive(count, 'count', true)
  return (checkpoints) => checkpoints.slice(-count)
}

/**
 * Keeps one in so many steps or hours: the first, then each that comes so much later than the one
 * kept before it. A checkpoint without a step counts by its number.
 */
export function keepEvery({ steps, hours }: { steps?: number; hours?: number }): RetentionPolicy {
  if ((steps === undefined) === (hours === undefined)) {
    throw new TypeError('keepEvery takes { steps } or { hours }')
  }
  if (hours !== undefined) {
    checkPositive(hours, 'hours', false)
    return spaced(hours * 3600, ({ timestamp }) => timestamp)
  }
  checkPositive(steps, 'steps', false)
  return spaced(Number(steps), ({ step, number }) => step ?? number)
}

function spaced(
  distance: number,
  position: (checkpoint: SavedCheckpoint) => number | undefined,
): RetentionPolicy {
  return (checkpoints) => {
    let last = -Infinity
    return checkpoints.filter((checkpoint) => {
      const at = position(checkpoint)
      if (at === undefined || at < last + distance) return false
      last = at
      return true
    })
  }
}

/**
 * Keeps the `count` best by the metric that was given to `save`; of equal ones the newer. Those
 * without a metric are not among them.
 *
 * @param mode whether a good metric is large (`max`, the default, as accuracy) or small (`min`, as loss)
 */
export function keepBest(count: number, mode: 'max' | 'min' = 'max'): RetentionPolicy {
  checkPositive(count, 'count', true)
  if (!['max', 'min'].includes(mode)) {
    throw new TypeError(`mode must be 'max' or 'min', got ${inspect(mode)}`)
  }
  const sign = mode === 'max' ? 1 : -1
  return (checkpoints) =>
    checkpoints
      .flatMap((checkpoint, age) =>
        checkpoint.metric === undefined
          ? []
          : [{ checkpoint, age, good: sign * checkpoint.metric }],
      )
      .sort((a, b) => b.good - a.good || b.age - a.age)
      .slice(0, count)
      .map(({ checkpoint }) => checkpoint)
}

function checkPositive(value: unknown, what: string, whole: boolean): void {
  if (typeof value !== 'number') {
    throw new TypeError(`${what} must be a number, got ${inspect(value)}`)
  }
  const isCount = whole ? Number.isSafeInteger(value) : Number.isFinite(value)
  if (!isCount || value <= 0) {
    const expected = whole ? 'a positive integer' : 'a positive number'
    throw new RangeError(`${what} must be ${expected}, got ${inspect(value)}`)
  }
}
