// Many saves of one manager while another process reads the newest checkpoint: nothing is torn,
// nothing grows. CKPT_SAVES=10000 for the long run.
import { readdirSync } from 'node:fs'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  CheckpointManager,
  NumpyState,
  Variable,
  type ManagerOptions,
} from '../../lib/index.js'
import { counts } from '../../lib/native.js'
import { Child, sanitized } from '../fixtures/child'
import { leftoversIn } from '../fixtures/files'

const SAVES = Number(process.env['CKPT_SAVES'] ?? 150)
/** MiB. A leak of one copy of the state in three saves would be 57 MiB in the short run. */
const GROWTH = 32
/** Enough for data files that the manager recycles, beside a reader of them. */
const ELEMENTS = 150_000

interface Seen {
  readonly restored: number
  readonly gone: number
  readonly backwards: number
  readonly mixed: number
  readonly errors: readonly string[]
}

interface Held {
  readonly descriptors: number
  readonly mappings: number
  readonly snapshots: number
  readonly stagings: number
  readonly tasks: number
  /** MiB. */
  readonly rss: number
}

async function held(): Promise<Held> {
  for (let i = 0; i < 5; i++) {
    global.gc?.()
    await new Promise(setImmediate)
  }
  const { mappings, snapshots, stagings, tasks } = counts()
  const descriptors = readdirSync('/proc/self/fd').length
  return {
    descriptors,
    mappings,
    snapshots,
    stagings,
    tasks,
    rss: process.memoryUsage.rss() / 2 ** 20,
  }
}

t.setTimeout(3_600_000)

/** @param every at every so many steps the array changes */
async function endure(
  t: Test,
  saves: number,
  every: number,
  options: ManagerOptions,
): Promise<void> {
  const directory = t.testdir()
  const step = new Variable(0, 'int64')
  const arrays = new NumpyState<{ x: Float64Array }>()
  arrays.x = new Float64Array(ELEMENTS)
  const manager = new CheckpointManager(new Checkpoint({ step, arrays }), directory, {
    ...options,
    maxToKeep: 3,
  })
  const save = async (): Promise<void> => {
    step.value++
    arrays.x.fill(step.value - (step.value % every))
    await manager.save()
  }
  for (let i = 0; i < 50; i++) await save()
  await manager.sync()
  const reader = new Child('read-latest.cjs', { args: [directory, String(every)] })
  const before = await held()
  for (let i = 0; i < saves; i++) await save()
  await manager.sync()
  const after = await held()
  reader.write('stop\n')
  const [line = '{}'] = await reader.finish()
  const seen = JSON.parse(line) as Seen
  t.comment(`the reader restored ${String(seen.restored)}, missed ${String(seen.gone)}`)
  t.match(seen, { backwards: 0, mixed: 0, errors: [] })
  t.ok(seen.restored > 10, 'the reader was not kept out')
  const { rss, ...things } = after
  const { rss: rssBefore, ...thingsBefore } = before
  for (const [name, count] of Object.entries(things)) {
    t.ok(count <= thingsBefore[name as keyof typeof things], `${name}: ${String(count)}`)
  }
  if (!sanitized) t.ok(rss - rssBefore < GROWTH, `it grew by ${String(rss - rssBefore)} MiB`)
  t.equal(manager.checkpoints.length, 3)
  await manager.close()
  t.strictSame(leftoversIn(directory), [])
}

t.test(`${String(SAVES)} saves with a reader beside them`, (t) => endure(t, SAVES, 1, {}))

const LINKED = Math.ceil(SAVES / 3)

t.test(`${String(LINKED)} incremental saves with a reader beside them`, async (t) => {
  const kinds = { full: 0, incremental: 0 }
  await endure(t, LINKED, 3, { incremental: true, onReport: ({ kind }) => kinds[kind]++ })
  t.ok(kinds.incremental > 20 && kinds.full > 20, JSON.stringify(kinds))
})
