// A managed run is killed at any instant, also while checkpoints are removed. Nothing that was
// finished may be lost, and nothing may stay of what was to go.
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import t, { type Test } from 'tap'
import {
  CheckpointManager,
  latestCheckpoint,
  openCheckpointSync,
  type CheckpointError,
} from '../../lib/index.js'
import { Child } from '../fixtures/child'
import { checkpointsIn, leftoversIn } from '../fixtures/files'
import { seeded } from '../fixtures/random'
import { makeState, stepOf } from '../fixtures/steps.cjs'

const KILLS = Number(process.env['CKPT_KILLS'] ?? 32)
const SEED = Number(process.env['CKPT_SEED'] ?? 20)

const MANNERS = ['copy', 'sync', 'policy', 'recycle', 'recycle-fork'] as const

const random = seeded(SEED)

/** Starts a child, kills it somewhere in its work; returns the last step that it had finished. */
async function killOne(directory: string, manner: string): Promise<number> {
  const child = new Child('manage.cjs', { args: [directory, manner] })
  await child.untilLines(1 + Math.floor(random() * 6))
  // Anywhere within about two saves from here.
  await new Promise((resolve) => setTimeout(resolve, random() * 40))
  child.kill()
  const { signal } = await child.exit()
  if (signal !== 'SIGKILL') throw new Error(`the child ended by itself (${String(signal)})`)
  return Number(child.lines.at(-1) ?? 0)
}

/** What a later run finds. */
async function checkDirectory(t: Test, directory: string, acknowledged: number): Promise<void> {
  const named = latestCheckpoint(directory)
  t.not(named, null, 'the state file names a checkpoint that is there')
  for (const prefix of checkpointsIn(directory)) {
    t.strictSame(
      openCheckpointSync(prefix).verifySync().problems,
      [],
      `${basename(prefix)} is whole`,
    )
  }
  const { state, checkpoint } = makeState(-1)
  const warnings: CheckpointError[] = []
  const onWarning = (warning: CheckpointError): unknown => warnings.push(warning)
  const options = { maxToKeep: 3, onWarning }
  const manager = new CheckpointManager(checkpoint, directory, options)
  t.not(await manager.restoreOrInitialize(), null)
  t.ok(stepOf(state) >= acknowledged, `step ${String(stepOf(state))} of ${String(acknowledged)}`)
  t.strictSame(warnings, [], 'none had to be passed over')
  await manager.save()
  await manager.close()
  t.strictSame(leftoversIn(directory), [], 'the next save clears up')
  t.ok(manager.checkpoints.length <= 3)
  t.equal(checkpointsIn(directory).length, manager.checkpoints.length, 'nothing is forgotten')
}

for (const manner of MANNERS) {
  const skip = manner === 'recycle-fork' && process.platform !== 'linux' ? 'needs Linux' : false
  const what = `kill -9 of a managed run (${manner}) loses nothing that was finished`
  t.test(what, { skip }, async (t) => {
    t.comment(`seed ${String(SEED)}`)
    const directory = t.testdir()
    for (let i = 0; i < Math.ceil(KILLS / MANNERS.length); i++) {
      await checkDirectory(t, directory, await killOne(directory, manner))
    }
  })
}

const addon = join(__dirname, '../../build-failpoints/Release/ndcheckpoint.node')
const skip = existsSync(addon) ? false : `no addon with failure points at ${addon}`

t.test('killed when a data file has become a spare one, nothing is lost', { skip }, async (t) => {
  const directory = t.testdir()
  const env = { CKPT_NATIVE: addon, CKPT_FAILPOINT: 'after-spare-rename' }
  const child = new Child('manage.cjs', { args: [directory, 'recycle'], env })
  const { signal } = await child.exit()
  t.equal(signal, 'SIGKILL')
  t.ok(leftoversIn(directory).length > 0, 'the spare one is there')
  await checkDirectory(t, directory, Number(child.lines.at(-1) ?? 0))
})

t.test('a living run owns its directory, a dead one does not', async (t) => {
  const directory = t.testdir()
  const child = new Child('manage.cjs', { args: [directory, 'copy'] })
  await child.untilLines(2)
  const { checkpoint } = makeState(0)
  t.throws(() => new CheckpointManager(checkpoint, directory), { code: 'CKPT_BUSY' })
  child.kill()
  await child.exit()
  const manager = new CheckpointManager(checkpoint, directory)
  t.ok(manager.checkpoints.length > 0)
  await manager.close()
})
