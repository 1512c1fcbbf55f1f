// Stops a save at each named point of native/core, by SIGKILL and by an error. Needs the addon built
// with them: npx cmake-js compile --out build-failpoints --CDCKPT_FAILPOINTS=ON
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { latestCheckpoint, openCheckpointSync } from '../../lib/index.js'
import { Child, runChild, type ChildOptions } from '../fixtures/child'
import { leftoversIn } from '../fixtures/files'
import { makeState, stepOf } from '../fixtures/steps.cjs'

const root = join(__dirname, '../..')
const addon = join(root, 'build-failpoints/Release/ndcheckpoint.node')
const skip = existsSync(addon) ? false : `no addon with failure points at ${addon}`

/** In the order in which a save passes them. */
const POINTS = [
  'after-shard-link',
  'after-staging',
  'before-shard-allocate',
  'after-shard-write',
  'before-shard-sync',
  'after-index-write',
  'before-shard-rename',
  'after-shard-rename',
  'before-index-rename',
  'after-index-rename',
  'before-state-rename',
  'after-state-rename',
] as const

type Point = (typeof POINTS)[number]

/** From here on the new checkpoint exists. */
const COMMITTED = POINTS.indexOf('after-index-rename')
/** From here on it is the latest. */
const LATEST = POINTS.indexOf('after-state-rename')

/** Behind a blank how an incremental save finds what has changed. */
const MANNERS = [
  ...['save', 'saveSync', 'write', 'writeSync'],
  ...['save compare', 'write compare'],
] as const
type Manner = string

const numbered = (manner: Manner): boolean => manner.startsWith('save')

/** A save without a state file does not come by the last two, and only incremental ones by the first. */
const passes = (manner: Manner, point: Point): boolean =>
  (numbered(manner) || !point.includes('state')) &&
  (manner.includes(' ') || point !== 'after-shard-link')

const options = (directory: string, manner: Manner, points: readonly string[]): ChildOptions => ({
  args: [directory, manner, ...points],
  env: { CKPT_NATIVE: addon },
})

function stepAt(prefix: string): number {
  const { state, checkpoint } = makeState(-1)
  checkpoint.readSync(prefix)
  return stepOf(state)
}

function checkWhole(t: Test, prefix: string, step: number): void {
  t.strictSame(openCheckpointSync(prefix).verifySync().problems, [])
  t.equal(stepAt(prefix), step)
}

t.test('every failure point of the core is tested here', (t) => {
  const core = join(root, 'native/core')
  const found = readdirSync(core).flatMap((name) => {
    const text = readFileSync(join(core, name), 'utf8')
    return Array.from(text.matchAll(/Failpoint\("([^"]+)"\)/g), ([, point]) => point)
  })
  // Removals are in every-point.test.ts, restores in test/threads/phases.test.ts.
  const others = [
    'after-spare-rename',
    'before-unlink',
    'before-map',
    'before-checksum',
    'before-load',
  ]
  t.strictSame(new Set(found), new Set([...POINTS, ...others]))
  t.end()
})

async function killAt(t: Test, manner: Manner, point: Point): Promise<void> {
  const directory = t.testdir()
  const { signal } = await new Child(
    'save-at-point.cjs',
    options(directory, manner, [point]),
  ).exit()
  t.equal(signal, 'SIGKILL')
  const place = POINTS.indexOf(point)
  if (numbered(manner)) {
    checkWhole(t, join(directory, 'ckpt-1'), 1)
    t.equal(existsSync(join(directory, 'ckpt-2.index')), place >= COMMITTED)
    if (place >= COMMITTED) checkWhole(t, join(directory, 'ckpt-2'), 2)
    t.equal(latestCheckpoint(directory), join(directory, place >= LATEST ? 'ckpt-2' : 'ckpt-1'))
  } else {
    checkWhole(t, join(directory, 'same'), place >= COMMITTED ? 2 : 1)
  }
  const latest = numbered(manner) ? latestCheckpoint(directory) : join(directory, 'same')
  const { state, checkpoint } = makeState(-1)
  checkpoint.readSync(latest)
  const step = stepOf(state)
  const next = numbered(manner)
    ? checkpoint.saveSync(join(directory, 'ckpt'))
    : checkpoint.writeSync(join(directory, 'same'))
  checkWhole(t, next, step)
  t.strictSame(leftoversIn(directory), [], 'the next save clears up')
}

for (const point of POINTS) {
  t.test(`killed at ${point}, a save is done wholly or not at all`, { skip }, async (t) => {
    for (const manner of MANNERS) {
      if (passes(manner, point)) await t.test(manner, (t) => killAt(t, manner, point))
    }
  })
}

/** What disks answer, one after the other. */
const ERRORS = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS'] as const
const errorAt = (i: number): (typeof ERRORS)[number] => ERRORS[i % ERRORS.length] ?? 'EIO'

interface Outcome {
  readonly failure?: { name: string; code: string; details: unknown }
  readonly unchanged: boolean
  readonly burnt: number
  readonly latest: string | null
  readonly next: string
}

for (const manner of MANNERS) {
  t.test(`a failing ${manner} leaves no trace, wherever it fails`, { skip }, async (t) => {
    const directory = t.testdir()
    const points = POINTS.filter((point) => passes(manner, point))
    const armed = points.map((point, i) => `${point}:${constants.errno[errorAt(i)]}`)
    const lines = await runChild('save-at-point.cjs', options(directory, manner, armed))
    t.equal(lines.length, points.length)
    for (const [i, point] of points.entries()) {
      const { failure, unchanged, burnt, latest, next } = JSON.parse(lines[i] ?? '') as Outcome
      const name = errorAt(i)
      const errno = -constants.errno[name]
      const details = { errno, name, syscall: 'failpoint', path: point }
      t.strictSame(failure, { name: 'CheckpointError', code: 'CKPT_IO', details })
      t.ok(unchanged, `${point}: every file is as it was before`)
      t.equal(burnt, 0, 'no number is burnt')
      const [before, after] = [`ckpt-${String(i + 1)}`, `ckpt-${String(i + 2)}`]
      t.equal(latest, numbered(manner) ? join(directory, before) : null)
      t.equal(next, join(directory, numbered(manner) ? after : 'same'), 'the next save works')
    }
    checkWhole(
      t,
      join(directory, numbered(manner) ? 'ckpt-1' : 'same'),
      numbered(manner) ? 1 : lines.length + 1,
    )
    t.strictSame(leftoversIn(directory), [])
  })
}
