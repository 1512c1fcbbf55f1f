/**
 * Adam, by Kingma and Ba, on typed arrays. Its two moments are part of the state that is saved.
 *
 * @module
 */
'use strict'

const RATE = 0.001
const BETA1 = 0.9
const BETA2 = 0.999
const EPSILON = 1e-8

/**
 * One update of one parameter, in place. Clears the gradient.
 *
 * @param {Float32Array} parameter
 * @param {Float32Array} gradient
 * @param {Float32Array} m mean of the gradients
 * @param {Float32Array} v mean of their squares
 * @param {number} step from 1 on
 */
function adam(parameter, gradient, m, v, step) {
  const rate = (RATE * Math.sqrt(1 - BETA2 ** step)) / (1 - BETA1 ** step)
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i]
    m[i] += (1 - BETA1) * (g - m[i])
    v[i] += (1 - BETA2) * (g * g - v[i])
    parameter[i] -= (rate * m[i]) / (Math.sqrt(v[i]) + EPSILON)
    gradient[i] = 0
  }
}

module.exports = { adam }
