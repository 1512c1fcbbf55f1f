// Links, FIFOs and directories that somebody has put where a save writes. A save replaces names: it
// never writes through them, and never waits for them.
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  CheckpointManager,
  latestCheckpoint,
  ndarray,
  NumpyState,
  removeCheckpointSync,
  updateCheckpointState,
  zeros,
} from '../../lib/index.js'
import { system } from '../fixtures/child'

const SECRET = 'what belongs to somebody else'

interface Scene {
  /** Of the checkpoints. */
  readonly run: string
  /** A file elsewhere that links lead to. */
  readonly victim: string
  readonly checkpoint: Checkpoint
}

function scene(t: Test): Scene {
  const base = t.testdir({ run: {}, victim: SECRET })
  const state = new NumpyState()
  state['x'] = ndarray(Float64Array.of(1, 2, 3))
  return {
    run: join(base, 'run'),
    victim: join(base, 'victim'),
    checkpoint: new Checkpoint({ state }),
  }
}

/** Names at which a save of `ckpt-1` puts files. */
const FINAL = ['ckpt-1.index', 'checkpoint', 'ckpt-1.data-00000-of-00001'] as const

const PLANTS: Readonly<Record<string, (path: string, victim: string) => void>> = {
  'a symbolic link to a file': (path, victim) => {
    symlinkSync(victim, path)
  },
  'a symbolic link to nothing': (path, victim) => {
    symlinkSync(`${victim}-not-there`, path)
  },
  'a symbolic link to itself': (path) => {
    symlinkSync(path, path)
  },
  'a symbolic link to a device': (path) => {
    symlinkSync('/dev/full', path)
  },
  'a hard link': (path, victim) => {
    linkSync(victim, path)
  },
  'a FIFO': (path) => {
    system('mkfifo', path)
  },
}

const MANNERS: Readonly<Record<string, (checkpoint: Checkpoint, prefix: string) => unknown>> = {
  // What was replaced is removed before anything else of the checkpoint's has its turn.
  save: async (checkpoint, prefix) => {
    await checkpoint.save(prefix)
    await checkpoint.write(`${prefix}-other`)
  },
  saveSync: (checkpoint, prefix) => checkpoint.saveSync(prefix),
}

for (const [what, plant] of Object.entries(PLANTS)) {
  for (const [manner, save] of Object.entries(MANNERS)) {
    t.test(
      `${what} at each final name: ${manner} replaces it and not what it leads to`,
      async (t) => {
        const { run, victim, checkpoint } = scene(t)
        for (const name of FINAL) plant(join(run, name), victim)
        await save(checkpoint, join(run, 'ckpt'))
        t.equal(readFileSync(victim, 'utf8'), SECRET)
        t.notOk(existsSync(`${victim}-not-there`))
        for (const name of readdirSync(run)) {
          const stats = lstatSync(join(run, name))
          t.ok(stats.isFile(), `${name} is a file`)
          t.equal(stats.nlink, 1, `${name} has no other name`)
        }
        t.equal(latestCheckpoint(run), join(run, 'ckpt-1'))
        const again = new Checkpoint({ state: new NumpyState() })
        again.restoreSync(join(run, 'ckpt-1'), { verify: 'eager' })
        t.equal(again.saveCounter, 1)
      },
    )
  }

  t.test(`${what} at the state file: it is replaced`, async (t) => {
    const { run, victim } = scene(t)
    const path = join(run, 'checkpoint')
    plant(path, victim)
    await updateCheckpointState(run, { modelCheckpointPath: join(run, 'ckpt-1') })
    t.ok(lstatSync(path).isFile())
    t.match(readFileSync(path, 'utf8'), /"ckpt-1"/)
    t.equal(readFileSync(victim, 'utf8'), SECRET)
  })

  t.test(`${what} in the place of a file is removed itself`, (t) => {
    const { run, victim, checkpoint } = scene(t)
    checkpoint.saveSync(join(run, 'ckpt'))
    plant(join(run, 'ckpt-1.data-00001-of-00002'), victim)
    plant(join(run, 'ckpt-1.meta'), victim)
    removeCheckpointSync(join(run, 'ckpt-1'))
    t.strictSame(readdirSync(run), ['checkpoint'])
    t.equal(readFileSync(victim, 'utf8'), SECRET)
    t.end()
  })
}

