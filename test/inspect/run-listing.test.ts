import { linkSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, CheckpointManager, updateCheckpointStateSync, zeros } from '../../lib/index.js'
import { listRun } from '../../lib/inspect/run-listing.js'
import { stateOf } from '../checkpoint/files'

/** Seconds since 1970. */
const START = 1_700_000_000

const write = (directory: string, name: string, time: number): string => {
  const path = join(directory, name)
  new Checkpoint({ arrays: stateOf({ x: zeros([100]) }) }).writeSync(path)
  utimesSync(`${path}.index`, START + time, START + time)
  return path
}

const data = (prefix: string): string => `${prefix}.data-00000-of-00001`

const sizeOf = (prefix: string): number =>
  statSync(`${prefix}.index`).size + statSync(data(prefix)).size

const namesIn = (directory: string): string[] =>
  listRun(directory).checkpoints.map(({ path }) => path.slice(directory.length + 1))

t.test('no checkpoints, and no directory', (t) => {
  const directory = t.testdir({ file: '' })
  t.strictSame(listRun(directory), {
    ...{ directory, checkpoints: [], strays: [] },
    ...{ apparentBytes: 0, realBytes: 0 },
  })
  for (const name of ['none', 'file']) {
    const path = join(directory, name)
    t.throws(() => listRun(path), { code: 'CKPT_NOT_FOUND', details: { path } }, name)
  }
  t.end()
})

t.test('by number, and by time where there is none', (t) => {
  const directory = t.testdir()
  const times = { 'ckpt-10': 1, 'ckpt-9': 2, best: 4, last: 3 }
  for (const [name, time] of Object.entries(times)) write(directory, name, time)
  t.strictSame(namesIn(directory), ['last', 'best', 'ckpt-9', 'ckpt-10'])
  const [last, , nine] = listRun(directory).checkpoints
  t.notOk(last && 'number' in last)
  t.equal(last?.time, START + 3)
  t.equal(nine?.number, 9)
  t.equal(nine?.bytes, sizeOf(join(directory, 'ckpt-9')))
  t.end()
})

t.test('what a manager was told, and what the state file names', async (t) => {
  const directory = t.testdir()
  const checkpoint = new Checkpoint({ arrays: stateOf({ x: zeros([2]) }) })
  const manager = new CheckpointManager(checkpoint, directory, { stepCounter: () => 40 })
  await manager.save({ metric: 0.5, pin: true })
  await manager.close()
  const other = write(directory, 'other-7', 1)
  const [saved, plain] = listRun(directory).checkpoints
  t.match(saved, { number: 1, step: 40, metric: 0.5, pinned: true, latest: true })
  t.match(plain, { path: other, pinned: false, latest: false })
  t.notOk(plain && ('step' in plain || 'metric' in plain || 'problem' in plain))
  updateCheckpointStateSync(directory, { modelCheckpointPath: other })
  t.strictSame(
    listRun(directory).checkpoints.map(({ latest }) => latest),
    [false, true],
  )
})

t.test('a file of two checkpoints counts once', (t) => {
  const directory = t.testdir()
  const [first, second] = [write(directory, 'ckpt-1', 1), write(directory, 'ckpt-2', 2)]
  const [size, linked] = [sizeOf(first), statSync(data(first)).size]
  rmSync(data(second))
  linkSync(data(first), data(second))
  const { checkpoints, ...sums } = listRun(directory)
  t.match(checkpoints, [
    { bytes: size, newBytes: size, linkedBytes: 0 },
    { bytes: size, newBytes: size - linked, linkedBytes: linked },
  ])
  t.match(sums, { apparentBytes: 2 * size, realBytes: 2 * size - linked })
  t.end()
})

t.test('damage has a reason; data files of no checkpoint are strays', (t) => {
  const directory = t.testdir()
  const paths = ['whole-1', 'no-data-2', 'short-3', 'index-4'].map((name, i) =>
    write(directory, name, i),
  )
  const [, noData = '', short = '', index = ''] = paths
  rmSync(data(noData))
  writeFileSync(data(short), 'x')
  writeFileSync(`${index}.index`, 'x')
  const strays = ['a.data-00000-of-00002', 'z-1.data-00001-of-00002']
  for (const name of [...strays.toReversed(), '.index', 'a.data-0-of-1', 'notes']) {
    writeFileSync(join(directory, name), '')
  }
  const listing = listRun(directory)
  t.strictSame(listing.strays, strays)
  t.strictSame(
    listing.checkpoints.map(({ path }) => path),
    paths,
  )
  const [none, ...problems] = listing.checkpoints.map(({ problem }) => problem)
  t.equal(none, undefined)
  const reasons = [/^data file 'no-data-2\.data-.*' is missing$/, /short-3/, /index-4/]
  for (const [i, reason] of reasons.entries()) t.match(problems[i] ?? 'none', reason)
  t.end()
})
