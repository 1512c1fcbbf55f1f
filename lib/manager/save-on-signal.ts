/**
 * Saves when the process is asked to end, as a cluster does before it takes the machine away.
 *
 * @module
 */
import { inspect } from 'node:util'
import type { CheckpointManager } from './manager.js'

/** Which signals, and how long the save may take. */
export interface SaveOnSignalOptions {
  /** Signals that make the manager save. Default `['SIGTERM']`. */
  signals?: readonly NodeJS.Signals[]
  /** The process ends after so many seconds, saved or not. Default 25: Kubernetes waits for 30. */
  withinSeconds?: number
  /** Called when the state has been saved, or could not be, before the process ends. */
  onSaved?: (outcome: { path: string | null } | { error: unknown }) => void
}

/**
 * From now on a signal makes the manager save and close (`close({ save: true })`); then the signal
 * ends the process, as it would have done at once. A second signal does not wait. What the program
 * tries to save meanwhile is refused with CKPT_CLOSED.
 *
 * The state is taken between two turns of the event loop, when saves that are running have ended.
 *
 * @returns a function that takes it back; `using` does it too
 */
export function saveOnSignal(
  manager: CheckpointManager,
  options: SaveOnSignalOptions = {},
): (() => void) & Disposable {
  const { signals = ['SIGTERM'], withinSeconds = 25, onSaved } = options
  if (!(withinSeconds > 0)) {
    throw new RangeError(`options.withinSeconds must be positive, got ${inspect(withinSeconds)}`)
  }
  const stop = (): void => {
    for (const signal of signals) process.removeListener(signal, onSignal)
  }
  const onSignal = (signal: NodeJS.Signals): void => {
    // The next one has its usual effect.
    stop()
    const end = (): void => {
      process.kill(process.pid, signal)
    }
    const timer = setTimeout(end, withinSeconds * 1000)
    void closeNow(manager)
      .then(onSaved)
      .finally(() => {
        clearTimeout(timer)
        end()
      })
  }
  for (const signal of signals) process.on(signal, onSignal)
  return Object.assign(stop, { [Symbol.dispose]: stop })
}

async function closeNow(
  manager: CheckpointManager,
): Promise<{ path: string | null } | { error: unknown }> {
  try {
    return { path: await manager.close({ save: true }) }
  } catch (error) {
    return { error }
  }
}
