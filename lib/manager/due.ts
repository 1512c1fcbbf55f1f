/**
 * When it is time to save, by steps and by the clock.
 *
 * @module
 */

export interface Intervals {
  /** Tells the step of training. */
  readonly step: (() => number) | undefined
  /** Steps. */
  readonly interval: number | undefined
  readonly intervalSeconds: number | undefined
  readonly lastCheckpointStep: number | undefined
}

export class DueClock {
  readonly #intervals: Intervals
  #lastStep: number | undefined
  /** Milliseconds since 1970; of the start, before the first save. */
  #lastTime = Date.now()

  constructor(intervals: Intervals) {
    this.#intervals = intervals
    this.#lastStep = intervals.lastCheckpointStep
  }

  /** @throws TypeError if no interval was given */
  isDue(): boolean {
    const { step, interval, intervalSeconds } = this.#intervals
    if (interval === undefined && intervalSeconds === undefined) {
      throw new TypeError(
        'saveIfDue needs the option checkpointInterval or checkpointIntervalSeconds of its manager',
      )
    }
    if (interval !== undefined && this.#isStepDue(step?.(), interval)) return true
    return intervalSeconds !== undefined && this.#isTimeDue(intervalSeconds)
  }

  #isStepDue(step: number | undefined, interval: number): boolean {
    return step === undefined || this.#lastStep === undefined || step >= this.#lastStep + interval
  }

  /** A clock that was set back begins the interval again. */
  #isTimeDue(seconds: number): boolean {
    const now = Date.now()
    if (now < this.#lastTime) this.#lastTime = now
    return now >= this.#lastTime + seconds * 1000
  }

  /**
   * Whether a save at that step is one: not the same step again, and not before the interval.
   * Source: python/checkpoint/checkpoint_management.py, CheckpointManager.save.
   */
  allows(step: number | undefined, checkInterval: boolean): boolean {
    const { interval, intervalSeconds } = this.#intervals
    if (interval === undefined || step === undefined) return true
    if (step === this.#lastStep) return false
    if (!checkInterval || this.#isStepDue(step, interval)) return true
    return intervalSeconds !== undefined && this.#isTimeDue(intervalSeconds)
  }

  /** A save begins; what is returned takes it back, if it fails. */
  begin(step: number | undefined): () => void {
    const [lastStep, lastTime] = [this.#lastStep, this.#lastTime]
    this.restored(step)
    return () => {
      if (this.#lastStep === step) this.#lastStep = lastStep
      this.#lastTime = lastTime
    }
  }

  /** The state of the program is that of a checkpoint now. */
  restored(step: number | undefined): void {
    if (step !== undefined) this.#lastStep = step
    this.#lastTime = Date.now()
  }
}
