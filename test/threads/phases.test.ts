// Processes that end, and workers that are terminated, while a thread is at a named point of a save or
// a restore: no crash, no hang, nothing left alive, nothing lost that was finished. Needs the addon with
// failure points, see test/crash/failpoints.test.ts.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { latestCheckpoint } from '../../lib/index.js'
import { checkManaged, checkNumbered } from '../crash/checks'
import { Faults, inLanes } from '../crash/kills'
import { Child, runChild } from '../fixtures/child'
import { leftoversIn } from '../fixtures/files'

const addon = join(__dirname, '../../build-failpoints/Release/ndcheckpoint.node')
const skip = existsSync(addon) ? false : `no addon with failure points at ${addon}`
const env = { CKPT_NATIVE: addon }

const WRITING = ['after-staging', 'before-shard-allocate', 'after-shard-write', 'before-shard-sync']
const COMMITTING = [
  ...['after-index-write', 'before-shard-rename', 'after-shard-rename', 'before-index-rename'],
  ...['after-index-rename', 'before-state-rename', 'after-state-rename'],
]

/** The points of each work; a fork has its arrays only while the shards are written. */
const POINTS: Readonly<Record<string, readonly string[]>> = {
  copy: [...WRITING, ...COMMITTING],
  none: WRITING,
  ...(process.platform === 'linux' && { fork: WRITING }),
  managed: [...COMMITTING.slice(-3), 'before-unlink', 'after-spare-rename'],
  incremental: ['after-shard-link', 'before-shard-sync', 'after-shard-rename'],
  restore: ['before-map', 'before-checksum'],
  load: ['before-map', 'before-load'],
  verify: ['before-map', 'before-checksum'],
}

async function exitAt(t: Test, directory: string, work: string, point: string): Promise<void> {
  const child = new Child('end-at-point.cjs', { args: [directory, work, point], env })
  const { code, signal } = await child.exit()
  const where = `${work}, ${point}`
  t.strictSame({ code, signal }, { code: 7, signal: null }, `${where}: it ended as it wanted to`)
  const least = Number(child.lines.at(-1))
  const faults = new Faults()
  if (work === 'managed') await checkManaged(faults, directory, least)
  else checkNumbered(faults, directory, least, work === 'incremental' ? 'compare' : undefined)
  t.not(latestCheckpoint(directory), null)
  t.strictSame([...faults.list, ...leftoversIn(directory)], [], where)
}

t.test('process.exit at any point of a save or a restore loses nothing', { skip }, async (t) => {
  const root = t.testdir()
  const tasks = Object.entries(POINTS).flatMap(([work, points]) =>
    points.map((point) => () => exitAt(t, join(root, `${work}-${point}`), work, point)),
  )
  await inLanes(tasks)
})

interface Ended {
  readonly point: string
  readonly event: unknown
  readonly code: number
  readonly alive: Record<string, number>
  readonly staging: string[]
  readonly problems: number
}

/** In worker.cjs the blocking save stays in its call until it is done, and ends then. */
const TERMINATED: Readonly<Record<string, readonly string[]>> = {
  copy: [...WRITING, ...COMMITTING],
  none: WRITING,
  incremental: ['after-shard-link', ...WRITING, 'after-shard-rename', 'after-index-rename'],
  sync: ['after-staging', 'before-shard-sync', 'after-shard-rename', 'after-index-rename'],
  eager: ['before-map', 'before-checksum'],
  load: ['before-map', 'before-load'],
  verify: ['before-map', 'before-checksum'],
}

t.test('workers terminated at any point of their work leave nothing', { skip }, async (t) => {
  const root = t.testdir(Object.fromEntries(Object.keys(TERMINATED).map((work) => [work, {}])))
  const terminate = async (work: string, points: readonly string[]): Promise<void> => {
    const args = [join(root, work), work, ...points]
    const lines = await runChild('terminate-at-point.cjs', { args, env })
    t.equal(lines.length, points.length)
    for (const line of lines) {
      const { point, ...ended } = JSON.parse(line) as Ended
      const expected = { event: 'arrived', code: 1, alive: {}, staging: [], problems: 0 }
      t.strictSame(ended, expected, `${work}, ${point}`)
    }
  }
  await inLanes(Object.entries(TERMINATED).map((entry) => () => terminate(...entry)))
})
