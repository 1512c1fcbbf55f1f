/**
 * What a Checkpoint knows of the checkpoint that it saved or restored last, for the next save.
 *
 * @module
 */
import type { Places } from '../../bundle/write/places.js'
import type { PlannedBundle } from '../../bundle/write/planned-bundle.js'
import type { Snapshot } from '../../native.js'

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
}

export class SaveHistory {
  #prefix: string | undefined
  #last: LastSave | undefined

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

  /** @param last undefined: nothing is known but its files */
  saved(prefix: string, last?: LastSave): void {
    if (this.#last?.image !== last?.image) this.forget()
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
  }
}
