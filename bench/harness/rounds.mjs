/**
 * The rounds of one state of a workload: in each, every contestant and every limit once, in an order
 * that turns by one from round to round.
 */
import { mkdir, readdir } from 'node:fs/promises'
import { statSync } from 'node:fs'
import { freemem } from 'node:os'
import { dirname, join } from 'node:path'
import { contestants as all } from '../contestants/index.mjs'
import { payloadOf } from '../workloads/state.mjs'
import { runContest } from './contest.mjs'
import { filesIn, removeSettled } from './files.mjs'
import { rawCopy, rawRead, rawWrite } from './raw.mjs'

/** The file that the raw limits of reading use: the same one that the library restores. */
const RAW_FORMAT = 'ndcheckpoint save, none'

/** @returns { label, payload, arrays, contestants: [{ name, rounds }], raw: [], limits: [], refused } */
export async function runState(state, { workload, quick, rounds, only, cold, directory, log }) {
  const specs = state.specs(quick)
  const payload = payloadOf(specs)
  const chosen = all.filter(
    ({ name }) =>
      (workload.only?.includes(name) ?? true) &&
      (only.length === 0 || only.some((part) => name.includes(part))),
  )
  const refused = chosen.flatMap(({ name, refuses }) => {
    const reason = refuses?.(specs)
    return reason === undefined ? [] : [{ name, reason }]
  })
  const playing = chosen.filter(({ name }) => !refused.some((other) => other.name === name))
  const formats = new Set(playing.flatMap(({ format }) => format ?? []))
  if (formats.size > 0) formats.add(RAW_FORMAT)
  // Page cache for the file and memory for a copy; never so much that others have to give way.
  const warmBytes = Math.min(2.2 * payload, 0.6 * freemem())
  const common = { specs, warmBytes }
  const homes = await writeFormats(formats, common, directory, log)
  const saves = playing.some(({ kind }) => kind === 'save')
  const tasks = [
    ...playing.map((contestant) => contestTask(contestant, common, { directory, homes, cold })),
    ...limitTasks({ specs, payload, directory, homes, saves, cold }),
  ]
  const results = new Map(tasks.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const turn = round % tasks.length
    for (const task of [...tasks.slice(turn), ...tasks.slice(0, turn)]) {
      log(`round ${round + 1} of ${rounds}: ${task.name}`)
      results.get(task.name).push(await task.run(round))
    }
  }
  for (const home of homes.values()) await removeSettled(dirname(home))
  const named = ({ name }) => ({ name, rounds: results.get(name) })
  return {
    label: state.label,
    payload,
    arrays: specs.length,
    contestants: playing.map(({ name, kind, promises, limit }) => ({
      ...named({ name }),
      kind,
      promises,
      limit,
    })),
    limits: tasks.filter(({ limit }) => limit).map(named),
    refused,
  }
}

/** Writes what the restores read, once, each format by the contestant that saves it. */
async function writeFormats(formats, common, directory, log) {
  const homes = new Map()
  for (const format of formats) {
    log(`writes for the restores: ${format}`)
    const home = join(directory, `format-${homes.size}`)
    await mkdir(home)
    await runContest({
      kind: 'save',
      name: format,
      ...common,
      directory: home,
      saves: 1,
      keep: true,
    })
    homes.set(format, join(home, 'kept'))
  }
  return homes
}

function contestTask({ name, kind, format }, common, { directory, homes, cold }) {
  const task =
    kind === 'save'
      ? { directory, saves: 3 }
      : // A second restore would find what the first has brought into the cache.
        { directory: homes.get(format), restores: cold ? 1 : 3, cold }
  return { name, run: () => runContest({ kind, name, ...common, ...task }) }
}

function limitTasks({ specs, payload, directory, homes, saves, cold }) {
  const tasks = [{ name: 'JSON', run: () => runContest({ kind: 'limits', specs }) }]
  if (saves) {
    tasks.push({ name: 'raw memcpy', run: () => rawCopy(payload) })
    tasks.push({ name: 'raw write', run: (round) => rawWrite(directory, payload, round) })
  }
  const home = homes.get(RAW_FORMAT)
  if (home !== undefined) {
    tasks.push({
      name: 'raw read',
      run: async (round) => rawRead(await largestIn(home), cold, round),
    })
  }
  return tasks.map((task) => ({ ...task, limit: true }))
}

async function largestIn(directory) {
  const paths = await filesIn(directory)
  return paths.reduce((a, b) => (statSync(a).size >= statSync(b).size ? a : b))
}

/** Refuses a directory that holds something: it is emptied in the end. */
export async function makeEmpty(directory) {
  await mkdir(directory, { recursive: true })
  if ((await readdir(directory)).length > 0) throw new Error(`${directory} is not empty`)
}
