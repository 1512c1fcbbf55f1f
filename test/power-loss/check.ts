/**
 * What has to be true of a directory that was found after a power loss.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  CheckpointManager,
  latestCheckpoint,
  openCheckpointSync,
  removeCheckpointSync,
  type SaveOptions,
} from '../../lib/index.js'
import { checkpointsIn, leftoversIn } from '../fixtures/files'
import type { Mark } from './operations'
import { fill, makeState, stepOf } from './small-state.cjs'

/** Mappings of thousands of states would add up before they are collected. */
const LOAD = { mode: 'load' } as const

/** How the next program goes on. */
export interface Manner {
  readonly way: 'save' | 'write' | 'manager'
  /** Of a manager. */
  readonly maxToKeep?: number
  /** It saves incrementally. */
  readonly incremental?: SaveOptions['incremental']
}

/** How many files later programs have linked, to be sure that they do. */
export const tally = { linked: 0 }

const optionsOf = ({ incremental }: Manner): Pick<SaveOptions, 'incremental' | 'onReport'> =>
  incremental === undefined
    ? {}
    : { incremental, onReport: ({ shardsLinked }) => (tally.linked += shardsLinked) }

/** What had been promised, and what had been asked for. */
export class Promised {
  /** Names of checkpoints and their steps, oldest first. */
  readonly saved = new Map<string, number>()
  /** May be there or not. */
  readonly removing = new Set<string>()
  /** Must not be there. */
  readonly removed = new Set<string>()
  /** May be there, whole or not. */
  readonly loose = new Set<string>()
  /** A save that syncs nothing is the last one: what the state file says may be lost. */
  isUnsure = false

  add({ saved, step, removing, removed, loose }: Mark): void {
    if (typeof saved === 'string') {
      this.saved.set(saved, Number(step))
      this.isUnsure = false
    }
    if (typeof loose === 'string') {
      this.saved.set(loose, NaN)
      this.loose.add(loose)
      this.isUnsure = true
    }
    if (typeof removing === 'string') this.removing.add(removing)
    if (typeof removed === 'string') this.removed.add(removed)
  }

  /** Those that have to be there. */
  required({ way, maxToKeep = Infinity }: Manner): [name: string, step: number][] {
    const all = [...this.saved].filter(([name]) => !this.removing.has(name))
    const isPromised = ([name]: [string, number]): boolean => !this.loose.has(name)
    // The save that is under way may be committed, and what it makes one too many removed.
    if (way !== 'manager') return all.filter(isPromised)
    return maxToKeep === 1 ? [] : all.slice(1 - maxToKeep).filter(isPromised)
  }

  /** Step of the newest; 0: there is none. */
  get newest(): number {
    return Math.max(...[...this.saved.values()].filter((step) => !Number.isNaN(step)), 0)
  }
}

/** What is wrong with a directory of checkpoints; nothing if all is well. It is changed. */
export async function problemsOf(
  directory: string,
  manner: Manner,
  promised: Promised,
): Promise<string[]> {
  const problems: string[] = []
  const whole = new Map<string, number>()
  for (const prefix of existsSync(directory) ? checkpointsIn(directory) : []) {
    const name = basename(prefix)
    const found = promised.loose.has(name) ? [] : problems
    attempt(found, `${name} is not whole`, () => whole.set(name, readStep(prefix)))
  }
  for (const [name, step] of whole) {
    if (manner.way !== 'write' && name !== `ckpt-${String(step)}`) {
      problems.push(`${name} has the arrays of step ${String(step)}`)
    }
    if (promised.removed.has(name)) problems.push(`${name} was removed and is there`)
  }
  for (const [name, step] of promised.required(manner)) {
    const found = whole.get(name)
    if (found === undefined) problems.push(`${name} was saved and is not there`)
    else if (found < step) problems.push(`${name} has step ${String(found)}, not ${String(step)}`)
  }
  if (promised.isUnsure) return problems
  if (manner.way !== 'write') checkLatest(directory, whole, promised, problems)
  // What was found is broken: to go on would only hide it.
  if (problems.length > 0) return problems
  try {
    await NEXT[manner.way](directory, manner, promised, problems)
  } catch (error) {
    problems.push(`the next program fails: ${String(error)}`)
  }
  return problems
}

