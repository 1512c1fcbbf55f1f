/**
 * What the syncs of a recording are for, and recordings without some of them.
 *
 * @module
 */
import { Disk } from './disk'
import type { Operation } from './operations'

/** What a sync makes safe. One of a directory may be for several of them. */
export type Purpose =
  | 'bytes of a data file'
  | 'bytes of a linked file'
  | 'bytes of an index'
  | 'bytes of the state file'
  | 'name of a data file'
  | 'name of an index'
  | 'name of the state file'
  | 'removal of an index'
  | 'removal of a data file'
  | 'name of a directory'

type Sync = Extract<Operation, { kind: 'sync' }>

const WHAT: readonly (readonly [RegExp, string])[] = [
  [/\.data-\d+-of-\d+$/, 'a data file'],
  [/\.index$/, 'an index'],
  [/^checkpoint$/, 'the state file'],
]

const whatIs = (name: string): string | undefined => WHAT.find(([is]) => is.test(name))?.[1]

export function purposesOf(operations: readonly Operation[]): Map<Sync, ReadonlySet<Purpose>> {
  const disk = new Disk()
  const names = namesOf(operations)
  const purposes = new Map<Sync, ReadonlySet<Purpose>>()
  for (const operation of operations) {
    if (operation.kind === 'sync') {
      const found = disk.isDirectory(operation.file)
        ? changesBefore(disk, operation)
        : [...(names.get(operation.file) ?? [])].map((what) =>
            isNamed(disk, operation.file) ? 'bytes of a linked file' : `bytes of ${what}`,
          )
      purposes.set(operation, new Set(found as Purpose[]))
    }
    disk.apply(operation)
  }
  return purposes
}

/** True for a file of a checkpoint: what a save makes is synced before it gets its name. */
const isNamed = (disk: Disk, file: number): boolean =>
  disk.entries.some(({ name, values }) => {
    return values.at(-1)?.file === file && whatIs(name) === 'a data file'
  })

/** What a sync of a directory makes safe. */
function changesBefore(disk: Disk, { file: directory, began }: Sync): string[] {
  return disk.unsafeEntries.flatMap((entry) => {
    const last = entry.values.findLast(({ at }) => at < began)
    if (entry.directory !== directory || last === undefined || last === entry.values[0]) return []
    const { file } = last
    if (file !== null && disk.isDirectory(file)) {
      // Those in which a save is assembled need not be found again.
      return entry.name.startsWith('.') ? [] : ['name of a directory']
    }
    const what = whatIs(entry.name)
    if (what === undefined) return []
    return [`${file === null ? 'removal' : 'name'} of ${what}`]
  })
}

/** What files are in the end. */
function namesOf(operations: readonly Operation[]): Map<number, Set<string>> {
  const names = new Map<number, Set<string>>()
  for (const operation of operations) {
    if (operation.kind !== 'entries') continue
    for (const { name, file } of operation.changes) {
      const what = whatIs(name)
      if (file !== null && what !== undefined) names.set(file, new Set(names.get(file)).add(what))
    }
  }
  return names
}

/** The recording of a program that lacks the syncs of one purpose. */
export function without(operations: readonly Operation[], purpose: Purpose): Operation[] {
  const purposes = purposesOf(operations)
  return operations.filter(
    (operation) => operation.kind !== 'sync' || purposes.get(operation)?.has(purpose) !== true,
  )
}
