import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, listVariables, loadVariable, type NdArray } from '../../lib/index.js'
import { trackModel, trackOptimizer } from '../../lib/tfjs/index.js'
import {
  BACKENDS,
  counts,
  MODELS,
  mlp,
  OPTIMIZERS,
  tf,
  train,
  trained,
  weightBits,
  type OptimizerName,
} from '../fixtures/tfjs'

const keysOf = (prefix: string): string[] =>
  listVariables(prefix).map(([key]) => key.replace('/.ATTRIBUTES/VARIABLE_VALUE', ''))

/** Bits of all that an optimizer goes by, its private numbers among them. */
const stateOf = (optimizer: tf.Optimizer): unknown =>
  Object.entries(optimizer).map(([name, value]: [string, unknown]) => {
    const list = Array.isArray(value) ? value : [value]
    return [name, list.map((one: unknown) => bitsOf(one))]
  })

function bitsOf(value: unknown): unknown {
  if (value instanceof tf.Tensor) return Array.from(value.dataSync())
  const { variable } = (value ?? {}) as { variable?: tf.Variable }
  return variable === undefined ? value : Array.from(variable.dataSync())
}

for (const backend of BACKENDS) {
  for (const name of Object.keys(OPTIMIZERS) as OptimizerName[]) {
    t.test(
      `${backend}, ${name}: a resumed training has the same bits, no tensor leaks`,
      async (t) => {
        await tf.setBackend(backend)
        const model = trained(OPTIMIZERS[name]())
        const checkpoint = new Checkpoint({ model: trackModel(tf, model) })
        await train(model, 3)
        const before = counts()
        const path = await checkpoint.write(join(t.testdir(), 'ckpt'))
        t.strictSame(counts(), before, 'after a save')
        const saved = weightBits(model)
        await train(model, 3)
        const [wanted, state] = [weightBits(model), stateOf(model.optimizer)]
        t.strictNotSame(wanted, saved)
        t.strictSame(counts(), before)

        const status = await checkpoint.read(path)
        status.assertConsumed().assertExistingObjectsMatched()
        t.strictSame(counts(), before, 'after a restore')
        t.strictSame(weightBits(model), saved)
        t.equal(model.optimizer.iterations, 3)
        await train(model, 3)
        t.strictSame(weightBits(model), wanted)

        const other = trained(OPTIMIZERS[name](), 7)
        const second = new Checkpoint({ model: trackModel(tf, other) })
        ;(await second.read(path)).assertConsumed().assertExistingObjectsMatched()
        await train(other, 3)
        t.strictSame(
          weightBits(other),
          wanted,
          'in a new model, whose optimizer had no accumulators',
        )
        t.strictSame(
          JSON.stringify(stateOf(other.optimizer)),
          JSON.stringify(state),
          'the optimizer',
        )
        for (const one of [model, other]) one.dispose()
      },
    )
  }
}

t.test('the arrays are taken at the call, and later training does not touch them', async (t) => {
  for (const backend of BACKENDS) {
    await tf.setBackend(backend)
    const model = trained(tf.train.adam(0.01))
    await train(model, 1)
    const checkpoint = new Checkpoint({ model: trackModel(tf, model) })
    const saved = weightBits(model)
    // TensorFlow.js never writes into the memory of a tensor, so that not even `none` copies late.
    for (const snapshot of ['copy', 'none'] as const) {
      const saving = checkpoint.write(join(t.testdir(), 'ckpt'), { snapshot })
      await train(model, 2)
      const path = await saving
      await checkpoint.read(path)
      t.strictSame(weightBits(model), saved, `${backend} ${snapshot}`)
    }
  }
})

t.test('names are those of Keras', async (t) => {
  await tf.setBackend('cpu')
  const directory = t.testdir()
  const written: Record<string, string[]> = {}
  for (const [name, make] of Object.entries(MODELS)) {
    const path = await new Checkpoint({ model: trackModel(tf, make()) }).write(
      join(directory, name),
    )
    written[name] = keysOf(path).slice(1)
  }
  t.strictSame(written['mlp'], [
    'model/_functional/_operations/1/_kernel',
    'model/_functional/_operations/1/bias',
    'model/_functional/_operations/3/beta',
    'model/_functional/_operations/3/gamma',
    'model/_functional/_operations/3/moving_mean',
    'model/_functional/_operations/3/moving_variance',
    'model/_functional/_operations/4/_kernel',
    'model/_functional/_operations/4/bias',
  ])
  t.strictSame(written['two']?.slice(0, 2), [
    'model/_operations/2/_kernel',
    'model/_operations/2/bias',
  ])
  const inner = 'model/_functional/_operations/1/_functional/_operations/1/_kernel'
  t.ok(written['nested']?.includes(inner))
  const both = 'model/_functional/_operations/3/backward_layer/cell/recurrent_kernel'
  t.ok(written['rnn']?.includes(both))
})

t.test('several cells, an explicit input and a layer without weights', async (t) => {
  const cell = [tf.layers.simpleRNNCell({ units: 2 }), tf.layers.lstmCell({ units: 3 })]
  const model = tf.sequential({
    layers: [tf.layers.inputLayer({ inputShape: [5, 4] }), tf.layers.rnn({ cell })],
  })
  const checkpoint = new Checkpoint({ model: trackModel(tf, model) })
  const path = await checkpoint.write(join(t.testdir(), 'ckpt'))
  t.strictSame(
    keysOf(path).slice(1),
    [0, 1].flatMap((i) =>
      ['bias', 'kernel', 'recurrent_kernel'].map(
        (name) => `model/_functional/_operations/1/cell/cells/${String(i)}/${name}`,
      ),
    ),
  )
  const saved = weightBits(model)
  model.setWeights(model.getWeights().map((weight) => weight.add(1)))
  ;(await checkpoint.read(path)).assertConsumed()
  t.strictSame(weightBits(model), saved)
})

