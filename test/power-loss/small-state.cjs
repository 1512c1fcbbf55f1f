// A state of a few sectors whose every element tells its step, so that mixed, old or torn content
// shows. A large one has data files that a manager recycles.
'use strict'
const { Checkpoint, NumpyState, zeros } = require('../../lib')

const NAMES = ['weights', 'counts', 'mask']

exports.makeState = (step, large = false) => {
  const state = new NumpyState()
  state.weights = zeros([130], 'float64')
  state.counts = zeros([3], 'int64')
  state.mask = zeros([700], 'uint8')
  if (large) state.large = zeros([2 ** 17 + 40], 'float64')
  exports.fill(state, step)
  return { state, checkpoint: new Checkpoint({ state }) }
}

/** Adds what does not change at every step, and so much of it that incremental saves link files. */
exports.steady = (state) => {
  state.fixed = zeros([400], 'float64')
  state.fixed.data.fill(FIXED)
  state.slow = zeros([60], 'float64')
}

const FIXED = 77
const SLOW = ['large', 'slow']

/** Of every element of an array at a step. Beside `fixed`, some change at every second step only. */
function valueAt(state, name, step) {
  if (name === 'fixed') return FIXED
  return 'fixed' in state && SLOW.includes(name) ? step - (step % 2) : step
}

/** What stays as it is, is not even written to. */
exports.fill = (state, step) => {
  for (const name of Object.keys(state)) {
    const { data } = state[name]
    const value = valueAt(state, name, step)
    const element = data instanceof BigInt64Array ? BigInt(value) : value
    if (data[0] !== element) data.fill(element)
  }
}

/** The step that all elements tell, or an error that names the first one that differs. */
exports.stepOf = (state) => {
  const step = Number(state.counts.data[0])
  for (const name of new Set([...NAMES, ...Object.keys(state)])) {
    const { data } = state[name]
    const value = valueAt(state, name, step)
    const expected = data instanceof BigInt64Array ? BigInt(value) : value
    const bad = data.findIndex((element) => element !== expected)
    if (bad >= 0) throw new Error(`${name}[${bad}] is ${data[bad]}, counts tell step ${step}`)
  }
  return step
}

/** Less than the weights: three data files. */
exports.SHARDED = { maxShardBytes: 600 }
