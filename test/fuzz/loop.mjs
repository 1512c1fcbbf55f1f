// The fuzzer's process: runs inputs until its time or number is up, and prints lines of JSON.
//
// loop.mjs TARGET SEED LIMIT CURRENT: LIMIT is '60s' or a number of executions. The input that runs is
// in the file CURRENT, behind four bytes that tell its length, for the case that this process ends.
import { openSync, writeSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'
import { Coverage } from './coverage.mjs'
import { Random } from './random.mjs'
import { HIDDEN, TARGETS } from './targets.mjs'

const [, , name, seed, limit, currentPath] = process.argv
const target = TARGETS[name] ?? HIDDEN[name]
const isTimed = limit.endsWith('s')
const until = isTimed ? performance.now() + 1000 * parseFloat(limit) : Infinity
const most = isTimed ? Infinity : Number(limit)

/** Inputs between two looks at the coverage, which take longer than they do. */
const BATCH = target.isSlow ? 16 : 128
/** Failures of other kinds are kept, too, but not for ever. */
const MOST_FAILURES = 10

const MIB = 2 ** 20

const say = (line) => console.log(JSON.stringify(line))

const random = new Random(Number(seed))
const coverage = new Coverage(target.code)
const current = openSync(currentPath, 'w')
const corpus = []
const failures = new Set()
let executions = 0

function note(bytes) {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  writeSync(current, Buffer.concat([length, bytes]), 0, bytes.length + 4, 0)
}

function fail(bytes, error) {
  const place = /\n\s+at (.*)/.exec(error?.cause?.stack ?? error?.stack ?? '')?.[1] ?? ''
  const what = `${String(error?.message ?? error).slice(0, 300)} (${place})`
  // One of a kind: messages hold numbers and keys.
  const kind = what.replaceAll(/\d+|'[^']*'/g, '#')
  if (failures.has(kind)) return
  failures.add(kind)
  say({ failure: what, input: Buffer.from(bytes).toString('base64') })
}

/** Garbage counts until it is collected: an input that is under suspicion is tried alone. */
function memory() {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics()
  return heap + external
}

const isDear = (bytes, spent) => spent > 64 * MIB + 64 * bytes.length

async function measured(bytes) {
  const [before, cpu] = [memory(), process.cpuUsage()]
  await target.run(bytes)
  const { user, system } = process.cpuUsage(cpu)
  return { memory: memory() - before, seconds: (user + system) / 1e6 }
}

/** Budgets of time and memory, far above what honest inputs take. Not where only numbers count. */
async function checkBudget(bytes, { memory: grown, seconds }) {
  if (seconds > 1 + bytes.length / MIB) fail(bytes, new Error(`it takes ${seconds} s`))
  if (!isDear(bytes, grown)) return
  globalThis.gc?.()
  const { memory: again } = await measured(bytes)
  if (isDear(bytes, again)) fail(bytes, new Error(`it takes ${Math.round(again / MIB)} MiB`))
}

async function run(bytes) {
  executions++
  note(bytes)
  try {
    const cost = await measured(bytes)
    if (isTimed) await checkBudget(bytes, cost)
  } catch (error) {
    fail(bytes, error)
  }
}

/** Runs each of a batch that reached new code again, to find out which of them did. */
async function keepNew(batch) {
  for (const bytes of batch) {
    await run(bytes)
    if (coverage.isNew(true)) corpus.push(bytes)
  }
}

function next() {
  // Newer ones are nearer to what has not been reached.
  const recent = random.chance(0.5) ? Math.max(0, corpus.length - 20) : 0
  const base = corpus[recent + random.below(corpus.length - recent)]
  return Buffer.from(target.mutate(base, random, random.pick(corpus)))
}

const isDone = () =>
  executions >= most || performance.now() >= until || failures.size >= MOST_FAILURES

const summary = () => ({ executions, corpus: corpus.length, ...coverage.counts })

async function main() {
  corpus.push(...target.seeds())
  for (const bytes of corpus) await run(bytes)
  coverage.isNew(true)
  say({ begun: summary() })
  let told = performance.now()
  while (!isDone()) {
    const batch = []
    for (let left = Math.min(BATCH, most - executions); left > 0 && !isDone(); left--) {
      const bytes = next()
      batch.push(bytes)
      await run(bytes)
    }
    if (coverage.isNew(false)) await keepNew(batch)
    if (performance.now() - told > 1000) {
      told = performance.now()
      say({ alive: summary() })
    }
  }
  say({ done: summary() })
}

await main()
