/**
 * What the tests that kill have in common: how many and when, who is killed, what is told of it.
 * `npm run test:crash -- --kills 10000` is the long form.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { Child, type ChildOptions } from '../fixtures/child'
import { seeded } from '../fixtures/random'

/** Of all random kills together. */
export const KILLS = Number(process.env['CKPT_KILLS'] ?? 120)
/** Whether somebody asked for more than the suite has time for. */
export const IS_LONG = KILLS >= 1000
export const SEED = Number(process.env['CKPT_SEED'] ?? 20)

/** The ways to find what has changed that incremental saves are killed with. */
export const DETECTS = ['compare', 'track'] as const

/** Processes at once: while one starts another saves, and a third waits for the disk. */
const LANES = 3

/** A whole number of `total` for each of `parts`, which sum up to it. */
export const share = (total: number, parts: number, part: number): number =>
  Math.floor((total * (part + 1)) / parts) - Math.floor((total * part) / parts)

/** Runs all of them, some at a time. */
export async function inLanes(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const left = [...tasks]
  const lane = async (): Promise<void> => {
    for (let task = left.shift(); task !== undefined; task = left.shift()) await task()
  }
  await Promise.all(Array.from({ length: LANES }, lane))
}

/** Kills by manner, and how many of them left something half-made. */
export class Tally {
  readonly #kind: string
  readonly #counts = new Map<string, { kills: number; struck: number }>()

  constructor(kind: string) {
    this.#kind = kind
  }

  add(manner: string, struck: boolean): void {
    const { kills, struck: before } = this.#counts.get(manner) ?? { kills: 0, struck: 0 }
    this.#counts.set(manner, { kills: kills + 1, struck: before + Number(struck) })
  }

  get kills(): number {
    return [...this.#counts.values()].reduce((sum, { kills }) => sum + kills, 0)
  }

  get struck(): number {
    return [...this.#counts.values()].reduce((sum, { struck }) => sum + struck, 0)
  }

  /** A line for each manner, which scripts/test-crash.mjs sums up. */
  tell(t: Test): void {
    for (const [manner, { kills, struck }] of this.#counts) {
      t.comment(`kills ${this.#kind}, ${manner}: ${kills}, ${struck} of them mid-save`)
    }
    t.comment(`kills ${this.#kind} in all: ${this.kills}, ${this.struck} mid-save, seed ${SEED}`)
  }
}

/** What is wrong after one kill; a kill is one assertion. */
export class Faults {
  readonly list: string[] = []

  expect(holds: boolean, what: string): void {
    if (!holds) this.list.push(what)
  }

  /** Runs a check; what it throws is a fault. */
  check<T>(what: string, body: () => T): T | undefined {
    try {
      return body()
    } catch (error) {
      this.list.push(`${what}: ${String(error)}`)
      return undefined
    }
  }
}

export interface Killed {
  /** The last step that it told to be finished; 0 for none. */
  readonly acknowledged: number
  readonly lines: readonly string[]
}

/** A generator for each manner, so that those beside it do not change what it does. */
export const randomOf = (manner: number): (() => number) => seeded(SEED * 1009 + manner)

/** Starts a helper that works for ever and prints its steps, and kills it somewhere. */
export async function killSomewhere(
  name: string,
  options: ChildOptions,
  random: () => number,
  lines = 4,
): Promise<Killed> {
  const child = new Child(name, options)
  if (random() < 1 / 8) {
    // Also while it starts, restores and begins its first save.
    await new Promise((resolve) => setTimeout(resolve, random() * 300))
  } else {
    await child.untilLines(Math.floor(random() * lines))
    // Anywhere within about two saves from here.
    await new Promise((resolve) => setTimeout(resolve, random() * 40))
  }
  child.kill()
  const { signal } = await child.exit()
  if (signal !== 'SIGKILL') throw new Error(`the child ended by itself (${String(signal)})`)
  return { acknowledged: Number(child.lines.at(-1) ?? 0), lines: child.lines }
}

/** Staging directories in which a save was at work; not those of spare files. */
export function halfMade(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.startsWith('.ndcheckpoint-'))
    .filter((name) => {
      const files = readdirSync(join(directory, name))
      return files.length === 0 || !files.every((file) => file.startsWith('spare-'))
    })
}
