/**
 * Runs `train.js` in a process of its own, and kills it when told to.
 *
 * @module
 */
'use strict'

const { fork } = require('node:child_process')
const { once } = require('node:events')
const { join } = require('node:path')

/** The worker that runs now. It must not outlive this process. */
let current
process.on('exit', () => current?.kill('SIGKILL'))

/**
 * @typedef {object} Report what `train.js` tells: `started`, `step`, `saving`, `saved` or `done`
 * @property {string} event
 */

/**
 * @param {{ dir: string, steps: number, saveEvery: number }} options
 * @param {(report: Report) => void} onReport
 * @param {(report: Report) => boolean} [killOn] SIGKILL as soon as this is true for a report
 * @returns {Promise<void>} once the worker is gone, as it should be
 */
async function runWorker({ dir, steps, saveEvery }, onReport, killOn = () => false) {
  const args = ['--dir', dir, '--steps', String(steps), '--save-every', String(saveEvery)]
  const child = fork(join(__dirname, 'train.js'), args)
  current = child
  let expected = 'code 0'
  child.on('message', (report) => {
    onReport(report)
    if (expected === 'code 0' && killOn(report)) {
      expected = 'SIGKILL'
      child.kill('SIGKILL')
    }
  })
  // Only after the disconnection have all reports arrived.
  const [[code, signal]] = await Promise.all([once(child, 'exit'), once(child, 'disconnect')])
  current = undefined
  const ended = signal ?? `code ${code}`
  if (ended !== expected) {
    throw new Error(`the training process ended with ${ended}, not with ${expected} as expected`)
  }
}

module.exports = { runWorker }
