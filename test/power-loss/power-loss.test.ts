// What our saves do to files is recorded, and the power fails after each of their operations: by a
// model of what file systems promise, every directory that may be found then is made and opened.
// CKPT_STATES=1024 for the long run, or npm run test:power-loss -- --states 1024.
import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { tally, type Manner } from './check'
import { explore, type Found } from './explore'
import { operationsOf, type Operation } from './operations'
import type { Call } from './parse'
import { cannotRecord, record } from './record'
import { purposesOf, without, type Purpose } from './syncs'

/** States of one moment. */
const STATES = Number(process.env['CKPT_STATES'] ?? 6)
const isLong = STATES > 6
const SEED = Number(process.env['CKPT_SEED'] ?? 20)

const SAVE: Manner = { way: 'save' }
const WRITE: Manner = { way: 'write' }
const INCREMENTAL = { incremental: true } as const

/** By the names that test/fixtures/power-loss.cjs has for them. */
const SCENARIOS: Readonly<Record<string, Manner>> = {
  first: SAVE,
  later: SAVE,
  shards: SAVE,
  overwrite: WRITE,
  sync: SAVE,
  'overwrite-sync': WRITE,
  none: SAVE,
  fork: SAVE,
  direct: SAVE,
  map: SAVE,
  remove: SAVE,
  manager: { way: 'manager', maxToKeep: 2 },
  recycle: { way: 'manager', maxToKeep: 1 },
  incremental: { ...SAVE, ...INCREMENTAL },
  'incremental-write': { ...WRITE, ...INCREMENTAL },
  'incremental-sync': { ...SAVE, ...INCREMENTAL },
  'incremental-none': { ...SAVE, ...INCREMENTAL },
  'incremental-loose': { ...SAVE, ...INCREMENTAL },
  'incremental-manager': { way: 'manager', maxToKeep: 2, ...INCREMENTAL },
  'incremental-manager-loose': { way: 'manager', maxToKeep: 3, ...INCREMENTAL },
  'incremental-recycle': { way: 'manager', maxToKeep: 2, ...INCREMENTAL },
}

/** For these the suite has no time; they are recorded all the same. */
const ONLY_LONG = ['incremental', 'incremental-sync', 'incremental-none', 'incremental-manager']

/** Saves that promise nothing for this case. */
const LOOSE: Readonly<Record<string, Manner>> = {
  loose: SAVE,
  'loose-manager': { way: 'manager', maxToKeep: 1 },
}

/** Every purpose of a sync, and recordings that need it. */
const NEEDED: Readonly<Record<Purpose, readonly string[]>> = {
  'bytes of a data file': [
    'later',
    'shards',
    'overwrite',
    'direct',
    'map',
    'manager',
    'recycle',
    'incremental',
    'incremental-manager',
  ],
  // One that tracks changes links only what is synced.
  'bytes of a linked file':
    process.env['CKPT_DETECT'] === 'track'
      ? []
      : ['incremental-loose', 'incremental-manager-loose'],
  'bytes of an index': ['later', 'overwrite', 'manager'],
  'bytes of the state file': ['later', 'manager'],
  'name of a data file': ['later', 'overwrite', 'manager', 'incremental', 'incremental-manager'],
  'name of an index': ['later', 'overwrite', 'manager', 'incremental', 'incremental-manager'],
  'name of the state file': ['first', 'later', 'manager'],
  'name of a directory': ['first', 'later', 'manager'],
  'removal of an index': ['manager', 'remove', 'recycle', 'incremental-recycle'],
  'removal of a data file': ['manager', 'recycle', 'incremental-recycle'],
}

t.setTimeout(3_600_000)

// Of this file, not of the test that records: what a save mapped is read from its copies later.
const root = realpathSync(t.testdir())
let calls: readonly Call[] = []

const read = (scenario: string): Operation[] =>
  operationsOf(calls, {
    root: join(root, scenario),
    isOurs: (mark) => mark['scenario'] === scenario,
    readCopy: (path) => readFileSync(path),
  })

