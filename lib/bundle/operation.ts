/**
 * One save or restore as its caller sees it: cancelled by a signal, watched by `onProgress`.
 *
 * @module
 */
import { inspect } from 'node:util'
import { Aborted, createJob, type Job } from '../native.js'
import type { Steps } from '../twin.js'

/** How far an operation is. */
export interface Progress {
  /** `sync`: all is written, and is on its way to the disk. `load`: into memory, by `mode: 'load'`. */
  readonly phase: 'write' | 'sync' | 'verify' | 'load'
  /** Bytes of this phase, not items. */
  readonly done: number
  /** Bytes that it will be; known from the first call. */
  readonly total: number
}

/** To stop what takes long, and to watch it. */
export interface OperationOptions {
  /** Stops the operation; it rejects with `signal.reason` and leaves nothing behind. */
  signal?: AbortSignal
  /**
   * At most ten calls a second, on the thread of the caller. What it throws ends the operation, as
   * an abort does.
   */
  onProgress?: (progress: Progress) => void
}

/** Milliseconds between two reports. */
const REPORT_INTERVAL = 100

/** Threads that copy and check. More add nothing: two saturate the memory. */
export const THREADS = 2

/** Threads that write. They wait for the disk most of the time, which must not wait for them. */
export const WRITE_THREADS = 4

export class Operation {
  readonly sync: boolean
  readonly job: Job = createJob()
  readonly #signal: AbortSignal | undefined
  readonly #onProgress: ((progress: Progress) => void) | undefined
  #onAbort: (() => void) | undefined
  readonly #cancel = (): void => {
    this.job.cancel()
    this.#onAbort?.()
  }
  #timer: NodeJS.Timeout | undefined
  #phase: Progress['phase'] = 'write'
  #total = 0
  #last: Progress | undefined
  #base = 0
  /** Bytes that were moved here and not by the job. */
  #advanced = 0
  #failure: { error: unknown } | undefined

  constructor(options: OperationOptions, sync: boolean) {
    this.sync = sync
    this.#signal = options.signal
    this.#onProgress = options.onProgress
  }

  /** Runs the body, with the signal and the reports attached for just that time. */
  *run<T>(body: () => Steps<T>): Steps<T> {
    this.check()
    this.#signal?.addEventListener('abort', this.#cancel, { once: true })
    try {
      return yield* body()
    } catch (error) {
      if (!(error instanceof Aborted)) throw error
      // A report that threw cancelled the job: its error is the reason.
      throw this.#failure === undefined ? this.#signal?.reason : this.#failure.error
    } finally {
      clearInterval(this.#timer)
      this.#signal?.removeEventListener('abort', this.#cancel)
    }
  }

  /** @throws the signal's reason once it is aborted; what a report threw */
  check(): void {
    this.#signal?.throwIfAborted()
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** It is done: what a report throws from now on, or threw too late, does not undo it. */
  settle(): void {
    clearInterval(this.#timer)
    this.#failure = undefined
  }

  /** Rejects with the signal's reason when it aborts; undefined without a signal. */
  get aborted(): Promise<never> | undefined {
    const signal = this.#signal
    if (signal === undefined) return undefined
    const aborted = new Promise<never>((_, reject) => {
      this.#onAbort = (): void => {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as the DOM does
        reject(signal.reason)
      }
    })
    // Nobody may be waiting for it by then.
    aborted.catch(() => undefined)
    return aborted
  }

  /** Announces a phase of `total` bytes; its progress is what the job counts from now on. */
  begin(phase: Progress['phase'], total: number): void {
    this.#phase = phase
    this.#total = total
    this.#base = this.job.done
    this.#advanced = 0
    if (this.#onProgress === undefined) return
    if (this.#timer === undefined && !this.sync) {
      this.#timer = setInterval(() => {
        this.#report()
      }, REPORT_INTERVAL)
    }
    this.#report()
  }

  /** Counts bytes of the phase that no step of the job has moved. */
  advance(bytes: number): void {
    this.#advanced += bytes
  }

  /** Reports the end of the phase. */
  end(): void {
    this.#report()
  }

  #report(): void {
    const done = Math.min(this.job.done - this.#base + this.#advanced, this.#total)
    // Writing ends in a sync, which has no progress of its own.
    const phase = this.#phase === 'write' && done === this.#total ? 'sync' : this.#phase
    const last = this.#last
    if (last?.phase === phase && last.done === done) return
    const progress = { phase, done, total: this.#total }
    this.#last = progress
    try {
      this.#onProgress?.(progress)
    } catch (error) {
      this.#failure ??= { error }
      this.job.cancel()
    }
  }
}

/** @throws TypeError naming the option that is not what it should be. */
export function checkOperationOptions(options: OperationOptions): void {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError(`options must be an object, got ${inspect(options)}`)
  }
  const { signal, onProgress } = options
  if (signal !== undefined && !isSignal(signal)) {
    throw new TypeError(`options.signal must be an AbortSignal, got ${inspect(signal)}`)
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new TypeError(`options.onProgress must be a function, got ${inspect(onProgress)}`)
  }
}

/** By its methods: `instanceof` fails for the signals of another realm. */
const isSignal = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'throwIfAborted' in value &&
  'addEventListener' in value

/** @throws TypeError unless the option is one of `choices`. */
export function checkChoice<T extends string>(
  value: unknown,
  what: string,
  choices: readonly T[],
  otherwise: T,
): T {
  if (value === undefined) return otherwise
  if (!choices.includes(value as T)) {
    const list = choices.map((choice) => `'${choice}'`).join(', ')
    throw new TypeError(`options.${what} must be one of ${list}; got ${inspect(value)}`)
  }
  return value as T
}
