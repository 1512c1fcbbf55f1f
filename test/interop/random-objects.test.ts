// Random trees of all kinds of trackables against real TensorFlow, both ways; shared objects and cycles
// among them, and objects that come after the restore in any order. A failure names its seed; CKPT_SEED
// runs others.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { seeded } from '../fixtures/random'
import { describeAll } from './bundle-values'
import { Leaves, type LeafValue } from './leaves'
import { Random } from './random-arrays'
import { buildObjects, randomObjects, type Objects } from './random-objects'
import { withTensorFlow, type TensorFlow } from './tensorflow'

const SEED = Number(process.env['CKPT_SEED'] ?? 2019)
const TREES = 30

interface Restored {
  readonly values: Readonly<Record<string, LeafValue>>
  readonly counter: number
}

function attachAll({ steps }: Objects): void {
  for (const links of steps) for (const link of links) link()
}

/** Attaches some of the objects; what is returned attaches the others. Each parent keeps its order. */
function attachSome(random: Random, { steps }: Objects): () => void {
  const left = steps.map((links) => [...links])
  const attach = (until: number): void => {
    for (let n = left.flat().length; n > until; n--) {
      random.choose(left.filter((links) => links.length > 0)).shift()?.()
    }
  }
  attach(random.integer(0, left.flat().length))
  return () => {
    attach(0)
  }
}

withTensorFlow(t, (tensorflow: TensorFlow) => {
  async function restoresOurs(t: Test, random: Random): Promise<void> {
    const leaves = new Leaves(randomObjects(random), random)
    const objects = buildObjects(leaves)
    attachAll(objects)
    const prefix = await objects.root.save(join(t.testdir(), 'ckpt'))
    const tree = new Leaves(leaves.tree, random).describe()
    for (const later of [false, true]) {
      const request = { prefix, tree, later }
      const found = (await tensorflow.call('restore_trackables', request)) as Restored
      t.strictSame(found, { values: leaves.expected, counter: 1 }, `later: ${String(later)}`)
    }
  }

  async function restoresTheirs(t: Test, random: Random): Promise<void> {
    const directory = t.testdir()
    const theirs = new Leaves(randomObjects(random), random)
    const request = { tree: theirs.describe(), base: join(directory, 'ckpt') }
    const prefix = (await tensorflow.call('save_trackables', request)) as string
    for (const some of [false, true, true, true]) {
      const leaves = new Leaves(theirs.tree, random)
      const objects = buildObjects(leaves)
      const attachOthers = some ? attachSome(random, objects) : undefined
      if (!some) attachAll(objects)
      const status = await objects.root.restore(prefix)
      attachOthers?.()
      status.assertConsumed()
      t.strictSame(leaves.found, theirs.expected)
      const again = await objects.root.write(join(directory, 'again'))
      // Of several paths to an object the first is its key: objects in another order have others.
      if (!some) t.strictSame(await describeAll(again), await describeAll(prefix))
    }
  }

  for (let seed = SEED; seed < SEED + TREES; seed++) {
    t.test(`random objects, seed ${String(seed)}`, async (t) => {
      await restoresOurs(t, new Random(seeded(seed)))
      await restoresTheirs(t, new Random(seeded(seed ^ 0x5eed)))
    })
  }
})
