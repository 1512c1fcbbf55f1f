/**
 * Undoing a restore that failed on the way.
 *
 * @module
 */

/** Undoes what was tried, the last first. The error that made it necessary is what tells. */
export function takeBack(undo: readonly (() => void)[]): void {
  for (const back of undo.toReversed()) {
    try {
      back()
    } catch {
      // The others are to be taken back all the same.
    }
  }
}
