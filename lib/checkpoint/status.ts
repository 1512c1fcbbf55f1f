/**
 * What a restore did.
 *
 * @module
 */

/** Returned by `restore` and `read`. */
export class RestoreStatus {
  /** The prefix that was restored; null if there was none to restore. */
  readonly path: string | null
  /** Number of arrays and counters that took a value from the checkpoint. */
  readonly restored: number

  /** @internal */
  constructor(path: string | null, restored: number) {
    this.path = path
    this.restored = restored
  }
}
