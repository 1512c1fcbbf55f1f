// What looks into checkpoints and object trees, compared with the same of real TensorFlow.
import t from 'tap'
import { listObjects, objectMetadata } from '../../lib/index.js'
import { seeded } from '../fixtures/random'
import { readFixture, readFixtures, toGraph, type ExpectedNode } from './expected'
import { Random } from './random-arrays'
import { withTensorFlow, type TensorFlow } from './tensorflow'
import { buildFilled, kindOf, viewTree } from './view-trees'

const SEED = Number(process.env['CKPT_SEED'] ?? 2019)
const TREES = 20

const WITH_OBJECTS = ['nested', 'keras-adam', 'slots', 'numpystate'].flatMap((name) =>
  readFixture(name).checkpoints.map(({ prefix }) => prefix),
)

const WITHOUT_OBJECTS = readFixtures().flatMap(({ checkpoints }) =>
  checkpoints.filter(({ graph }) => graph === undefined).map(({ prefix }) => prefix),
)

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
})
