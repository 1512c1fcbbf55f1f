// A process that saves for ever is killed at any instant. Nothing that it had finished may be lost,
// and nothing that can be seen may be half of something.
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { leftoversIn } from '../fixtures/files'
import { Child } from '../fixtures/child'
import { checkNumbered, checkOverwritten, linkedIn, wholeStep } from './checks'
import {
  DETECTS,
  Faults,
  halfMade,
  inLanes,
  KILLS,
  killSomewhere,
  randomOf,
  share,
  Tally,
} from './kills'

/** What save-forever.cjs knows: how the arrays are held, and how files are written. */
const HOLDS = ['copy', 'none', 'fork', 'sync', 'write'] as const
const WRITERS = ['direct', 'buffered', 'map'] as const
const MANNERS = [
  ...HOLDS.flatMap((hold) => WRITERS.map((writer) => `${hold} ${writer}`)),
  'copy quick',
  // The third says how an incremental save finds what has changed.
  ...['copy direct', 'none buffered', 'fork map', 'sync direct', 'write buffered'].flatMap(
    (manner) => DETECTS.map((detect) => `${manner} ${detect}`),
  ),
].filter((manner) => process.platform === 'linux' || !manner.startsWith('fork'))

const tally = new Tally('of saves')
let linked = 0

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
    const [, , detect] = manner.split(' ')
    if (detect !== undefined) linked += linkedIn(directory)
    tally.add(manner, halfMade(directory).length > 0 || leftoversIn(directory).length > 0)
    known = manner.startsWith('write')
      ? checkOverwritten(faults, directory, least, detect)
      : checkNumbered(faults, directory, least, detect)
    if (known > 0) {
      faults.expect(leftoversIn(directory).length === 0, 'the next save clears up')
      // Those that have files in common have to stay whole without each other.
      removeOld(directory, detect === undefined ? known : known - 1)
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
  t.comment(`${linked} data files of what was left were links`)
  if (tally.kills >= 50) t.ok(linked > 0, 'incremental saves have linked files')
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
