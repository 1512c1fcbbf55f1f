// A directory that our managers and TensorFlow's take over from one another. Both are told the same
// time, so that also their state files have to be the same, byte for byte.
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  CheckpointManager,
  getCheckpointState,
  listVariables,
  Variable,
  type ManagerOptions,
} from '../../lib/index.js'
import { withTensorFlow, type TensorFlow } from './tensorflow'

/** A save: when, at which step of training, and how. */
interface Act {
  /** Seconds since 1970. */
  readonly at: number
  readonly step: number
  readonly number?: number
  readonly check?: boolean
}

type Options = Pick<
  ManagerOptions,
  'maxToKeep' | 'keepEveryNHours' | 'checkpointName' | 'checkpointInterval'
>

interface Scenario {
  readonly name: string
  readonly options: Options
  /** Each is one manager's. */
  readonly stages: readonly (readonly Act[])[]
}

/** What a manager finds in the directory. */
interface Found {
  readonly latest: string | null
  readonly managed: readonly string[]
  /** As restored. */
  readonly step: number
}

/** How things are after a save. Paths are relative to the directory. */
interface Answer {
  readonly saved: string | null
  readonly latest: string | null
  readonly managed: readonly string[]
  readonly state: string
  readonly files: readonly string[]
}

interface Stage {
  readonly found: Found
  readonly answers: readonly Answer[]
}

type Drive = (directory: string, options: Options, acts: readonly Act[]) => Promise<Stage>

const PYTHON_OPTIONS: Readonly<Record<keyof Options, string>> = {
  maxToKeep: 'max_to_keep',
  keepEveryNHours: 'keep_checkpoint_every_n_hours',
  checkpointName: 'checkpoint_name',
  checkpointInterval: 'checkpoint_interval',
}

const HOUR = 3600
const START = 1_700_000_000

/** So many saves, some seconds or hours apart. */
const saves = (first: number, count: number, apart = 1.25): Act[] =>
  Array.from({ length: count }, (_, i) => ({
    at: START + (first + i) * apart,
    step: first + i,
  }))

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'the newest three are kept',
    options: { maxToKeep: 3 },
    stages: [saves(1, 5), saves(6, 2), saves(8, 2), saves(10, 5), saves(15, 1), saves(16, 2)],
  },
  {
    name: 'all are kept',
    options: {},
    stages: [saves(1, 2), saves(3, 2), saves(5, 1)],
  },
  {
    name: 'one is kept, under another name',
    options: { maxToKeep: 1, checkpointName: 'model é' },
    stages: [saves(1, 2), saves(3, 2), saves(5, 2)],
  },
  {
    name: 'one in two hours is kept for ever',
    options: { maxToKeep: 2, keepEveryNHours: 2 },
    stages: [
      saves(1, 5, 0.75 * HOUR),
      saves(6, 3, 0.75 * HOUR),
      saves(9, 4, 0.75 * HOUR),
      saves(13, 6, 0.75 * HOUR),
    ],
  },
  {
    name: 'one in so many hours, and it is exactly so many',
    options: { maxToKeep: 1, keepEveryNHours: 1 },
    stages: [saves(1, 4, HOUR), saves(10, 3, HOUR / 2), saves(20, 4, HOUR)],
  },
  {
    name: 'numbers of the program',
    options: { maxToKeep: 3 },
    stages: [
      saves(1, 4).map((act) => ({ ...act, number: act.step * 100 })),
      // One that is there is replaced, and is the newest then.
      saves(5, 3).map((act) => ({ ...act, number: 300 })),
      saves(8, 2),
      saves(10, 3).map((act) => ({ ...act, number: 0 })),
    ],
  },
  {
    name: 'every fifth step',
    options: { maxToKeep: 3, checkpointInterval: 5 },
    stages: [
      saves(1, 12),
      saves(13, 4),
      saves(17, 9).map((act) => ({ ...act, check: act.step % 3 > 0 })),
      [...saves(26, 2), ...saves(27, 1), ...saves(28, 8)],
    ],
  },
]

async function manageOurs(
  t: Test,
  directory: string,
  options: Options,
  acts: readonly Act[],
): Promise<Stage> {
  let now = startOf(acts)
  t.intercept(Date, 'now', { value: () => now * 1000 })
  const step = new Variable(0, 'int64')
  const checkpoint = new Checkpoint({ step })
  const counting = options.checkpointInterval === undefined ? {} : { stepCounter: step }
  const manager = new CheckpointManager(checkpoint, directory, { ...options, ...counting })
  const short = (path: string | null): string | null => path && relative(directory, path)
  const managed = (): string[] => manager.checkpoints.map((path) => relative(directory, path))
  const before = { latest: short(manager.latestCheckpoint), managed: managed() }
  if ((await manager.restoreOrInitialize()) !== null) manager.restoreStatus?.assertConsumed()
  const found = { ...before, step: step.value }
  const answers: Answer[] = []
  for (const { at, step: current, number, check = true } of acts) {
    now = at
    step.value = current
    const numbered = number === undefined ? {} : { checkpointNumber: number }
    const saved = await manager.save({ ...numbered, checkInterval: check })
    await manager.sync()
    answers.push({
      saved: short(saved),
      latest: short(manager.latestCheckpoint),
      managed: managed(),
      state: readFileSync(join(directory, 'checkpoint'), 'utf8'),
      files: withoutShards(readdirSync(directory)),
    })
  }
  await manager.close()
  return { found, answers }
}

