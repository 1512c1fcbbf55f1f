/**
 * Ends waits: by the caller's signal, with its reason, or because the waiting itself was called off.
 *
 * @module
 */

/** What waits reject with when they were called off. */
export const CALLED_OFF: unique symbol = Symbol('called off')

/** The longest timer there is; a longer one would go off at once. */
const LONGEST = 2 ** 31 - 1

export class Interruption {
  readonly #signal: AbortSignal | undefined
  #isCalledOff = false
  #reject: ((reason: unknown) => void) | undefined

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal
  }

  callOff(): void {
    this.#isCalledOff = true
    this.#reject?.(CALLED_OFF)
  }

  /** @throws the signal's reason, or CALLED_OFF */
  check(): void {
    this.#signal?.throwIfAborted()
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- never seen outside
    if (this.#isCalledOff) throw CALLED_OFF
  }

  /** The outcome of `promise`, unless an interruption comes first. The signal is held only meanwhile. */
  async race<T>(promise: T | Promise<T>): Promise<T> {
    this.check()
    const signal = this.#signal
    let abort: () => void = () => undefined
    const interrupted = new Promise<never>((_, reject) => {
      this.#reject = reject
      abort = () => {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as the DOM does
        reject(signal?.reason)
      }
    })
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([promise, interrupted])
    } finally {
      signal?.removeEventListener('abort', abort)
      this.#reject = undefined
    }
  }

  /** Waits so many milliseconds, or until `woken` resolves. May end early if it would be weeks. */
  async pause(milliseconds: number, woken?: Promise<void>): Promise<void> {
    this.check()
    if (!(milliseconds > 0)) return
    let timer: NodeJS.Timeout | undefined
    const time = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(milliseconds, LONGEST))
    })
    try {
      await this.race(woken === undefined ? time : Promise.race([time, woken]))
    } finally {
      clearTimeout(timer)
    }
  }
}
