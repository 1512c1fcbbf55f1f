/**
 * Arrays that change from save to save: to watch them costs the program a microsecond for each of
 * their pages and save, and tells nothing. So they are left alone, but for a look now and then.
 *
 * @module
 */

/** In so many saves one after the other it has to change. */
const OFTEN = 3

/** Of so many saves, two: the first look begins to watch, the second one tells. */
const PERIOD = 8
const LOOKS = 2

const NOTHING = new Uint8Array(0)

export class HotArrays {
  /** Of each array: how many saves in a row it has changed. */
  #streaks = new Uint8Array(0)
  #saves = 0
  #left = new Uint8Array(0)

  /** The arrays that are to be looked at; those that are left alone are empty ones. */
  ask(sources: readonly ArrayBufferView[]): readonly ArrayBufferView[] {
    if (this.#streaks.length !== sources.length) this.#streaks = new Uint8Array(sources.length)
    this.#saves++
    this.#left = new Uint8Array(sources.length)
    return sources.map((source, i) => {
      // Not all at the same time.
      const isDue = (this.#saves + i) % PERIOD < LOOKS
      if ((this.#streaks[i] ?? 0) < OFTEN || isDue) return source
      this.#left[i] = 1
      return NOTHING
    })
  }

  /** @param same what came of it, 1 for each array that has not changed; corrected */
  answer(same: Uint8Array): void {
    for (let i = 0; i < same.length; i++) {
      if (this.#left[i] === 1) same[i] = 0
      const streak = this.#streaks[i] ?? 0
      this.#streaks[i] = same[i] === 1 ? 0 : Math.min(streak + 1, OFTEN)
    }
  }
}
