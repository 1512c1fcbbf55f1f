// Every kind of trackable against real TensorFlow, both ways: what one side saves, the other restores
// with `assert_consumed()`, into objects that were there before or that come after the restore.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { seeded } from '../fixtures/random'
import { describeAll, graphOf, outline } from './bundle-values'
import { Leaves, type LeafValue } from './leaves'
import { Random } from './random-arrays'
import { NAMED } from './rows/named'
import { CONTAINERS, OBJECTS } from './rows/objects'
import { STATES, VARIABLES } from './rows/values'
import { withTensorFlow, type TensorFlow } from './tensorflow'

const SEED = Number(process.env['CKPT_SEED'] ?? 2019)

const ROWS = [...VARIABLES, ...STATES, ...CONTAINERS, ...OBJECTS, ...NAMED]

interface Restored {
  readonly values: Readonly<Record<string, LeafValue>>
  readonly counter: number
}

const whenOf = (later: boolean): string =>
  later ? 'into objects that come later' : 'into objects that are there'

withTensorFlow(t, (tensorflow: TensorFlow) => {
  async function restoreInto(t: Test, prefix: string, { tree, expected }: Leaves): Promise<void> {
    // Other values, all of which are replaced.
    const objects = new Leaves(tree, new Random(seeded(SEED - 1))).describe()
    for (const later of [false, true]) {
      const request = { prefix, tree: objects, later }
      const found = (await tensorflow.call('restore_trackables', request)) as Restored
      t.strictSame(found, { values: expected, counter: 1 }, whenOf(later))
    }
  }

  for (const [i, row] of ROWS.entries()) {
    const random = new Random(seeded(SEED + i))

    t.test(`${row.name}: TensorFlow restores what we save`, async (t) => {
      const leaves = new Leaves(row.tree, random)
      const { root, attach } = row.build(leaves)
      attach()
      const prefix = await root.save(join(t.testdir(), 'ckpt'))
      // As TensorFlow 1: what comes later is known by what hangs on it.
      const graph = await graphOf(prefix)
      t.notOk(graph?.nodes.some(({ hasCheckpointValues }) => hasCheckpointValues !== undefined))
      await restoreInto(t, prefix, leaves)
    })

    t.test(`${row.name}: we restore what TensorFlow saves`, async (t) => {
      const directory = t.testdir()
      const theirs = new Leaves(row.tree, random)
      const request = { tree: theirs.describe(), base: join(directory, 'ckpt') }
      const prefix = (await tensorflow.call('save_trackables', request)) as string
      const graph = await graphOf(prefix)
      t.ok(graph?.nodes.every(({ hasCheckpointValues }) => hasCheckpointValues !== undefined))
      for (const later of [false, true]) {
        const leaves = new Leaves(row.tree, random)
        const { root, attach } = row.build(leaves)
        if (!later) attach()
        const status = await root.restore(prefix)
        if (later) attach()
        status.assertConsumed()
        t.strictSame(leaves.found, theirs.expected, whenOf(later))
        t.equal(root.saveCounter, 1)
        t.equal(status.restored, Object.keys(theirs.expected).length + 1)
        const again = await root.write(join(directory, `again-${String(later)}`))
        if (row.isText) await restoreInto(t, again, theirs)
        else t.strictSame(await describeAll(again), await describeAll(prefix), 'saved again')
        // A counter that is there before the children is numbered before them.
        if (!later) t.strictSame(outline(await graphOf(again)), outline(graph), 'the same objects')
      }
    })
  }
})
