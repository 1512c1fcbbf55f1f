/**
 * checkpointCallback: saves while `model.fit` trains.
 *
 * @module
 */
import { inspect } from 'node:util'
import type { CheckpointManager } from '../manager/manager.js'
import type { ManagedSaveOptions } from '../manager/options.js'
import type { JsonState } from '../trackables/json-state.js'

/** How far a training is. */
export interface Progress {
  /** Epochs that are finished; the next one's number, `initialEpoch` of `model.fit`. */
  epoch: number
  /** Batches of that epoch that are finished. */
  batch: number
}

/** Numbers that `model.fit` tells of a batch or an epoch: the loss and the metrics. */
type Logs = Readonly<Record<string, number>>

/** A checkpoint, and how far the training was when it was saved. */
export interface SavedAt extends Progress {
  /** Prefix. */
  readonly path: string
}

/** When to save, and whom to tell. */
export interface CheckpointCallbackOptions {
  /** Saves at the end of every n-th epoch. */
  everyEpochs?: number
  /** Saves after every n-th batch, counted from the beginning of the training. */
  everyBatches?: number
  /**
   * Is told how far the training is, before each save. To be part of the Checkpoint: a training
   * that is resumed begins with `initialEpoch: progress.value.epoch`. What else the value has stays.
   */
  progress?: JsonState<Progress>
  /** Which of the epoch's logs `keepBest` goes by, such as `val_loss`. */
  metric?: string
  /** For each save; `metric` comes on top of them. */
  saveOptions?: ManagedSaveOptions
  /** Hears of each checkpoint when it is durable. */
  onSaved?: (saved: SavedAt) => void
  /** Takes the errors of saves. Default: `model.fit` fails with the first of them. */
  onError?: (error: unknown) => void
}

/** Members as in `tf.CustomCallbackArgs`. */
export interface CheckpointCallback {
  /** Begins to count batches. */
  onTrainBegin(): void
  /** Notes which epoch it is. */
  onEpochBegin(epoch: number): void
  /** Saves if it is time. */
  onBatchEnd(batch: number, logs?: Logs): Promise<void>
  /** Saves if it is time, with the metric of the epoch. */
  onEpochEnd(epoch: number, logs?: Logs): Promise<void>
  /** Waits until all saves are durable; rejects if one of them failed. */
  onTrainEnd(): Promise<void>
}

/**
 * A callback for `model.fit` and `model.fitDataset` that saves what a manager manages.
 *
 * ```js
 * const callbacks = checkpointCallback(manager, { everyEpochs: 1, progress })
 * await model.fit(xs, ys, { epochs: 20, initialEpoch: progress.value.epoch, shuffle: false, callbacks })
 * ```
 *
 * Without `everyEpochs` and `everyBatches` the manager says when: `saveIfDue` is asked after each batch
 * and each epoch. Training waits while the state is copied, not while it is written; only when a save
 * by a count begins before the last one is durable, that one is waited for first. `fit` does not
 * return before all saves are durable, and rejects if one of them failed.
 *
 * Of several callbacks let it be the first, since a save of somebody else, as of `saveOnSignal`, should
 * not come between a step and the count of it. Beside objects of TensorFlow.js, as those that
 * `tf.callbacks.earlyStopping` makes, it is to be `new tf.CustomCallback(checkpointCallback(…))`.
 *
 * @throws TypeError, RangeError for options that are not what they should be
 */
export function checkpointCallback(
  manager: CheckpointManager,
  options: CheckpointCallbackOptions = {},
): CheckpointCallback {
  checkOptions(options)
  const saver = new Saver(manager, options)
  return {
    onTrainBegin: () => {
      saver.begin()
    },
    onEpochBegin: (epoch) => {
      saver.beginEpoch(epoch)
    },
    onBatchEnd: () => saver.endBatch(),
    onEpochEnd: (epoch, logs) => saver.endEpoch(epoch, logs),
    onTrainEnd: () => saver.end(),
  }
}

