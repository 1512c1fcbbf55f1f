// Runs one scenario again and again, with the first, the second … call of each kind failing, until a
// run passes untouched: inject.cjs DIRECTORY SCENARIO quick|all. Prints one line of JSON: how many
// faults there were and what came of them, and all complaints. Under shim.cc.
'use strict'
const { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } = require('node:fs')
const { constants } = require('node:os')
const { join } = require('node:path')
const { setImmediate: turn } = require('node:timers/promises')
const { latestCheckpoint, openCheckpointSync } = require('../../lib')
const { counts } = require('../../lib/native.js')
const { listing } = require('../fixtures/listing.cjs')
const { makeState, stepOf } = require('../fixtures/steps.cjs')
const { arm, disarm, SHORT } = require('./control.cjs')
const { scenarios } = require('./scenarios.cjs')

/** What each kind fails with. An interrupted call, or half of one, is no failure at all. */
const FAULTS = {
  open: ['EIO', 'EMFILE', 'EACCES', 'ENOSPC', 'EINTR'],
  close: ['EIO', 'EINTR'],
  read: ['EIO', 'EINTR', 'short'],
  write: ['ENOSPC', 'EIO', 'EDQUOT', 'EINTR', 'short'],
  sync: ['EIO', 'ENOSPC', 'EINTR'],
  allocate: ['ENOSPC', 'EIO', 'EOPNOTSUPP', 'EINTR'],
  truncate: ['EIO', 'EINTR'],
  stat: ['EIO', 'ENOMEM'],
  rename: ['EIO', 'ENOSPC', 'EINVAL'],
  unlink: ['EIO', 'EACCES'],
  makeDirectory: ['ENOSPC', 'EIO'],
  list: ['ENOMEM'],
  lock: ['ENOLCK', 'EINTR'],
  map: ['ENOMEM', 'EPERM'],
  fork: ['EAGAIN', 'ENOMEM'],
  thread: ['EAGAIN'],
  memory: ['ENOMEM'],
  link: ['EPERM', 'EIO', 'EMLINK', 'EXDEV', 'ENOSPC'],
  control: ['EINVAL', 'EAGAIN'],
  advise: ['EINVAL', 'ENOMEM'],
}

/** Passed over by the native code, whoever else may see it. */
const HARMLESS = new Set([
  'write short',
  'write EINTR',
  'sync EINTR',
  'allocate EINTR',
  'truncate EINTR',
])

/** More calls of one kind than any of the scenarios makes. */
const ENDLESS = 5000

const [directory, name, mode] = process.argv.slice(2)
const scenario = scenarios[name]
/** Allocations are many. */
const allocationStep = mode === 'all' ? 1 : (scenario.allocations ?? 2)
const report = { faults: {}, failures: {}, survived: 0, complaints: [] }
let step = 1

const complain = (where, what) => report.complaints.push(`${where}: ${what}`)

/** After so many complaints no more faults are tried. */
const ENOUGH = 20

/** What a crash would leave, too, and the next save removes. */
const isLeftover = (name) => name.includes('.ndcheckpoint-')

const visible = (path) => listing(path).filter(([name]) => !isLeftover(name))

function openFiles() {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      return path.startsWith(directory) ? [path] : []
    } catch {
      return []
    }
  })
}

/** Of files below the directory. */
const mapped = () =>
  readFileSync('/proc/self/maps', 'latin1')
    .split('\n')
    .filter((line) => line.includes(directory))

/** Of all threads. */
const children = () =>
  readdirSync('/proc/self/task')
    .map((thread) => readFileSync(`/proc/self/task/${thread}/children`, 'latin1').split(' '))
    .flat()
    .filter((child) => child !== '')

/** But the directories that a manager holds: its own, and that of its spare files. */
const held = () => [
  ...openFiles().filter((path) => !statSync(path, { throwIfNoEntry: false })?.isDirectory()),
  ...children().map((child) => `process ${child}`),
]

/** Lets go of what only waits for the garbage collector. */
async function collect() {
  for (let i = 0; i < 3; i++) {
    global.gc()
    await turn()
  }
}

/** The latest checkpoint is whole; its step. */
function checkLatest() {
  const path = latestCheckpoint(directory)
  if (path === null) return 0
  const reader = openCheckpointSync(path)
  const { problems } = reader.verifySync()
  reader.closeSync()
  if (problems.length > 0) throw new Error(problems.map(({ reason }) => reason).join('; '))
  const { state, checkpoint } = makeState(-1)
  checkpoint.readSync(path)
  return stepOf(state)
}

async function attempt(world) {
  try {
    return { value: await scenario.act(world, step) }
  } catch (error) {
    return { error }
  } finally {
    // What a save leaves to be done later belongs to it.
    await world.checkpoint?.read(null)
    await turn()
  }
}

