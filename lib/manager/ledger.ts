/**
 * The checkpoints that a manager answers for, oldest first, and which of them have to go. Source of
 * the rules for `maxToKeep`: python/checkpoint/checkpoint_management.py, CheckpointManager._sweep.
 *
 * @module
 */
import type { CheckpointState } from '../bundle/state-file.js'
import type { ManagedCheckpoint } from './managed-checkpoint.js'
import type { RetentionPolicy } from './retention.js'

/** At the most so many, of which some are let go of and kept for ever. */
export interface CountLimit {
  /** Infinity: all are kept. */
  readonly maxToKeep: number
  /** Hours; undefined: none is kept for ever. */
  readonly keepEveryNHours: number | undefined
}

export type Retention = CountLimit | readonly RetentionPolicy[]

const isPolicies = (retention: Retention): retention is readonly RetentionPolicy[] =>
  Array.isArray(retention)

export class Ledger {
  readonly #retention: Retention
  #checkpoints: readonly ManagedCheckpoint[]
  /** Seconds since 1970: of the last that was kept for ever. */
  #lastPreserved: number

  constructor(
    retention: Retention,
    checkpoints: readonly ManagedCheckpoint[],
    lastPreserved: number,
  ) {
    this.#retention = retention
    this.#checkpoints = checkpoints
    this.#lastPreserved = lastPreserved
  }

  /** Oldest first. */
  get checkpoints(): readonly ManagedCheckpoint[] {
    return this.#checkpoints
  }

  get newest(): ManagedCheckpoint | undefined {
    return this.#checkpoints.at(-1)
  }

  /**
   * A time for the next checkpoint. A clock that was set back does not put it before others: by
   * their times they are told from what was kept for ever.
   */
  nextTimestamp(): number {
    const last = Math.max(this.newest?.timestamp ?? -Infinity, this.#lastPreserved)
    const now = Date.now() / 1000
    // TensorFlow manages what is later than the last preserved one, not what is as late.
    return now > last ? now : last + 1e-6
  }

  find(path: string): ManagedCheckpoint | undefined {
    return this.#checkpoints.find((checkpoint) => checkpoint.path === path)
  }

  /** What the state file says, with one more that is being committed. */
  state(nameOf: (path: string) => string, added?: ManagedCheckpoint): CheckpointState {
    const all = added === undefined ? this.#checkpoints : [...this.#without(added.path), added]
    const names = all.map(({ path }) => nameOf(path))
    return {
      modelCheckpointPath: names.at(-1) ?? '',
      allModelCheckpointPaths: names,
      allModelCheckpointTimestamps: all.map(({ timestamp }) => timestamp),
      lastPreservedTimestamp: this.#lastPreserved,
    }
  }

  /** Takes a new checkpoint, in the place of one of the same path. */
  add(checkpoint: ManagedCheckpoint): void {
    this.#checkpoints = [...this.#without(checkpoint.path), checkpoint]
  }

  /** Takes back what could not be removed; it is the first to go next time. */
  takeBack(checkpoints: readonly ManagedCheckpoint[]): void {
    this.#checkpoints = [...checkpoints, ...this.#checkpoints]
  }

  #without(path: string): ManagedCheckpoint[] {
    return this.#checkpoints.filter((other) => other.path !== path)
  }

  /** Lets go of what is not to be kept. What is returned is to be removed; there may be none. */
  release(): ManagedCheckpoint[] {
    return isPolicies(this.#retention)
      ? this.#releaseByPolicies(this.#retention)
      : this.#releaseByCount(this.#retention)
  }

  /** The newest that is known to be whole is never removed. */
  #guarded(): ManagedCheckpoint | undefined {
    return this.#checkpoints.findLast(({ verified }) => verified)
  }

  #releaseByPolicies(policies: readonly RetentionPolicy[]): ManagedCheckpoint[] {
    const whole = this.#checkpoints.filter(({ broken }) => !broken)
    const wanted = new Set<unknown>(policies.flatMap((policy) => [...policy(whole)]))
    const guarded = this.#guarded()
    const keep = (checkpoint: ManagedCheckpoint): boolean =>
      wanted.has(checkpoint) ||
      checkpoint.pinned ||
      checkpoint === guarded ||
      checkpoint === this.newest
    const released = this.#checkpoints.filter((checkpoint) => !keep(checkpoint))
    this.#checkpoints = this.#checkpoints.filter(keep)
    return released
  }

  #releaseByCount({ maxToKeep, keepEveryNHours }: CountLimit): ManagedCheckpoint[] {
    const released: ManagedCheckpoint[] = []
    const guarded = this.#guarded()
    // What cannot be read goes before what can.
    const candidates = [
      ...this.#checkpoints.filter(({ broken }) => broken),
      ...this.#checkpoints.filter(({ broken }) => !broken),
    ]
    let surplus = this.#checkpoints.length - maxToKeep
    const gone = new Set<ManagedCheckpoint>()
    for (const checkpoint of candidates) {
      if (surplus <= 0) break
      if (checkpoint === guarded || checkpoint === this.newest) continue
      surplus--
      gone.add(checkpoint)
      if (!this.#isPreserved(checkpoint, keepEveryNHours)) released.push(checkpoint)
    }
    this.#checkpoints = this.#checkpoints.filter((checkpoint) => !gone.has(checkpoint))
    return released
  }

  /** Let go of without being removed: no manager will ever remove it. */
  #isPreserved(checkpoint: ManagedCheckpoint, hours: number | undefined): boolean {
    if (checkpoint.pinned) return true
    if (checkpoint.broken || hours === undefined) return false
    if (checkpoint.timestamp < this.#lastPreserved + hours * 3600) return false
    this.#lastPreserved = checkpoint.timestamp
    return true
  }
}
