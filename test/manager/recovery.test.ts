import { mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Checkpoint, zeros } from '../../lib/index.js'
import { recover, type Recovered } from '../../lib/manager/recovery.js'
import { formatCheckpointState } from '../../lib/bundle/state-file.js'
import { stateOf } from '../checkpoint/files'

interface Plan {
  /** Numbers of the checkpoints that are there. */
  numbers: readonly number[]
  /** Numbers in the state file, with times if they have any; undefined: no state file. */
  listed?: readonly number[]
  times?: readonly number[]
  newest?: number
  lastPreserved?: number
  name?: string
}

/** Seconds since 1970: the checkpoint of number n was written at START + n. */
const START = 1_700_000_000

function setUp(t: Test, plan: Plan, directory: string = t.testdir()): string {
  const { numbers, listed, times = [], name = 'ckpt' } = plan
  const checkpoint = new Checkpoint({ arrays: stateOf({ x: zeros([2]) }) })
  for (const number of numbers) {
    const path = join(directory, `${name}-${String(number)}`)
    checkpoint.writeSync(path)
    utimesSync(`${path}.index`, START + number, START + number)
  }
  if (listed === undefined) return directory
  const nameOf = (number: number): string => `${name}-${String(number)}`
  const state = formatCheckpointState({
    modelCheckpointPath: nameOf(plan.newest ?? listed.at(-1) ?? 0),
    allModelCheckpointPaths: listed.map(nameOf),
    allModelCheckpointTimestamps: [...times],
    lastPreservedTimestamp: plan.lastPreserved ?? 0,
  })
  writeFileSync(join(directory, 'checkpoint'), state)
  return directory
}

const numbersOf = (paths: readonly string[]): number[] =>
  paths.map((path) => Number(/-(\d+)$/.exec(path)?.[1]))

function numbersIn({ managed, candidates, halfRemoved }: Recovered): Record<string, number[]> {
  return {
    managed: numbersOf(managed.map(({ path }) => path)),
    candidates: numbersOf(candidates),
    halfRemoved: numbersOf(halfRemoved),
  }
}

t.test('an empty directory', (t) => {
  const { lastPreserved, ...nothing } = recover(t.testdir(), 'ckpt')
  t.strictSame(nothing, { managed: [], candidates: [], halfRemoved: [] })
  t.ok(lastPreserved < Date.now() / 1000)
  t.end()
})

t.test('what the state file lists is managed, with its times', (t) => {
  const directory = setUp(t, { numbers: [3, 4, 5], listed: [4, 5], times: [104, 105] })
  const recovered = recover(directory, 'ckpt')
  t.strictSame(numbersIn(recovered), {
    managed: [4, 5],
    candidates: [5, 4, 3],
    halfRemoved: [],
  })
  t.strictSame(
    recovered.managed.map(({ timestamp }) => timestamp),
    [104, 105],
  )
  t.end()
})

t.test('what was kept for ever, or has no time, is not managed', (t) => {
  const kept = setUp(t, {
    numbers: [1, 2, 3],
    listed: [1, 2, 3],
    times: [101, 102, 103],
    lastPreserved: 102,
  })
  t.match(numbersIn(recover(kept, 'ckpt')), { managed: [3], candidates: [3, 2, 1] })
  t.equal(recover(kept, 'ckpt').lastPreserved, 102)
  t.end()
})

t.test('Checkpoint.save writes no times, so that nothing of it is managed', (t) => {
  const directory = setUp(t, { numbers: [1, 2], listed: [2] })
  t.match(numbersIn(recover(directory, 'ckpt')), { managed: [], candidates: [2, 1] })
  t.end()
})

t.test('listed checkpoints that are gone are half removed', (t) => {
  const directory = setUp(t, { numbers: [2], listed: [1, 2, 3], times: [101, 102, 103] })
  t.strictSame(numbersIn(recover(directory, 'ckpt')), {
    managed: [2],
    candidates: [2],
    halfRemoved: [1],
  })
  t.end()
})

t.test('what may still be on its way, or is not managed, is no half removed checkpoint', (t) => {
  const copying = setUp(t, { numbers: [], listed: [1, 2], times: [101, 102] })
  t.match(numbersIn(recover(copying, 'ckpt')), { managed: [], halfRemoved: [] })
  const untimed = setUp(t, { numbers: [2], listed: [1, 2] })
  t.match(numbersIn(recover(untimed, 'ckpt')), { halfRemoved: [] })
  const preserved = { numbers: [2], listed: [1, 2], times: [101, 102], lastPreserved: 101 }
  t.match(numbersIn(recover(setUp(t, preserved), 'ckpt')), { managed: [2], halfRemoved: [] })
  t.end()
})

t.test('a checkpoint that is listed twice is one, where it is listed last', (t) => {
  const directory = setUp(t, { numbers: [1, 2], listed: [1, 2, 1], times: [101, 102, 103] })
  const recovered = recover(directory, 'ckpt')
  t.match(numbersIn(recovered), { managed: [2, 1], candidates: [1, 2] })
  t.equal(recovered.managed[1]?.timestamp, 103)
  t.end()
})

