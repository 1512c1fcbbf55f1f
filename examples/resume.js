/**
 * What a run must save so that it can resume as if nothing had happened: not only the weights, but
 * also where it was. This program starts itself again and again: each process is killed and the next
 * one resumes. In the end it compares with a run that was not killed.
 *
 *   node examples/resume.js
 *
 * Look at `train`: all that decides what comes next (step, random state) is in `state`, and arrays
 * are looked up in it after the restore, because a restore replaces them.
 */
'use strict'

const { spawnSync } = require('node:child_process')
const { mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const { Checkpoint, NumpyState, latestCheckpoint } = require('ndcheckpoint')

const STEPS = 1000

async function train(directory, dieAfter) {
  const state = new NumpyState()
  state.weights = new Float32Array(4)
  state.step = Uint32Array.of(0)
  state.random = Uint32Array.of(1)
  const checkpoint = new Checkpoint({ state })
  const { path } = await checkpoint.restore(latestCheckpoint(directory))
  console.log(path === null ? '  starts' : `  resumes at step ${state.step[0]}`)
  for (let i = 1; state.step[0] < STEPS; i++) {
    // A walk at random: x' = 1664525 x + 1013904223 (mod 2^32).
    state.random[0] = Math.imul(state.random[0], 1664525) + 1013904223
    state.weights[state.random[0] >>> 30] += (state.random[0] & 0xffff) / 0xffff
    state.step[0]++
    if (state.step[0] % 100 === 0) await checkpoint.save(join(directory, 'ckpt'))
    if (i === dieAfter) process.kill(process.pid, 'SIGKILL')
  }
  console.log(`RESULT ${state.weights.join(' ')}`)
}

/** Runs processes until one gets to the end. */
function runUntilDone(dieAfter) {
  const directory = mkdtempSync(join(tmpdir(), 'ndcheckpoint-resume-'))
  for (;;) {
    const args = [__filename, directory, String(dieAfter)]
    const child = spawnSync(process.execPath, args, { encoding: 'utf8', stdio: [0, 'pipe', 2] })
    console.log(child.stdout.trimEnd())
    if (child.signal === 'SIGKILL') continue
    rmSync(directory, { recursive: true })
    return /RESULT (.*)/.exec(child.stdout)[1]
  }
}

if (process.argv.length > 2) {
  void train(process.argv[2], Number(process.argv[3]))
} else {
  const identical = runUntilDone(Infinity) === runUntilDone(370)
  console.log(identical ? 'identical, bit for bit' : 'DIFFERENT')
  process.exitCode = identical ? 0 : 1
}
