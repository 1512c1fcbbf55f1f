// A directory of which much was destroyed: the newest checkpoint that is whole is restored, whatever
// happened to the others, and what was passed over is told.
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  CheckpointManager,
  NumpyState,
  zeros,
  type CheckpointError,
  type NdArray,
} from '../../lib/index.js'
import { system } from '../fixtures/child'
import { seeded } from '../fixtures/random'

const SEED = Number(process.env['CKPT_SEED'] ?? 20)
const random = seeded(SEED)
const below = (limit: number): number => Math.floor(random() * limit)

/** Of places in a file that are tried. */
const STRIDE = 24

const NEWEST = 4
/** One for each array, then the save counter and the object graph. */
const SHARDS = 5
const ARRAYS = 3

type Arrays = Record<string, NdArray>

function open(directory: string) {
  const state = new NumpyState<Arrays>()
  const warnings: CheckpointError[] = []
  const onWarning = (warning: CheckpointError): unknown => warnings.push(warning)
  const manager = new CheckpointManager(new Checkpoint({ state }), directory, { onWarning })
  return { state, manager, warnings }
}

/** What each element is, or NaN if they are not of one save. */
function stepOf(state: NumpyState<Arrays>): number {
  const values = Object.values(state).flatMap(({ data }) => [...(data as Float64Array)])
  return values.length === ARRAYS * 40 && new Set(values).size === 1 ? (values[0] ?? NaN) : NaN
}

const numberIn = (path: string): number => Number(/-(\d+)$/.exec(path)?.[1])
const prefixIn = (directory: string, step: number): string => join(directory, `ckpt-${step}`)
const indexIn = (directory: string, step: number): string => `${prefixIn(directory, step)}.index`
const shardIn = (directory: string, step: number, shard: number): string =>
  `${prefixIn(directory, step)}.data-0000${shard}-of-0000${SHARDS}`

/** Four checkpoints of as many data files as they have values. */
async function makeRun(directory: string): Promise<void> {
  const { state, manager } = open(directory)
  for (const name of ['a', 'b', 'c']) state[name] = zeros([40])
  for (let step = 1; step <= NEWEST; step++) {
    for (const { data } of Object.values(state)) (data as Float64Array).fill(step)
    await manager.save({ maxShardBytes: 400, alignment: 1, durable: false })
  }
  await manager.close()
}

/** Destroys a file; `older` is the same file of the checkpoint before. */
type Way = (path: string, older: string) => void

const replaced =
  (make: (path: string) => unknown): Way =>
  (path) => {
    rmSync(path)
    make(path)
  }

const cut =
  (length: (size: number) => number): Way =>
  (path) => {
    truncateSync(path, length(readFileSync(path).length))
  }

const WAYS: Readonly<Record<string, Way>> = {
  missing: (path) => {
    rmSync(path)
  },
  empty: cut(() => 0),
  'cut in half': cut((size) => size >> 1),
  'one byte short': cut((size) => size - 1),
  zeros: (path) => {
    writeFileSync(path, Buffer.alloc(readFileSync(path).length))
  },
  'another text': (path) => {
    writeFileSync(path, 'x'.repeat(readFileSync(path).length))
  },
  "the older checkpoint's": (path, older) => {
    copyFileSync(older, path)
  },
  'a directory': replaced(mkdirSync),
  'a fifo': replaced((path) => system('mkfifo', path)),
  'a link to itself': replaced((path) => {
    symlinkSync(basename(path), path)
  }),
  'a link to nowhere': replaced((path) => {
    symlinkSync('nowhere', path)
  }),
}

/** Restores as a program that starts; checks what is told. */
async function restored(t: Test, directory: string, how: 'async' | 'sync'): Promise<number> {
  const { state, manager, warnings } = open(directory)
  const path =
    how === 'sync' ? manager.restoreOrInitializeSync() : await manager.restoreOrInitialize()
  const step = stepOf(state)
  t.equal(step, numberIn(path ?? ''), 'all arrays are of the checkpoint that was restored')
  t.equal(manager.latestCheckpoint, path)
  // Beside those there may be files of a half removed checkpoint that could not be removed.
  const told = warnings.filter(({ message }) => message.includes('passed over'))
  t.equal(told.length, manager.passedOver.length)
  for (const { path, error } of manager.passedOver) {
    t.ok(numberIn(path) > step, 'only newer ones were passed over')
    t.ok(error.message.length > 10)
  }
  await manager.close()
  return step
}

/** A later save works, and its checkpoint is the newest to whoever comes then. */
async function goOn(t: Test, directory: string): Promise<void> {
  const { state, manager } = open(directory)
  await manager.restoreOrInitialize()
  for (const { data } of Object.values(state)) (data as Float64Array).fill(9)
  const path = await manager.save({ durable: false })
  await manager.close()
  const next = open(directory)
  t.equal(await next.manager.restoreOrInitialize(), path)
  t.equal(stepOf(next.state), 9)
  t.strictSame(next.manager.passedOver, [])
  await next.manager.close()
}

