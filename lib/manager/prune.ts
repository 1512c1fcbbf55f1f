/**
 * Removes checkpoints of a run that has no manager at the time: what a manager of these policies
 * would remove, in its order (run.ts), under its lock.
 *
 * @module
 */
import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { latestCheckpoint } from '../bundle/latest.js'
import { indexPath } from '../bundle/names.js'
import { removeCheckpointFiles } from '../bundle/checkpoint-files.js'
import { replaceFile } from '../bundle/replace-file.js'
import { formatCheckpointState, statePath } from '../bundle/state-file.js'
import { CheckpointError, corrupt, isCheckpointError } from '../errors.js'
import { lockDirectory } from '../native.js'
import { runSync } from '../twin.js'
import { Ledger } from './ledger.js'
import { ManagedCheckpoint, numberOf } from './managed-checkpoint.js'
import { recover, type Recovered } from './recovery.js'
import type { RetentionPolicy } from './retention.js'

export interface PruneOptions {
  /** What one of them wants is kept. */
  readonly policies: readonly RetentionPolicy[]
  /** Also those that the state file does not list: of other programs, or kept for ever. */
  readonly all: boolean
  readonly checkpointName: string
  /** Reads a checkpoint. @returns why it is not whole, or undefined */
  readonly problemOf: (prefix: string) => Promise<string | undefined>
}

export interface PrunePlan {
  readonly directory: string
  /** Oldest first. */
  readonly keep: readonly string[]
  readonly remove: readonly string[]
  /** Of those that were read: the ones that are not whole. */
  readonly damaged: readonly string[]
}

/** A plan, and the lock under which it was made. */
export class Pruning {
  readonly plan: PrunePlan
  readonly #ledger: Ledger
  readonly #released: readonly ManagedCheckpoint[]
  readonly #recovered: Recovered

  constructor(
    plan: PrunePlan,
    ledger: Ledger,
    released: readonly ManagedCheckpoint[],
    recovered: Recovered,
  ) {
    this.plan = plan
    this.#ledger = ledger
    this.#released = released
    this.#recovered = recovered
  }

  /**
   * The index of each goes first and for good, so that what exists is whole; the state file is
   * written last, so that whatever is half removed is still listed and the next manager finishes it.
   *
   * @throws CheckpointError CKPT_IO: what could not be removed stays listed
   */
  remove(): void {
    if (this.#released.length === 0) return
    const left: ManagedCheckpoint[] = []
    let failure: { readonly error: unknown } | undefined
    for (const checkpoint of this.#released) {
      try {
        runSync(removeCheckpointFiles(checkpoint.path, true))
      } catch (error) {
        if (!isCheckpointError(error)) throw error
        failure ??= { error }
        left.push(checkpoint)
      }
    }
    this.#ledger.takeBack(left)
    this.#writeState()
    if (failure !== undefined) throw failure.error
  }

  /** Lists what was listed and is there still: what is not listed no manager may remove. */
  #writeState(): void {
    const { managed, lastPreserved } = this.#recovered
    if (managed.length === 0) return
    const { checkpoints, newest } = this.#ledger
    const listed = checkpoints.filter((checkpoint) => managed.includes(checkpoint))
    const left = listed.length === 0 && newest !== undefined ? [newest] : listed
    const { directory } = this.plan
    const nameOf = (path: string): string => (dirname(path) === directory ? basename(path) : path)
    const state = formatCheckpointState(new Ledger([], left, lastPreserved).state(nameOf))
    runSync(replaceFile(statePath(directory), Buffer.from(state), { durable: true }, true))
  }
}

/**
 * Makes a plan and hands it to `use`, while the directory is locked.
 *
 * @throws CheckpointError CKPT_NOT_FOUND if there is no such directory; CKPT_BUSY if a manager owns
 *   it; CKPT_CORRUPT if something would have to go and no checkpoint is whole
 */
export async function withPruning<T>(
  path: string,
  options: PruneOptions,
  use: (pruning: Pruning) => Promise<T>,
): Promise<T> {
  const directory = resolve(path)
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    const message = `no directory '${directory}'; 'prune' takes the directory of a run`
    throw new CheckpointError('CKPT_NOT_FOUND', message, { path: directory })
  }
  const lock = lockDirectory(directory)
  try {
    return await use(await planOf(directory, options))
  } finally {
    lock.release()
  }
}

async function planOf(directory: string, options: PruneOptions): Promise<Pruning> {
  const recovered = recover(directory, options.checkpointName)
  const { managed, lastPreserved } = recovered
  const checkpoints = options.all ? withOthers(directory, managed) : managed
  // Others may be newer than the one that the state file names, which readers would go on to take.
  const latest = latestCheckpoint(directory)
  const named: RetentionPolicy = (all) =>
    all.filter(({ path }) => latest !== null && path === resolve(latest))
  const policies = [...options.policies, named]
  const ledgerOf = (): Ledger => new Ledger(policies, checkpoints, lastPreserved)
  // Where nothing has to go nothing has to be read.
  const hasSurplus = ledgerOf().release().length > 0
  // The newest whole one stays, and what is damaged does not count as one that is kept.
  const damaged = hasSurplus ? await findWhole(checkpoints, options, directory) : []
  const ledger = ledgerOf()
  const released = ledger.release()
  const remove = released.map(({ path }) => path)
  const keep = checkpoints.map(({ path }) => path).filter((path) => !remove.includes(path))
  return new Pruning({ directory, keep, remove, damaged }, ledger, released, recovered)
}

/** Reads from the newest on, until one is whole. */
async function findWhole(
  checkpoints: readonly ManagedCheckpoint[],
  { problemOf }: PruneOptions,
  directory: string,
): Promise<string[]> {
  const damaged: string[] = []
  for (const checkpoint of checkpoints.toReversed()) {
    const problem = await problemOf(checkpoint.path)
    if (problem === undefined) {
      checkpoint.verified = true
      return damaged
    }
    checkpoint.broken = true
    damaged.push(checkpoint.path)
  }
  const message = `none of the checkpoints in '${directory}' is whole, so that nothing is removed; see 'verify'`
  throw corrupt(message, 'inconsistent', { path: directory })
}

/** With all that are called NAME-N, by their times. */
function withOthers(directory: string, managed: readonly ManagedCheckpoint[]): ManagedCheckpoint[] {
  const known = new Set(managed.map(({ path }) => path))
  const others = readdirSync(directory).flatMap((name) => {
    const path = join(directory, name.replace(/\.index$/, ''))
    if (!name.endsWith('.index') || known.has(path) || numberOf(path) === undefined) return []
    const stats = statSync(indexPath(path), { throwIfNoEntry: false })
    return stats === undefined ? [] : [new ManagedCheckpoint(path, stats.mtimeMs / 1000)]
  })
  return [...managed, ...others].sort((a, b) => a.timestamp - b.timestamp)
}
