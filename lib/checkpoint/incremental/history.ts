/**
 * What a Checkpoint knows of the checkpoint that it saved or restored last, for the next save.
 *
 * @module
 */
import type { Places } from '../../bundle/write/places.js'
import type { PlannedBundle } from '../../bundle/write/planned-bundle.js'
import {
  createPageTracker,
  releaseTracker,
  scanPages,
  type PageTracker,
  type Snapshot,
} from '../../native.js'
import { HotArrays } from './hot-arrays.js'

/** A checkpoint that was saved by this one, with all that was known then. */
export interface LastSave {
  /** Absolute. */
  readonly prefix: string
  /** Without its arrays. */
  readonly bundle: PlannedBundle
  /** Where its values are. A value whose bytes the image does not have any more is nowhere. */
  readonly places: Places
  /** Its arrays, copied. */
  image: Snapshot | undefined
  /** Since which scan the tracker tells of its arrays; 0: it does not. */
  scan: number
}

/** Which arrays have not been written to since the scan before. */
export interface Scanned {
  /** 1 for each array. */
  readonly same: Uint8Array
  /** Its number, from 1 on. */
  readonly scan: number
}

export class SaveHistory {
  #prefix: string | undefined
  #last: LastSave | undefined
  #tracker: PageTracker | undefined
  #hot: HotArrays | undefined
  #scans = 0

  /** The checkpoint that the arrays were saved to or restored from last; absolute. */
  get prefix(): string | undefined {
    return this.#prefix
  }

  get last(): LastSave | undefined {
    return this.#last
  }

  /** The last save, if it had the same values as this bundle, but for their bytes. */
  lastLike(bundle: PlannedBundle): LastSave | undefined {
    return this.#last?.bundle.hasPlanOf(bundle) === true ? this.#last : undefined
  }

  scan(sources: readonly ArrayBufferView[]): Scanned {
    this.#tracker ??= createPageTracker()
    this.#hot ??= new HotArrays()
    const same = scanPages(this.#tracker, this.#hot.ask(sources))
    this.#hot.answer(same)
    return { same, scan: ++this.#scans }
  }

  /** @param last undefined: nothing is known but its files */
  saved(prefix: string, last?: LastSave): void {
    const before = this.#last?.image
    if (before !== last?.image) before?.release()
    // Each first write to a page costs the program time as long as there is a tracker.
    if (last === undefined || last.scan === 0) this.#stopTracking()
    this.#prefix = prefix
    this.#last = last
  }

  restored(prefix: string): void {
    // Going back to what was saved last is frequent.
    if (this.#last?.prefix !== prefix) this.saved(prefix)
  }

  /**
   * One of its files could not be linked, or not be synced: the kernel may have dropped its bytes, and
   * another sync of it would say that all is well. Until the next save has written all anew nothing
   * is linked.
   */
  distrust(): void {
    this.#prefix = undefined
    const places = this.#last?.places
    for (let value = 0; value < (places?.count ?? 0); value++) places?.forget(value)
  }

  /** Gives the memory up. The files can still be compared with. */
  forget(): void {
    this.#last?.image?.release()
    this.#last = undefined
    this.#stopTracking()
  }

  #stopTracking(): void {
    if (this.#tracker !== undefined) releaseTracker(this.#tracker)
    this.#tracker = undefined
    this.#hot = undefined
  }
}
