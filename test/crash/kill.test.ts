// A process that saves for ever is killed at any instant. Nothing that it had finished may be lost,
// and nothing that can be seen may be half of something.
import { readdirSync, rmSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import t, { type Test } from 'tap'
import { latestCheckpoint, openCheckpointSync } from '../../lib/index.js'
import { checkpointsIn, leftoversIn } from '../fixtures/files'
import { Child } from '../fixtures/child'
import { fill, makeState, SHARDED, stepOf } from '../fixtures/steps.cjs'
import { seeded } from '../fixtures/random'

const KILLS = Number(process.env['CKPT_KILLS'] ?? 32)
const SEED = Number(process.env['CKPT_SEED'] ?? 20)

const MANNERS = ['copy', 'none', 'fork', 'sync', 'write'] as const
type Manner = (typeof MANNERS)[number]

const random = seeded(SEED)

/** Kills that left something half-made behind, to show that they strike where they should. */
let strikes = 0

/** Starts a child, kills it somewhere in its work; returns the last step that it had finished. */
async function killOne(directory: string, manner: Manner): Promise<number> {
  const child = new Child('save-forever.cjs', { args: [directory, manner] })
  await child.untilLines(Math.floor(random() * 4))
  // Anywhere within about two saves from here.
  await new Promise((resolve) => setTimeout(resolve, random() * 40))
  child.kill()
  const { signal } = await child.exit()
  if (leftoversIn(directory).length > 0) strikes++
  if (signal !== 'SIGKILL') throw new Error(`the child ended by itself (${String(signal)})`)
  return Number(child.lines.at(-1) ?? 0)
}

/** Checks one checkpoint in every way; returns its step. */
function check(t: Test, prefix: string): number {
  const report = openCheckpointSync(prefix).verifySync()
  t.strictSame(report.problems, [], `${basename(prefix)} is whole`)
  const { state, checkpoint } = makeState(-1)
  checkpoint.readSync(prefix)
  return stepOf(state)
}

const numberOf = (prefix: string): number => Number(prefix.slice(prefix.lastIndexOf('-') + 1))

/** A later process: goes on from what is there, as a restarted training does. */
function goOn(
  t: Test,
  prefix: string,
  save: (steps: ReturnType<typeof makeState>) => string,
): void {
  const steps = makeState(-1)
  steps.checkpoint.readSync(prefix)
  const step = stepOf(steps.state) + 1
  fill(steps.state, step)
  const path = save(steps)
  t.equal(check(t, path), step)
}

async function killNumbered(t: Test, manner: Manner, kills: number): Promise<void> {
  const directory = t.testdir()
  let known = 0
  for (let i = 0; i < kills; i++) {
    const acknowledged = await killOne(directory, manner)
    const latest = latestCheckpoint(directory)
    if (latest === null) {
      t.equal(acknowledged, 0, 'nothing was finished')
      continue
    }
    t.ok(numberOf(latest) >= Math.max(acknowledged, known), 'what was finished is there')
    for (const prefix of checkpointsIn(directory)) {
      t.equal(check(t, prefix), numberOf(prefix), 'all arrays are of one step')
    }
    goOn(t, latest, ({ checkpoint }) => checkpoint.saveSync(join(directory, 'ckpt'), SHARDED))
    t.strictSame(leftoversIn(directory), [], 'the next save clears up')
    known = numberOf(latestCheckpoint(directory) ?? '')
    removeOld(directory, known)
  }
}

/** Only the newest stays, so that each round looks at its own. */
function removeOld(directory: string, keep: number): void {
  for (const name of readdirSync(directory)) {
    const number = /^ckpt-(\d+)\./.exec(name)?.[1]
    if (number !== undefined && Number(number) < keep) rmSync(join(directory, name))
  }
}

async function killOverwriting(t: Test, kills: number): Promise<void> {
  const directory = t.testdir()
  const prefix = join(directory, 'same')
  let known = 0
  for (let i = 0; i < kills; i++) {
    const acknowledged = await killOne(directory, 'write')
    if (!checkpointsIn(directory).includes(prefix)) {
      t.equal(Math.max(acknowledged, known), 0, 'nothing was finished')
      continue
    }
    const step = check(t, prefix)
    const least = Math.max(acknowledged, known)
    t.ok(step === least || step === least + 1, `wholly old or wholly new (${String(step)})`)
    goOn(t, prefix, ({ checkpoint }) => checkpoint.writeSync(prefix))
    t.strictSame(leftoversIn(directory), [], 'the next write clears up')
    known = step + 1
  }
}

for (const manner of MANNERS) {
  const skip = manner === 'fork' && process.platform !== 'linux' ? 'needs Linux' : false
  const what = `kill -9 while saving (${manner}) loses nothing that was finished`
  t.test(what, { skip }, async (t) => {
    const kills = Math.ceil(KILLS / MANNERS.length)
    t.comment(`seed ${String(SEED)}`)
    if (manner === 'write') await killOverwriting(t, kills)
    else await killNumbered(t, manner, kills)
  })
}

t.test('the kills struck in the middle of saves', (t) => {
  t.ok(strikes > 0, `${String(strikes)} of ${String(KILLS)} left something half-made`)
  t.end()
})

t.test('what a living save is making is left alone by the others', async (t) => {
  const directory = t.testdir()
  const one = new Child('save-named.cjs', { args: [directory, 'one', '25'] })
  const two = new Child('save-named.cjs', { args: [directory, 'two', '25'] })
  await Promise.all([one.finish(), two.finish()])
  for (const name of ['one', 'two']) {
    for (let n = 1; n <= 25; n++) t.equal(check(t, join(directory, `${name}-${String(n)}`)), n)
  }
  t.strictSame(leftoversIn(directory), [])
  t.ok(statSync(join(directory, 'checkpoint')).size > 0)
})
