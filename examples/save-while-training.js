/**
 * Saves in the background: the training goes on, and may change the arrays, while a save is written.
 *
 *   node examples/save-while-training.js [DIR]
 *
 * Look at the line after `save`: what is written is the content at the call, however the arrays
 * change afterwards. And at the second save, which is given up half-way and leaves nothing behind.
 */
'use strict'

const { mkdtempSync, readdirSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { setImmediate } = require('node:timers/promises')
const { Checkpoint, NumpyState, latestCheckpoint, zeros } = require('ndcheckpoint')

async function main(directory) {
  const state = new NumpyState()
  state.weights = zeros([16, 1024, 1024], 'float32') // 64 MiB
  const checkpoint = new Checkpoint({ state })
  const prefix = join(directory, 'ckpt')
  const begin = performance.now()
  const onProgress = ({ phase, done, total }) => {
    console.log(`  ${phase} ${(done / 2 ** 20).toFixed(0)} of ${(total / 2 ** 20).toFixed(0)} MiB`)
  }
  const saving = checkpoint.save(prefix, { onProgress })
  console.log(`save() returned its promise after ${(performance.now() - begin).toFixed(0)} ms`)
  state.weights.data.fill(1) // not in the checkpoint: it came after the call

  let saved = false
  void saving.then(() => (saved = true))
  let steps = 0
  for (; !saved; steps++) await trainingStep(state)
  console.log(
    `durable after ${(performance.now() - begin).toFixed(0)} ms and ${steps} training steps`,
  )

  await checkpoint.restore(await saving)
  console.log(`restored: ${state.weights.get(0, 0, 0)}, as it was at the call of save()`)

  const controller = new AbortController()
  const second = checkpoint.save(prefix, { signal: controller.signal })
  controller.abort(new Error('no time left'))
  await second.catch((error) => console.log(`second save: ${error.message}`))
  console.log(
    `latest is still ${latestCheckpoint(directory)}; files: ${readdirSync(directory).join(' ')}`,
  )
}

/** Changes a weight, and lets the event loop turn. */
async function trainingStep(state) {
  state.weights.data[1] += 0.001
  await setImmediate()
}

const directory = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'ndcheckpoint-save-'))
main(directory).finally(() => {
  if (process.argv[2] === undefined) rmSync(directory, { recursive: true })
})