t.test('a restore that fails changes nothing and leaks nothing', async (t) => {
  for (const backend of BACKENDS) {
    await tf.setBackend(backend)
    const directory = t.testdir()
    const model = trained(tf.train.adam(0.01))
    await train(model, 1)
    const checkpoint = new Checkpoint({ model: trackModel(tf, model) })
    const path = await checkpoint.write(join(directory, 'ckpt'))
    await train(model, 1)
    const now = [weightBits(model), stateOf(model.optimizer), counts()]
    const same = (what: string): void => {
      const then = [weightBits(model), stateOf(model.optimizer), counts()]
      t.strictSame(then, now, `${backend}: ${what}`)
    }

    const wide = tf.sequential({
      layers: [
        tf.layers.dense({ units: 3, inputShape: [4] }),
        tf.layers.dense({ units: 5, name: 'out' }),
      ],
    })
    const other = await new Checkpoint({ model: trackModel(tf, wide) }).write(
      join(directory, 'wide'),
    )
    wide.dispose()
    await t.rejects(checkpoint.read(other), {
      code: 'CKPT_MISMATCH',
      details: { expected: 'float32 [3, 2]', found: 'float32 [3, 5]' },
    })
    same('another shape')

    const file = openSync(`${path}.data-00000-of-00001`, 'r+')
    writeSync(file, Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]), 0, 8, 64)
    closeSync(file)
    for (const verify of ['eager', 'lazy'] as const) {
      await t.rejects(checkpoint.read(path, { verify }), { code: 'CKPT_CORRUPT' })
      same(`a checksum, ${verify}`)
    }
    model.dispose()
  }
})

t.test('the learning rate', async (t) => {
  await tf.setBackend('cpu')
  const path = join(t.testdir(), 'ckpt')
  for (const make of [
    (rate: number) => tf.train.sgd(rate),
    (rate: number) => tf.train.adam(rate),
  ]) {
    const rateOf = (optimizer: tf.Optimizer): unknown => optimizer.getConfig()['learningRate']
    const model = trained(make(0.1))
    await new Checkpoint({ model: trackModel(tf, model) }).write(path)
    const [same, other] = [trained(make(0.1)), trained(make(0.2))]
    for (const one of [same, other]) await new Checkpoint({ model: trackModel(tf, one) }).read(path)
    t.equal(rateOf(same.optimizer), 0.1, 'stays as it was written where it is the same')
    t.equal(rateOf(other.optimizer), Math.fround(0.1))
    await train(model, 1)
  }
})

t.test('powers that somebody has set are saved as they are', async (t) => {
  const model = trained(tf.train.adam(0.01))
  await train(model, 30)
  // It computes them by `pow`, which gives other bits than the multiplications did.
  await model.optimizer.setWeights(await model.optimizer.getWeights())
  const checkpoint = new Checkpoint({ model: trackModel(tf, model) })
  const path = await checkpoint.write(join(t.testdir(), 'ckpt'))
  const power = 'model/optimizer/beta1_power/.ATTRIBUTES/VARIABLE_VALUE'
  const { accBeta1 } = model.optimizer as unknown as { readonly accBeta1: tf.Variable }
  const [value] = accBeta1.dataSync()
  t.equal((loadVariable(path, power) as NdArray).get(), value)
  const other = trained(tf.train.adam(0.01))
  const status = await new Checkpoint({ model: trackModel(tf, other) }).read(path)
  status.assertConsumed()
  t.strictSame(JSON.stringify(stateOf(other.optimizer)), JSON.stringify(stateOf(model.optimizer)))
})

t.test('a checkpoint before the first step has all that one after it has', async (t) => {
  const directory = t.testdir()
  for (const name of ['adam', 'adagrad'] as const) {
    const model = trained(OPTIMIZERS[name]())
    const checkpoint = new Checkpoint({ model: trackModel(tf, model) })
    const first = await checkpoint.write(join(directory, `${name}-0`))
    const start = weightBits(model)
    await train(model, 2)
    const wanted = weightBits(model)
    t.strictSame(keysOf(first), keysOf(await checkpoint.write(join(directory, `${name}-2`))))
    await checkpoint.read(first)
    t.strictSame(weightBits(model), start)
    await train(model, 2)
    t.strictSame(weightBits(model), wanted, 'accumulators begin anew')
  }
})

t.test('what is no model, or not one yet', (t) => {
  const none = {} as unknown as tf.LayersModel
  t.throws(() => trackModel(tf, none), /expected a tf.LayersModel, got {}/)
  t.throws(() => trackModel(tf, tf.sequential()), /has no layers yet/)
  const model = mlp()
  const tracked = trackModel(tf, model)
  model.dispose()
  t.throws(() => new Checkpoint({ tracked }), /disposed/)
  const optimizer = { getClassName: () => 'Lion', iterations: 0 } as unknown as tf.Optimizer
  t.throws(() => trackOptimizer(tf, optimizer, []), /\(SGD, Momentum, .*\), got Lion/)
  t.throws(() => trackOptimizer(tf, 1 as unknown as tf.Optimizer, []), /got 1/)
  const one = [1] as unknown as tf.Variable[]
  t.throws(() => trackOptimizer(tf, tf.train.sgd(1), one), /'variables\[0\]' must be a tf.Variable/)
  t.throws(() => trackOptimizer(tf, tf.train.sgd(1), none), /tf.LayersModel/)
  t.end()
})
