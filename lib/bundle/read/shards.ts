/**
 * The data files of a checkpoint, mapped. All of them are mapped when the checkpoint is opened, so
 * that it stays readable when its files are removed meanwhile.
 *
 * @module
 */
import { CheckpointError, corrupt } from '../../errors.js'
import { openMappings, readMapped, type Mapping } from '../../native.js'
import { wait, type Steps } from '../../twin.js'
import { Heads } from './heads.js'
import type { BundleIndex } from './index-file.js'
import type { BundleEntry } from '../messages.js'
import { shardPath } from '../names.js'

/** Bytes of one shard. Checked: they lie inside the file. */
export interface ByteRange {
  readonly shard: Shard
  readonly offset: number
  readonly length: number
}

export interface Shard {
  readonly path: string
  readonly mapping: Mapping
  /** Bytes of the mapping. */
  readonly size: number
  /**
   * Ranges that were right when they were checked. They are not checked again: views of them may
   * have been written to since.
   */
  readonly checked: Set<string>
}

/** After so many data files that cannot be mapped no more are tried. */
const MAX_FAILURES = 100

export class Shards {
  readonly #prefix: string
  readonly #count: number
  readonly heads: Heads = new Heads()
  #lastNumber = -1
  #last: Shard | { error: unknown } | undefined
  readonly #open = new Map<number, Shard | { error: unknown }>()

  constructor(prefix: string, count: number) {
    this.#prefix = prefix
    this.#count = count
  }

  /** Maps every shard that an entry names. One that cannot be mapped fails when it is used. */
  *open(index: BundleIndex, sync: boolean): Steps<void> {
    const named = index.entries.shards()
    for (const { shard } of index.slices.values()) named.add(shard)
    const numbers = new Set([...named].filter((shard) => shard < this.#count))
    const paths = [...numbers].map((shard) => this.pathOf(shard))
    try {
      const mappings = yield* wait(openMappings(paths, sync))
      for (const [i, shard] of [...numbers].entries()) this.#add(shard, mappings[i])
    } catch {
      yield* this.#openEach(numbers, sync)
    }
  }

  *#openEach(numbers: Set<number>, sync: boolean): Steps<void> {
    let failures = 0
    for (const shard of numbers) {
      // An index can name a million files that do not exist: from here on they fail when used.
      if (failures === MAX_FAILURES) return
      try {
        const [mapping] = yield* wait(openMappings([this.pathOf(shard)], sync))
        this.#add(shard, mapping)
      } catch (error) {
        this.#open.set(shard, { error })
        failures++
      }
    }
  }

  #add(shard: number, mapping: Mapping | undefined): void {
    if (mapping === undefined) return
    this.#open.set(shard, {
      path: this.pathOf(shard),
      mapping,
      size: mapping.size,
      checked: new Set(),
    })
  }

  pathOf(shard: number): string {
    return shardPath(this.#prefix, shard, this.#count)
  }

  /** Gives up the descriptors; what is mapped stays. */
  closeFiles(): void {
    this.heads.close()
    for (const state of this.#open.values()) if ('mapping' in state) state.mapping.closeFile()
  }

  /** Errors of the shards that could not be mapped. */
  failures(): { path: string; error: unknown }[] {
    return [...this.#open].flatMap(([shard, state]) =>
      'error' in state ? [{ path: this.pathOf(shard), error: state.error }] : [],
    )
  }

  /** Bytes of all mapped shards together. */
  get totalBytes(): number {
    let total = 0
    for (const state of this.#open.values()) if ('mapping' in state) total += state.mapping.size
    return total
  }

  /** True if the bytes of an entry are there. */
  holds({ shard: number, offset, size }: BundleEntry): boolean {
    const shard = this.#open.get(number)
    if (shard === undefined || 'error' in shard) return false
    return offset <= shard.mapping.size && size <= shard.mapping.size - offset
  }

  #find(number: number): Shard | { error: unknown } | undefined {
    this.#lastNumber = number
    this.#last = this.#open.get(number)
    return this.#last
  }

  /** The bytes of an entry. */
  range(entry: BundleEntry, key: string): ByteRange {
    const { shard: number, offset, size } = entry
    const shard = number === this.#lastNumber ? this.#last : this.#find(number)
    if (shard === undefined) {
      const path = this.pathOf(number)
      if (number < this.#count) throw notTried(path)
      const message = `entry '${key}' lies in shard ${String(number)}, but there are ${String(this.#count)}`
      throw corrupt(message, 'bounds', { key, path })
    }
    if ('error' in shard) throw shard.error
    const bytes = shard.size
    if (offset > bytes || size > bytes - offset) {
      const path = this.pathOf(number)
      throw corrupt(
        `entry '${key}' ends at byte ${String(offset + size)} of '${path}', which has only ` +
          `${String(bytes)}: the file is truncated or belongs to another checkpoint`,
        'bounds',
        { key, path },
      )
    }
    return { shard, offset, length: size }
  }
}

function notTried(path: string): Error {
  const message = `'${path}' was not opened, since ${String(MAX_FAILURES)} other data files could not be`
  return new CheckpointError('CKPT_NOT_FOUND', message, { path })
}

/** Copies the bytes of a range, for parsing. */
export function readRange({ shard, offset, length }: ByteRange): Buffer {
  const bytes = Buffer.allocUnsafeSlow(length)
  if (length > 0) readMapped(shard.mapping, offset, bytes)
  return bytes
}

/** Part of a range that is known to lie inside it. */
export function subrange(range: ByteRange, start: number, end: number = range.length): ByteRange {
  return { shard: range.shard, offset: range.offset + start, length: end - start }
}
