/**
 * New checkpoints of a directory as they come. TensorFlow's `checkpoints_iterator`
 * (python/training/checkpoint_utils.py), which looks every second; here the system tells.
 *
 * Nothing is open but while a `next()` is pending: then the directory is watched, and the watch is set
 * up before the state file is read, so that no checkpoint is missed in between.
 *
 * @module
 */
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { inspect } from 'node:util'
import { latestCheckpoint } from '../bundle/latest.js'
import { checkPath, indexPath, type PathInput } from '../bundle/names.js'
import { checkOperationOptions } from '../bundle/operation.js'
import { resolveStatePath } from '../bundle/state-file.js'
import { CALLED_OFF, Interruption } from './interruption.js'
import { watchDirectory } from './watch-directory.js'

/** How long to wait for checkpoints, and for what. */
export interface CheckpointsIteratorOptions {
  /** Ends the iteration: what is pending, or else the next step, rejects with `signal.reason`. */
  signal?: AbortSignal
  /** The least time between two checkpoints, in seconds. Default 0. */
  minIntervalSeconds?: number
  /** The longest to wait for a checkpoint, in seconds; then the iteration ends. Default: no limit. */
  timeoutSeconds?: number
  /**
   * Asked when the time is up, and as in TensorFlow after each checkpoint too: true if no more will
   * come. Then the iteration ends, else it goes on, and the time begins anew.
   */
  timeoutFn?: () => boolean | Promise<boolean>
  /** Where a file system tells nothing: how often to look, in seconds. Default 5. */
  pollIntervalSeconds?: number
}

interface Timing {
  /** Milliseconds. */
  readonly minInterval: number
  readonly timeout: number
  readonly poll: number
  readonly timeoutFn: (() => boolean | Promise<boolean>) | undefined
}

function checkOptions(options: CheckpointsIteratorOptions): Timing {
  checkOperationOptions(options)
  const { minIntervalSeconds = 0, timeoutSeconds = Infinity, pollIntervalSeconds = 5 } = options
  const { timeoutFn } = options
  if (timeoutFn !== undefined && typeof timeoutFn !== 'function') {
    throw new TypeError(`options.timeoutFn must be a function, got ${inspect(timeoutFn)}`)
  }
  const seconds = (value: unknown, what: string): number => {
    if (typeof value !== 'number') {
      throw new TypeError(`options.${what} must be a number, got ${inspect(value)}`)
    }
    if (!(value >= 0)) {
      throw new RangeError(`options.${what} must be seconds from 0 on, got ${inspect(value)}`)
    }
    return value * 1000
  }
  const poll = seconds(pollIntervalSeconds, 'pollIntervalSeconds')
  if (poll === 0) throw new RangeError('options.pollIntervalSeconds must be above 0, got 0')
  return {
    minInterval: seconds(minIntervalSeconds, 'minIntervalSeconds'),
    timeout: seconds(timeoutSeconds, 'timeoutSeconds'),
    poll,
    timeoutFn,
  }
}

interface Found {
  /** The prefix, joined to the directory as it was given. */
  readonly path: string
  /** Differs for another checkpoint, also one that replaced an earlier one of the same path. */
  readonly identity: string
}

/** A directory as the caller named it, at the place where that was at the call. */
class Watched {
  readonly #given: string
  readonly #absolute: string

  constructor(given: string) {
    this.#given = given
    this.#absolute = resolve(given)
  }

  watch(onChange: () => void): () => void {
    return watchDirectory(this.#absolute, onChange)
  }

  /** The latest checkpoint, unless there is none or it goes while it is looked at. */
  look(): Found | undefined {
    const absolute = latestCheckpoint(this.#absolute)
    if (absolute === null) return undefined
    try {
      const { ino, birthtimeNs } = statSync(indexPath(absolute), { bigint: true })
      // Not the times of its last change: an index that is written where it stands would come twice.
      return {
        path: this.#named(absolute),
        identity: `${String(ino)} ${String(birthtimeNs)} ${absolute}`,
      }
    } catch {
      return undefined
    }
  }

  #named(absolute: string): string {
    const directory = `${this.#absolute}/`
    if (!absolute.startsWith(directory)) return absolute
    return resolveStatePath(this.#given, absolute.slice(directory.length))
  }
}

/** The next checkpoint that is not `last`, or undefined when the time is up. */
async function nextOf(
  directory: Watched,
  last: string | undefined,
  { timeout, poll }: Timing,
  interruption: Interruption,
): Promise<Found | undefined> {
  const end = performance.now() + timeout
  for (;;) {
    interruption.check()
    let wake: () => void = () => undefined
    const changed = new Promise<void>((resolve) => (wake = resolve))
    // Anew each time: the directory may be another one by now, or another ancestor the nearest.
    const unwatch = directory.watch(wake)
    try {
      const found = directory.look()
      if (found !== undefined && found.identity !== last) return found
      const left = end - performance.now()
      if (left <= 0) return undefined
      await interruption.pause(Math.min(poll, left), changed)
    } finally {
      unwatch()
    }
  }
}

async function* iterate(
  directory: Watched,
  timing: Timing,
  interruption: Interruption,
): AsyncGenerator<string, void, undefined> {
  const { minInterval, timeoutFn } = timing
  let last: string | undefined
  try {
    for (;;) {
      const found = await nextOf(directory, last, timing, interruption)
      if (found === undefined) {
        if (timeoutFn === undefined) return
      } else {
        last = found.identity
        const end = performance.now() + minInterval
        yield found.path
        for (;;) {
          const left = end - performance.now()
          await interruption.pause(left)
          if (left <= 0) break
        }
      }
      if (timeoutFn !== undefined && (await interruption.race(timeoutFn()))) return
    }
  } catch (error) {
    if (error !== CALLED_OFF) throw error
  }
}

/**
 * The latest checkpoint of a directory and, as they come, the ones after it, for a program that
 * evaluates what another one trains:
 *
 * ```js
 * for await (const path of checkpointsIterator('run')) await evaluate(await checkpoint.restore(path))
 * ```
 *
 * Always the newest: those that came and were succeeded while the program was busy are left out, and
 * so are those that are gone. Each comes once; one that was written anew under its old path is another.
 * The directory need not exist, and may be removed and made again.
 *
 * The process is kept alive while a step is pending, and by nothing else: between two steps nothing is
 * open, so that an iterator may simply be dropped. `break` and `return()` end a pending step at once.
 *
 * @param directory of the state file; the paths come joined to it as it is given
 * @throws TypeError, RangeError for bad arguments. Steps reject with `signal.reason`, with what
 *   `timeoutFn` throws, and with CheckpointError CKPT_IO if the state file cannot be read
 */
export function checkpointsIterator(
  directory: PathInput,
  options: CheckpointsIteratorOptions = {},
): AsyncIterableIterator<string> {
  const where = checkPath(directory, 'directory')
  const timing = checkOptions(options)
  const interruption = new Interruption(options.signal)
  const steps = iterate(new Watched(where), timing, interruption)
  return {
    next: () => steps.next(),
    return: () => {
      interruption.callOff()
      return steps.return()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
