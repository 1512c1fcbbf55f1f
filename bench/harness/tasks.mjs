/** What is to be done in each round: a contest for each contestant, and the limits. */
import { statSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { contestantNamed } from '../contestants/index.mjs'
import { runContest } from './contest.mjs'
import { filesIn, removeSettled } from './files.mjs'
import { fillCache, rawCopy, rawRead, rawWrite } from './raw.mjs'

/** The file that the raw limits of reading use: the same one that the library restores. */
const RAW_FORMAT = 'ndcheckpoint save, none'

/** In states. */
const SPARE = 0.2

/** Before a save the state is there already, but its file is not in the page cache yet. */
const warmBytes = ({ memory = 1 }, payload) => (memory + SPARE) * payload

const DEFAULT_SAVES = 3
const DEFAULT_RESTORES = 2

/**
 * Writes what the restores read, once, each format by the contestant that saves it.
 *
 * @param common what all tasks share
 * @returns `homes`: directory by format; `failed`: [format, error]; `unable`: [format, reason]
 */
export async function writeFormats(playing, common, directory, log) {
  const formats = new Set(playing.flatMap(({ format }) => format ?? []))
  if (formats.size > 0) formats.add(RAW_FORMAT)
  const homes = new Map()
  const failed = []
  const unable = []
  for (const format of formats) {
    log(`writes for the restores: ${format}`)
    const home = join(directory, `format-${homes.size + failed.length + unable.length}`)
    await mkdir(home)
    const { python } = contestantNamed(format)
    const task = { kind: 'save', name: format, python, ...common, directory: home, saves: 1 }
    try {
      const all = { ...task, warmBytes: 0, keep: true, change: undefined }
      const { unsupported } = await runContest(all)
      if (unsupported === undefined) homes.set(format, join(home, 'kept'))
      else unable.push([format, unsupported])
    } catch (error) {
      failed.push([format, error])
    }
  }
  return { homes, failed, unable }
}

export const removeFormats = async (homes) => {
  for (const home of homes.values()) await removeSettled(dirname(home))
}

/** @returns { name, every, run(round) } */
export function contestTask(contestant, common, { payload, directory, homes, cold, workload }) {
  const {
    name,
    kind,
    python,
    format,
    saves = DEFAULT_SAVES,
    restores = DEFAULT_RESTORES,
  } = contestant
  const most = contestant.oneDirectory ? Infinity : (workload.saves ?? Infinity)
  const own = {
    save: { directory, saves: Math.min(saves, most) },
    // A second restore would find what the first has brought into the cache.
    restore: {
      directory: homes.get(format),
      restores: cold ? 1 : Math.min(restores, workload.restores ?? Infinity),
      cold,
      touch: workload.touch ?? true,
    },
    loop: { directory },
  }
  const warm = warmBytes(contestant, payload)
  const task = { kind, name, python, warmBytes: warm, ...common, ...own[kind] }
  const run = async () => {
    try {
      return await runContest(task)
    } catch (error) {
      await removeAttempts(directory)
      throw error
    }
  }
  return { name, every: contestant.every, run }
}

/** What a contestant that failed in its work has left in the way of the others. */
async function removeAttempts(directory) {
  for (const name of await readdir(directory)) {
    if (name.startsWith('save')) await removeSettled(join(directory, name))
  }
}

/** @returns { name, limit: true, run(round) } */
export function limitTasks(playing, common, { payload, directory, homes, cold, workload }) {
  const tasks = [{ name: 'JSON', run: () => runContest({ kind: 'limits', ...common }) }]
  const home = homes.get(RAW_FORMAT)
  if (workload.raw ?? true) {
    if (playing.some(({ kind }) => kind === 'save')) {
      tasks.push({ name: 'raw memcpy', run: () => rawCopy(payload) })
      tasks.push({ name: 'raw write', run: (round) => rawWrite(directory, payload, round) })
    }
    if (home !== undefined) {
      tasks.push({
        name: 'raw read',
        run: async (round) => {
          const path = await largestIn(home)
          if (!cold) await fillCache([path])
          return rawRead(path, cold, round)
        },
      })
    }
  }
  return tasks.map((task) => ({ ...task, limit: true }))
}

async function largestIn(directory) {
  const paths = await filesIn(directory)
  return paths.reduce((a, b) => (statSync(a).size >= statSync(b).size ? a : b))
}
