/**
 * Options of managers, checked.
 *
 * @module
 */
import { inspect } from 'node:util'
import { checkChoice } from '../bundle/operation.js'
import { checkIncremental, type IncrementalOptions } from '../checkpoint/incremental/options.js'
import type { SaveOptions } from '../checkpoint/options.js'
import type { SaveReport } from '../checkpoint/report.js'
import type { CheckpointError } from '../errors.js'
import type { Retention } from './ledger.js'
import type { RetentionPolicy } from './retention.js'

/** Tells the step of training: a `Variable`, any object with a `value`, or a function. */
export type StepCounter =
  | {
      /** The step as it is now: an integer. */
      readonly value: number | bigint
    }
  | (() => number | bigint)

/** When a manager saves, what it keeps, and what it tells. */
export interface ManagerOptions {
  /**
   * The newest that many are kept, older ones removed. Default null: all are kept. Not together with
   * `retention`.
   */
  maxToKeep?: number | null
  /**
   * Beside `maxToKeep`: one in so many hours is kept for ever. From then on it is not among
   * `checkpoints`.
   */
  keepEveryNHours?: number
  /** Which to keep: a policy, or several, of which one that wants it is enough. */
  retention?: RetentionPolicy | readonly RetentionPolicy[]
  /** Checkpoints are called `NAME-1`, `NAME-2` …. Default `ckpt`. */
  checkpointName?: string
  /** Saved beside each checkpoint, and what `checkpointInterval` counts. */
  stepCounter?: StepCounter
  /**
   * Steps from one save to the next; saves before that are skipped. The first of a run is not, unless
   * it was restored or `lastCheckpointStep` says when it saved last. Needs a `stepCounter`.
   */
  checkpointInterval?: number
  /** Seconds from one save to the next, for `saveIfDue`. */
  checkpointIntervalSeconds?: number
  /** Called by `restoreOrInitialize` when the directory has no checkpoint. */
  initFn?: () => unknown
  /** Step at which the program saved last, if it knows better than a new manager. */
  lastCheckpointStep?: number
  /** What `saveIfDue` does while a save is unfinished: `skip` (default) or `wait` for it. */
  whenBusy?: 'skip' | 'wait'
  /**
   * Default true: the data files of the checkpoint that was removed last are kept, without a name, and
   * the next save writes over them, which is faster than to make new ones and to free the old. They
   * take up the space of one checkpoint, as a save does anyway; `close` removes them. A file that any
   * process still has open or mapped is never written over. Linux only, and for durable saves.
   */
  recycle?: boolean
  /**
   * Saves write only what has changed since the one before: see `SaveOptions.incremental`, which can
   * be given for each save as well. Default false.
   */
  incremental?: boolean | IncrementalOptions
  /** Hears what each save has done: see `SaveOptions.onReport`. */
  onReport?: (report: SaveReport) => void
  /** Reads each checkpoint again before older ones are removed. Default false. */
  verifySaves?: boolean
  /**
   * Hears of checkpoints that were passed over by a restore, and of files that could not be
   * removed. Default: a warning of the process.
   */
  onWarning?: (warning: CheckpointError) => void
}

/** Options of one save of a manager. */
export interface ManagedSaveOptions extends SaveOptions {
  /** The number in the name. Default: the Checkpoint's save counter, which counts in either case. */
  checkpointNumber?: number
  /** False saves although `checkpointInterval` has not passed. Default true. */
  checkInterval?: boolean
  /** How good it is, for `keepBest`. One that is no finite number counts as none. */
  metric?: number
  /** Keeps it for ever. Default false. */
  pin?: boolean
}

export interface CheckedManagerOptions {
  readonly retention: Retention
  readonly checkpointName: string
  readonly step: (() => number) | undefined
  readonly interval: number | undefined
  readonly intervalSeconds: number | undefined
  readonly initFn: (() => unknown) | undefined
  readonly lastCheckpointStep: number | undefined
  readonly whenBusy: 'skip' | 'wait'
  readonly recycle: boolean
  /** For saves that are not told otherwise. */
  readonly saveOptions: Pick<SaveOptions, 'incremental' | 'onReport'>
  readonly verifySaves: boolean
  readonly warn: (warning: CheckpointError) => void
}

/** @throws TypeError, RangeError naming the option that is not what it should be */
export function checkManagerOptions(options: ManagerOptions): CheckedManagerOptions {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError(`options must be an object, got ${inspect(options)}`)
  }
  const { stepCounter, checkpointInterval, initFn, onWarning } = options
  const { verifySaves = false, recycle = true, incremental, onReport } = options
  if (checkpointInterval !== undefined && stepCounter === undefined) {
    throw new TypeError('options.checkpointInterval counts steps: it needs options.stepCounter')
  }
  checkFunction(initFn, 'initFn')
  checkFunction(onWarning, 'onWarning')
  checkBoolean(verifySaves, 'verifySaves')
  checkBoolean(recycle, 'recycle')
  checkIncremental(incremental)
  checkFunction(onReport, 'onReport')
  return {
    retention: checkRetention(options),
    checkpointName: checkName(options.checkpointName ?? 'ckpt'),
    step: stepCounter === undefined ? undefined : stepReader(stepCounter),
    interval: checkNumber(checkpointInterval, 'checkpointInterval'),
    intervalSeconds: checkNumber(options.checkpointIntervalSeconds, 'checkpointIntervalSeconds'),
    initFn,
    lastCheckpointStep: checkInteger(options.lastCheckpointStep, 'lastCheckpointStep'),
    whenBusy: checkChoice(options.whenBusy, 'whenBusy', ['skip', 'wait'], 'skip'),
    recycle,
    saveOptions: {
      ...(incremental !== undefined && { incremental }),
      ...(onReport !== undefined && { onReport }),
    },
    verifySaves,
    warn: onWarning ?? warnProcess,
  }
}

