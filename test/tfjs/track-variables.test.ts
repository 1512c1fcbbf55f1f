import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { Checkpoint, listVariables } from '../../lib/index.js'
import { trackModel, trackOptimizer, trackVariables } from '../../lib/tfjs/index.js'
import { BACKENDS, counts, tf, trained, weightBits } from '../fixtures/tfjs'

for (const backend of BACKENDS) {
  t.test(`${backend}: variables by name, with an optimizer of their own`, async (t) => {
    await tf.setBackend(backend)
    const variables = {
      w: tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2])),
      n: tf.variable(tf.tensor1d([1, -2], 'int32'), false),
      flags: tf.variable(tf.tensor1d([true, false], 'bool'), false),
    }
    const optimizer = tf.train.adam(0.1)
    const step = (): void => {
      optimizer.minimize(() => variables.w.square().sum().asScalar(), false, [variables.w])
    }
    const checkpoint = new Checkpoint({
      net: trackVariables(tf, variables),
      optimizer: trackOptimizer(tf, optimizer, [variables.w]),
    })
    step()
    const path = await checkpoint.write(join(t.testdir(), 'ckpt'))
    t.strictSame(listVariables(path).slice(1, 3), [
      ['net/flags/.ATTRIBUTES/VARIABLE_VALUE', [2]],
      ['net/n/.ATTRIBUTES/VARIABLE_VALUE', [2]],
    ])
    step()
    const wanted = Array.from(variables.w.dataSync())
    variables.n.assign(tf.tensor1d([0, 0], 'int32'))
    variables.flags.assign(tf.tensor1d([false, false], 'bool'))
    const before = counts()
    ;(await checkpoint.read(path)).assertConsumed().assertExistingObjectsMatched()
    t.strictSame(counts(), before)
    step()
    t.strictSame(Array.from(variables.w.dataSync()), wanted)
    t.strictSame(Array.from(variables.n.dataSync()), [1, -2])
    t.strictSame(Array.from(variables.flags.dataSync()), [1, 0])
  })
}

t.test('a variable that is met twice is saved once', async (t) => {
  await tf.setBackend('cpu')
  const model = trained(tf.train.sgd(0.1))
  const kernel = model.layers[0]?.weights[0]?.read() as tf.Variable
  const checkpoint = new Checkpoint({
    all: trackVariables(tf, { kernel }),
    model: trackModel(tf, model),
    optimizer: trackOptimizer(tf, model.optimizer, model),
  })
  const path = await checkpoint.write(join(t.testdir(), 'ckpt'))
  const shapes = listVariables(path).filter(([, shape]) => String(shape) === '4,3')
  t.strictSame(shapes, [['all/kernel/.ATTRIBUTES/VARIABLE_VALUE', [4, 3]]])
  const saved = weightBits(model)
  kernel.assign(tf.zeros([4, 3]))
  await checkpoint.read(path)
  t.strictSame(weightBits(model), saved)
})

t.test('the map may grow', async (t) => {
  const variables: Record<string, tf.Variable> = { a: tf.variable(tf.scalar(1)) }
  const checkpoint = new Checkpoint({ net: trackVariables(tf, variables) })
  variables['b'] = tf.variable(tf.scalar(2))
  const path = await checkpoint.write(join(t.testdir(), 'ckpt'))
  t.equal(listVariables(path).length, 3)
})

t.test('other values and dtypes are refused', async (t) => {
  const bad = { x: tf.tensor1d([1]) } as unknown as Record<string, tf.Variable>
  t.throws(() => trackVariables(tf, bad), /'x' must be a tf.Variable/)
  const text = { x: tf.variable(tf.tensor1d(['a'])) }
  t.throws(() => trackVariables(tf, text), /dtype string cannot be saved/)
  const small = new Checkpoint({ net: trackVariables(tf, { x: tf.variable(tf.scalar(1)) }) })
  const path = await small.write(join(t.testdir(), 'ckpt'))
  const x = tf.variable(tf.scalar(1, 'int32'))
  await t.rejects(new Checkpoint({ net: trackVariables(tf, { x }) }).read(path), {
    code: 'CKPT_MISMATCH',
  })
})

t.test('@tensorflow/tfjs-core alone', async (t) => {
  // In a process without the layers, and without the methods that the whole package adds to tensors.
  const program = `
    const tf = require('@tensorflow/tfjs-core')
    require('@tensorflow/tfjs-backend-cpu')
    const { Checkpoint } = require('./lib')
    const { trackOptimizer, trackVariables } = require('./lib/tfjs')
    const w = tf.variable(tf.ones([2]))
    const optimizer = tf.train.adam(0.1)
    const step = () => optimizer.applyGradients({ [w.name]: w })
    const checkpoint = new Checkpoint({
      net: trackVariables(tf, { w }),
      optimizer: trackOptimizer(tf, optimizer, [w]),
    })
    tf.enableProdMode()
    tf.setBackend('cpu').then(async () => {
      step()
      const path = await checkpoint.write(process.argv[1])
      step()
      const [wanted, { numTensors }] = [[...w.dataSync()], tf.memory()]
      await checkpoint.read(path)
      step()
      const leaked = tf.memory().numTensors - numTensors
      console.log(JSON.stringify({ same: String(wanted) === String([...w.dataSync()]), leaked }))
    })`
  const args = ['-e', program, join(t.testdir(), 'ckpt')]
  const options = { cwd: join(__dirname, '../..'), env: { ...process.env, NODE_OPTIONS: '' } }
  const { stdout } = await promisify(execFile)(process.execPath, args, options)
  t.strictSame(JSON.parse(stdout), { same: true, leaked: 0 })
})
