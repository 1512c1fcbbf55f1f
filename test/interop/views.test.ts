// What looks into checkpoints and object trees, compared with the same of real TensorFlow.
import t from 'tap'
import { join } from 'node:path'
import {
  CheckpointView,
  listObjects,
  objectMetadata,
  TrackableView,
  type Checkpoint,
} from '../../lib/index.js'
import { seeded } from '../fixtures/random'
import { readFixture, readFixtures, toGraph, type ExpectedNode } from './expected'
import { Random } from './random-arrays'
import { withTensorFlow, type TensorFlow } from './tensorflow'
import { buildFilled, changeNames, imitate, kindOf, viewTree } from './view-trees'

const SEED = Number(process.env['CKPT_SEED'] ?? 2019)
const TREES = 20

const WITH_OBJECTS = ['nested', 'keras-adam', 'slots', 'numpystate'].flatMap((name) =>
  readFixture(name).checkpoints.map(({ prefix }) => prefix),
)

const WITHOUT_OBJECTS = readFixtures().flatMap(({ checkpoints }) =>
  checkpoints.filter(({ graph }) => graph === undefined).map(({ prefix }) => prefix),
)

/** As tf_worker.py's `trackable_view`. */
function describeTree(root: object): unknown[] {
  const view = new TrackableView(root)
  const objects = view.descendants()
  return objects.map((object) => {
    const children = Object.entries(view.children(object))
    return [kindOf(object), children.map(([name, child]) => [name, objects.indexOf(child)])]
  })
}

/** As tf_worker.py's `diff`. */
function diffOf(view: CheckpointView, root: Checkpoint): object {
  const objects = new TrackableView(root).descendants()
  const { matched, onlyInCheckpoint, onlyInObject } = view.diff(root)
  return {
    matched: Array.from(matched, ([id, object]) => [id, objects.indexOf(object)]),
    onlyInCheckpoint,
    onlyInObject: onlyInObject.map((object) => objects.indexOf(object)),
  }
}

withTensorFlow(t, (tensorflow: TensorFlow) => {
  t.test('objects are listed as TensorFlow lists them', async (t) => {
    for (let seed = SEED; seed < SEED + TREES; seed++) {
      const tree = viewTree(new Random(seeded(seed)))
      const listed = await tensorflow.call('list_objects', { tree })
      t.strictSame(listObjects(buildFilled(tree)).map(kindOf), listed, `seed ${String(seed)}`)
    }
  })

  t.test('object graphs are read as TensorFlow reads them', async (t) => {
    for (const prefix of WITH_OBJECTS) {
      const nodes = (await tensorflow.call('object_metadata', { prefix })) as ExpectedNode[]
      t.strictSame(objectMetadata(prefix), toGraph(nodes), prefix)
    }
    t.equal(WITH_OBJECTS.length, 5)
  })

  t.test('a checkpoint without objects is an error there and here', async (t) => {
    for (const prefix of WITHOUT_OBJECTS) {
      await t.rejects(tensorflow.call('object_metadata', { prefix }), { name: 'ValueError' })
      t.throws(() => objectMetadata(prefix), { code: 'CKPT_NOT_FOUND' })
    }
    t.ok(WITHOUT_OBJECTS.length > 2)
  })

  t.test('children and descendants of objects are those of TensorFlow', async (t) => {
    for (let seed = SEED; seed < SEED + TREES; seed++) {
      const tree = viewTree(new Random(seeded(seed)))
      const found = await tensorflow.call('trackable_view', { tree })
      t.strictSame(describeTree(buildFilled(tree)), found, `seed ${String(seed)}`)
    }
  })

  t.test('children and descendants in checkpoints are those of TensorFlow', async (t) => {
    for (const prefix of WITH_OBJECTS) {
      const view = new CheckpointView(prefix)
      const { nodes } = view.objectGraph
      const found = {
        descendants: view.descendants(),
        children: nodes.map((_, id) => Object.entries(view.children(id))),
      }
      t.strictSame(found, await tensorflow.call('checkpoint_view', { prefix }), prefix)
    }
  })

  t.test('a checkpoint and changed objects match as in TensorFlow', async (t) => {
    for (let seed = SEED; seed < SEED + 2 * TREES; seed++) {
      const random = new Random(seeded(seed))
      const tree = viewTree(random)
      const saved = buildFilled(tree)
      const path = join(t.testdir(), 'x')
      const prefix = random.chance(0.5) ? saved.saveSync(path) : saved.writeSync(path)
      const changed = changeNames(random, tree)
      const found = diffOf(new CheckpointView(prefix), buildFilled(changed))
      const wanted = await tensorflow.call('diff', { prefix, tree: changed })
      t.strictSame(found, wanted, `seed ${String(seed)}`)
    }
  })

  t.test('objects like those of other checkpoints match as in TensorFlow', async (t) => {
    const random = new Random(seeded(SEED))
    for (const prefix of [...WITH_OBJECTS, ...WITH_OBJECTS]) {
      const view = new CheckpointView(prefix)
      const tree = imitate(random, view.objectGraph)
      const wanted = await tensorflow.call('diff', { prefix, tree })
      t.strictSame(diffOf(view, buildFilled(tree)), wanted, prefix)
    }
  })
})
