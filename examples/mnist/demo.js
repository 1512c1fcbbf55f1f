/**
 * `npm run demo`: does a training run survive `kill -9` without losing a bit?
 *
 * This process only starts, kills and compares. The training, and all that a training script has to
 * do for its checkpoints, is in `train.js`.
 *
 * @module
 */
'use strict'

const { join } = require('node:path')
const { latestCheckpoint } = require('ndcheckpoint')
const { compareCheckpoints, describeComparison } = require('./compare.js')
const { Display } = require('./display.js')
const { SIZES } = require('./model.js')
const { HELP, UsageError, openDirectory, parseOptions } = require('./options.js')
const { runWorker } = require('./worker.js')

/** The run that is left alone. */
async function runAlone(options) {
  const display = new Display(options.steps)
  const result = { saves: [], accuracy: undefined }
  await runWorker(options, (report) => {
    if (report.event === 'step') display.step(report.step, report.loss)
    if (report.event === 'saved') {
      display.saved()
      result.saves.push(report)
    }
    if (report.event === 'done') result.accuracy = report.accuracy
  })
  display.stop()
  return result
}

/** Where to kill: once between two saves, once when a save has just begun. */
function killPoints({ steps, saveEvery }) {
  const saves = Math.floor(steps / saveEvery)
  const between = saveEvery * Math.round(0.4 * saves) + Math.ceil(saveEvery / 2)
  const during = saveEvery * Math.round(0.75 * saves)
  return [
    { event: 'step', step: between, when: 'between two saves' },
    { event: 'saving', step: during, when: 'right after a save began' },
  ]
}

/** The run that is killed at each of the points, and resumed by a new process each time. */
async function runKilled(options) {
  const display = new Display(options.steps)
  const kills = []
  const onReport = (report) => {
    if (report.event === 'step') display.step(report.step, report.loss)
    if (report.event === 'saved') display.saved()
    if (report.event === 'started' && kills.length > 0) {
      kills.at(-1).resumed = report
      display.line(`a new process resumed from step ${report.step}`)
    }
  }
  for (const point of killPoints(options)) {
    const kill = { step: 0 }
    const watch = (report) => {
      if (report.event === 'step') kill.step = report.step
      onReport(report)
    }
    await runWorker(options, watch, ({ event, step }) => {
      return event === point.event && step === point.step
    })
    kills.push(kill)
    display.line(`killed with SIGKILL at step ${kill.step}, ${point.when}`)
  }
  await runWorker(options, onReport)
  display.stop()
  return kills
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

const milliseconds = (ms) => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`

function summarize(alone, kills, bytes) {
  const { right, count } = alone.accuracy
  const stall = milliseconds(median(alone.saves.map((save) => save.stall)))
  const durable = milliseconds(median(alone.saves.map((save) => save.durable)))
  const restore = milliseconds(median(kills.map(({ resumed }) => resumed.ms)))
  const percent = ((100 * right) / count).toFixed(1)
  const steps = kills.map(({ step, resumed }) => `${step} (resumed from ${resumed.step})`)
  return [
    `Test accuracy       ${percent} % of ${count} digits it never trained on`,
    `Saves               ${alone.saves.length}, of ${(bytes / 1e6).toFixed(1)} MB each`,
    `Stall per save      ${stall} (median): how long save() holds up the training`,
    `Durable after       ${durable} (median), written while the training goes on`,
    `Restore             ${restore} in a new process, every checksum verified`,
    `Killed at step      ${steps.join(', ')}`,
  ]
}

const print = (...lines) => console.log(lines.join('\n'))

async function demo(options) {
  const directory = openDirectory(options.keep)
  const { steps, saveEvery } = options
  print(
    'Does a training run survive kill -9 without losing a bit?',
    '',
    `A network (${SIZES.join('-')}) learns to read handwritten digits, in ${steps} steps. Every`,
    `${saveEvery} steps its state is saved: weights, Adam's moments, step, data order, random state.`,
    '',
    '1. A run that is left alone, to compare with',
  )
  const alone = await runAlone({ ...options, dir: join(directory, 'alone') })
  print('', '2. The same run, killed twice')
  const kills = await runKilled({ ...options, dir: join(directory, 'killed') })

  print('', '3. The final checkpoints of both, compared bit for bit')
  const finals = ['alone', 'killed'].map((name) => latestCheckpoint(join(directory, name)))
  const comparison = await compareCheckpoints(...finals)
  print(...describeComparison(comparison).map((line) => `  ${line}`))
  print('', 'Summary', ...summarize(alone, kills, comparison.bytes).map((line) => `  ${line}`), '')
  if (options.keep !== undefined) print(`The checkpoints are kept: ${finals.join(' and ')}`, '')
  if (!comparison.identical) {
    console.error('FAILED: the resumed run ended in a different state than the run left alone.')
    return 1
  }
  print(
    'The final state is bit-identical: killing and resuming changed nothing',
    `(sha256 ${comparison.digests[0].slice(0, 16)} for both runs).`,
  )
  return 0
}

async function main(args) {
  for (const [signal, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.once(signal, () => process.exit(status)) // runs the handlers that clean up
  }
  try {
    const options = parseOptions(args)
    if (options.help) print(HELP)
    else process.exitCode = await demo(options)
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\nTry --help.`)
      process.exitCode = 2
    } else {
      console.error('FAILED:', error)
      process.exitCode = 1
    }
  }
}

void main(process.argv.slice(2))