t.test('half a directory destroyed', async (t) => {
  const base = join(t.testdir(), 'run')
  await makeRun(base)
  let copies = 0
  const copy = (): string => {
    const directory = join(dirname(base), String(copies++))
    cpSync(base, directory, { recursive: true, preserveTimestamps: true })
    return directory
  }

  t.test('one file of the newest checkpoint', async (t) => {
    const files: Readonly<Record<string, (directory: string, step: number) => string>> = {
      index: indexIn,
      'first shard': (directory, step) => shardIn(directory, step, 0),
      'last shard': (directory, step) => shardIn(directory, step, SHARDS - 1),
    }
    for (const [file, place] of Object.entries(files)) {
      for (const [what, destroy] of Object.entries(WAYS)) {
        await t.test(`the ${file}: ${what}`, async (t) => {
          for (const how of ['async', 'sync'] as const) {
            // The last holds the object graph, which is the same in all of them.
            if (file === 'last shard' && what.startsWith('the older')) continue
            const directory = copy()
            destroy(place(directory, NEWEST), place(directory, NEWEST - 1))
            t.equal(await restored(t, directory, how), NEWEST - 1)
            // Where a directory stands no index can be made: that is refused, see test/crash/disk.
            if (how === 'async' && (file !== 'index' || what !== 'a directory')) {
              await goOn(t, directory)
            }
          }
        })
      }
    }
  })

  t.test('the state file', async (t) => {
    const state = (directory: string): string => join(directory, 'checkpoint')
    const text = (content: (directory: string) => string): Way => {
      return (path) => {
        writeFileSync(path, content(dirname(path)))
      }
    }
    const naming = (path: string): string =>
      `model_checkpoint_path: "${path}"\nall_model_checkpoint_paths: "${path}"\n`
    const ways: Readonly<Record<string, Way>> = {
      ...WAYS,
      'that of no checkpoint': text(() => naming('ckpt-77')),
      'that of another directory': text(() => naming('/nowhere/at/all/ckpt-4')),
      'that of the directory above': text(() => naming('../ckpt-4')),
      'that of this directory, by its path': text((directory) =>
        naming(join(directory, '.', 'ckpt-4')),
      ),
      'that of a file': text(() => naming('ckpt-4.index')),
    }
    for (const [what, destroy] of Object.entries(ways)) {
      await t.test(what, async (t) => {
        for (const how of ['async', 'sync'] as const) {
          const directory = copy()
          destroy(state(directory), indexIn(directory, 1))
          t.equal(await restored(t, directory, how), NEWEST)
          // A directory is refused, as above.
          if (how === 'async' && what !== 'a directory') await goOn(t, directory)
        }
      })
    }
    const whole = readFileSync(state(base))
    const directory = copy()
    for (let length = 0; length < whole.length; length += 1 + below(STRIDE)) {
      writeFileSync(state(directory), whole.subarray(0, length))
      t.equal(await restored(t, directory, 'sync'), NEWEST, `cut to ${length} bytes`)
    }
  })

  t.test('one bit anywhere in the newest checkpoint', async (t) => {
    const directory = copy()
    const files = [0, 1, 2, 3, 4].map((shard) => shardIn(directory, NEWEST, shard))
    let [flips, found] = [0, 0]
    for (const path of [indexIn(directory, NEWEST), ...files]) {
      const whole = readFileSync(path)
      for (let at = below(8); at < whole.length; at += 1 + below(STRIDE)) {
        const damaged = Buffer.from(whole)
        damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << below(8)), at)
        writeFileSync(path, damaged)
        const step = await restored(t, directory, at % 2 === 0 ? 'sync' : 'async')
        t.ok(step === NEWEST || step === NEWEST - 1, `${basename(path)}, byte ${at}`)
        flips++
        if (step < NEWEST) found++
      }
      writeFileSync(path, whole)
    }
    t.comment(`seed ${SEED}: ${found} of ${flips} flipped bits were in bytes that count`)
    t.ok(found > flips * 0.8)
  })

  t.test('any files of any checkpoints', async (t) => {
    t.comment(`seed ${SEED}`)
    for (let round = 0; round < 40; round++) {
      const directory = copy()
      const broken = new Map<number, string[]>()
      for (let blows = 1 + below(6); blows > 0; blows--) {
        const step = 2 + below(NEWEST - 1)
        const [what = '', destroy] = Object.entries(WAYS)[below(Object.keys(WAYS).length)] ?? []
        const shard = below(ARRAYS + 1)
        const place = (step: number): string =>
          shard < ARRAYS ? shardIn(directory, step, shard) : indexIn(directory, step)
        const done = broken.get(step) ?? []
        const name = `${basename(place(step))}: ${what}`
        if (done.some((other) => other.startsWith(basename(place(step))))) continue
        // What is copied has to be another one.
        destroy?.(place(step), place(1))
        broken.set(step, [...done, name])
      }
      const expected = [4, 3, 2, 1].find((step) => !broken.has(step))
      const story = [...broken.values()].flat().join(', ')
      const found = await restored(t, directory, round % 2 === 0 ? 'async' : 'sync')
      t.equal(found, expected, story)
      rmSync(directory, { recursive: true })
    }
  })

  t.test('all of them: an error that tells each, and no fresh start', async (t) => {
    for (const [what, destroy] of Object.entries(WAYS)) {
      const directory = copy()
      for (let step = NEWEST; step > 0; step--) {
        const older = what.startsWith('the older') ? 2 : 0
        destroy(shardIn(directory, step, 0), shardIn(directory, step, older))
      }
      const { manager } = open(directory)
      const error = await manager.restoreOrInitialize().catch((error: unknown) => error)
      t.match(error, { code: 'CKPT_CORRUPT', message: /^none of the 4 checkpoints/ }, what)
      t.equal(manager.passedOver.length, NEWEST)
      await manager.close()
    }
  })
})
