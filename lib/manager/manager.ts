/**
 * CheckpointManager: the checkpoints of a run, in a directory of their own. TensorFlow's
 * `tf.train.CheckpointManager` (python/checkpoint/checkpoint_management.py).
 *
 * @module
 */
import { basename, dirname, join, resolve } from 'node:path'
import { inspect } from 'node:util'
import { checkPath, checkPrefix, type PathInput } from '../bundle/names.js'
import { FORGET, MANAGED_SAVE, type Checkpoint } from '../checkpoint/checkpoint.js'
import type { RestoreOptions } from '../checkpoint/restore-options.js'
import type { RestoreStatus } from '../checkpoint/status.js'
import { CheckpointError } from '../errors.js'
import { lockDirectory, type DirectoryLock } from '../native.js'
import { runAsync, runSync, wait, type Steps } from '../twin.js'
import { DueClock } from './due.js'
import {
  checkManagedSaveOptions,
  checkManagerOptions,
  type CheckedManagerOptions,
  type ManagedSaveOptions,
  type ManagerOptions,
} from './options.js'
import { restoreNewest } from './restore-newest.js'
import type { SavedCheckpoint } from './retention.js'
import { Run, type PassedOver } from './run.js'

/**
 * Saves a Checkpoint into a directory again and again, removes what need not be kept, and finds the
 * newest that is whole when the program starts.
 *
 * ```js
 * await using manager = new CheckpointManager(checkpoint, 'run', { maxToKeep: 3 })
 * await manager.restoreOrInitialize()
 * for (;;) {
 *   train()
 *   await manager.save()
 * }
 * ```
 *
 * It owns its directory: a second manager, of this process or another one, gets CKPT_BUSY until this
 * one is closed or its process has ended. Readers (`latestCheckpoint`, `openCheckpoint`,
 * `Checkpoint.restore`, Python) need no manager and are never kept out. The state file is
 * TensorFlow's, so that a Python manager can take the directory over, and the other way round.
 */
export class CheckpointManager {
  /** What it saves and restores. */
  readonly checkpoint: Checkpoint
  /** As it was given. */
  readonly directory: string
  /** Steps from one save to the next; undefined if they are not counted. */
  readonly checkpointInterval: number | undefined
  readonly #options: CheckedManagerOptions
  /** Absolute: the working directory may be another one later. */
  readonly #prefix: string
  readonly #lock: DirectoryLock
  readonly #run: Run
  readonly #due: DueClock
  /** Of the last restore, with what it matched; null before one. */
  #restoreStatus: RestoreStatus | null = null
  /** Saves that were begun and are not durable yet. */
  #unfinished = 0
  #waiting: Promise<string | null> | undefined
  #closing: Promise<string | null> | undefined

  /**
   * Makes the directory if it is missing, and takes it. What its state file lists is managed from
   * now on: it may be removed as the options say.
   *
   * @throws TypeError, RangeError for bad arguments; CheckpointError CKPT_BUSY if the directory has
   *   an owner, CKPT_IO
   */
  constructor(checkpoint: Checkpoint, directory: PathInput, options: ManagerOptions = {}) {
    if (typeof checkpoint !== 'object' || !(MANAGED_SAVE in checkpoint)) {
      throw new TypeError(
        `checkpoint must be a Checkpoint, got ${inspect(checkpoint, { depth: 0 })}`,
      )
    }
    this.checkpoint = checkpoint
    this.directory = checkPath(directory, 'directory')
    this.#options = checkManagerOptions(options)
    this.#prefix = checkPrefix(join(resolve(this.directory), this.#options.checkpointName))
    this.checkpointInterval = this.#options.interval
    this.#due = new DueClock(this.#options)
    this.#lock = lockDirectory(dirname(this.#prefix))
    try {
      this.#run = new Run(dirname(this.#prefix), this.#options)
    } catch (error) {
      this.#lock.release()
      throw error
    }
  }

  /** Prefixes of the managed checkpoints, oldest first; not of those that are kept for ever. */
  get checkpoints(): string[] {
    return this.#run.ledger.checkpoints.map(({ path }) => this.#shown(path))
  }