class Saver {
  readonly #manager: CheckpointManager
  readonly #options: CheckpointCallbackOptions
  #at: Progress = { epoch: 0, batch: 0 }
  /** Since the training began. */
  #batches = 0
  /** The save that is under way; never rejects. */
  #saving: Promise<void> | undefined
  #isSaving = false
  #failure: { readonly error: unknown } | undefined

  constructor(manager: CheckpointManager, options: CheckpointCallbackOptions) {
    this.#manager = manager
    this.#options = options
  }

  begin(): void {
    this.#batches = 0
    this.#failure = undefined
    const { epoch = 0, batch = 0 } = this.#options.progress?.value ?? {}
    this.#at = { epoch, batch }
  }

  beginEpoch(epoch: number): void {
    // The rest of an epoch that was left in the middle: its first batches are done.
    const batch = epoch === this.#at.epoch ? this.#at.batch : 0
    this.#move({ epoch, batch })
  }

  async endBatch(): Promise<void> {
    const { epoch, batch } = this.#at
    this.#move({ epoch, batch: batch + 1 })
    this.#batches++
    const { everyBatches } = this.#options
    if (everyBatches !== undefined && this.#batches % everyBatches === 0) await this.#save()
    else this.#saveIfDue({})
    this.#check()
  }

  async endEpoch(epoch: number, logs: Logs = {}): Promise<void> {
    this.#move({ epoch: epoch + 1, batch: 0 })
    const { everyEpochs, metric } = this.#options
    const value = metric === undefined ? undefined : logs[metric]
    if (metric !== undefined && value === undefined) {
      const known = Object.keys(logs).join(', ')
      throw new TypeError(`options.metric: the logs of an epoch have no '${metric}', but ${known}`)
    }
    const told = value === undefined ? {} : { metric: value }
    if (everyEpochs !== undefined && (epoch + 1) % everyEpochs === 0) await this.#save(told)
    else this.#saveIfDue(told)
    this.#check()
  }

  async end(): Promise<void> {
    await this.#saving
    this.#saveIfDue({})
    await this.#saving
    this.#check()
  }

  #move(at: Progress): void {
    this.#at = at
    const { progress } = this.#options
    if (progress !== undefined) progress.value = { ...progress.value, ...at }
  }

  /** What was counted is saved, not skipped: a slow disk slows the training down. */
  async #save(told: ManagedSaveOptions = {}): Promise<void> {
    await this.#saving
    this.#follow(this.#manager.save({ ...this.#options.saveOptions, ...told }))
  }

  #saveIfDue(told: ManagedSaveOptions): void {
    const { everyBatches, everyEpochs, saveOptions } = this.#options
    // While one is under way the next batch asks again. Never by a manager that waits: it might save
    // between a step and the count of it.
    if (everyBatches !== undefined || everyEpochs !== undefined || this.#isSaving) return
    const saving = this.#manager.saveIfDue({ ...saveOptions, ...told })
    if (saving !== undefined) this.#follow(saving)
  }

  #follow(saving: Promise<string | null>): void {
    const at = this.#at
    this.#isSaving = true
    const followed = async (): Promise<void> => {
      try {
        const path = await saving
        if (path !== null) this.#options.onSaved?.({ path, ...at })
      } catch (error) {
        if (this.#options.onError === undefined) this.#failure ??= { error }
        else this.#options.onError(error)
      } finally {
        this.#isSaving = false
      }
    }
    this.#saving = followed()
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}

function checkOptions(options: CheckpointCallbackOptions): void {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError(`options must be an object, got ${inspect(options)}`)
  }
  for (const name of ['everyEpochs', 'everyBatches'] as const) {
    const value = options[name]
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue
    throw new RangeError(`options.${name} must be a positive integer, got ${inspect(value)}`)
  }
  for (const name of ['onSaved', 'onError'] as const) {
    const value: unknown = options[name]
    if (value === undefined || typeof value === 'function') continue
    throw new TypeError(`options.${name} must be a function, got ${inspect(value)}`)
  }
  const { progress } = options
  if (progress !== undefined && !('value' in progress)) {
    throw new TypeError(`options.progress must be a JsonState, got ${inspect(progress)}`)
  }
}
