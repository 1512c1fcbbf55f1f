/**
 * The demo's command line.
 *
 * @module
 */
'use strict'

const { mkdirSync, mkdtempSync, readdirSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join, resolve } = require('node:path')
const { parseArgs } = require('node:util')

const STEPS = 2000
const SAVE_EVERY = 50
/** Between them lie the two places where the demo kills. */
const MIN_SAVES = 4

const HELP = `usage: node examples/mnist/demo.js [options]

Trains a small network on handwritten digits twice: once left alone, once killed with SIGKILL and
resumed from the latest checkpoint. Then compares the two final checkpoints bit for bit.

  --steps N        steps of training in each run (default ${STEPS})
  --save-every N   steps from one save to the next (default ${SAVE_EVERY}, or an eighth of the steps)
  --keep DIR       write the checkpoints to this new or empty directory and keep them
  --help           this text

Exit status: 0 the checkpoints are bit-identical; 1 they differ or something failed; 2 usage;
130 interrupted.`

class UsageError extends Error {}

/**
 * @param {string[]} args
 * @returns {{ help: true } | { steps: number, saveEvery: number, keep: string | undefined }}
 * @throws UsageError
 */
function parseOptions(args) {
  const options = {
    steps: { type: 'string' },
    'save-every': { type: 'string' },
    keep: { type: 'string' },
    help: { type: 'boolean' },
  }
  let values
  try {
    values = parseArgs({ args, options }).values
  } catch (error) {
    throw new UsageError(error.message)
  }
  if (values.help) return { help: true }
  const steps = integer(values.steps ?? String(STEPS), '--steps', 2 * MIN_SAVES)
  const eighth = Math.max(2, Math.min(SAVE_EVERY, Math.floor(steps / 8)))
  const saveEvery = integer(values['save-every'] ?? String(eighth), '--save-every', 2)
  if (steps < MIN_SAVES * saveEvery) {
    throw new UsageError(
      `--steps must be at least ${MIN_SAVES} times --save-every, got ${steps} and ${saveEvery}`,
    )
  }
  return { steps, saveEvery, keep: values.keep }
}

function integer(text, name, least) {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > 1e6) {
    throw new UsageError(`${name} must be an integer from ${least} to 1000000, got '${text}'`)
  }
  return value
}

/**
 * Where the checkpoints go. A temporary directory is removed when the process exits.
 *
 * @param {string | undefined} keep
 * @returns {string}
 * @throws UsageError
 */
function openDirectory(keep) {
  if (keep === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'ndcheckpoint-demo-'))
    process.on('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }))
    return directory
  }
  const directory = resolve(keep)
  try {
    mkdirSync(directory, { recursive: true })
    if (readdirSync(directory).length > 0) {
      // What lies there would be resumed from.
      throw new UsageError(`--keep needs a new or empty directory; '${directory}' is not empty`)
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`--keep: ${error.message}`)
  }
  return directory
}

module.exports = { HELP, UsageError, openDirectory, parseOptions }
