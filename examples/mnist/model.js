/**
 * A multilayer perceptron in plain typed arrays: ReLU and dropout in the hidden layers, softmax and
 * cross-entropy at the end. It owns no weights: they live in the state that is saved.
 *
 * @module
 */
'use strict'

const { CLASSES, PIXELS } = require('./data.js')

const SIZES = [PIXELS, 256, 128, CLASSES]
const DROPOUT = 0.2
/** What dropout keeps is scaled up, so that the sum stays the same on average. */
const KEPT_SCALE = 1 / (1 - DROPOUT)

/**
 * Shapes of the trainable arrays by name: `w0`, `b0`, `w1` …
 *
 * @returns {Record<string, number[]>}
 */
function parameterShapes() {
  const shapes = {}
  for (let layer = 0; layer + 1 < SIZES.length; layer++) {
    shapes[`w${layer}`] = [SIZES[layer], SIZES[layer + 1]]
    shapes[`b${layer}`] = [SIZES[layer + 1]]
  }
  return shapes
}

/**
 * First weights: uniform, after He. Biases stay zero.
 *
 * @param {Record<string, { data: Float32Array, shape: readonly number[] }>} parameters filled in place
 * @param {import('./random.js').Random} random
 */
function initialize(parameters, random) {
  for (const { data, shape } of Object.values(parameters)) {
    if (shape.length !== 2) continue
    const limit = Math.sqrt(6 / shape[0])
    for (let i = 0; i < data.length; i++) data[i] = (2 * random.uniform() - 1) * limit
  }
}

class Network {
  #batch
  /** Outputs of each layer, those of layer 0 being the pixels; and the loss's derivatives by them. */
  #values
  #deltas

  /** @param {number} batch digits at a time */
  constructor(batch) {
    this.#batch = batch
    this.#values = SIZES.map((size) => new Float32Array(batch * size))
    this.#deltas = SIZES.map((size) => new Float32Array(batch * size))
  }

  /**
   * @param {Record<string, Float32Array>} p parameters
   * @param {import('./data.js').Digits} digits
   * @param {ArrayLike<number>} order which digits, from `start` on
   * @param {number} start
   * @param {import('./random.js').Random} [random] for dropout; without it nothing is dropped
   * @returns {Float32Array} probabilities, `CLASSES` for each digit; valid until the next call
   */
  forward(p, digits, order, start, random) {
    const last = SIZES.length - 1
    for (let b = 0; b < this.#batch; b++) {
      const digit = order[start + b]
      const pixels = digits.pixels.subarray(digit * PIXELS, (digit + 1) * PIXELS)
      this.#values[0].set(pixels, b * PIXELS)
    }
    for (let layer = 0; layer < last; layer++) {
      const output = this.#values[layer + 1]
      multiply(this.#values[layer], p[`w${layer}`], p[`b${layer}`], output)
      if (layer + 1 < last) activate(output, random)
    }
    softmax(this.#values[last])
    return this.#values[last]
  }

  /**
   * One step of training: adds the gradients to `g`.
   *
   * @param {Record<string, Float32Array>} p parameters
   * @param {Record<string, Float32Array>} g gradients
   * @param {import('./data.js').Digits} digits
   * @param {ArrayLike<number>} order
   * @param {number} start
   * @param {import('./random.js').Random} random
   * @returns {number} mean cross-entropy of the batch
   */
  backward(p, g, digits, order, start, random) {
    const probabilities = this.forward(p, digits, order, start, random)
    const last = SIZES.length - 1
    const delta = this.#deltas[last]
    let loss = 0
    for (let b = 0; b < this.#batch; b++) {
      const right = b * CLASSES + digits.labels[order[start + b]]
      loss -= Math.log(Math.max(probabilities[right], 1e-12))
      for (let i = b * CLASSES; i < (b + 1) * CLASSES; i++) {
        delta[i] = (probabilities[i] - (i === right ? 1 : 0)) / this.#batch
      }
    }
    for (let layer = last - 1; layer >= 0; layer--) {
      const input = this.#values[layer]
      const above = this.#deltas[layer + 1]
      addGradients(input, above, g[`w${layer}`], g[`b${layer}`])
      if (layer > 0) propagate(input, above, p[`w${layer}`], SIZES[layer + 1], this.#deltas[layer])
    }
    return loss / this.#batch
  }
}

/** `output = input * w + b`. Half of the inputs are zero (background, ReLU): those are skipped. */
function multiply(input, w, b, output) {
  const columns = b.length
  const rows = w.length / columns
  for (let i = 0, o = 0; i < input.length; o += columns) {
    output.set(b, o)
    for (let r = 0; r < rows; r++, i++) {
      const x = input[i]
      if (x === 0) continue
      for (let c = 0, k = r * columns; c < columns; c++, k++) output[o + c] += x * w[k]
    }
  }
}

/** ReLU, then dropout. */
function activate(values, random) {
  const scale = random === undefined ? 1 : KEPT_SCALE
  for (let i = 0; i < values.length; i++) {
    const kept = random === undefined || random.uniform() >= DROPOUT
    values[i] = kept && values[i] > 0 ? values[i] * scale : 0
  }
}

/** @param {Float32Array} values in place, each `CLASSES` of them */
function softmax(values) {
  for (let start = 0; start < values.length; start += CLASSES) {
    const row = values.subarray(start, start + CLASSES)
    const most = Math.max(...row)
    let sum = 0
    for (let i = 0; i < CLASSES; i++) sum += row[i] = Math.exp(row[i] - most)
    for (let i = 0; i < CLASSES; i++) row[i] /= sum
  }
}

function addGradients(input, delta, gw, gb) {
  const columns = gb.length
  const rows = gw.length / columns
  for (let i = 0, d = 0; i < input.length; d += columns) {
    for (let c = 0; c < columns; c++) gb[c] += delta[d + c]
    for (let r = 0; r < rows; r++, i++) {
      const x = input[i]
      if (x === 0) continue
      for (let c = 0, k = r * columns; c < columns; c++, k++) gw[k] += x * delta[d + c]
    }
  }
}

/** The derivatives one layer down; zero where ReLU or dropout let nothing through. */
function propagate(input, delta, w, columns, below) {
  const rows = w.length / columns
  for (let i = 0, d = 0; i < input.length; d += columns) {
    for (let r = 0; r < rows; r++, i++) {
      let sum = 0
      if (input[i] !== 0) {
        for (let c = 0, k = r * columns; c < columns; c++, k++) sum += w[k] * delta[d + c]
      }
      below[i] = sum * KEPT_SCALE
    }
  }
}

module.exports = { Network, SIZES, initialize, parameterShapes }
