// Models of TensorFlow.js and of Keras: each takes over what the other has saved.
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, listVariables } from '../../lib/index.js'
import { restoreByLayerName, trackModel } from '../../lib/tfjs/index.js'
import { MODELS, OPTIMIZERS, tf, train, trained, type OptimizerName } from '../fixtures/tfjs'
import { isClose, type Numbers } from './numbers'
import { withTensorFlow, type TensorFlow } from './tensorflow'

interface Predictions {
  readonly x: number[]
  readonly y: number[]
}

const isKeys = (key: string): boolean => key.includes('.ATTRIBUTES')

/** Also what a model makes of the input that Python used. */
function predict(model: tf.LayersModel, { x }: Predictions): number[] {
  return tf.tidy(() => {
    const all = model.inputs.map(({ shape }, i) => {
      const size = x.length / model.inputs.length
      return tf.tensor(x.slice(i * size, (i + 1) * size), [2, ...(shape.slice(1) as number[])])
    })
    return Array.from(
      (model.predict(all.length > 1 ? all : (all[0] as tf.Tensor)) as tf.Tensor).dataSync(),
    )
  })
}

withTensorFlow(t, (tensorflow: TensorFlow) => {
  t.before(() => tf.setBackend('cpu'))

  for (const [name, make] of Object.entries(MODELS)) {
    t.test(`${name}: Keras to TensorFlow.js and back, by the objects' names`, async (t) => {
      const directory = t.testdir()
      const written = join(directory, 'keras')
      const theirs = (await tensorflow.call('tfjs_write', { name, path: written })) as Predictions
      const model = make()
      const checkpoint = new Checkpoint({ model: trackModel(tf, model) })
      const status = await checkpoint.read(written)
      status.assertConsumed().assertExistingObjectsMatched()
      isClose(t, { y: predict(model, theirs) }, { y: theirs.y }, 1e-5, 'what it predicts here')

      const path = await checkpoint.write(join(directory, 'node'))
      t.strictSame(listVariables(path), listVariables(written), 'the same keys and shapes')
      const back = (await tensorflow.call('tfjs_read', { name, path })) as Predictions
      t.strictSame(back, theirs, 'and there')
    })

    t.test(`${name}: by the layers' names`, async (t) => {
      const directory = t.testdir()
      const path = join(directory, 'keras')
      const theirs = (await tensorflow.call('tfjs_write', { name, path })) as Predictions
      const model = make()
      const names = await restoreByLayerName(tf, model, path, { from: 'model' })
      t.equal(names.length, listVariables(path).filter(([key]) => isKeys(key)).length)
      isClose(t, { y: predict(model, theirs) }, { y: theirs.y }, 1e-5, 'what it predicts here')
    })
  }

  for (const name of Object.keys(OPTIMIZERS) as OptimizerName[]) {
    // Keras has no such momentum, see docs/guide/tfjs.md.
    if (name === 'momentum') continue
    t.test(`${name}: trained here and there in turns`, async (t) => {
      const directory = t.testdir()
      const call = async (read: string | null, write: string, steps: number): Promise<Trained> =>
        (await tensorflow.call('tfjs_train', { optimizer: name, read, write, steps })) as Trained
      const [first, second] = [join(directory, 'first'), join(directory, 'second')]
      await call(null, first, 3)
      const model = trained(OPTIMIZERS[name]())
      const checkpoint = new Checkpoint({ model: trackModel(tf, model) })
      const status = await checkpoint.read(first)
      status.assertConsumed().assertExistingObjectsMatched()
      t.equal(model.optimizer.iterations, 3)
      await train(model, 2)
      await checkpoint.write(second)
      t.strictSame(listVariables(second), listVariables(first), 'the same keys and shapes')
      // TensorFlow.js 4 divides by the mean of squares of the step before.
      if (name === 'adadelta') {
        t.equal((await call(second, join(directory, 'third'), 1)).iterations, 6)
        return
      }
      const theirs = await call(first, join(directory, 'alone'), 2)
      const ours = model.getWeights().map((weight) => Array.from(weight.dataSync()))
      isClose(t, numbered(ours), numbered(theirs.weights), 1e-4, 'two steps here and there')
      const together = await call(second, join(directory, 'third'), 1)
      t.equal(together.iterations, 6)
      const alone = await call(join(directory, 'alone'), join(directory, 'fourth'), 1)
      isClose(t, numbered(together.weights), numbered(alone.weights), 1e-4, 'and one more there')
    })
  }
})

interface Trained {
  readonly weights: number[][]
  readonly iterations: number
}

const numbered = (weights: readonly number[][]): Numbers =>
  Object.fromEntries(weights.map((values, i) => [String(i), values]))
