// What looks into checkpoints and object trees, compared with the same of real TensorFlow.
import t from 'tap'
import { listObjects } from '../../lib/index.js'
import { seeded } from '../fixtures/random'
import { Random } from './random-arrays'
import { withTensorFlow, type TensorFlow } from './tensorflow'
import { buildFilled, kindOf, viewTree } from './view-trees'

const SEED = Number(process.env['CKPT_SEED'] ?? 2019)
const TREES = 20

withTensorFlow(t, (tensorflow: TensorFlow) => {
  t.test('objects are listed as TensorFlow lists them', async (t) => {
    for (let seed = SEED; seed < SEED + TREES; seed++) {
      const tree = viewTree(new Random(seeded(seed)))
      const listed = await tensorflow.call('list_objects', { tree })
      t.strictSame(listObjects(buildFilled(tree)).map(kindOf), listed, `seed ${String(seed)}`)
    }
  })
})
