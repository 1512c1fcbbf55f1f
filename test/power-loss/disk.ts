/**
 * What a power loss may leave of files and directories: a model that promises no more than POSIX.
 *
 * - What was done to a file's bytes and size is safe when a sync of that file has begun after it and
 *   ended. Until then each sector of 512 bytes, and the size, may be as before or after any of the
 *   changes, in any combination.
 * - What was done to an entry of a directory is safe when a sync of that directory has begun after it
 *   and ended. Until then each entry may have any of the values that it had since. A rename is two
 *   such changes, of which either may be lost.
 * - A sync of a file says nothing of its name, one of a directory nothing of the files in it.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { ROOT, type Operation } from './operations'

export interface Value {
  /** When it was given: the operation's `ended`. */
  readonly at: number
  /** Null: there is no such entry. */
  readonly file: number | null
}

/** An entry of a directory. The first value is safe, each of the others is one that may be found. */
export interface Entry {
  readonly directory: number
  readonly name: string
  readonly values: Value[]
}

/** What was done to a file's bytes and is not safe. */
export type FileChange = { readonly at: number } & (
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'size'; readonly size: number; readonly grows: boolean }
)

/** A file's bytes, as they may be found. */
export interface Content {
  readonly bytes: Uint8Array
  /** The same for the same bytes at the same time. */
  readonly key: string
  /** When they were written: numbers that grow with time. */
  readonly time: number
}

export const contentOf = (bytes: Uint8Array, time: number): Content => ({
  bytes,
  time,
  key: `${String(time)}:${createHash('sha1').update(bytes).digest('base64')}`,
})

/** A file. What is safe of it, and what has been done to it since. */
export interface FileState {
  readonly safe: Content
  readonly changes: readonly FileChange[]
}

const EMPTY: FileState = { safe: contentOf(new Uint8Array(), 0), changes: [] }

export class Disk {
  readonly #entries = new Map<string, Entry>()
  readonly #files = new Map<number, FileState>()
  readonly #directories = new Set([ROOT])

  apply(operation: Operation): void {
    switch (operation.kind) {
      case 'entries':
        if (operation.made?.isDirectory === true) this.#directories.add(operation.made.file)
        else if (operation.made !== undefined) this.#files.set(operation.made.file, EMPTY)
        for (const { directory, name, file } of operation.changes) {
          this.#entry(directory, name).values.push({ at: operation.ended, file })
        }
        break
      case 'write':
      case 'size':
        this.#change(operation.file, { at: operation.ended, ...operation })
        break
      case 'sync':
        if (this.#directories.has(operation.file)) this.#syncDirectory(operation)
        else this.#syncFile(operation)
        break
      case 'mark':
    }
  }

  /** All that may be found. */
  get entries(): readonly Entry[] {
    return [...this.#entries.values()]
  }

  /** Those that may be found with different values. */
  get unsafeEntries(): readonly Entry[] {
    return this.entries.filter(({ values }) => values.length > 1)
  }

  isDirectory(file: number): boolean {
    return this.#directories.has(file)
  }

  file(file: number): FileState {
    return this.#files.get(file) ?? EMPTY
  }

  #entry(directory: number, name: string): Entry {
    const key = `${String(directory)}/${name}`
    const found = this.#entries.get(key)
    if (found !== undefined) return found
    const added = { directory, name, values: [{ at: -1, file: null }] }
    this.#entries.set(key, added)
    return added
  }

  #change(file: number, change: FileChange): void {
    const { safe, changes } = this.file(file)
    this.#files.set(file, { safe, changes: [...changes, change] })
  }

  #syncDirectory({ file, began }: { readonly file: number; readonly began: number }): void {
    for (const { directory, values } of this.#entries.values()) {
      if (directory !== file) continue
      const last = values.findLastIndex(({ at }) => at < began)
      values.splice(0, Math.max(last, 0))
    }
    this.#forget()
  }

  /** Entries that will never be seen again: that are gone for good, or their directory is. */
  #forget(): void {
    const reachable = new Set([ROOT])
    // A set that grows is gone through to its new end.
    for (const directory of reachable) {
      for (const entry of this.#entries.values()) {
        if (entry.directory !== directory) continue
        for (const { file } of entry.values) {
          if (file !== null && this.#directories.has(file)) reachable.add(file)
        }
      }
    }
    for (const [key, { directory, values }] of this.#entries) {
      const isGone = values.every(({ file }) => file === null)
      if (isGone || !reachable.has(directory)) this.#entries.delete(key)
    }
  }

  #syncFile({ file, began }: { readonly file: number; readonly began: number }): void {
    const { safe, changes } = this.file(file)
    const covered = changes.filter(({ at }) => at < began)
    const time = covered.at(-1)?.at
    if (time === undefined) return
    const bytes = imagesOf(safe.bytes, covered).at(-1) ?? safe.bytes
    this.#files.set(file, { safe: contentOf(bytes, time), changes: changes.slice(covered.length) })
  }
}

/** The bytes before the changes and after each of them. */
export function imagesOf(safe: Uint8Array, changes: readonly FileChange[]): Uint8Array[] {
  const images = [safe]
  let last = safe
  for (const change of changes) {
    if (change.kind === 'size') {
      const size = change.grows ? Math.max(change.size, last.length) : change.size
      last = resized(last, size)
    } else {
      last = resized(last, Math.max(last.length, change.offset + change.bytes.length))
      last.set(change.bytes, change.offset)
    }
    images.push(last)
  }
  return images
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const copy = new Uint8Array(size)
  copy.set(bytes.subarray(0, size))
  return copy
}
