/**
 * What a manager keeps of the run in its directory, and what it does to the files there: names for
 * saves, the state file, the removal of checkpoints.
 *
 * TensorFlow's order (python/checkpoint/checkpoint_management.py, CheckpointManager.save): the state
 * file that names the new checkpoint and all before it is in place before anything is removed, and
 * is written again without what was. So whatever is half removed after a crash is still listed, and
 * the next manager finishes it.
 *
 * @module
 */
import { basename, dirname, join } from 'node:path'
import { checkpointExists, removeCheckpointFiles } from '../bundle/checkpoint-files.js'
import { openReader } from '../bundle/read/open.js'
import { replaceFile } from '../bundle/replace-file.js'
import { formatSaveInfo, SAVE_INFO_KEY } from '../bundle/save-info.js'
import { formatCheckpointState } from '../bundle/state-file.js'
import { stringValue } from '../bundle/write/values.js'
import type { Numbering } from '../checkpoint/save.js'
import { CheckpointError, corrupt, isCheckpointError } from '../errors.js'
import { clearSpareShards, type SpareShards } from '../native.js'
import { runSync, wait, type Steps } from '../twin.js'
import { Ledger } from './ledger.js'
import { ManagedCheckpoint } from './managed-checkpoint.js'
import type { CheckedManagerOptions } from './options.js'
import { recover, type Recovered } from './recovery.js'
import { openSpares } from './spares.js'

/** What is told of a save. */
export interface Told {
  readonly checkpointNumber: number | undefined
  readonly step: number | undefined
  readonly metric: number | undefined
  readonly pinned: boolean
  readonly durable: boolean
}

/** A checkpoint that a restore passed over. */
export interface PassedOver {
  /** Prefix. */
  readonly path: string
  /** Why. */
  readonly error: CheckpointError
}

/** All paths are absolute. */
export class Run {
  readonly directory: string
  readonly ledger: Ledger
  readonly passedOver: PassedOver[] = []
  latest: string | null
  #hasSaved = false
  readonly #options: CheckedManagerOptions
  readonly #recovered: Recovered
  readonly #pending = new Set<Promise<void>>()
  /** Data files of a removed checkpoint, for the next save. */
  readonly #spares: SpareShards | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(directory: string, options: CheckedManagerOptions) {
    this.directory = directory
    this.#options = options
    this.#recovered = recover(directory, options.checkpointName)
    if (options.recycle) this.#spares = openSpares(directory)
    const { managed, lastPreserved, candidates, halfRemoved } = this.#recovered
    this.ledger = new Ledger(options.retention, managed, lastPreserved)
    this.latest = candidates[0] ?? null
    for (const path of halfRemoved) runSync(this.#remove(path, true))
  }

