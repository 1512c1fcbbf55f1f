/**
 * The model of tfjs-digits.js and what it is shown.
 *
 * @module
 */
'use strict'

const { loadDigits, CLASSES, PIXELS } = require('../mnist/data.js')
const { Random, seedState } = require('../mnist/random.js')

const SHOWN = 300

/** @param {typeof import('@tensorflow/tfjs')} tf */
function createModel(tf) {
  const seeded = (seed) => tf.initializers.glorotUniform({ seed })
  const hidden = { units: 16, activation: 'relu', inputShape: [PIXELS] }
  const out = { units: CLASSES, activation: 'softmax' }
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ ...hidden, name: 'hidden', kernelInitializer: seeded(1) }),
      tf.layers.dense({ ...out, name: 'out', kernelInitializer: seeded(2) }),
    ],
  })
  const optimizer = tf.train.adam(0.005)
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] })
  return model
}

let digits

/**
 * The digits of an epoch, in an order that depends on nothing else. `model.fit` itself shuffles by
 * `Math.random`, of which nobody knows the state.
 *
 * @param {typeof import('@tensorflow/tfjs')} tf
 * @param {number} epoch
 */
function digitsOf(tf, epoch) {
  digits ??= loadDigits().train
  const order = Uint16Array.from(digits.labels.keys())
  new Random(seedState(epoch)).shuffle(order)
  const rows = Array.from(order.subarray(0, SHOWN))
  const pixels = new Float32Array(SHOWN * PIXELS)
  rows.forEach((row, i) => {
    pixels.set(digits.pixels.subarray(row * PIXELS, (row + 1) * PIXELS), i * PIXELS)
  })
  const xs = tf.tensor2d(pixels, [SHOWN, PIXELS])
  const labels = rows.map((row) => digits.labels[row])
  const ys = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES).toFloat())
  return { xs, ys }
}

module.exports = { createModel, digitsOf }
