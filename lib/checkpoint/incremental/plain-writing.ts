/**
 * Writes everything, and remembers where, for a save that writes only what has changed by then.
 *
 * @module
 */
import { FullWriting, type WritingRequest } from '../writing.js'
import type { SaveHistory } from './history.js'

export class PlainWriting extends FullWriting {
  readonly #history: SaveHistory

  constructor(request: WritingRequest, history: SaveHistory) {
    super(request)
    this.#history = history
  }

  override committed(prefix: string): void {
    this.#history.saved(prefix)
  }
}