t.test('a directory at a final name is an error, and nothing is left behind', async (t) => {
  for (const name of FINAL.slice(0, 2)) {
    const { run, checkpoint } = scene(t)
    mkdirSync(join(run, name))
    writeFileSync(join(run, name, 'kept'), SECRET)
    await t.rejects(checkpoint.save(join(run, 'ckpt')), {
      code: 'CKPT_IO',
      details: { name: 'EISDIR' },
    })
    t.strictSame(readdirSync(run), [name])
    t.equal(readFileSync(join(run, name, 'kept'), 'utf8'), SECRET)
    t.equal(checkpoint.saveCounter, 0)
  }
})

const STAGING = '.ndcheckpoint-0123456789abcdef'

t.test('a link by the name of a staging directory is not followed', (t) => {
  const { run, victim, checkpoint } = scene(t)
  const outside = join(run, '..', 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'shard-0'), SECRET)
  symlinkSync(outside, join(run, STAGING))
  symlinkSync(victim, join(run, STAGING.replace('0', 'f')))
  checkpoint.saveSync(join(run, 'ckpt'))
  t.equal(readFileSync(join(outside, 'shard-0'), 'utf8'), SECRET)
  t.equal(readlinkSync(join(run, STAGING)), outside)
  t.equal(readFileSync(victim, 'utf8'), SECRET)
  t.end()
})

t.test('what is in a directory by the name of a dead save is removed by its name only', (t) => {
  const { run, victim, checkpoint } = scene(t)
  const dead = join(run, STAGING)
  const outside = join(run, '..', 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'file'), SECRET)
  mkdirSync(dead)
  linkSync(victim, join(dead, 'index'))
  symlinkSync(victim, join(dead, 'shard-0'))
  symlinkSync(outside, join(dead, 'shard-1'))
  system('mkfifo', join(dead, 'state'))
  checkpoint.saveSync(join(run, 'ckpt'))
  t.notOk(existsSync(dead))
  t.equal(readFileSync(victim, 'utf8'), SECRET)
  t.equal(statSync(victim).nlink, 1)
  t.equal(readFileSync(join(outside, 'file'), 'utf8'), SECRET)
  t.end()
})

/** Large enough that a manager would write over it. */
const SIZE = 300_000

/** Saves twice, so that the first checkpoint goes, with something else in the place of its data. */
async function recycleThrough(
  t: Test,
  plant: (data: string, base: string) => void,
): Promise<string> {
  const base = t.testdir({ run: {} })
  const run = join(base, 'run')
  const state = new NumpyState()
  state['x'] = zeros([SIZE])
  const manager = new CheckpointManager(new Checkpoint({ state }), run, { maxToKeep: 1 })
  await manager.save()
  plant(join(run, 'ckpt-1.data-00000-of-00001'), base)
  for (let i = 0; i < 3; i++) {
    state['x'] = ndarray(new Float64Array(SIZE).fill(7))
    await manager.save()
    await manager.sync()
  }
  await manager.close()
  t.ok(readdirSync(run).every((name) => lstatSync(join(run, name)).isFile()))
  return base
}

t.test('a data file that is a link is not written over', async (t) => {
  const bytes = Buffer.alloc(8 * SIZE, 'x')
  const base = await recycleThrough(t, (data, base) => {
    const victim = join(base, 'victim')
    writeFileSync(victim, bytes)
    system('rm', data)
    symlinkSync(victim, data)
  })
  t.ok(readFileSync(join(base, 'victim')).equals(bytes))
})

t.test('a data file that has another name is not written over', async (t) => {
  let before = Buffer.alloc(0)
  const base = await recycleThrough(t, (data, base) => {
    linkSync(data, join(base, 'victim'))
    before = readFileSync(data)
  })
  t.ok(readFileSync(join(base, 'victim')).equals(before))
})
