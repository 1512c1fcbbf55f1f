// A process that replaces the state file, or removes checkpoints, is killed at any instant.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  getCheckpointState,
  openCheckpointSync,
  removeCheckpointSync,
  updateCheckpointStateSync,
} from '../../lib/index.js'
import { Child } from '../fixtures/child'
import { checkpointsIn, leftoversIn, shardsOf } from '../fixtures/files'
import { halfMade, KILLS, randomOf, share, Tally } from './kills'

const ALL = Math.floor(KILLS / 8)
const random = randomOf(200)
const tally = new Tally('of changes of a directory')

/** Starts a child that counts from `start`, kills it in its work; the last number it had printed. */
async function killOne(directory: string, manner: string, start: number): Promise<number> {
  const child = new Child('change-forever.cjs', { args: [directory, manner, String(start)] })
  await child.untilLines(1 + Math.floor(random() * 4))
  // Anywhere within about two changes from here.
  await new Promise((resolve) => setTimeout(resolve, random() * 20))
  child.kill()
  const { signal } = await child.exit()
  if (signal !== 'SIGKILL') throw new Error(`the child ended by itself (${String(signal)})`)
  return Number(child.lines.at(-1))
}

t.test('kill -9 while the state file is replaced leaves a whole one, not older', async (t) => {
  const directory = t.testdir()
  for (let i = 0, start = 0; i < share(ALL, 2, 0); i++) {
    const printed = await killOne(directory, 'state', start)
    tally.add('state', halfMade(directory).length > 0)
    const paths = getCheckpointState(directory)?.allModelCheckpointPaths ?? []
    const number = Number(/-(\d+)-0$/.exec(paths[0] ?? '')?.[1])
    t.ok(number === printed || number === printed + 1, `${String(number)} of ${String(printed)}`)
    const expected = Array.from({ length: 500 }, (_, j) => `ckpt-${String(number)}-${String(j)}`)
    t.strictSame(
      paths,
      expected.map((name) => join(directory, name)),
    )
    start = number + 1
    updateCheckpointStateSync(directory, { modelCheckpointPath: 'next' })
    t.strictSame(leftoversIn(directory), [], 'the next one clears up')
  }
})

t.test('kill -9 while a checkpoint is removed leaves it whole or none', async (t) => {
  const directory = t.testdir()
  for (let i = 0, start = 0; i < share(ALL, 2, 1); i++) {
    const printed = await killOne(directory, 'remove', start)
    tally.add('remove', leftoversIn(directory).length > 0)
    for (const prefix of checkpointsIn(directory)) {
      t.ok(shardsOf(prefix).every(existsSync), 'an index has all its data')
      t.strictSame(openCheckpointSync(prefix).verifySync().problems, [])
    }
    for (const number of [printed, printed + 1]) {
      const path = join(directory, `ckpt-${String(number)}`)
      removeCheckpointSync(path)
    }
    updateCheckpointStateSync(directory, { modelCheckpointPath: 'next' })
    t.strictSame(leftoversIn(directory), [], 'removed again, nothing of it is left')
    start = printed + 2
  }
})

t.test('as many were killed as were asked for', (t) => {
  tally.tell(t)
  t.equal(tally.kills, ALL)
  t.end()
})
