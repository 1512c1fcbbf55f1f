/**
 * A classifier of digits in TensorFlow.js that resumes. This program starts itself: undisturbed, then
 * killed after each checkpoint; in the end both have the same weights.
 *
 *   node examples/tfjs-digits.js
 *
 * Look at `train`: the model is tracked as it is, and the order of the digits follows from the number
 * of the epoch, which the callback writes into `progress` before it saves.
 */
'use strict'

const { spawnSync } = require('node:child_process')
const { createHash } = require('node:crypto')
const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const tf = require('@tensorflow/tfjs')
const { Checkpoint, CheckpointManager, JsonState } = require('ndcheckpoint')
const { checkpointCallback, trackModel } = require('ndcheckpoint/tfjs')
const { createModel, digitsOf } = require('./tfjs/digits.js')

const EPOCHS = 4

async function train(directory, dies) {
  await tf.setBackend('cpu')
  const model = createModel(tf)
  const progress = new JsonState({ epoch: 0, batch: 0 })
  const checkpoint = new Checkpoint({ model: trackModel(tf, model), progress })
  const manager = new CheckpointManager(checkpoint, directory, { maxToKeep: 2 })
  const path = await manager.restoreOrInitialize()
  console.log(path === null ? '  starts' : `  resumes at epoch ${progress.value.epoch}`)
  const onSaved = () => dies && process.kill(process.pid, 'SIGKILL')
  const callbacks = checkpointCallback(manager, { everyEpochs: 1, progress, onSaved })
  for (let { epoch } = progress.value; epoch < EPOCHS; epoch++) {
    const { xs, ys } = digitsOf(tf, epoch)
    const only = { initialEpoch: epoch, epochs: epoch + 1, shuffle: false, verbose: 0 }
    const { history } = await model.fit(xs, ys, { ...only, callbacks })
    console.log(`  epoch ${epoch}: ${(100 * history.acc[0]).toFixed(1)} % right`)
    tf.dispose([xs, ys])
  }
  await manager.close()
  const hash = createHash('sha256')
  for (const weight of model.getWeights()) hash.update(weight.dataSync())
  console.log(`RESULT ${hash.digest('hex')}`)
}

function finish(dies) {
  const directory = mkdtempSync(`${tmpdir()}/ndcheckpoint-digits-`)
  for (;;) {
    const args = [__filename, directory, dies]
    const { stdout, signal, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    console.log(stdout.trimEnd())
    if (signal === 'SIGKILL') continue
    rmSync(directory, { recursive: true })
    return status === 0 ? /RESULT (.*)/.exec(stdout)[1] : process.exit(1)
  }
}

if (process.argv.length > 2) void train(process.argv[2], process.argv[3] === 'true')
else console.log(finish(false) === finish(true) ? 'identical, bit for bit' : 'DIFFERENT')
