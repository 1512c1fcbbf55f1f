/**
 * Makes real directories of states.
 *
 * @module
 */
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Variant } from './variants'
import type { State } from './states'

/** In memory if there is room: a container's may be small. */
function roomyDirectory(): string {
  const memory = '/dev/shm'
  try {
    const { bavail, bsize } = statfsSync(memory)
    return bavail * bsize > 2 ** 29 ? memory : tmpdir()
  } catch {
    return tmpdir()
  }
}

/** Bytes of files that are kept to be linked again. */
const MAX_KEPT = 2 ** 26

/** Times of files, in seconds since 1970, count from here; a thousandth for each line of the trace. */
const EPOCH = 1_700_000_000

export class Workshop {
  readonly #base = mkdtempSync(join(roomyDirectory(), 'ndcheckpoint-power-'))
  readonly #kept = new Map<string, string>()
  #keptBytes = 0
  #count = 0

  /**
   * A directory with the files of a state. Files are links to ones that are used again: the library
   * replaces files and never changes them.
   */
  make({ paths }: State): string {
    const root = this.#newPath()
    mkdirSync(root)
    for (const [path, found] of paths) {
      if (found === null) mkdirSync(join(root, path))
      else linkSync(this.#fileOf(found), join(root, path))
    }
    return root
  }

  #fileOf({ key, bytes, time }: Variant): string {
    const found = this.#kept.get(key)
    if (found !== undefined) return found
    if (this.#keptBytes > MAX_KEPT) this.#dropKept()
    const path = this.#newPath()
    writeFileSync(path, bytes)
    const seconds = EPOCH + time / 1000
    utimesSync(path, seconds, seconds)
    this.#kept.set(key, path)
    this.#keptBytes += bytes.length
    return path
  }

  #dropKept(): void {
    for (const path of this.#kept.values()) rmSync(path)
    this.#kept.clear()
    this.#keptBytes = 0
  }

  #newPath(): string {
    return join(this.#base, String(this.#count++))
  }

  remove(root: string): void {
    rmSync(root, { recursive: true })
  }

  [Symbol.dispose](): void {
    rmSync(this.#base, { recursive: true, force: true })
  }
}
