/**
 * Python trains a Keras model, Node goes on with it in TensorFlow.js, optimizer and all, and Python
 * takes it back. All three write checkpoints of one directory.
 *
 *   node examples/keras-handoff.js [PYTHON]
 *
 * Look at the layers: they have the same kinds and order in both languages, and nothing else is
 * needed. PYTHON is one that has TensorFlow 2.21 (default: python3).
 */
'use strict'

const { spawnSync } = require('node:child_process')
const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const tf = require('@tensorflow/tfjs')
const { Checkpoint } = require('ndcheckpoint')
const { trackModel } = require('ndcheckpoint/tfjs')

const directory = mkdtempSync(join(tmpdir(), 'ndcheckpoint-keras-'))

/** The points of a circle and which of them are inside of it. */
function points() {
  return tf.tidy(() => {
    const xs = tf.randomUniform([256, 2], -1, 1, 'float32', 3)
    return { xs, ys: xs.square().sum(1, true).less(0.5).toFloat() }
  })
}

/** Python restores what there is, trains and saves. @returns the prefix */
function python(...args) {
  const command = process.argv[2] ?? 'python3'
  const file = join(__dirname, 'keras-handoff.py')
  const { status, stdout, stderr } = spawnSync(command, [file, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const [loss, steps, prefix] = stdout.trim().split('\n').at(-1).split(' ')
  console.log(`Python: loss ${loss} after ${steps} steps`)
  return prefix
}

async function main() {
  await tf.setBackend('cpu')
  const { dense } = tf.layers
  const hidden = dense({ units: 16, activation: 'tanh', inputShape: [2] })
  const layers = [hidden, dense({ units: 1, activation: 'sigmoid' })]
  const model = tf.sequential({ layers })
  model.compile({ optimizer: tf.train.adam(0.02), loss: 'binaryCrossentropy' })

  const checkpoint = new Checkpoint({ model: trackModel(tf, model) })
  ;(await checkpoint.restore(python(join(directory, 'ckpt')))).assertConsumed()
  const { xs, ys } = points()
  const { history } = await model.fit(xs, ys, { epochs: 20, verbose: 0 })
  console.log(
    `Node: loss ${history.loss.at(-1).toFixed(3)} after ${model.optimizer.iterations} steps`,
  )
  python(join(directory, 'ckpt'), await checkpoint.save(join(directory, 'ckpt')))
}

void main().finally(() => rmSync(directory, { recursive: true }))
