/**
 * The states in which a disk may be found after a power loss: all of them where they are few, else
 * those that tell most, and others by chance.
 *
 * @module
 */
import { join } from 'node:path'
import type { Disk, Entry } from './disk'
import { ROOT } from './operations'
import { variantsOf, type Variant } from './variants'

export interface State {
  /** Below the root, parents first; null: a directory. */
  readonly paths: ReadonlyMap<string, Variant | null>
  /** The same for the same state. */
  readonly key: string
}

export interface Bounds {
  /** States of one moment. If there are no more than that, they are all told. */
  readonly limit: number
  /** From 0 to 1. */
  readonly random: () => number
}

/** Numbers of the values of entries, and of the variants of files; 0, what is safe, where none is given. */
interface Choice {
  readonly values: ReadonlyMap<Entry, number>
  readonly variants: ReadonlyMap<number, number>
}

/** Each state once, at most `limit` of them. */
export function* statesOf(disk: Disk, { limit, random }: Bounds): Generator<State> {
  const seen = new Set<string>()
  for (const choice of choicesOf(disk, { limit, random })) {
    const state = stateOf(disk, choice, random)
    if (seen.has(state.key)) continue
    seen.add(state.key)
    yield state
    if (seen.size >= limit) return
  }
}

function* choicesOf(disk: Disk, { limit, random }: Bounds): Generator<Choice> {
  const entries = disk.unsafeEntries
  const files = unsafeFiles(disk)
  const counts = [
    ...entries.map(({ values }) => values.length),
    ...files.map((file) => variantsOf(disk.file(file), random).length),
  ]
  const toChoice = (digits: readonly number[]): Choice => ({
    values: new Map(entries.map((entry, i) => [entry, digits[i] ?? 0])),
    variants: new Map(files.map((file, i) => [file, digits[entries.length + i] ?? 0])),
  })
  if (counts.reduce((product, count) => product * count, 1) <= limit) {
    for (const digits of numbersOf(counts)) yield toChoice(digits)
    return
  }
  const varied = (number: number) => files.map(() => number)
  const [all = [], ...others] = [...prefixes(entries)].flatMap((values) => [
    [...values, ...varied(1)],
    [...values, ...varied(0)],
  ])
  yield toChoice(all)
  for (const digits of shuffled(others, random).slice(0, limit / 2)) yield toChoice(digits)
  for (const digits of shuffled([...telling(counts, entries.length)], random)) {
    yield toChoice(digits)
  }
  // Some come twice, and then do not count.
  for (let i = 0; i < 4 * limit; i++) {
    yield toChoice(counts.map((count) => Math.floor(random() * count)))
  }
}

/** All numbers whose digits are below `counts`. */
function* numbersOf(counts: readonly number[]): Generator<number[]> {
  const digits = counts.map(() => 0)
  for (;;) {
    yield [...digits]
    const place = digits.findIndex((digit, i) => digit + 1 < (counts[i] ?? 0))
    if (place < 0) return
    digits.fill(0, 0, place)
    digits[place] = (digits[place] ?? 0) + 1
  }
}

/** What a file system leaves that keeps the order of what is done to directories. */
function* prefixes(entries: readonly Entry[]): Generator<number[]> {
  const times = new Set(entries.flatMap(({ values }) => values.map(({ at }) => at)))
  for (const time of [...times].sort((a, b) => b - a)) {
    yield entries.map(({ values }) =>
      Math.max(
        values.findLastIndex(({ at }) => at <= time),
        0,
      ),
    )
  }
}

/** All or nothing, but for one entry or file; and all files in the same manner. */
function* telling(counts: readonly number[], entries: number): Generator<number[]> {
  const none = counts.map(() => 0)
  const all = counts.map((count, i) => (i < entries ? count - 1 : Math.min(1, count - 1)))
  const halves = [none, all, mixed(none, all, entries), mixed(all, none, entries)]
  for (const [i, count] of counts.entries()) {
    for (let number = 0; number < count; number++) {
      for (const base of halves) {
        if (base[i] !== number) yield base.with(i, number)
      }
    }
  }
  const most = Math.max(...counts.slice(entries), 0)
  for (let number = 2; number < most; number++) {
    for (const base of [none, all]) {
      yield base.map((digit, i) => (i < entries ? digit : Math.min(number, (counts[i] ?? 1) - 1)))
    }
  }
}

const mixed = (a: readonly number[], b: readonly number[], place: number): number[] => [
  ...a.slice(0, place),
  ...b.slice(place),
]

function shuffled<T>(items: T[], random: () => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const [a, b] = [items[i], items[j]] as [T, T]
    items[i] = b
    items[j] = a
  }
  return items
}

/** Files that may be found and may have different bytes. */
function unsafeFiles(disk: Disk): number[] {
  const all = disk.entries.flatMap(({ values }) => values.map(({ file }) => file))
  return [...new Set(all)].filter(
    (file) => file !== null && disk.file(file).changes.length > 0,
  ) as number[]
}

function stateOf(disk: Disk, { values, variants }: Choice, random: () => number): State {
  const directories = new Map<number, [name: string, file: number][]>()
  for (const entry of disk.entries) {
    const { file } = entry.values[values.get(entry) ?? 0] ?? { file: null }
    if (file === null) continue
    const names = directories.get(entry.directory) ?? []
    directories.set(entry.directory, [...names, [entry.name, file]])
  }
  const paths = new Map<string, Variant | null>()
  const visit = (directory: number, at: string): void => {
    for (const [name, file] of directories.get(directory) ?? []) {
      const path = join(at, name)
      if (disk.isDirectory(file)) {
        paths.set(path, null)
        visit(file, path)
      } else {
        const all = variantsOf(disk.file(file), random)
        const variant = all[variants.get(file) ?? 0]
        if (variant !== undefined) paths.set(path, variant)
      }
    }
  }
  visit(ROOT, '')
  const lines = [...paths].map(([path, found]) => `${path} ${found?.key ?? ''}`)
  return { paths, key: lines.sort().join('\n') }
}

/** For messages. */
export function describe({ paths }: State): string {
  const lines = [...paths].map(([path, found]) =>
    found === null ? `${path}/` : `${path}: ${String(found.bytes.length)} bytes, ${found.what}`,
  )
  return lines.length === 0 ? 'nothing' : lines.join('; ')
}
