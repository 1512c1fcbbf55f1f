/**
 * The checkpoints that the page looks at, kept open: mapping one costs little, and parsing its index
 * again for every question would not.
 *
 * @module
 */
import { statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { NdArray } from '../../array/ndarray.js'
import { indexPath } from '../../bundle/names.js'
import { openCheckpointSync } from '../../bundle/read/open.js'
import type { StringTensor } from '../../bundle/read/strings.js'
import { checkpointSource } from '../../convert/checkpoint-source.js'
import { CheckpointError } from '../../errors.js'
import { openAny, prefixOf, type Opened } from '../../inspect/open.js'
import { listRun } from '../../inspect/run-listing.js'
import type { SourceEntry } from '../../convert/tensor.js'

const MAX_OPEN = 4

/** What tells one state of a file from another. */
export function stampOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? '' : [stats.dev, stats.ino, stats.size, stats.mtimeMs].join(' ')
}

interface Kept {
  readonly stamp: string
  readonly opened: Opened
  readonly byKey: ReadonlyMap<string, SourceEntry>
}

/** What is at a path: one checkpoint or file, or the directory of a run. */
export class Place {
  /** Absolute. */
  readonly path: string
  readonly isRun: boolean
  readonly #kept = new Map<string, Kept>()
  #last: { readonly entry: SourceEntry; readonly array: NdArray | StringTensor } | undefined

  /** @throws CheckpointError CKPT_NOT_FOUND if there is nothing to look at */
  constructor(path: string) {
    const absolute = resolve(prefixOf(path))
    const isDirectory = statSync(absolute, { throwIfNoEntry: false })?.isDirectory() === true
    const hasIndex = stampOf(indexPath(absolute)) !== ''
    this.isRun = isDirectory && !hasIndex && listRun(absolute).checkpoints.length > 0
    this.path = this.isRun ? absolute : pathOf(absolute)
  }

  /** What the page calls its only checkpoint. */
  get id(): string {
    return basename(this.path)
  }

  /** The prefix, or the path of a file, of what the page calls `id`. */
  pathOf(id: string): string {
    // It comes from outside: nothing but a name in this directory.
    const isName = basename(id) === id && dirname(resolve(this.path, id)) === this.path
    const isHere = this.isRun ? isName : id === this.id
    if (!isHere) {
      const message = `no checkpoint '${id}' in '${this.path}'`
      throw new CheckpointError('CKPT_NOT_FOUND', message, { path: this.path })
    }
    return this.isRun ? resolve(this.path, id) : this.path
  }

  /** To be used until the next call, not to be closed. */
  open(id: string): Kept {
    const path = this.pathOf(id)
    const stamp = stampOf(indexPath(path)) || stampOf(path)
    const kept = this.#kept.get(id)
    this.#kept.delete(id)
    if (kept?.stamp === stamp) {
      this.#kept.set(id, kept)
      return kept
    }
    kept?.opened.source.close()
    const opened = openUnchecked(path)
    const byKey = new Map(opened.source.entries.map((entry) => [entry.key, entry]))
    const fresh = { stamp, opened, byKey }
    this.#kept.set(id, fresh)
    this.#dropOldest()
    return fresh
  }

  #dropOldest(): void {
    const [oldest] = this.#kept
    if (this.#kept.size <= MAX_OPEN || oldest === undefined) return
    oldest[1].opened.source.close()
    this.#kept.delete(oldest[0])
  }

  /**
   * All of a tensor. The last one is kept: what is compressed, or in another byte order, is read into
   * memory, and a slider asks for it many times.
   */
  read(id: string, key: string): NdArray | StringTensor {
    const entry = this.tensor(id, key)
    if (this.#last?.entry !== entry) this.#last = { entry, array: entry.open().read() }
    return this.#last.array
  }

  /** @throws CheckpointError CKPT_NOT_FOUND */
  tensor(id: string, key: string): SourceEntry {
    const { byKey, opened } = this.open(id)
    const entry = byKey.get(key)
    if (entry !== undefined) return entry
    const { path } = opened
    throw new CheckpointError('CKPT_NOT_FOUND', `'${key}' not found in '${path}'`, { path, key })
  }
}

/** Of a directory without a run: the values of a SavedModel. */
function pathOf(path: string): string {
  const { source, path: found } = openAny(path)
  source.close()
  return found
}

/**
 * Checksums cover whole tensors, and of a large one the page shows a part: they are checked where
 * all of it is read, by the statistics and by the verification.
 */
function openUnchecked(path: string): Opened {
  if (stampOf(indexPath(path)) === '') return openAny(path)
  const reader = openCheckpointSync(path, { verify: 'off' })
  return { path: reader.path, format: 'checkpoint', source: checkpointSource(reader, true), reader }
}