t.test('without a state file checkpoints are found, and not removed', (t) => {
  const directory = setUp(t, { numbers: [9, 10, 2] })
  t.strictSame(numbersIn(recover(directory, 'ckpt')), {
    managed: [],
    candidates: [10, 9, 2],
    halfRemoved: [],
  })
  writeFileSync(join(directory, 'checkpoint'), 'nonsense')
  t.match(numbersIn(recover(directory, 'ckpt')), { candidates: [10, 9, 2] }, 'a corrupt one')
  t.end()
})

t.test('the first of all, committed and not yet named, is managed', (t) => {
  const plan = { numbers: [3, 4], listed: [4], times: [104] }
  const directory = setUp(t, plan)
  const staging = join(directory, '.ndcheckpoint-00112233aabbccdd')
  mkdirSync(staging)
  renameSync(join(directory, 'checkpoint'), join(staging, 'state'))
  const expected = { managed: [4], candidates: [4, 3], halfRemoved: [] }
  t.strictSame(numbersIn(recover(directory, 'ckpt')), expected)
  const other = join(directory, '.ndcheckpoint-0000000000000000')
  mkdirSync(other)
  const state = { modelCheckpointPath: 'ckpt-9', allModelCheckpointPaths: ['ckpt-9'] }
  const times = { allModelCheckpointTimestamps: [109] }
  writeFileSync(join(other, 'state'), formatCheckpointState({ ...state, ...times }))
  t.strictSame(numbersIn(recover(directory, 'ckpt')), expected, 'another died before its commit')
  rmSync(join(directory, 'ckpt-4.index'))
  const nothing = { managed: [], candidates: [3], halfRemoved: [] }
  t.strictSame(numbersIn(recover(directory, 'ckpt')), nothing, 'not committed')
  writeFileSync(join(staging, 'state'), 'nonsense')
  t.strictSame(numbersIn(recover(directory, 'ckpt')), nothing, 'a corrupt one')
  setUp(t, { numbers: [4, 5], listed: [5], times: [105] }, directory)
  t.match(numbersIn(recover(directory, 'ckpt')), { managed: [5] }, 'a state file is believed')
  t.end()
})

t.test('one that was committed after the state file was written comes first', (t) => {
  const directory = setUp(t, { numbers: [4, 5, 6, 7], listed: [4, 5], times: [104, 105] })
  utimesSync(join(directory, 'checkpoint'), START + 5, START + 5)
  t.match(numbersIn(recover(directory, 'ckpt')), {
    managed: [4, 5, 6, 7],
    candidates: [7, 6, 5, 4],
  })
  t.end()
})

t.test('a state file that was edited to go back is believed', (t) => {
  const directory = setUp(t, { numbers: [4, 5, 6], listed: [4, 5, 6], times: [4, 5, 6], newest: 4 })
  t.match(numbersIn(recover(directory, 'ckpt')), { managed: [4, 5, 6], candidates: [4, 6, 5] })
  t.end()
})

t.test('files of other names, and directories, are no checkpoints', (t) => {
  const directory = setUp(t, { numbers: [1], name: 'model' })
  writeFileSync(join(directory, 'ckpt-2.data-00000-of-00001'), '')
  writeFileSync(join(directory, 'ckpt-x.index'), '')
  writeFileSync(join(directory, 'ckpt-.index'), '')
  writeFileSync(join(directory, 'my-ckpt-3.index'), '')
  t.match(numbersIn(recover(directory, 'ckpt')), { candidates: [] })
  t.match(numbersIn(recover(directory, 'model')), { candidates: [1] })
  t.end()
})

t.test('paths outside the directory are never managed, nor removed', (t) => {
  const root = t.testdir({ run: {}, other: {} })
  const directory = setUp(t, { numbers: [1] }, join(root, 'run'))
  const other = setUp(t, { numbers: [7] }, join(root, 'other'))
  const outside = join(other, 'ckpt-7')
  const state = formatCheckpointState({
    modelCheckpointPath: outside,
    allModelCheckpointPaths: [join(directory, 'ckpt-1'), outside, '../gone-1', join(other, 'gone')],
    allModelCheckpointTimestamps: [101, 107, 108, 109],
  })
  writeFileSync(join(directory, 'checkpoint'), state)
  t.strictSame(numbersIn(recover(directory, 'ckpt')), {
    managed: [1],
    candidates: [7, 1],
    halfRemoved: [],
  })
  rmSync(`${outside}.index`)
  t.match(numbersIn(recover(directory, 'ckpt')), { candidates: [1], halfRemoved: [] })
  t.end()
})

t.test('a directory that cannot be read is an error', (t) => {
  t.throws(() => recover(join(t.testdir(), 'none'), 'ckpt'), { code: 'CKPT_IO' })
  t.end()
})
