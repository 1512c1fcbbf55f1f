/**
 * Measures saves and restores beside the limits of the machine. See README.md.
 *
 *   npm run bench -- --workload B --rounds 5
 */
import { rmSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { currentLoad, describeMachine } from './harness/machine.mjs'
import { buildRaw } from './harness/raw.mjs'
import { makeEmpty, runState } from './harness/rounds.mjs'
import { render } from './report/render.mjs'
import { workloads } from './workloads/index.mjs'

const results = join(import.meta.dirname, 'results')

const { values: args } = parseArgs({
  options: {
    workload: { type: 'string', default: 'B' },
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    cold: { type: 'boolean', default: false },
    json: { type: 'string' },
    dir: { type: 'string', default: join(results, `data-${process.pid}`) },
  },
})
const workload = workloads[args.workload]
if (workload === undefined) {
  throw new Error(`--workload must be one of ${Object.keys(workloads).join(', ')}`)
}
const { quick, cold, only } = args
const rounds = Number(args.rounds ?? (quick ? 2 : (workload.rounds ?? 5)))
if (!(Number.isInteger(rounds) && rounds > 0))
  throw new Error('--rounds must be a positive integer')
const directory = resolve(args.dir)

const log = (line) => process.stderr.write(`${line}\n`)
const cleanUp = () => rmSync(directory, { recursive: true, force: true })
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))

await makeEmpty(directory)
process.once('exit', cleanUp)
await buildRaw()
const workloadName = args.workload
const options = { workload, workloadName, quick, rounds, only, cold, directory, log }
const load = currentLoad()
const states = []
for (const [index, state] of workload.states.entries()) {
  if (quick && state.quick === false) continue
  if (workload.states.length > 1) log(`--- ${state.label}`)
  states.push(await runState(index, options))
}
const report = {
  workload: args.workload,
  title: workload.title,
  layout: workload.report,
  date: new Date().toISOString().slice(0, 10),
  command: commandLine(),
  quick,
  cold,
  rounds,
  machine: { ...describeMachine(directory), load },
  states,
}
// docs.mjs takes what has the plain name.
const suffix = [quick && '-quick', cold && '-cold', only.length > 0 && '-only']
  .filter(Boolean)
  .join('')
const json = args.json ?? join(results, `${args.workload}${suffix}.json`)
await mkdir(dirname(resolve(json)), { recursive: true })
await writeFile(json, JSON.stringify(report, undefined, 1))
process.stdout.write(render(report))
const failures = states.flatMap(({ failed }) => failed)
if (failures.length > 0) {
  log(`${failures.length} failed: ${failures.map(({ name }) => name).join('; ')}`)
  process.exitCode = 1
}

/** As a reader would repeat it: without the paths of this machine. */
function commandLine() {
  const flags = [`--workload ${args.workload}`, `--rounds ${rounds}`]
  if (quick) flags.push('--quick')
  if (cold) flags.push('--cold')
  for (const part of only) flags.push(`--only '${part}'`)
  return `npm run bench -- ${flags.join(' ')}`
}
