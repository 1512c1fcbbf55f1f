// A state of a few sectors whose every element tells its step, so that mixed, old or torn content
// shows. A large one has data files that a manager recycles.
'use strict'
const { Checkpoint, NumpyState, zeros } = require('../../lib')

exports.makeState = (step, large = false) => {
  const state = new NumpyState()
  state.weights = zeros([130], 'float64')
  state.counts = zeros([3], 'int64')
  state.mask = zeros([700], 'uint8')
  if (large) state.large = zeros([2 ** 17 + 40], 'float64')
  exports.fill(state, step)
  return { state, checkpoint: new Checkpoint({ state }) }
}

exports.fill = (state, step) => {
  for (const name of Object.keys(state)) {
    const { data } = state[name]
    data.fill(data instanceof BigInt64Array ? BigInt(step) : step)
  }
}

/** The step that all elements tell, or an error that names the first one that differs. */
exports.stepOf = (state) => {
  const step = Number(state.counts.data[0])
  for (const name of ['weights', 'counts', 'mask', ...('large' in state ? ['large'] : [])]) {
    const { data } = state[name]
    const expected = data instanceof BigInt64Array ? BigInt(step) : step
    const bad = data.findIndex((element) => element !== expected)
    if (bad >= 0) throw new Error(`${name}[${bad}] is ${data[bad]}, counts tell step ${step}`)
  }
  return step
}

/** Less than the weights: three data files. */
exports.SHARDED = { maxShardBytes: 600 }
