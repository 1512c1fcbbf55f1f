/**
 * Everything the training depends on, as arrays that one `Checkpoint` saves. What is forgotten here
 * is what would make a resumed run differ.
 *
 * @module
 */
'use strict'

const { Checkpoint, NumpyState, zeros } = require('ndcheckpoint')
const { initialize, parameterShapes } = require('./model.js')
const { Random, seedState } = require('./random.js')

const SEED = 20

/**
 * The state at the beginning. A restore replaces its arrays: look them up afterwards, not before.
 *
 * @param {number} digits how many there are to train on
 */
function createState(digits) {
  const model = new NumpyState()
  const optimizer = { m: new NumpyState(), v: new NumpyState() }
  for (const [name, shape] of Object.entries(parameterShapes())) {
    model[name] = zeros(shape, 'float32')
    optimizer.m[name] = zeros(shape, 'float32')
    optimizer.v[name] = zeros(shape, 'float32')
  }
  const progress = new NumpyState()
  progress.step = new Uint32Array(1)
  // The order in which this epoch goes through the digits, and how far it is.
  progress.order = Uint16Array.from({ length: digits }, (_, i) => i)
  progress.position = Uint32Array.of(digits)
  progress.random = seedState(SEED)
  initialize(model, new Random(progress.random))
  return new Checkpoint({ model, optimizer, progress })
}

module.exports = { createState }