function checkFailure(where, { error }, fault) {
  const { name, code, details } = error
  report.failures[code ?? name] = (report.failures[code ?? name] ?? 0) + 1
  if (name === 'Problems') return
  if (name !== 'CheckpointError') complain(where, error.stack)
  else if (code === 'CKPT_IO' && !(details?.errno < 0 && details.syscall !== '')) {
    complain(where, `its details are ${JSON.stringify(details)}`)
  }
  if (HARMLESS.has(fault)) complain(where, `it failed: ${error.message}`)
}

/** One fault; false when the call that was to fail did not come. */
async function one(world, kind, fault, nth) {
  const where = `${kind} ${fault} #${nth}`
  await scenario.before?.(world)
  const before = visible(directory)
  const latest = checkLatest()
  const saved = world.checkpoint.saveCounter
  step++
  arm(kind, nth, fault === 'short' ? SHORT : constants.errno[fault])
  const outcome = await attempt(world)
  const { fired, retried } = disarm()
  if (outcome.error === undefined) report.survived += fired ? 1 : 0
  else if (!fired) complain(where, `without a fault it fails: ${outcome.error.stack}`)
  else checkFailure(where, outcome, `${kind} ${fault}`)
  if (fired) report.faults[kind] = (report.faults[kind] ?? 0) + 1
  if (retried > 0) complain(where, 'a sync that had failed was tried again')
  try {
    scenario.check?.(world, outcome)
    const now = checkLatest()
    if (scenario.changes && outcome.error !== undefined && name !== 'remove') {
      const isSame = JSON.stringify(visible(directory)) === JSON.stringify(before)
      if (!isSame && !name.includes('new directory'))
        complain(where, 'it failed and left something')
      if (now !== latest) complain(where, `the latest is of step ${now}, and was of ${latest}`)
      if (world.checkpoint.saveCounter !== saved) complain(where, 'a number is burnt')
    }
  } catch (error) {
    complain(where, error.stack)
  }
  // What a failing call has made belongs to the garbage collector.
  if (held().length > 0) await collect()
  if (held().length > 0) complain(where, `still held: ${held().join(', ')}`)
  return fired
}

/** An ordinary save after a fault: it works, and clears up. */
async function goOn(world, where) {
  if (!scenario.changes) return
  step++
  const { prefix, checkpoint, state } = world
  try {
    state.counts.data.fill(BigInt(step))
    require('../fixtures/steps.cjs').fill(state, step)
    const path = world.manager ? await world.manager.save() : await checkpoint.save(prefix)
    if (latestCheckpoint(directory) !== path) complain(where, 'the next save is not the latest')
    if (checkLatest() !== step) complain(where, 'the next save has other arrays')
    await checkpoint.read(null)
    await scenario.after?.(world)
    await checkpoint.read(null)
    const left = readdirSync(directory).filter(isLeftover)
    if (left.length > (world.manager ? 1 : 0)) complain(where, `it leaves ${left.join(', ')}`)
  } catch (error) {
    complain(where, `the next save fails: ${error.stack}`)
  }
  if (!world.manager) removeOld()
}

/** Only the newest two stay, so that each round looks at few. */
function removeOld() {
  for (const name of readdirSync(directory)) {
    const number = /^ckpt-(\d+)\./.exec(name)?.[1]
    if (number !== undefined && Number(number) < latestNumber() - 1) rmSync(join(directory, name))
    if (name.startsWith('new-')) rmSync(join(directory, name), { recursive: true })
  }
}

const latestNumber = () => Number(/-(\d+)$/.exec(latestCheckpoint(directory) ?? '')?.[1] ?? 0)

async function main() {
  mkdirSync(directory, { recursive: true })
  const world = scenario.prepare(directory)
  // Threads of the pool, files that are opened once, and a checkpoint that may be lost.
  for (let i = 0; i < 3; i++) await goOn(world, 'before')
  await scenario.before?.(world)
  await attempt(world)
  for (const [kind, faults] of Object.entries(FAULTS)) {
    if (mode !== 'all' && scenario.kinds?.includes(kind) === false) continue
    for (const fault of mode === 'all' ? faults : faults.slice(0, 1)) {
      let nth = 1
      while (nth < ENDLESS && report.complaints.length < ENOUGH) {
        if (!(await one(world, kind, fault, nth))) break
        await goOn(world, `after ${kind} ${fault} #${nth}`)
        nth += kind === 'memory' ? allocationStep : 1
      }
      if (nth === ENDLESS) complain(`${kind} ${fault}`, 'there is no end of it')
    }
  }
  await scenario.close?.(world)
}

/** What is still held when the program has let go of everything. */
async function reportLeaks() {
  await collect()
  report.open = openFiles()
  report.mapped = mapped()
  report.children = children().length
  report.alive = counts()
  console.log(JSON.stringify(report))
}

void main().then(reportLeaks)
