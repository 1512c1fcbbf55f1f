// Fuzzes what reads files: fuzz.mjs [--seconds N | --executions N] [--target T] [--seed S]
// [--repeat FILE]. Seconds are for each target. Prints executions, the code reached, and failures,
// whose inputs are kept in .fuzz/ with the command that repeats them.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { HIDDEN, TARGETS } from './targets.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')

/** An input takes milliseconds. */
const HANGS_AFTER = 60_000

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    executions: { type: 'string' },
    target: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    repeat: { type: 'string' },
    /** Where failing inputs are kept. */
    keep: { type: 'string', default: join(root, '.fuzz') },
  },
})

function keep(target, input) {
  mkdirSync(values.keep, { recursive: true })
  const digest = createHash('sha256').update(input).digest('hex').slice(0, 12)
  const path = join(values.keep, `${target}-${digest}`)
  writeFileSync(path, input)
  return path
}

/** The input that ran when its process ended. */
function lastInput(path) {
  const bytes = readFileSync(path)
  return bytes.subarray(4, 4 + bytes.readUInt32LE())
}

function report(target, what, input) {
  const path = relative(process.cwd(), keep(target, input))
  console.log(`FAILED  ${target}: ${what}\n        ${input.length} bytes, kept in ${path}`)
  console.log(`        npm run test:fuzz -- --target ${target} --repeat ${path}`)
}

/** @returns what the process told in the end, and how many failures there were */
function runTarget(target, limit, work) {
  const current = join(work, 'current')
  // A small heap: what takes memory that its size does not justify ends the process.
  const flags = ['--expose-gc', '--max-old-space-size=512']
  const args = [...flags, join(here, 'loop.mjs'), target, values.seed, limit, current]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let [failures, complaints, last] = [0, '', {}]
  let isHung = false
  let timer
  const wait = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      isHung = true
      child.kill('SIGKILL')
    }, HANGS_AFTER)
  }
  wait()
  child.stderr.on('data', (data) => (complaints += data))
  createInterface(child.stdout).on('line', (text) => {
    wait()
    const line = JSON.parse(text)
    last = { ...last, ...line }
    if (line.failure === undefined) return
    failures++
    report(target, line.failure, Buffer.from(line.input, 'base64'))
  })
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      if (last.done === undefined) {
        failures++
        const how = isHung
          ? 'does not end'
          : `ended with ${signal ?? code}: ${complaints.slice(-2000)}`
        report(target, how, lastInput(current))
      }
      resolve({ failures, begun: last.begun, end: last.done ?? last.alive ?? last.begun })
    })
  })
}

async function repeat(target, path) {
  const { run } = TARGETS[target] ?? HIDDEN[target]
  await run(readFileSync(path))
  console.log(`ok      ${target}: ${path} is answered`)
}

const share = ({ run, all }) => `${((100 * run) / all).toFixed(1)} %`

async function main() {
  const limit = values.seconds === undefined ? (values.executions ?? '2000') : `${values.seconds}s`
  console.log(`seed ${values.seed}`)
  const work = mkdtempSync(join(tmpdir(), 'ndcheckpoint-fuzz-'))
  let failed = 0
  try {
    for (const target of values.target?.split(',') ?? Object.keys(TARGETS)) {
      const { failures, begun, end } = await runTarget(target, limit, work)
      failed += failures
      if (end === undefined) continue
      const found = `${end.corpus - begun.corpus} inputs kept that reached new code`
      const reached = `${share(begun)} of it by the seeds, ${share(end)} in the end`
      const result = `${end.executions} executions, ${found}; ${reached}; ${failures} failures`
      console.log(`${failures === 0 ? 'ok    ' : 'FAILED'}  ${target}: ${result}`)
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  process.exitCode = failed === 0 ? 0 : 1
}

for (const target of values.target?.split(',') ?? []) {
  if (!(target in TARGETS) && !(target in HIDDEN)) {
    throw new Error(`no target '${target}'; there are ${Object.keys(TARGETS).join(', ')}`)
  }
}
if (values.repeat === undefined) await main()
else await repeat(values.target, values.repeat)
