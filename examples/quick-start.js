/**
 * Train, save, resume. Run it twice: the second run goes on from step 100.
 *
 *   node examples/quick-start.js [DIR]
 *
 * Look at `restore`: `latestCheckpoint` is null the first time, and restoring null changes nothing,
 * so the same lines begin and resume.
 */
const { Checkpoint, NumpyState, latestCheckpoint, zeros } = require('ndcheckpoint')

async function main(directory) {
  const state = Object.assign(new NumpyState(), { weights: zeros([3, 4]), step: zeros([]) })
  const checkpoint = new Checkpoint({ state })
  await checkpoint.restore(latestCheckpoint(directory)) // null the first time
  for (let i = 0; i < 100; i++) {
    state.weights.data[i % 12] += 0.01 // your training step
    state.step.data[0] += 1
  }
  console.log(`step ${state.step.get()}: saved ${await checkpoint.save(`${directory}/ckpt`)}`)
}
void main(process.argv[2] ?? '/tmp/ndcheckpoint-quick-start')
