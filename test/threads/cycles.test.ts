// Cycles of opening, saving, restoring and closing, in every manner: what a process holds after many
// is what it held after a few. `npm run test:crash -- --cycles 100000` for the long form.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  CheckpointManager,
  ndarray,
  NumpyState,
  openCheckpoint,
  openCheckpointSync,
  type NdArray,
} from '../../lib/index.js'
import { sanitized } from '../fixtures/child'
import { collect, untilNothingLives } from '../fixtures/settle'

const CYCLES = Number(process.env['CKPT_CYCLES'] ?? 200)
/** MiB. A cycle that leaked what it saved would be 19 in the short run. */
const GROWTH = 16
const ELEMENTS = 4096
const NAMES = ['a', 'b', 'c']

const skip = process.platform === 'linux' ? false : 'it looks into /proc'

type Arrays = Record<string, NdArray>

const stateOf = (step: number): NumpyState<Arrays> => {
  const state = new NumpyState<Arrays>()
  for (const name of NAMES) state[name] = ndarray(new Float64Array(ELEMENTS).fill(step))
  return state
}

const SAVES = [
  { snapshot: 'copy', writer: 'direct' },
  { snapshot: 'none', writer: 'map' },
  { snapshot: 'copy', writer: 'buffered', maxShardBytes: 40_000 },
  ...(process.platform === 'linux' ? [{ snapshot: 'fork' } as const] : []),
] as const

const RESTORES = [
  { mode: 'map', verify: 'eager' },
  { mode: 'map', verify: 'lazy' },
  { mode: 'map', verify: 'off' },
  { mode: 'load' },
] as const

const at = <T>(list: readonly T[], i: number): T => list[i % list.length] as T

/** All that a cycle holds is a local of it. */
async function cycle(directory: string, i: number): Promise<void> {
  const prefix = join(directory, 'x')
  const checkpoint = new Checkpoint({ state: stateOf(i) })
  const options = { ...at(SAVES, i), durable: i % 8 === 0 }
  const path =
    i % 5 === 0 ? checkpoint.writeSync(prefix, options) : await checkpoint.write(prefix, options)
  if (i % 4 === 0) await changed(checkpoint, prefix, i)
  const restored = new Checkpoint({ state: new NumpyState<Arrays>() })
  if (i % 3 === 0) restored.readSync(path, at(RESTORES, i >> 2))
  else await restored.read(path, at(RESTORES, i >> 2))
  for (const name of NAMES) {
    if (restored.state[name]?.get(ELEMENTS - 1) !== i) throw new Error(`${name} of cycle ${i}`)
  }
  const reader = i % 2 === 0 ? openCheckpointSync(path) : await openCheckpoint(path)
  const { problems } = i % 7 === 0 ? await reader.verify() : reader.verifySync()
  if (problems[0] !== undefined) throw new Error(problems[0].reason)
  await reader.close()
  if (i % 10 === 0) await managed(join(directory, 'run'), i)
}

/** Writes it again, twice, incrementally: the second time links files of the first. */
async function changed(
  checkpoint: Checkpoint<{ state: NumpyState<Arrays> }>,
  prefix: string,
  i: number,
): Promise<void> {
  const kinds: string[] = []
  const options = {
    incremental: true,
    durable: false,
    maxShardBytes: 40_000,
    snapshot: i % 8 === 0 ? 'copy' : 'none',
    onReport: ({ kind }: { kind: string }) => kinds.push(kind),
  } as const
  for (const step of [-i, i]) {
    ;(checkpoint.state['a']?.data as Float64Array).fill(step)
    if (i % 3 === 0) checkpoint.writeSync(prefix, options)
    else await checkpoint.write(prefix, options)
  }
  if (kinds.at(-1) !== 'incremental') throw new Error(`cycle ${i}: ${kinds.join(', ')}`)
}

async function managed(directory: string, i: number): Promise<void> {
  mkdirSync(directory, { recursive: true })
  const checkpoint = new Checkpoint({ state: stateOf(i) })
  const manager = new CheckpointManager(checkpoint, directory, { maxToKeep: 1 })
  await manager.restoreOrInitialize()
  await manager.save({ durable: false })
  await manager.close()
}

const lines = (path: string): string[] => readFileSync(path, 'utf8').split('\n')

/** Everything that a process can hold too much of. */
const held = (directory: string) => ({
  descriptors: readdirSync('/proc/self/fd').length,
  mappings: lines('/proc/self/maps').filter((line) => line.includes(directory)).length,
  threads: readdirSync('/proc/self/task').length,
  children: readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
  ).length,
  files: readdirSync(directory, { recursive: true }).length,
})

t.setTimeout(3_600_000)

t.test(`${CYCLES} cycles in every manner leave nothing`, { skip }, async (t) => {
  const directory = t.testdir()
  const run = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await cycle(directory, i)
      if (i % 50 === 0) collect()
    }
    await untilNothingLives()
  }
  await run(40)
  // The same files are there at the end of the next ones, by the same numbers.
  rmSync(directory, { recursive: true })
  mkdirSync(directory)
  await run(40)
  const [before, rss] = [held(directory), process.memoryUsage.rss()]
  await run(Math.ceil(CYCLES / 40) * 40)
  const grown = (process.memoryUsage.rss() - rss) / 2 ** 20
  const after = held(directory)
  t.strictSame({ ...after, threads: 0 }, { ...before, threads: 0 })
  t.ok(after.threads <= before.threads, `${after.threads} threads`)
  t.equal(after.children, 0)
  t.comment(`cycles: ${CYCLES}, the process grew by ${grown.toFixed(1)} MiB`)
  if (!sanitized) t.ok(grown < GROWTH, `it grew by ${grown} MiB`)
})
