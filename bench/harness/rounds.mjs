/**
 * The rounds of one state of a workload: in each, every contestant and every limit once, in an order
 * that turns by one from round to round.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeNoise, payloadOf } from '../workloads/state.mjs'
import { choose } from './choose.mjs'
import { contestTask, limitTasks, removeFormats, writeFormats } from './tasks.mjs'

/** So many arrays, and Node gets a larger heap. */
const MANY_ARRAYS = 200_000

/** @returns { label, series, payload, arrays, contestants: [{ name, rounds }], limits, refused, failed } */
export async function runState(index, options) {
  const { workload, workloadName, quick, rounds, directory, log } = options
  const { label, series, specs: makeSpecs, change = workload.change } = workload.states[index]
  const specs = makeSpecs(quick)
  const payload = payloadOf(specs)
  const { playing, refused } = choose(workload, specs, payload, options)
  const common = {
    workload: workloadName,
    state: index,
    quick,
    change,
    manyArrays: specs.length > MANY_ARRAYS,
    shared: join(directory, 'shared'),
  }
  await shareWithPython(playing, specs, common.shared)
  const game = new Game(playing, refused, log)
  const { homes, failed, unable } = await writeFormats(playing, common, directory, log)
  for (const [format, error] of failed) game.drop(format, error)
  for (const [format, reason] of unable) game.refuse(format, reason)
  for (const { name, format } of playing) {
    if (format !== undefined && !homes.has(format)) game.refuse(name, `'${format}' wrote nothing`)
  }
  const all = { ...options, payload, homes }
  const tasks = [
    ...game.playing.map((contestant) => contestTask(contestant, common, all)),
    ...limitTasks(game.playing, common, all),
  ]
  await game.play(tasks, rounds)
  await removeFormats(homes)
  await rm(common.shared, { recursive: true, force: true })
  const limits = tasks.filter(({ limit }) => limit).map(({ name }) => game.results(name))
  return { label, series, payload, arrays: specs.length, ...game.outcome(), limits }
}

/** The rounds, and who drops out of them. */
class Game {
  #results = new Map()
  #failed = []

  constructor(playing, refused, log) {
    this.playing = playing
    this.refused = [...refused]
    this.log = log
  }

  async play(tasks, rounds) {
    for (const { name } of tasks) this.#results.set(name, [])
    for (let round = 0; round < rounds; round++) {
      const turn = round % tasks.length
      for (const task of [...tasks.slice(turn), ...tasks.slice(0, turn)]) {
        if (!this.#results.has(task.name)) continue
        if (round % (task.every ?? 1) !== 0) {
          this.#results.get(task.name).push(null)
          continue
        }
        const begin = performance.now()
        await this.#take(task, round)
        const seconds = ((performance.now() - begin) / 1000).toFixed(1)
        this.log(`round ${round + 1} of ${rounds}, ${seconds} s: ${task.name}`)
      }
    }
  }

  async #take(task, round) {
    let result
    try {
      result = await task.run(round)
    } catch (error) {
      // Without its limits no figure can be read; without one contestant the others can.
      if (task.limit) throw error
      return this.drop(task.name, error)
    }
    if (result.unsupported !== undefined) this.refuse(task.name, result.unsupported)
    else this.#results.get(task.name).push(result)
  }

  /** It cannot: no failure. */
  refuse(name, reason) {
    this.log(`left out: ${name}: ${reason}`)
    this.refused.push({ name, reason })
    this.#leave(name)
  }

  /** It should and did not: the run goes on, and fails in the end. */
  drop(name, error) {
    this.log(`FAILED: ${error.message}`)
    this.#failed.push({ name, reason: error.message })
    this.#leave(name)
  }

  #leave(name) {
    this.#results.delete(name)
    this.playing = this.playing.filter((contestant) => contestant.name !== name)
  }

  results(name) {
    return { name, rounds: this.#results.get(name) }
  }

  outcome() {
    const contestants = this.playing.map(({ name, kind, promises, limit, peer, steadyFrom }) => ({
      ...this.results(name),
      kind,
      promises,
      limit,
      peer,
      steadyFrom,
    }))
    return { contestants, refused: this.refused, failed: this.#failed }
  }
}

/** Python makes the same arrays of the same noise, which it could not compute as fast. */
async function shareWithPython(playing, specs, shared) {
  if (!playing.some(({ python }) => python !== undefined)) return
  await mkdir(shared)
  await writeFile(join(shared, 'noise'), makeNoise())
  await writeFile(join(shared, 'specs.json'), JSON.stringify(specs))
}

/** Refuses a directory that holds something: it is emptied in the end. */
export async function makeEmpty(directory) {
  await mkdir(directory, { recursive: true })
  if ((await readdir(directory)).length > 0) throw new Error(`${directory} is not empty`)
}