async function failAlways(
  operations: readonly Operation[],
  manner: Manner,
  limit: number,
  enough: number,
  begin = 0,
): Promise<Found> {
  return explore({ operations, manner, directory: 'deep/run', limit, seed: SEED, enough, begin })
}

t.test('the saves are recorded', { skip: cannotRecord }, async (t) => {
  calls = await record(
    'power-loss.cjs',
    [root, ...Object.keys(SCENARIOS), ...Object.keys(LOOSE)],
    root,
  )
  t.ok(calls.length > 0)
})

let total = 0

for (const [scenario, manner] of Object.entries(SCENARIOS)) {
  if (!isLong && ONLY_LONG.includes(scenario)) continue
  t.test(`no power loss takes what was saved: ${scenario}`, { skip: cannotRecord }, async (t) => {
    const operations = read(scenario)
    // Files of megabytes take their time, and the suite has little for the incremental ones.
    const isDear = scenario.includes('recycle') || (!isLong && scenario.includes('incremental'))
    const limit = isDear ? Math.ceil(STATES / 4) : STATES
    const { moments, states, problems } = await failAlways(operations, manner, limit, 10)
    t.strictSame(problems, [])
    t.ok(moments > 0)
    total += states
    t.comment(`seed ${SEED}: ${states} states after ${moments} operations`)
  })
}

t.test(
  'the incremental ones have links, and so have what later programs save',
  {
    skip: cannotRecord,
  },
  async (t) => {
    for (const scenario of Object.keys(SCENARIOS).filter((name) =>
      name.startsWith('incremental'),
    )) {
      const linked = read(scenario).map((operation) =>
        operation.kind === 'mark' ? Number(operation.mark['linked'] ?? 0) : 0,
      )
      t.ok(Math.max(...linked) > 0, scenario)
    }
    t.ok(tally.linked > 0)
    t.comment(`${tally.linked} files were linked by later programs`)
  },
)

t.test('how many states these were', { skip: cannotRecord }, async (t) => {
  t.ok(total > 0)
  t.comment(`${total} states`)
})

for (const [scenario, manner] of Object.entries(LOOSE)) {
  t.test(
    `a power loss breaks what was not synced: ${scenario}`,
    { skip: cannotRecord },
    async (t) => {
      const operations = read(scenario)
      // A manager removes in order, whatever it saves.
      if (manner.way === 'save') t.notOk(operations.some(({ kind }) => kind === 'sync'))
      const { problems } = await failAlways(operations, manner, 32, 1)
      t.equal(problems.length, 1)
    },
  )
}

async function misses(t: Test, scenario: string, purpose: Purpose): Promise<void> {
  const operations = read(scenario)
  const mutant = without(operations, purpose)
  if (scenario.includes('recycle') && !recycles(operations)) {
    t.comment('nothing is recycled on this file system')
    return
  }
  t.ok(mutant.length < operations.length, 'there are such syncs')
  // Up to there all is as it was recorded.
  const begin = operations.findIndex((operation, i) => operation !== mutant[i])
  const { problems } = await failAlways(mutant, SCENARIOS[scenario] ?? SAVE, 64, 1, begin)
  t.equal(problems.length, 1, `${scenario} needs them`)
  t.comment(problems[0] ?? '')
}

/** Where leases do not see mappings, nothing is written over. */
const recycles = (operations: readonly Operation[]): boolean =>
  operations.some(({ what }) => what.includes('/spare-0'))

for (const [purpose, scenarios] of Object.entries(NEEDED)) {
  t.test(`without the sync for the ${purpose} it is seen`, { skip: cannotRecord }, async (t) => {
    for (const scenario of isLong ? scenarios : scenarios.slice(0, 1)) {
      await misses(t, scenario, purpose as Purpose)
    }
  })
}

t.test('every sync has one of these purposes', { skip: cannotRecord }, async (t) => {
  for (const scenario of Object.keys(SCENARIOS)) {
    for (const [{ what }, purposes] of purposesOf(read(scenario))) {
      t.ok(purposes.size > 0, `${scenario}: ${what}`)
    }
  }
})