function checkLatest(
  directory: string,
  whole: ReadonlyMap<string, number>,
  { newest }: Promised,
  problems: string[],
): void {
  const latest = latestCheckpoint(directory)
  if (latest === null) {
    if (newest > 0) problems.push('no latest checkpoint')
    return
  }
  const step = whole.get(basename(latest)) ?? -1
  if (step < newest) problems.push(`the latest is ${basename(latest)}, not ${String(newest)}`)
}

/** Reads everything there is. @throws if anything is not as it should be */
function readStep(prefix: string): number {
  const reader = openCheckpointSync(prefix)
  const { problems } = reader.verifySync()
  reader.closeSync()
  const [problem] = problems
  if (problem !== undefined) throw new Error(`${problem.path}: ${problem.reason}`)
  const { state, checkpoint } = makeState(0)
  checkpoint.readSync(prefix, LOAD)
  return stepOf(state)
}

type Next = (
  directory: string,
  manner: Manner,
  promised: Promised,
  problems: string[],
) => Promise<void>

/** A later program that goes on from what is there, and what it leaves. */
const NEXT: Readonly<Record<Manner['way'], Next>> = {
  async save(directory, manner, promised, problems) {
    // Data whose removal was cut short are for the next removal.
    for (const name of promised.removing) removeCheckpointSync(join(directory, name))
    const latest = latestCheckpoint(directory)
    const { state, checkpoint } = makeState(0)
    if (latest !== null) checkpoint.restoreSync(latest, LOAD)
    const step = stepOf(state) + 1
    fill(state, step)
    const path = checkpoint.saveSync(join(directory, 'ckpt'), optionsOf(manner))
    checkNext(directory, path, step, promised, problems)
    if (latestCheckpoint(directory) !== path) problems.push('the next save is not the latest')
  },

  async write(directory, manner, promised, problems) {
    const prefix = join(directory, 'same')
    const { state, checkpoint } = makeState(0)
    if (existsSync(`${prefix}.index`)) checkpoint.readSync(prefix, LOAD)
    const step = stepOf(state) + 1
    fill(state, step)
    const path = checkpoint.writeSync(prefix, optionsOf(manner))
    checkNext(directory, path, step, promised, problems)
  },

  async manager(directory, manner, promised, problems) {
    const { maxToKeep = null } = manner
    const { newest } = promised
    const { state, checkpoint } = makeState(0)
    const onWarning = (warning: unknown): unknown => problems.push(`a warning: ${String(warning)}`)
    const isKnown = existsSync(join(directory, 'checkpoint'))
    const there = existsSync(directory) ? checkpointsIn(directory).length : 0
    const manager = new CheckpointManager(checkpoint, directory, {
      ...optionsOf(manner),
      maxToKeep,
      onWarning,
    })
    // The state file of a first save may still be staged. Without any nothing says whose they are:
    // they can be restored, and are not removed.
    const strangers = isKnown ? 0 : there - manager.checkpoints.length
    if (strangers !== 0 && strangers !== there) problems.push('some of them are managed')
    try {
      const restored = manager.restoreOrInitializeSync(LOAD)
      const found = restored === null ? 0 : stepOf(state)
      if (found < newest) problems.push(`restored step ${String(found)}, not ${String(newest)}`)
      fill(state, found + 1)
      const path = manager.saveSync() ?? ''
      await manager.close()
      checkNext(directory, path, found + 1, promised, problems)
      const left = manager.checkpoints.length
      if (left > (maxToKeep ?? left)) problems.push(`${String(left)} are kept`)
      if (checkpointsIn(directory).length !== left + strangers) {
        problems.push('a checkpoint is forgotten')
      }
    } finally {
      await manager.close()
    }
  },
}

function checkNext(
  directory: string,
  prefix: string,
  step: number,
  { loose }: Promised,
  problems: string[],
): void {
  attempt(problems, 'the next save is not whole', () => {
    const found = readStep(prefix)
    if (found !== step) problems.push(`the next save has step ${String(found)}`)
  })
  const leftovers = leftoversIn(directory, loose)
  if (leftovers.length > 0) problems.push(`the next save leaves ${leftovers.join(', ')}`)
}

function attempt(problems: string[], what: string, body: () => unknown): void {
  try {
    body()
  } catch (error) {
    problems.push(`${what}: ${String(error)}`)
  }
}
