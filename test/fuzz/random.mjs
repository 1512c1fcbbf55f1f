// Random choices that are the same for the same seed.

/** Numbers that lie beside the borders of what fields hold. */
export const INTERESTING = [
  0,
  1,
  2,
  3,
  7,
  8,
  16,
  63,
  64,
  127,
  128,
  255,
  256,
  0x7fff,
  0xffff,
  0x10000,
  0x7fffffff,
  0x80000000,
  0xffffffff,
  2 ** 32,
  2 ** 40,
  2 ** 52,
  2 ** 53 - 1,
]

export class Random {
  #state

  constructor(seed) {
    this.#state = seed >>> 0
  }

  /** From 0 to 1 (mulberry32). */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** An integer from 0 to `limit - 1`. */
  below(limit) {
    return Math.floor(this.next() * limit)
  }

  chance(probability) {
    return this.next() < probability
  }

  pick(list) {
    return list[this.below(list.length)]
  }

  /** Small ones are more likely, and borders more than what lies between them. */
  number() {
    if (this.chance(0.5)) return this.pick(INTERESTING)
    return Math.floor(2 ** (this.next() * (this.chance(0.2) ? 53 : 16)))
  }
}
