/**
 * The worker: trains, saves as it goes, and continues from the newest checkpoint if there is one.
 *
 *   node examples/mnist/train.js --dir DIR [--steps N] [--save-every N]
 *
 * Look at `main`: that is all a training script needs in order to survive being killed.
 *
 * @module
 */
'use strict'

const { join } = require('node:path')
const { performance } = require('node:perf_hooks')
const { setImmediate } = require('node:timers/promises')
const { parseArgs } = require('node:util')
const { latestCheckpoint } = require('ndcheckpoint')
const { adam } = require('./adam.js')
const { CLASSES, loadDigits } = require('./data.js')
const { Network } = require('./model.js')
const { Random } = require('./random.js')
const { createState } = require('./state.js')

const BATCH = 50
const TEST_BATCH = 100

/**
 * @param {{ dir: string, steps: number, saveEvery: number }} options
 */
async function main({ dir, steps, saveEvery }) {
  const { train, test } = loadDigits()
  const checkpoint = createState(train.labels.length)

  const begin = performance.now()
  await checkpoint.restore(latestCheckpoint(dir)) // null, and so nothing, the first time
  const { step } = checkpoint.progress
  report('started', { step: step[0], ms: performance.now() - begin })

  const trainer = createTrainer(checkpoint, train)
  let saved = Promise.resolve()
  while (step[0] < steps) {
    const loss = trainer()
    report('step', { step: step[0], loss })
    if (step[0] % saveEvery === 0 || step[0] === steps) {
      // Only if the save before is still being written. Training goes on while this one is.
      await saved
      saved = save(checkpoint, join(dir, 'ckpt'), step[0])
    }
    await setImmediate() // lets reports out and finished saves in
  }
  await saved
  report('done', { accuracy: accuracy(checkpoint.model, test) })
}

/**
 * Begins a save; measures how long that held up the training, and when the save is durable.
 */
async function save(checkpoint, prefix, step) {
  const begin = performance.now()
  const promise = checkpoint.save(prefix)
  const stall = performance.now() - begin
  report('saving', { step })
  await promise
  report('saved', { step, stall, durable: performance.now() - begin })
}

/**
 * @returns {() => number} trains one batch and returns its loss
 */
function createTrainer({ model, optimizer, progress }, digits) {
  const network = new Network(BATCH)
  const random = new Random(progress.random)
  const { step, order, position } = progress
  const names = Object.keys(model)
  const parameters = typedArrays(model)
  const m = typedArrays(optimizer.m)
  const v = typedArrays(optimizer.v)
  const gradients = {}
  for (const name of names) gradients[name] = new Float32Array(parameters[name].length)

  return () => {
    if (position[0] + BATCH > order.length) {
      random.shuffle(order)
      position[0] = 0
    }
    const loss = network.backward(parameters, gradients, digits, order, position[0], random)
    position[0] += BATCH
    step[0]++
    for (const name of names) {
      adam(parameters[name], gradients[name], m[name], v[name], step[0])
    }
    return loss
  }
}

/** The elements of each array of a state, by name. */
function typedArrays(state) {
  return Object.fromEntries(Object.entries(state).map(([name, array]) => [name, array.data]))
}

/** Share of the digits that are recognised, of those that fill whole batches. */
function accuracy(model, digits) {
  const network = new Network(TEST_BATCH)
  const parameters = typedArrays(model)
  const count = digits.labels.length - (digits.labels.length % TEST_BATCH)
  const order = Uint16Array.from({ length: count }, (_, i) => i)
  let right = 0
  for (let start = 0; start < count; start += TEST_BATCH) {
    const probabilities = network.forward(parameters, digits, order, start)
    for (let b = 0; b < TEST_BATCH; b++) {
      const row = probabilities.subarray(b * CLASSES, (b + 1) * CLASSES)
      if (row.indexOf(Math.max(...row)) === digits.labels[start + b]) right++
    }
  }
  return { right, count }
}

/** Tells the parent, or the terminal when there is none. */
function report(event, values) {
  if (process.send !== undefined) process.send({ event, ...values })
  else if (event !== 'step' || values.step % 100 === 0) console.log(event, values)
}

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    steps: { type: 'string', default: '2000' },
    'save-every': { type: 'string', default: '50' },
  },
})
if (values.dir === undefined) {
  console.error('usage: node train.js --dir DIR [--steps N] [--save-every N]')
  process.exit(2)
}
// Ends with its parent, too: it has nobody to train for then.
process.on('disconnect', () => process.exit())
main({
  dir: values.dir,
  steps: Number(values.steps),
  saveEvery: Number(values['save-every']),
}).then(() => process.disconnect?.())