  /** Prefixes to be tried by a restore, the best first. */
  candidates(): string[] {
    const managed = this.#hasSaved ? this.ledger.checkpoints.map(({ path }) => path).reverse() : []
    const all = new Set([...managed, ...this.#recovered.candidates])
    // Some of those that were found at the start may have been removed since.
    return [...all].filter(checkpointExists)
  }

  /** Waits for all that was begun by now. What failed is told elsewhere. */
  async settled(): Promise<void> {
    // Not until there are none: a program that saves all the time would never be done.
    await Promise.all(this.#pending)
  }

  /** @throws what a policy has thrown since this was called last */
  throwFailure(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure.error
  }

  /** Runs a save, and is not settled before all that follows from it has ended. */
  *save(told: Told, sync: boolean, body: (numbering: Numbering) => Steps<string>): Steps<string> {
    let end: () => void = () => undefined
    const pending = new Promise<void>((resolve) => (end = resolve))
    this.#pending.add(pending)
    const settle = (): void => {
      this.#pending.delete(pending)
      end()
    }
    try {
      return yield* body(this.#numbering(told, sync, settle))
    } catch (error) {
      settle()
      throw error
    }
  }

  #numbering(told: Told, sync: boolean, settle: () => void): Numbering {
    const info = formatSaveInfo(told)
    let entry: ManagedCheckpoint | undefined
    const finish = (): Steps<void> => this.#finish(entry, told.durable, sync, settle)
    return {
      number: (counter) => told.checkpointNumber ?? counter,
      state: (name) => {
        const path = join(this.directory, name)
        entry = new ManagedCheckpoint(path, this.ledger.nextTimestamp(), told)
        return this.ledger.state((other) => this.#nameOf(other), entry)
      },
      ...(this.#spares && { spares: this.#spares }),
      extra: info === undefined ? [] : [stringValue(SAVE_INFO_KEY, info)],
      committed: finish,
    }
  }

  *#finish(
    entry: ManagedCheckpoint | undefined,
    durable: boolean,
    sync: boolean,
    settle: () => void,
  ): Steps<void> {
    if (entry === undefined) return
    try {
      this.ledger.add(entry)
      this.latest = entry.path
      this.#hasSaved = true
      if (this.#options.verifySaves) yield* this.#verify(entry, sync)
      else entry.verified = durable
      // What this save had no use for the next one will have none for either.
      yield* this.#orTold(this.#dropSpares(sync))
      yield* this.#orTold(this.#sweep(durable, sync))
    } catch (error) {
      this.#failure ??= { error }
    } finally {
      settle()
    }
  }

  /** The checkpoint is safe by now, and the next save does again what could not be done. */
  *#orTold(steps: Steps<void>): Steps<void> {
    try {
      yield* steps
    } catch (error) {
      if (!isCheckpointError(error)) throw error
      this.#warn(error)
    }
  }

  /** Reads a checkpoint back. One that cannot be read is told, and is not to be counted on. */
  *#verify(entry: ManagedCheckpoint, sync: boolean): Steps<void> {
    const reason = yield* this.#problemOf(entry.path, sync)
    entry.verified = reason === undefined
    entry.broken = reason !== undefined
    if (reason === undefined) return
    const message = `checkpoint '${entry.path}' could not be read back: ${reason}`
    this.#warn(corrupt(message, 'inconsistent', { path: entry.path }))
  }

  *#problemOf(path: string, sync: boolean): Steps<string | undefined> {
    try {
      const reader = yield* openReader(path, { mode: 'map', verify: 'off' }, sync)
      try {
        const { problems } = yield* wait(sync ? reader.verifySync() : reader.verify())
        return problems[0]?.reason
      } finally {
        reader.closeSync()
      }
    } catch (error) {
      if (isCheckpointError(error)) return error.message
      throw error
    }
  }

  *#sweep(durable: boolean, sync: boolean): Steps<void> {
    const before = this.ledger.checkpoints.length
    const released = this.ledger.release()
    // What is let go of and kept for ever has to leave the state file as well, or the next manager,
    // which may have other options, would remove it.
    if (this.ledger.checkpoints.length === before) return
    const left: ManagedCheckpoint[] = []
    for (const checkpoint of released) {
      // One at a time: more would be space that nobody asked for.
      const spares = durable && checkpoint === released.at(-1) ? this.#spares : undefined
      if (!(yield* this.#remove(checkpoint.path, sync, spares))) left.push(checkpoint)
    }
    this.ledger.takeBack(left)
    const state = formatCheckpointState(this.ledger.state((path) => this.#nameOf(path)))
    yield* replaceFile(join(this.directory, 'checkpoint'), Buffer.from(state), { durable }, sync)
  }

  /** Removes the data files that were kept for the next save. */
  *#dropSpares(sync: boolean): Steps<void> {
    if (this.#spares === undefined || this.#spares.byteLength === 0) return
    yield* wait(clearSpareShards(this.#spares, sync))
  }

  /** There is no next save. The directory of the files may be left when the last one was used. */
  *close(): Steps<void> {
    if (this.#spares !== undefined) yield* wait(clearSpareShards(this.#spares, false))
  }

  /** @returns whether nothing is left of it */
  *#remove(path: string, sync: boolean, spares?: SpareShards): Steps<boolean> {
    try {
      yield* removeCheckpointFiles(path, sync, true, spares)
      return true
    } catch (error) {
      if (!isCheckpointError(error)) throw error
      this.#warn(error)
      return false
    }
  }

  /** Relative to the directory, so that it may be moved. */
  #nameOf(path: string): string {
    return dirname(path) === this.directory ? basename(path) : path
  }

  /** A restore could not use it. */
  passOver(path: string, cause: CheckpointError): void {
    const entry = this.ledger.find(path)
    if (entry !== undefined) entry.broken = true
    this.passedOver.push({ path, error: cause })
    const message = `checkpoint '${path}' was passed over: ${cause.message}`
    this.#warn(new CheckpointError(cause.code, message, { ...cause.details }, { cause }))
  }

  /** @param verified whether all bytes that were restored were checked */
  restored(path: string, verified: boolean): void {
    this.latest = path
    const entry = this.ledger.find(path)
    if (entry === undefined) return
    entry.broken = false
    entry.verified ||= verified
  }

  #warn(warning: CheckpointError): void {
    this.#options.warn(warning)
  }
}
