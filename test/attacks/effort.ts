/** What a hostile checkpoint costs, in a process of its own. */
import { join } from 'node:path'
import type { Test } from 'tap'
import { runChild, sanitized } from '../fixtures/child'
import { forge, npy, stateOf, type Forged } from './forge'

/** MiB. A bomb would take thousands. */
const BOUND = 200

/**
 * How much garbage V8 lets lie before it collects differs by version, and by a hundred MiB: a heap
 * this small shows what the work needs.
 */
const SMALL_HEAP = ['--max-semi-space-size=1', '--max-old-space-size=128']

interface Outcome {
  readonly answers: Readonly<Record<string, string>>
  /** MiB. */
  readonly growth: number
}

export const KNOWN = /^(ok|CKPT_(CORRUPT|NOT_FOUND|UNSUPPORTED|TOO_LARGE|MISMATCH))$/

/**
 * Does the acts of hostile.cjs with a checkpoint: each must be answered, in memory that the size of
 * the files justifies.
 *
 * @returns the answers by act
 */
export async function withinBounds(
  t: Test,
  make: Forged,
  acts: readonly string[],
): Promise<Outcome['answers']> {
  const directory = t.testdir()
  const honest = forge(join(directory, 'honest'), { entries: stateOf({ x: npy({}) }) })
  const prefix = forge(join(directory, 'hostile'), make)
  const lines = await runChild('hostile.cjs', {
    args: [acts.join(' '), honest, prefix],
    flags: sanitized ? [] : SMALL_HEAP,
  })
  const [calm, outcome] = lines.map((line) => JSON.parse(line) as Outcome)
  t.strictSame(new Set(Object.values(calm?.answers ?? {})), new Set(['ok']))
  for (const act of acts) t.match(outcome?.answers[act], KNOWN, act)
  if (!sanitized) t.ok(Number(outcome?.growth) < BOUND, `it takes ${String(outcome?.growth)} MiB`)
  return outcome?.answers ?? {}
}