/** @throws TypeError, RangeError naming the option that is not what it should be */
export function checkManagedSaveOptions(options: ManagedSaveOptions): {
  readonly checkpointNumber: number | undefined
  readonly checkInterval: boolean
  readonly metric: number | undefined
  readonly pinned: boolean
} {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError(`options must be an object, got ${inspect(options)}`)
  }
  const { checkInterval = true, metric, pin = false } = options
  checkBoolean(checkInterval, 'checkInterval')
  checkBoolean(pin, 'pin')
  if (metric !== undefined && typeof metric !== 'number') {
    throw new TypeError(`options.metric must be a number, got ${inspect(metric)}`)
  }
  const checkpointNumber = checkInteger(options.checkpointNumber, 'checkpointNumber')
  // A run that diverges should still be saved.
  const finite = metric !== undefined && Number.isFinite(metric) ? metric : undefined
  return { checkpointNumber, checkInterval, metric: finite, pinned: pin }
}

function checkRetention(options: ManagerOptions): Retention {
  const { maxToKeep = null, retention } = options
  const hours = checkNumber(options.keepEveryNHours, 'keepEveryNHours')
  if (retention === undefined) {
    if (maxToKeep !== null && !(Number.isSafeInteger(maxToKeep) && maxToKeep > 0)) {
      const expected = 'a positive integer, or null to keep all'
      throw new RangeError(`options.maxToKeep must be ${expected}, got ${inspect(maxToKeep)}`)
    }
    return { maxToKeep: maxToKeep ?? Infinity, keepEveryNHours: hours }
  }
  if (maxToKeep !== null || hours !== undefined) {
    throw new TypeError(
      'options.retention is given: maxToKeep is the policy keepLatest, keepEveryNHours is keepEvery',
    )
  }
  const policies: unknown[] = Array.isArray(retention) ? retention : [retention]
  if (policies.length === 0 || !policies.every((policy) => typeof policy === 'function')) {
    const expected = 'a function or an array of functions'
    throw new TypeError(`options.retention must be ${expected}, got ${inspect(retention)}`)
  }
  return policies as RetentionPolicy[]
}

function checkName(name: unknown): string {
  if (typeof name !== 'string') {
    throw new TypeError(`options.checkpointName must be a string, got ${inspect(name)}`)
  }
  // The rest of what a prefix must not hold is checked with the whole of it.
  if (name === '' || name.includes('/')) {
    const got = inspect(name)
    throw new RangeError(`options.checkpointName must be a file name without a slash, got ${got}`)
  }
  return name
}

function stepReader(counter: unknown): () => number {
  const isObject = typeof counter === 'object' && counter !== null && 'value' in counter
  if (typeof counter !== 'function' && !isObject) {
    const expected = 'a Variable, an object with a value, or a function'
    throw new TypeError(`options.stepCounter must be ${expected}, got ${inspect(counter)}`)
  }
  const read = isObject ? () => counter.value : (counter as () => unknown)
  return () => {
    const step = read()
    const number = typeof step === 'bigint' ? Number(step) : step
    if (typeof number === 'number' && Number.isSafeInteger(number)) return number
    throw new TypeError(`options.stepCounter must tell an integer, got ${inspect(step)}`)
  }
}

function checkNumber(value: unknown, what: string): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number') {
    throw new TypeError(`options.${what} must be a number, got ${inspect(value)}`)
  }
  if (!(value > 0)) throw new RangeError(`options.${what} must be positive, got ${inspect(value)}`)
  return value
}

function checkInteger(value: unknown, what: string): number | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'number') {
    throw new TypeError(`options.${what} must be a number, got ${inspect(value)}`)
  }
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new RangeError(`options.${what} must be an integer of 0 or more, got ${inspect(value)}`)
}

function checkFunction(value: unknown, what: string): void {
  if (value === undefined || typeof value === 'function') return
  throw new TypeError(`options.${what} must be a function, got ${inspect(value)}`)
}

function checkBoolean(value: unknown, what: string): void {
  if (typeof value === 'boolean') return
  throw new TypeError(`options.${what} must be a boolean, got ${inspect(value)}`)
}

function warnProcess(warning: CheckpointError): void {
  process.emitWarning(warning.message, { type: 'CheckpointWarning', code: warning.code })
}
