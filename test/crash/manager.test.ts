// A managed run is killed at any instant, also while checkpoints are removed. Nothing that was
// finished may be lost, and nothing may stay of what was to go.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { CheckpointManager } from '../../lib/index.js'
import { Child } from '../fixtures/child'
import { makeState } from '../fixtures/steps.cjs'
import { checkManaged, linkedIn } from './checks'
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

/** What manage.cjs knows. */
const MANNERS = [
  ...['copy direct', 'none map', 'sync buffered', 'policy auto', 'fork direct'],
  ...['recycle direct', 'recycle map', 'recycle buffered', 'recycle-fork auto'],
  // The third says how an incremental save finds what has changed.
  ...['copy direct', 'recycle map', 'sync auto'].flatMap((manner) =>
    DETECTS.map((detect) => `${manner} ${detect}`),
  ),
].filter((manner) => process.platform === 'linux' || !manner.includes('fork'))

const ALL = KILLS - Math.ceil(KILLS / 2) - Math.floor(KILLS / 8)

const tally = new Tally('of managed runs')
let linked = 0

async function killManner(t: Test, directory: string, manner: string): Promise<void> {
  const place = MANNERS.indexOf(manner)
  const random = randomOf(100 + place)
  let known = 0
  for (let i = share(ALL, MANNERS.length, place); i > 0; i--) {
    const args = [directory, ...manner.split(' ')]
    const { acknowledged } = await killSomewhere('manage.cjs', { args }, random, 6)
    const faults = new Faults()
    const [, , detect] = manner.split(' ')
    if (detect !== undefined) linked += linkedIn(directory)
    tally.add(manner, halfMade(directory).length > 0)
    known = await checkManaged(faults, directory, Math.max(acknowledged, known), detect)
    t.strictSame(faults.list, [], `${manner}, killed after step ${acknowledged}`)
  }
}

t.test('kill -9 of a managed run loses nothing that was finished', async (t) => {
  const root = t.testdir(Object.fromEntries(MANNERS.map((manner) => [manner, {}])))
  await inLanes(MANNERS.map((manner) => () => killManner(t, join(root, manner), manner)))
  tally.tell(t)
  t.equal(tally.kills, ALL, 'as many as were asked for')
  t.comment(`${linked} data files of what was left were links`)
  if (ALL >= 40) t.ok(linked > 0, 'incremental saves have linked files')
  if (ALL >= 20) t.ok(tally.struck > 0, 'some struck in the middle of saves')
})

t.test('a living run owns its directory, a dead one does not', async (t) => {
  const directory = t.testdir()
  const child = new Child('manage.cjs', { args: [directory, 'copy', 'auto'] })
  await child.untilLines(2)
  const { checkpoint } = makeState(0)
  t.throws(() => new CheckpointManager(checkpoint, directory), { code: 'CKPT_BUSY' })
  child.kill()
  await child.exit()
  const manager = new CheckpointManager(checkpoint, directory)
  t.ok(manager.checkpoints.length > 0)
  await manager.close()
})
