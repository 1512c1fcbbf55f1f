import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { basename, join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  getCheckpointState,
  updateCheckpointStateSync,
  zeros,
} from '../../lib/index.js'
import { lockDirectory } from '../../lib/native.js'
import {
  withPruning,
  type PruneOptions,
  type PrunePlan,
  type Pruning,
} from '../../lib/manager/prune.js'
import { keepLatest } from '../../lib/manager/retention.js'
import { stateOf } from '../checkpoint/files'

/** Seconds since 1970: the checkpoint of number n was written at START + n. */
const START = 1_700_000_000

/** A directory with some checkpoints, of which the state file lists some, the last as the newest. */
function setUp(t: Test, numbers: readonly number[], listed: readonly number[]): string {
  const directory = t.testdir()
  const checkpoint = new Checkpoint({ arrays: stateOf({ x: zeros([2]) }) })
  const prefixOf = (number: number): string => join(directory, `ckpt-${number}`)
  for (const number of numbers) {
    checkpoint.writeSync(prefixOf(number))
    utimesSync(`${prefixOf(number)}.index`, START + number, START + number)
  }
  if (listed.length > 0) {
    updateCheckpointStateSync(directory, {
      modelCheckpointPath: prefixOf(listed.at(-1) ?? 0),
      allModelCheckpointPaths: listed.map(prefixOf),
      allModelCheckpointTimestamps: listed.map((number) => START + number),
    })
  }
  return directory
}

interface Asked {
  readonly keep?: number
  readonly all?: boolean
  /** Numbers of those that are not whole. */
  readonly damaged?: readonly number[]
  /** Numbers of those that were read, in order; grows. */
  readonly read?: number[]
}

const numberIn = (path: string): number => Number(basename(path).slice(5))

const optionsOf = ({ keep = 1, all = false, damaged = [], read = [] }: Asked): PruneOptions => ({
  ...{ policies: [keepLatest(keep)], all, checkpointName: 'ckpt' },
  problemOf: async (prefix) => {
    read.push(numberIn(prefix))
    return Promise.resolve(damaged.includes(numberIn(prefix)) ? 'not whole' : undefined)
  },
})

const numbersOf = ({ keep, remove, damaged }: PrunePlan): Record<string, number[]> => ({
  keep: keep.map(numberIn),
  remove: remove.map(numberIn),
  damaged: damaged.map(numberIn),
})

const planOf = async (directory: string, asked: Asked): Promise<Record<string, number[]>> =>
  withPruning(directory, optionsOf(asked), async ({ plan }) => Promise.resolve(numbersOf(plan)))

const prune = async (directory: string, asked: Asked): Promise<void> =>
  withPruning(directory, optionsOf(asked), async (pruning: Pruning) => {
    pruning.remove()
    return Promise.resolve()
  })

const listedIn = (directory: string): number[] | undefined =>
  getCheckpointState(directory)?.allModelCheckpointPaths.map(numberIn)

t.test('a plan removes nothing, and reads no more than it has to', async (t) => {
  const directory = setUp(t, [1, 2, 3], [1, 2, 3])
  const before = readFileSync(join(directory, 'checkpoint'))
  const read: number[] = []
  t.strictSame(await planOf(directory, { keep: 3, read }), {
    ...{ keep: [1, 2, 3], remove: [], damaged: [] },
  })
  t.strictSame(read, [], 'where nothing has to go')
  t.strictSame(await planOf(directory, { keep: 1, read }), {
    ...{ keep: [3], remove: [1, 2], damaged: [] },
  })
  t.strictSame(read, [3], 'the newest, which is whole')
  t.ok([1, 2, 3].every((number) => existsSync(join(directory, `ckpt-${number}.index`))))
  t.strictSame(readFileSync(join(directory, 'checkpoint')), before)
})

t.test('what is damaged does not count as kept', async (t) => {
  const directory = setUp(t, [1, 2, 3, 4], [1, 2, 3, 4])
  const read: number[] = []
  t.strictSame(await planOf(directory, { keep: 1, damaged: [3, 4], read }), {
    // The state file names 4.
    ...{ keep: [2, 4], remove: [1, 3], damaged: [4, 3] },
  })
  t.strictSame(read, [4, 3, 2])
  const none = { keep: 1, damaged: [1, 2, 3, 4] }
  const error = { code: 'CKPT_CORRUPT', details: { path: directory } }
  await t.rejects(planOf(directory, none), error, 'if none is whole, none is removed')
})

t.test('removal, and what is listed afterwards', async (t) => {
  const directory = setUp(t, [1, 2, 3, 4], [2, 3, 4])
  await prune(directory, { keep: 2 })
  const left = [1, 2, 3, 4].filter((n) => existsSync(join(directory, `ckpt-${n}.index`)))
  t.strictSame(left, [1, 3, 4], 'what no state file lists is not its to remove')
  t.notOk(existsSync(join(directory, 'ckpt-2.data-00000-of-00001')))
  t.strictSame(listedIn(directory), [3, 4])
})

t.test('with all: those of others go by their times, and are not listed', async (t) => {
  const directory = setUp(t, [1, 2, 3, 4], [2, 4])
  await prune(directory, { keep: 2, all: true })
  const left = [1, 2, 3, 4].filter((n) => existsSync(join(directory, `ckpt-${n}.index`)))
  t.strictSame(left, [3, 4])
  t.strictSame(listedIn(directory), [4])
  const unlisted = setUp(t, [1, 2], [])
  await prune(unlisted, { keep: 1, all: true })
  t.notOk(existsSync(join(unlisted, 'ckpt-1.index')))
})

t.test('what could not be removed stays listed', async (t) => {
  const directory = setUp(t, [1, 2, 3], [1, 2, 3])
  // A directory in the place of an index cannot be unlinked.
  const index = join(directory, 'ckpt-1.index')
  const failing = withPruning(directory, optionsOf({ keep: 1 }), async (pruning) => {
    rmSync(index)
    mkdirSync(index)
    pruning.remove()
    return Promise.resolve()
  })
  await t.rejects(failing, { code: 'CKPT_IO' })
  t.strictSame(listedIn(directory), [1, 3])
  t.notOk(existsSync(join(directory, 'ckpt-2.index')), 'the others went')
})

t.test('the directory is locked while the plan is used, and no longer', async (t) => {
  const directory = setUp(t, [1, 2], [1, 2])
  await withPruning(directory, optionsOf({}), async () => {
    t.throws(() => lockDirectory(directory), { code: 'CKPT_BUSY' })
    return Promise.resolve()
  })
  const failure = new Error('of the user')
  await t.rejects(
    withPruning(directory, optionsOf({}), async () => Promise.reject(failure)),
    failure,
  )
  const lock = lockDirectory(directory)
  await t.rejects(planOf(directory, {}), { code: 'CKPT_BUSY' })
  lock.release()
  const none = join(directory, 'none')
  await t.rejects(planOf(none, {}), { code: 'CKPT_NOT_FOUND', details: { path: none } })
})
