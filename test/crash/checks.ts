/**
 * What a directory must look like after a kill, given the last step that was told to be finished: that
 * one or a whole newer one is there, all of one step, and a later process goes on from it and clears up.
 */
import { statSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  CheckpointManager,
  latestCheckpoint,
  openCheckpointSync,
  type CheckpointError,
  type ManagerOptions,
} from '../../lib/index.js'
import { checkpointsIn, leftoversIn, shardsOf } from '../fixtures/files'
import { fill, incrementalOf, makeState, SHARDED, stepOf } from '../fixtures/steps.cjs'
import type { Faults } from './kills'

/** The step of a checkpoint that is whole; throws for one that is not. */
export function wholeStep(prefix: string): number {
  const { problems } = openCheckpointSync(prefix).verifySync()
  if (problems[0] !== undefined) throw new Error(`${problems.length}: ${problems[0].reason}`)
  const { state, checkpoint } = makeState(-1)
  checkpoint.readSync(prefix)
  return stepOf(state)
}

/** Data files of a directory that more than one checkpoint has. */
export const linkedIn = (directory: string): number =>
  checkpointsIn(directory)
    .flatMap(shardsOf)
    .filter((path) => statSync(path).nlink > 1).length

const numberOf = (prefix: string): number => Number(/-(\d+)$/.exec(prefix)?.[1])

/** A later process: goes on from what is there, as a restarted training does. */
function goOn(
  faults: Faults,
  prefix: string,
  save: (steps: ReturnType<typeof makeState>) => string,
): void {
  const steps = makeState(-1)
  steps.checkpoint.readSync(prefix)
  const step = stepOf(steps.state) + 1
  fill(steps.state, step)
  const path = save(steps)
  faults.expect(wholeStep(path) === step, 'the next save is whole')
}

/** Looks at what a kill left; returns the newest number. */
export function checkNumbered(
  faults: Faults,
  directory: string,
  least: number,
  detect?: string,
): number {
  const latest = latestCheckpoint(directory)
  if (latest === null) {
    faults.expect(least === 0, 'what was finished is gone')
    return 0
  }
  const numbers = checkpointsIn(directory).map(numberOf)
  const newest = Math.max(...numbers)
  faults.expect(numberOf(latest) >= least, `finished ${least}, named ${numberOf(latest)}`)
  faults.expect(newest <= least + 1, `${newest} is there, at most ${least + 1} was begun`)
  faults.expect(newest - numberOf(latest) <= 1, 'more than one is not named')
  for (const prefix of checkpointsIn(directory)) {
    const step = faults.check(basename(prefix), () => wholeStep(prefix))
    faults.expect(step === numberOf(prefix), `${basename(prefix)} is of step ${String(step)}`)
  }
  faults.check('the next save', () => {
    const options = { ...SHARDED, ...incrementalOf(detect) }
    goOn(faults, latest, ({ checkpoint }) => checkpoint.saveSync(join(directory, 'ckpt'), options))
  })
  return numberOf(latestCheckpoint(directory) ?? '')
}

/** Looks at a checkpoint that is overwritten all the time; returns the step that it has then. */
export function checkOverwritten(
  faults: Faults,
  directory: string,
  least: number,
  detect?: string,
): number {
  const prefix = join(directory, 'same')
  if (!checkpointsIn(directory).includes(prefix)) {
    faults.expect(least === 0, 'what was finished is gone')
    return 0
  }
  const step = faults.check('it', () => wholeStep(prefix)) ?? NaN
  faults.expect(step === least || step === least + 1, `finished ${least}, there is ${step}`)
  faults.check('the next write', () => {
    goOn(faults, prefix, ({ checkpoint }) => checkpoint.writeSync(prefix, incrementalOf(detect)))
  })
  return step + 1
}

/** What a later run finds, and that it goes on; returns its step. */
export async function checkManaged(
  faults: Faults,
  directory: string,
  least: number,
  detect?: string,
): Promise<number> {
  const named = latestCheckpoint(directory)
  faults.expect(named !== null || least === 0, 'the state file names nothing that is there')
  for (const prefix of checkpointsIn(directory)) {
    const step = faults.check(basename(prefix), () => wholeStep(prefix))
    faults.expect(step === numberOf(prefix), `${basename(prefix)} is of step ${String(step)}`)
  }
  const { state, checkpoint } = makeState(-1)
  const warnings: CheckpointError[] = []
  const options: ManagerOptions = {
    ...incrementalOf(detect),
    maxToKeep: 3,
    onWarning: (warning) => warnings.push(warning),
  }
  // CKPT_BUSY if a lock had stayed.
  const manager = new CheckpointManager(checkpoint, directory, options)
  const step = (await manager.restoreOrInitialize()) === null ? 0 : stepOf(state)
  faults.expect(step === least || step === least + 1, `finished ${least}, restored ${step}`)
  faults.expect(warnings.length === 0, `passed over: ${warnings.join(', ')}`)
  fill(state, step + 1)
  await manager.save()
  await manager.close()
  faults.expect(leftoversIn(directory).length === 0, 'the next save clears up')
  faults.expect(manager.checkpoints.length <= 3, 'it keeps three')
  const there = checkpointsIn(directory).length
  faults.expect(there === manager.checkpoints.length, 'nothing is forgotten')
  return step + 1
}
