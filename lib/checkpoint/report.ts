/**
 * What a save has done.
 *
 * @module
 */
import type { Delta } from '../bundle/write/delta.js'
import { sizeOfFile } from '../bundle/write/places.js'
import type { PlannedBundle } from '../bundle/write/planned-bundle.js'
import type { WrittenBundle } from '../bundle/write/write-bundle.js'

/** Of one save, told when the checkpoint is durable. */
export interface SaveReport {
  /** Prefix. */
  readonly path: string
  /** `incremental`: data files of an earlier checkpoint were linked. */
  readonly kind: 'full' | 'incremental'
  /** Why everything was written although `incremental` was set. */
  readonly reason?: string
  /** Values of the checkpoint, slices one by one. */
  readonly values: number
  /** How many of them were written. */
  readonly valuesWritten: number
  /** Data files of the checkpoint. */
  readonly shards: number
  /** How many of them are links. */
  readonly shardsLinked: number
  /** Bytes of the files that were written, with the index. */
  readonly bytesWritten: number
  /** Bytes of the values that are in links. */
  readonly bytesLinked: number
  /** The rest of the links' bytes: nothing of this checkpoint. */
  readonly bytesDead: number
  /** Milliseconds until the call returned its promise. */
  readonly callMs: number
  /** Milliseconds from the call until the checkpoint was durable. */
  readonly durableMs: number
}

interface Done {
  readonly path: string
  readonly bundle: PlannedBundle
  readonly delta: Delta | undefined
  readonly written: WrittenBundle
  readonly reason: string | undefined
}

/** Times a save. */
export class SaveWatch {
  readonly #begin = performance.now()
  #callMs = 0

  /** The call is about to return its promise. */
  called(): void {
    this.#callMs = performance.now() - this.#begin
  }

  /** The checkpoint is durable: what a report throws does not undo it. */
  tell(onReport: ((report: SaveReport) => void) | undefined, done: Done): void {
    if (onReport === undefined) return
    const durableMs = performance.now() - this.#begin
    try {
      onReport({ ...reportOf(done), callMs: this.#callMs, durableMs })
    } catch {
      // Told in the documentation of the option.
    }
  }
}

function reportOf({
  path,
  bundle,
  delta,
  written,
  reason,
}: Done): Omit<SaveReport, 'callMs' | 'durableMs'> {
  const { bytesWritten } = written
  const values = bundle.count
  if (delta === undefined) {
    const shards = bundle.layout.shardSizes.length
    const full = { path, kind: 'full', values, valuesWritten: values, shards } as const
    const rest = { shardsLinked: 0, bytesWritten, bytesLinked: 0, bytesDead: 0 }
    return reason === undefined ? { ...full, ...rest } : { ...full, reason, ...rest }
  }
  const { linkedBytes } = delta
  const sizes = delta.links.reduce((sum, file) => sum + sizeOfFile(file), 0)
  return {
    path,
    kind: 'incremental',
    values,
    valuesWritten: delta.written.length,
    shards: delta.fileCount,
    shardsLinked: delta.links.length,
    bytesWritten,
    bytesLinked: linkedBytes,
    bytesDead: sizes - linkedBytes,
  }
}
