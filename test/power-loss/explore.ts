/**
 * Lets the power fail after each operation of a recording, and checks every directory that may be found.
 *
 * @module
 */
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { seeded } from '../fixtures/random'
import { problemsOf, Promised, type Manner } from './check'
import { Disk } from './disk'
import type { Operation } from './operations'
import { describe, statesOf, type State } from './states'
import { Workshop } from './workshop'

export interface Exploration {
  readonly operations: readonly Operation[]
  readonly manner: Manner
  /** Of the checkpoints, below the root. */
  readonly directory: string
  /** States of one moment. */
  readonly limit: number
  readonly seed: number
  /** So many broken states are enough. */
  readonly enough: number
  /** Before this operation nothing is checked. Default 0. */
  readonly begin?: number
}

export interface Found {
  /** Moments at which the power failed. */
  readonly moments: number
  /** States that were checked; the same state is checked again only if more is promised. */
  readonly states: number
  /** Of the broken ones. */
  readonly problems: readonly string[]
}

/** A process has 65,530 mappings at most, and a closed reader's end when they are collected. */
const STATES_BETWEEN_COLLECTIONS = 200

async function collect(): Promise<void> {
  globalThis.gc?.()
  // What is collected is finalized between turns.
  await setImmediate()
}

export async function explore(exploration: Exploration): Promise<Found> {
  const { operations, limit, seed, enough, begin = 0 } = exploration
  const random = seeded(seed)
  const disk = new Disk()
  const promised = new Promised()
  const problems: string[] = []
  const checked = new Set<string>()
  let moments = 0
  let states = 0
  using workshop = new Workshop()
  for (const [i, operation] of operations.entries()) {
    disk.apply(operation)
    // What may be found after a sync may be found before it as well, with nothing else promised.
    if (operation.kind === 'sync') continue
    if (operation.kind === 'mark') {
      promised.add(operation.mark)
      checked.clear()
    }
    if (i < begin) continue
    moments++
    for (const state of statesOf(disk, { limit, random })) {
      if (checked.has(state.key)) continue
      checked.add(state.key)
      states++
      if (states % STATES_BETWEEN_COLLECTIONS === 0) await collect()
      const wrong = await check(exploration, workshop, state, promised)
      if (wrong.length === 0) continue
      problems.push(`after ${operation.what}: ${wrong.join('; ')}; found: ${describe(state)}`)
      if (problems.length >= enough) return { moments, states, problems }
    }
  }
  return { moments, states, problems }
}

async function check(
  { directory, manner }: Exploration,
  workshop: Workshop,
  state: State,
  promised: Promised,
): Promise<string[]> {
  const root = workshop.make(state)
  try {
    return await problemsOf(join(root, directory), manner, promised)
  } finally {
    workshop.remove(root)
  }
}
