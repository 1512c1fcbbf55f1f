import { join } from 'node:path'
import t from 'tap'
import { Checkpoint } from '../../lib/index.js'
import { restoreByLayerName, trackModel } from '../../lib/tfjs/index.js'
import { counts, mlp, MODELS, tf, train, trained, weightBits } from '../fixtures/tfjs'

t.before(() => tf.setBackend('cpu'))

t.test('layers find their weights in a model of another structure', async (t) => {
  const old = trained(tf.train.adam(0.01))
  await train(old, 1)
  const path = await new Checkpoint({ agent: { policy: trackModel(tf, old) } }).write(
    join(t.testdir(), 'ckpt'),
  )
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 4, inputShape: [4], name: 'first' }),
      tf.layers.dense({ units: 3, name: 'hidden' }),
      tf.layers.dense({ units: 2, name: 'out' }),
    ],
  })
  const [kernel = ''] = weightBits(model)
  const before = counts()
  const options = { allowMissing: true, from: 'agent/policy' }
  t.strictSame(await restoreByLayerName(tf, model, path, options), [
    'hidden/kernel',
    'hidden/bias',
    'out/kernel',
    'out/bias',
  ])
  t.strictSame(counts(), before)
  t.strictSame(weightBits(model).slice(2), weightBits(old))
  t.equal(weightBits(model)[0], kernel)

  await t.rejects(restoreByLayerName(tf, model, path), {
    code: 'CKPT_MISMATCH',
    message:
      /: 'first\/kernel' is float32 \[4, 4\] in the model, the checkpoint has nothing; 'first\/bias'/,
    details: { key: 'first/kernel', expected: 'float32 [4, 4]', found: 'nothing' },
  })
  await t.rejects(restoreByLayerName(tf, model, path, { from: 'agent/none' }), {
    code: 'CKPT_MISMATCH',
    message: /in the model, the checkpoint has nothing/,
  })
})

t.test('another shape, and two layers of one name', async (t) => {
  const directory = t.testdir()
  const wide = tf.sequential({
    layers: [tf.layers.dense({ units: 9, inputShape: [4], name: 'hidden' })],
  })
  const path = await new Checkpoint({ model: trackModel(tf, wide) }).write(join(directory, 'wide'))
  const model = mlp()
  const both = { a: trackModel(tf, mlp()), b: trackModel(tf, mlp()) }
  const [saved, before] = [weightBits(model), counts()]
  await t.rejects(restoreByLayerName(tf, model, path, { allowMissing: true }), {
    code: 'CKPT_MISMATCH',
    details: {
      key: 'hidden/kernel',
      expected: 'float32 [4, 3]',
      found: "float32 [4, 9] ('hidden/kernel')",
    },
  })
  const twice = await new Checkpoint(both).write(join(directory, 'twice'))
  await t.rejects(restoreByLayerName(tf, model, twice), {
    message:
      /has float32 \[4, 3\] \('hidden\/kernel'\) and float32 \[4, 3\] \('hidden\/kernel'\); /,
  })
  t.strictSame(weightBits(model), saved)
  t.strictSame(counts(), before)
  t.equal((await restoreByLayerName(tf, model, twice, { from: 'b' })).length, 8)
})

t.test('many problems are told as ten and a number', async (t) => {
  const path = await new Checkpoint({}).write(join(t.testdir(), 'ckpt'))
  await t.rejects(restoreByLayerName(tf, MODELS.rnn(), path), { message: / and \d+ more$/ })
  await t.rejects(restoreByLayerName(tf, mlp(), path, { from: 1 as unknown as string }), {
    name: 'TypeError',
    message: /options.from/,
  })
  await t.rejects(restoreByLayerName(tf, mlp(), `${path}-none`), { code: 'CKPT_NOT_FOUND' })
})

t.test('all kinds of layers', async (t) => {
  const directory = t.testdir()
  for (const [name, make] of Object.entries(MODELS)) {
    const model = make()
    const path = await new Checkpoint({ model: trackModel(tf, model) }).write(join(directory, name))
    const other = make()
    await restoreByLayerName(tf, other, path, { allowMissing: false })
    t.strictSame(weightBits(other), weightBits(model), name)
  }
})