/** We do not write over the data that an index still names, but beside it. */
const withoutShards = (names: readonly string[]): string[] =>
  [...new Set(names.map((name) => name.replace(/\.data-\d+-of-\d+$/, '.data')))].sort()

const startOf = (acts: readonly Act[]): number => (acts[0]?.at ?? START) - 0.5

withTensorFlow(t, (tensorflow: TensorFlow) => {
  const manageTheirs: Drive = async (directory, options, acts) => {
    const request = {
      directory,
      options: Object.fromEntries(
        Object.entries(options).map(([name, value]) => [
          PYTHON_OPTIONS[name as keyof Options],
          value,
        ]),
      ),
      start: startOf(acts),
      acts,
    }
    const { found, answers } = (await tensorflow.call('manage', request)) as Stage
    const short = (path: string | null): string | null => path && relative(directory, path)
    const all = (paths: readonly string[]): string[] =>
      paths.map((path) => relative(directory, path))
    return {
      found: { ...found, latest: short(found.latest), managed: all(found.managed) },
      answers: answers.map((answer) => ({
        ...answer,
        saved: short(answer.saved),
        latest: short(answer.latest),
        managed: all(answer.managed),
        files: withoutShards(answer.files),
      })),
    }
  }

  for (const { name, options, stages } of SCENARIOS) {
    t.test(`${name}: whoever manages the directory, it is the same`, async (t) => {
      const ours: Drive = (...args) => manageOurs(t, ...args)
      const drivers: Readonly<Record<string, readonly [Drive, Drive]>> = {
        ours: [ours, ours],
        'ours, then theirs': [ours, manageTheirs],
        'theirs, then ours': [manageTheirs, ours],
      }
      const expected: Stage[] = []
      const alone = join(t.testdir({ alone: {} }), 'alone')
      for (const acts of stages) expected.push(await manageTheirs(alone, options, acts))
      for (const [how, drive] of Object.entries(drivers)) {
        const directory = join(alone, '..', how)
        mkdirSync(directory)
        for (const [i, acts] of stages.entries()) {
          const stage = await drive[i % 2]?.(directory, options, acts)
          t.strictSame(stage, expected[i], `${how}: stage ${String(i + 1)}`)
        }
      }
    })
  }

  t.test("what a Checkpoint saved by itself is nobody's to remove", async (t) => {
    const directory = t.testdir()
    const base = join(directory, 'ckpt')
    const alone = new Checkpoint({ step: new Variable(7, 'int64') })
    const savers = {
      ours: () => alone.save(base),
      theirs: () => tensorflow.call('save_alone', { base, step: 7 }),
    }
    for (const [who, save] of Object.entries(savers)) {
      const prefix = String(await save())
      t.strictSame(getCheckpointState(directory)?.allModelCheckpointTimestamps, [], who)
      const [their, our] = [`${directory}-${who}-theirs`, `${directory}-${who}-ours`]
      for (const copy of [their, our]) cpSync(directory, copy, { recursive: true })
      for (const acts of [saves(8, 2), saves(10, 1)]) {
        const expected = await manageTheirs(their, { maxToKeep: 1 }, acts)
        t.strictSame(await manageOurs(t, our, { maxToKeep: 1 }, acts), expected, who)
        const isFirst = acts[0]?.step === 8
        t.strictSame(expected.found.managed, isFirst ? [] : ['ckpt-3'])
        t.ok(expected.answers.at(-1)?.files.includes(`${basename(prefix)}.index`))
      }
    }
  })

  t.test('Python restores what was told of a save, and passes it over', async (t) => {
    const directory = t.testdir()
    const step = new Variable(3, 'int64')
    const manager = new CheckpointManager(new Checkpoint({ step }), directory, {
      stepCounter: step,
    })
    const prefix = await manager.save({ metric: 0.5, pin: true })
    await manager.close()
    const keys = listVariables(prefix ?? '').map(([key]) => key)
    t.ok(keys.includes('_NDCHECKPOINT_SAVE_INFO'))
    // Restores with assert_consumed.
    const acts = [{ at: Date.now() / 1000 + 60, step: 4 }]
    const { found } = await manageTheirs(directory, {}, acts)
    t.strictSame(found, { latest: 'ckpt-1', managed: ['ckpt-1'], step: 3 })
  })
})