  /** The same with times, steps and metrics. */
  get savedCheckpoints(): SavedCheckpoint[] {
    return this.#run.ledger.checkpoints.map(({ path, number, timestamp, step, metric, pinned }) => {
      return { path: this.#shown(path), number, timestamp, step, metric, pinned }
    })
  }

  /** Prefix of the newest checkpoint: the last saved, or restored, or found; null if there is none. */
  get latestCheckpoint(): string | null {
    const { latest } = this.#run
    return latest === null ? null : this.#shown(latest)
  }

  /** What the last `restoreOrInitialize` passed over, the newest first, and why. */
  get passedOver(): PassedOver[] {
    return this.#run.passedOver.map(({ path, error }) => ({ path: this.#shown(path), error }))
  }

  /** A path as the user names the directory. */
  #shown(path: string): string {
    const isInside = dirname(path) === dirname(this.#prefix)
    return isInside ? join(this.directory, basename(path)) : path
  }

  /** What the last `restoreOrInitialize` matched; null if it restored nothing. */
  get restoreStatus(): RestoreStatus | null {
    return this.#restoreStatus
  }

  /**
   * Saves the Checkpoint as `DIRECTORY/NAME-N`. What need not be kept is removed afterwards, in the
   * background.
   *
   * @returns its prefix; null if `checkpointInterval` has not passed, or this step is saved already
   * @throws as `Checkpoint.save`; CheckpointError CKPT_CLOSED
   */
  async save(options: ManagedSaveOptions = {}): Promise<string | null> {
    this.#checkOpen()
    return runAsync(this.#save(options, false))
  }

  /** The blocking twin of `save`; also what is to be removed is removed when it returns. */
  saveSync(options: ManagedSaveOptions = {}): string | null {
    this.#checkOpen()
    return runSync(this.#save(options, true))
  }

  /**
   * Saves if it is time, by `checkpointInterval` or `checkpointIntervalSeconds`. Made to be called
   * at every step: when it is not time it returns undefined at once. While a save is unfinished
   * nothing is saved either, or with `whenBusy: 'wait'` it is saved when that has ended.
   *
   * @throws TypeError if neither interval was given
   */
  saveIfDue(options: ManagedSaveOptions = {}): Promise<string | null> | undefined {
    if (!this.#due.isDue()) return undefined
    if (this.#unfinished === 0) return this.save(options)
    if (this.#options.whenBusy === 'skip') return undefined
    this.#waiting ??= this.#saveLater(options)
    return this.#waiting
  }

  async #saveLater(options: ManagedSaveOptions): Promise<string | null> {
    await this.#run.settled()
    this.#waiting = undefined
    return this.save(options)
  }

  *#save(options: ManagedSaveOptions, sync: boolean): Steps<string | null> {
    const { checkInterval, ...told } = checkManagedSaveOptions(options)
    const step = this.#options.step?.()
    if (!this.#due.allows(step, checkInterval)) return null
    const undo = this.#due.begin(step)
    const durable = options.durable ?? true
    const saveOptions = { ...this.#options.saveOptions, ...options }
    this.#unfinished++
    try {
      const path = yield* this.#run.save({ ...told, step, durable }, sync, (numbering) =>
        this.checkpoint[MANAGED_SAVE](this.#prefix, saveOptions, numbering, sync),
      )
      return this.#shown(path)
    } catch (error) {
      undo()
      throw error
    } finally {
      this.#unfinished--
    }
  }

  /**
   * Restores the newest checkpoint that is whole; calls `initFn` if there is none at all.
   *
   * Every byte is checked unless `verify` says otherwise. A checkpoint that is corrupt or incomplete
   * is passed over, which `onWarning` hears of, and the one before it is tried.
   *
   * @returns the prefix that was restored, or null
   * @throws as `Checkpoint.restore`, CKPT_MISMATCH among them: a checkpoint that does not fit the
   *   program is not passed over; CKPT_CORRUPT if there are checkpoints and none is whole
   */
  async restoreOrInitialize(options: RestoreOptions = {}): Promise<string | null> {
    return runAsync(this.#restore(options, false))
  }

  /** The blocking twin of `restoreOrInitialize`. */
  restoreOrInitializeSync(options: RestoreOptions = {}): string | null {
    return runSync(this.#restore(options, true))
  }

  *#restore(options: RestoreOptions, sync: boolean): Steps<string | null> {
    this.#checkOpen()
    const restored = yield* restoreNewest(this.checkpoint, this.#run, options, sync)
    if (restored === undefined) {
      const answer = this.#options.initFn?.()
      if (sync && answer instanceof Promise)
        throw new TypeError('initFn must not be asynchronous here')
      yield* wait(answer)
      return null
    }
    this.#restoreStatus = restored
    this.#due.restored(this.#options.step?.())
    return this.latestCheckpoint
  }

  /**
   * Waits until all saves that were begun by now have ended, failed ones too, and what is to be
   * removed has been.
   *
   * @throws what a retention policy has thrown
   */
  async sync(): Promise<void> {
    await this.#run.settled()
    this.#run.throwFailure()
  }

  /**
   * Gives the directory up, after all saves that were begun have ended. From the call on nothing else
   * can be saved.
   *
   * @param options `save`: saves once more, the state as it is when the others have ended
   * @returns the prefix of that save; null if there was none, or this step was saved already
   * @throws as `sync` and `save`; the directory is given up all the same
   */
  async close({ save = false }: { save?: boolean } = {}): Promise<string | null> {
    if (this.#closing === undefined) return (this.#closing = this.#close(save))
    // Whoever closed it first is told what failed.
    await this.#closing.catch(() => undefined)
    return null
  }

  async #close(save: boolean): Promise<string | null> {
    let path: string | null = null
    try {
      await this.#run.settled()
      // Also after a policy has failed: the last state is worth more than the order of the directory.
      if (save) path = await runAsync(this.#save({ checkInterval: false }, false))
      await this.#run.settled()
    } finally {
      this.checkpoint[FORGET]()
      try {
        await runAsync(this.#run.close())
      } finally {
        this.#lock.release()
      }
    }
    this.#run.throwFailure()
    return path
  }

  /** The same as `close`: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #checkOpen(): void {
    if (this.#closing === undefined) return
    const path = this.directory
    throw new CheckpointError('CKPT_CLOSED', `the manager of '${path}' is closed`, { path })
  }
}
