/**
 * xoshiro128** by Blackman and Vigna: random numbers whose whole state is a typed array, so that a
 * checkpoint can hold it and a resumed run goes on with the very next number. `Math.random` cannot
 * do that: its state is hidden.
 *
 * @module
 */
'use strict'

/**
 * The state for a seed, by splitmix32.
 *
 * @param {number} seed
 * @returns {Uint32Array} four words
 */
function seedState(seed) {
  const state = new Uint32Array(4)
  for (let i = 0; i < state.length; i++) {
    seed = (seed + 0x9e3779b9) | 0
    let z = seed ^ (seed >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    state[i] = z ^ (z >>> 15)
  }
  return state
}

/**
 * @param {number} x
 * @param {number} bits
 * @returns {number}
 */
const rotate = (x, bits) => (x << bits) | (x >>> (32 - bits))

class Random {
  #state

  /** @param {Uint32Array} state is read and advanced in place */
  constructor(state) {
    this.#state = state
  }

  /** @returns {number} an integer from 0 to 2^32 - 1 */
  uint32() {
    const s = this.#state
    const result = Math.imul(rotate(Math.imul(s[1], 5), 7), 9)
    const t = s[1] << 9
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = rotate(s[3], 11)
    return result >>> 0
  }

  /** @returns {number} from 0 up to, not including, 1 */
  uniform() {
    return this.uint32() / 2 ** 32
  }

  /**
   * Puts the elements into a random order, in place (Fisher and Yates).
   *
   * @param {Uint16Array} array
   */
  shuffle(array) {
    for (let i = array.length - 1; i > 0; i--) {
      const j = Math.floor(this.uniform() * (i + 1))
      const swapped = array[i]
      array[i] = array[j]
      array[j] = swapped
    }
  }
}

module.exports = { Random, seedState }
