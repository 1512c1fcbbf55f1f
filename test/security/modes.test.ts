// Who may read and write what a save makes: what the umask allows at the final names, this user alone
// before.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  CheckpointManager,
  ndarray,
  NumpyState,
  updateCheckpointStateSync,
  zeros,
} from '../../lib/index.js'
import {
  createJob,
  createSnapshot,
  discard,
  writeShards,
  type ShardResult,
} from '../../lib/native.js'

const modeOf = (path: string): number => statSync(path).mode & 0o7777

/** Runs with a umask of its own; no other code runs meanwhile. */
function withUmask<T>(mask: number, body: () => T): T {
  const before = process.umask(mask)
  try {
    return body()
  } finally {
    process.umask(before)
  }
}

function newCheckpoint(): Checkpoint {
  const state = new NumpyState()
  state['x'] = ndarray(Float64Array.of(1, 2, 3))
  return new Checkpoint({ state })
}

/** Shards of one array, staged and not published. */
function stage(directory: string): ShardResult {
  const source = new Uint8Array(1000)
  const columns = {
    shardSizes: Float64Array.of(source.length),
    extents: Float64Array.of(0, 0, 0, 0, 0, 0),
    heads: new Uint8Array(0),
    sources: [source],
  }
  const snapshot = createSnapshot(columns, 'none')
  const plan = { directory, snapshot, threads: 1, durable: false, writer: 'auto' } as const
  const result = writeShards(
    createJob(),
    { ...plan, maxBytesPerSecond: 0, spares: undefined },
    true,
  ) as ShardResult
  snapshot.release()
  return result
}

const MASKS = [0o000, 0o022, 0o027, 0o077]

for (const mask of MASKS) {
  const name = `umask ${mask.toString(8).padStart(3, '0')}`

  t.test(`${name}: files and directories of a save`, (t) => {
    const directory = join(t.testdir(), 'made', 'below')
    withUmask(mask, () => {
      newCheckpoint().saveSync(join(directory, 'ckpt'), { maxShardBytes: 64 })
      newCheckpoint().writeSync(join(directory, 'other'))
    })
    const names = readdirSync(directory)
    t.ok(names.includes('checkpoint') && names.includes('ckpt-1.index') && names.length > 5)
    for (const file of names) t.equal(modeOf(join(directory, file)), 0o666 & ~mask, file)
    t.equal(modeOf(directory), 0o777 & ~mask)
    t.equal(modeOf(join(directory, '..')), 0o777 & ~mask)
    t.end()
  })

  t.test(`${name}: a state file that is replaced`, (t) => {
    const directory = t.testdir({ checkpoint: 'old' })
    withUmask(mask, () => {
      updateCheckpointStateSync(directory, { modelCheckpointPath: join(directory, 'ckpt-1') })
    })
    t.equal(modeOf(join(directory, 'checkpoint')), 0o666 & ~mask)
    t.end()
  })

  t.test(`${name}: what is being made is in a directory of this user alone`, (t) => {
    const directory = t.testdir()
    const { staging } = withUmask(mask, () => stage(directory))
    t.equal(modeOf(staging.path), 0o700)
    t.equal(modeOf(join(staging.path, 'shard-0')), 0o666 & ~mask)
    void discard(staging, true)
    t.strictSame(readdirSync(directory), [])
    t.end()
  })
}

t.test('spare data files are kept in a directory of this user alone', async (t: Test) => {
  const directory = t.testdir()
  const state = new NumpyState()
  state['x'] = zeros([300_000])
  const manager = new CheckpointManager(new Checkpoint({ state }), directory, { maxToKeep: 1 })
  const before = process.umask(0)
  try {
    await manager.save()
    await manager.save()
    await manager.sync()
  } finally {
    process.umask(before)
  }
  const hidden = readdirSync(directory).filter((name) => name.startsWith('.'))
  // Where the file system cannot tell who has a file open there are none.
  for (const name of hidden) t.equal(modeOf(join(directory, name)), 0o700)
  t.comment(`${String(hidden.length)} directory of spare files`)
  await manager.close()
  t.notOk(readdirSync(directory).some((name) => name.startsWith('.')))
})

t.test('names of staging directories are of 64 random bits', (t) => {
  const directory = t.testdir()
  const stages = Array.from({ length: 64 }, () => stage(directory).staging)
  const names = readdirSync(directory)
  t.equal(new Set(names).size, 64)
  for (const name of names) t.match(name, /^\.ndcheckpoint-[0-9a-f]{16}$/)
  // Digits that were always the same could be guessed.
  for (let digit = 0; digit < 16; digit++) {
    t.ok(new Set(names.map((name) => name.at(-1 - digit))).size > 4, `digit ${String(digit)}`)
  }
  for (const staging of stages) void discard(staging, true)
  t.strictSame(readdirSync(directory), [])
  t.end()
})
