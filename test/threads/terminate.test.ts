// Workers that are terminated in the middle of their work, and processes that end in the middle of
// a save: no crash, no hang, nothing left alive, nothing that was finished is lost.
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  latestCheckpoint,
  ndarray,
  NumpyState,
  openCheckpointSync,
} from '../../lib/index.js'
import { KILLS } from '../crash/kills'
import { Child, fixture, within } from '../fixtures/child'
import { checkpointsIn, leftoversIn } from '../fixtures/files'
import { seeded } from '../fixtures/random'
import { untilNothingLives } from '../fixtures/settle'
import { makeState, stepOf } from '../fixtures/steps.cjs'

const random = seeded(7)

function saveOne(directory: string): string {
  const state = new NumpyState()
  for (const name of ['x', 'y', 'z']) state[name] = ndarray(new Float64Array(2 ** 18).fill(2))
  return new Checkpoint({ state }).saveSync(join(directory, 'given'), { maxShardBytes: 2 ** 20 })
}

/** Starts a worker and terminates it somewhere in its first turns. */
async function terminateOne(phase: string, directory: string, path: string): Promise<void> {
  const worker = new Worker(fixture('worker.cjs'), {
    workerData: { phase, directory, path },
    // Without the loaders that tap gave to this process.
    execArgv: [],
  })
  await within(once(worker, 'message'), `the worker's first turn (${phase})`)
  await new Promise((resolve) => setTimeout(resolve, random() * 10))
  const code = await within(worker.terminate(), `the worker to end (${phase})`)
  if (code !== 1) throw new Error(`the worker ended with ${String(code)}`)
}

function checkAll(t: Test, directory: string): void {
  const problems = checkpointsIn(directory).flatMap(
    (prefix) => openCheckpointSync(prefix).verifySync().problems,
  )
  t.strictSame(problems, [], 'every checkpoint is whole')
}

/** How many workers are terminated in each phase, at most as many as processes are killed elsewhere. */
const PHASES = {
  ...{ copy: 20, none: 20, sync: 10, incremental: 8, 'incremental none': 4 },
  ...{ map: 20, eager: 20, lazy: 10, load: 20, verify: 10 },
}

for (const [phase, workers] of Object.entries(PHASES)) {
  t.test(`workers terminated in their work (${phase}) leave nothing`, async (t) => {
    const directory = t.testdir()
    const path = saveOne(directory)
    // Two at a time, so that they meet each other too.
    for (let i = 0; i < Math.min(workers, KILLS); i += 2) {
      const pair = [0, 1].map(() => terminateOne(phase, directory, path))
      await Promise.all(pair)
    }
    await untilNothingLives()
    const staging = readdirSync(directory).filter((name) => name.startsWith('.ndcheckpoint-'))
    t.strictSame(staging, [], 'their staging directories are gone')
    checkAll(t, directory)
    t.equal(new Checkpoint({ state: new NumpyState() }).restoreSync(path).path, path)
  })
}

t.test('a natural end waits for a save that nobody awaits', async (t) => {
  const directory = t.testdir()
  const lines = await new Child('exit-while-saving.cjs', {
    args: [directory, 'naturally', '1'],
  }).finish()
  t.strictSame(lines, ['1'])
  t.equal(latestCheckpoint(directory), join(directory, 'ckpt-2'))
  const { state, checkpoint } = makeState(-1)
  checkpoint.restoreSync(join(directory, 'ckpt-2'))
  t.equal(stepOf(state), 2)
  t.strictSame(leftoversIn(directory), [])
})

const EXITS: Readonly<Record<string, number>> = {
  exit: 0,
  'exit after a turn': 0,
  'exit after a while': 0,
  'exit in another save': 0,
  'an uncaught error': 1,
}

for (const [how, expected] of Object.entries(EXITS)) {
  t.test(`a process that ends by ${how} while it saves loses nothing`, async (t) => {
    for (let steps = 1; steps <= 4; steps++) {
      const directory = join(t.testdir(), String(steps))
      const args = [directory, how, String(steps)]
      const child = new Child('exit-while-saving.cjs', { args })
      const { code, signal } = await child.exit()
      t.equal(signal, null, 'no crash')
      t.equal(code, expected)
      t.equal(child.lines.length, steps)
      checkAll(t, directory)
      const latest = latestCheckpoint(directory) ?? ''
      const { state, checkpoint } = makeState(-1)
      checkpoint.restoreSync(latest)
      t.ok(stepOf(state) >= steps, 'what was finished is there')
      checkpoint.saveSync(join(directory, 'ckpt'))
      t.strictSame(leftoversIn(directory), [])
    }
  })
}
