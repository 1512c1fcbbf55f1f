// A process that saves for ever is killed at any instant. Nothing that it had finished may be lost,
// and nothing that can be seen may be half of something.
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { leftoversIn } from '../fixtures/files'
import { Child } from '../fixtures/child'
import { checkNumbered, checkOverwritten, wholeStep } from './checks'
import { Faults, halfMade, inLanes, KILLS, killSomewhere, randomOf, share, Tally } from './kills'

/** What save-forever.cjs knows: how the arrays are held, and how files are written. */
const HOLDS = ['copy', 'none', 'fork', 'sync', 'write'] as const
const WRITERS = ['direct', 'buffered', 'map'] as const
const MANNERS = [
  ...HOLDS.flatMap((hold) => WRITERS.map((writer) => `${hold} ${writer}`)),
  'copy quick',
].filter((manner) => process.platform === 'linux' || !manner.startsWith('fork'))

const tally = new Tally('of saves')

/** Only the newest stays, so that each round looks at its own. */
function removeOld(directory: string, keep: number): void {
  for (const name of readdirSync(directory)) {
    const number = /^ckpt-(\d+)\./.exec(name)?.[1]
    if (number !== undefined && Number(number) < keep) rmSync(join(directory, name))
  }
}

async function killManner(t: Test, directory: string, manner: string): Promise<void> {
  const place = MANNERS.indexOf(manner)
  const random = randomOf(place)
  let known = 0
  for (let i = share(Math.ceil(KILLS / 2), MANNERS.length, place); i > 0; i--) {
    const args = [directory, ...manner.split(' ')]
    const { acknowledged } = await killSomewhere('save-forever.cjs', { args }, random)
    const faults = new Faults()
    const least = Math.max(acknowledged, known)
    tally.add(manner, halfMade(directory).length > 0 || leftoversIn(directory).length > 0)
    known = manner.startsWith('write')
      ? checkOverwritten(faults, directory, least)
      : checkNumbered(faults, directory, least)
    if (known > 0) {
      faults.expect(leftoversIn(directory).length === 0, 'the next save clears up')
      removeOld(directory, known)
    }
    t.strictSame(faults.list, [], `${manner}, killed after step ${acknowledged}`)
  }
}

t.test('kill -9 while saving loses nothing that was finished', async (t) => {
  const directories = Object.fromEntries(MANNERS.map((manner) => [manner, {}]))
  const root = t.testdir(directories)
  await inLanes(MANNERS.map((manner) => () => killManner(t, join(root, manner), manner)))
  tally.tell(t)
  t.equal(tally.kills, Math.ceil(KILLS / 2), 'as many as were asked for')
  if (tally.kills >= 20) t.ok(tally.struck > 0, 'some struck in the middle of saves')
})

t.test('what a living save is making is left alone by the others', async (t) => {
  const directory = t.testdir()
  const one = new Child('save-named.cjs', { args: [directory, 'one', '25'] })
  const two = new Child('save-named.cjs', { args: [directory, 'two', '25'] })
  await Promise.all([one.finish(), two.finish()])
  for (const name of ['one', 'two']) {
    for (let n = 1; n <= 25; n++) t.equal(wholeStep(join(directory, `${name}-${n}`)), n)
  }
  t.strictSame(leftoversIn(directory), [])
  t.ok(statSync(join(directory, 'checkpoint')).size > 0)
})
