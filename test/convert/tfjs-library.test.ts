// TensorFlow.js loads what we write, and we read what it saves.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  convert,
  exportTfjs,
  importTfjs,
  loadVariable,
  ndarray,
  openTensors,
  VariableState,
  zeros,
  type NdArray,
  type StringTensor,
} from '../../lib/index.js'

// eslint-disable-next-line @typescript-eslint/no-require-imports -- its declarations need a browser's
const tf = require('@tensorflow/tfjs') as TensorFlowJs

/** The part that is used here. */
interface Tensor {
  readonly shape: number[]
  readonly dtype: string
  dataSync(): Float32Array | Int32Array | Uint8Array | string[]
}
interface WeightSpec {
  readonly name: string
}
interface Artifacts {
  readonly modelTopology?: object
  readonly weightSpecs: WeightSpec[]
  readonly weightData: ArrayBuffer
}
interface Model {
  predict(x: Tensor): Tensor
  getWeights(): Tensor[]
  setWeights(weights: Tensor[]): void
  readonly weights: { readonly name: string }[]
  save(handler: object): Promise<unknown>
}
interface TensorFlowJs {
  setBackend(name: string): Promise<boolean>
  tensor(values: unknown, shape?: number[], dtype?: string): Tensor
  ones(shape: number[]): Tensor
  sequential(): Model & { add(layer: object): void }
  loadLayersModel(handler: object): Promise<Model>
  readonly layers: { dense(options: object): object }
  readonly io: {
    decodeWeights(data: ArrayBuffer, specs: WeightSpec[]): Record<string, Tensor>
    encodeWeights(
      tensors: Record<string, Tensor>,
    ): Promise<{ data: ArrayBuffer; specs: WeightSpec[] }>
    weightsLoaderFactory(
      fetch: (urls: string[]) => Promise<ArrayBuffer[]>,
    ): (manifest: unknown, prefix: string) => Promise<Record<string, Tensor>>
    withSaveHandler(save: (artifacts: Artifacts) => Promise<unknown>): object
    fromMemory(artifacts: object): object
  }
}

interface ModelJson {
  readonly modelTopology?: object
  readonly format?: string
  readonly weightsManifest: { readonly paths: string[]; readonly weights: WeightSpec[] }[]
}

/** The files as a browser fetches them. */
const fetchFiles = (urls: string[]): Promise<ArrayBuffer[]> =>
  Promise.resolve(urls.map((url) => Uint8Array.from(readFileSync(url)).buffer))

const load = (directory: string, { weightsManifest }: ModelJson): Promise<Record<string, Tensor>> =>
  tf.io.weightsLoaderFactory(fetchFiles)(weightsManifest, directory)

const modelIn = (directory: string): ModelJson =>
  JSON.parse(readFileSync(join(directory, 'model.json'), 'utf8')) as ModelJson

t.before(() => tf.setBackend('cpu'))

t.test('TensorFlow.js loads the weights that we write, in one file and in many', async (t) => {
  const directory = t.testdir()
  const kernel = ndarray(
    Float32Array.from({ length: 6000 }, (_, i) => i / 7),
    [30, 200],
  )
  const half = ndarray(Uint16Array.of(0x3c00, 0xc000, 0x0001), [3], { dtype: 'float16' })
  const arrays = {
    flags: ndarray(Uint8Array.of(1, 0, 1), [3], { dtype: 'bool' }),
    'layer/kernel': kernel,
    ids: ndarray(Int32Array.of(-1, 2 ** 31 - 1), [2]),
    half,
    scalar: ndarray(Float32Array.of(2.5), []),
    none: zeros([0, 3], 'float32'),
  }
  for (const shardBytes of [4 * 2 ** 20, 1000]) {
    await exportTfjs(arrays, join(directory, 'model.json'), { shardBytes })
    const model = modelIn(directory)
    t.equal(model.weightsManifest[0]?.paths.length, shardBytes === 1000 ? 25 : 1)
    const found = await load(directory, model)
    const described = Object.entries(found).map(([name, tensor]) => [
      ...[name, tensor.dtype, tensor.shape],
      Array.from(tensor.dataSync() as Float32Array),
    ])
    t.strictSame(described, [
      ['flags', 'bool', [3], [1, 0, 1]],
      ['layer/kernel', 'float32', [30, 200], Array.from(kernel.data as Float32Array)],
      ['ids', 'int32', [2], [-1, 2 ** 31 - 1]],
      ['half', 'float32', [3], [1, -2, 2 ** -24]],
      ['scalar', 'float32', [], [2.5]],
      ['none', 'float32', [0, 3], []],
    ])
  }
})

t.test('we read the weights that TensorFlow.js encodes', async (t) => {
  const directory = t.testdir()
  const tensors = {
    a: tf.tensor([1.5, -2, 3, 4], [2, 2]),
    b: tf.tensor([true, false], [2], 'bool'),
    s: tf.tensor(['hällo', '', 'x'], [3], 'string'),
    i: tf.tensor([1, -2], [2], 'int32'),
  }
  const { data, specs } = await tf.io.encodeWeights(tensors)
  writeFileSync(join(directory, 'w.bin'), Buffer.from(data))
  const path = join(directory, 'model.json')
  const manifest = [{ paths: ['w.bin'], weights: specs }]
  writeFileSync(path, JSON.stringify({ modelTopology: null, weightsManifest: manifest }))
  const file = await openTensors(path)
  t.strictSame(
    file.tensors().map(({ name, dtype, shape }) => [name, dtype, shape]),
    [
      ['a', 'float32', [2, 2]],
      ['b', 'bool', [2]],
      ['s', 'string', [3]],
      ['i', 'int32', [2]],
    ],
  )
  t.strictSame((file.get('a') as NdArray).data, Float32Array.of(1.5, -2, 3, 4))
  const texts = [...(file.get('s') as StringTensor)].map((bytes) => Buffer.from(bytes).toString())
  t.strictSame(texts, ['hällo', '', 'x'])
  // And TensorFlow.js reads them again from what we make of them.
  const again = join(directory, 'again')
  await convert(path, join(again, 'model.json'))
  const [group] = modelIn(again).weightsManifest
  const encoded = readFileSync(join(again, group?.paths[0] ?? ''))
  // Strings it decodes, but does not fetch: `loadWeights` has no width for them.
  const found = tf.io.decodeWeights(Uint8Array.from(encoded).buffer, group?.weights ?? [])
  t.strictSame(found['s']?.dataSync(), ['hällo', '', 'x'])
  t.strictSame(found['i']?.dataSync(), Int32Array.of(1, -2))
})

t.test('quantized weights are what TensorFlow.js makes of them', async (t) => {
  const directory = t.testdir()
  const bytes = Buffer.from(Array.from({ length: 700 }, (_, i) => (i * 37) & 0xff))
  writeFileSync(join(directory, 'w.bin'), bytes)
  const affine = { scale: 0.0123456789, min: -1.7 }
  const specs = [
    { name: 'a', dtype: 'float32', shape: [100], quantization: { dtype: 'uint8', ...affine } },
    { name: 'b', dtype: 'float32', shape: [100], quantization: { dtype: 'uint16', ...affine } },
    { name: 'c', dtype: 'int32', shape: [100], quantization: { dtype: 'uint16', ...affine } },
    { name: 'd', dtype: 'float32', shape: [100], quantization: { dtype: 'float16' } },
  ]
  const path = join(directory, 'model.json')
  writeFileSync(path, JSON.stringify({ weightsManifest: [{ paths: ['w.bin'], weights: specs }] }))
  const expected = tf.io.decodeWeights(Uint8Array.from(bytes).buffer, specs)
  const prefix = join(directory, 'ckpt')
  await importTfjs(path, prefix)
  const file = await openTensors(path)
  for (const { name } of specs) {
    const data = expected[name]?.dataSync()
    t.strictSame((file.get(name) as NdArray).data, data, name)
    t.strictSame((loadVariable(prefix, name) as NdArray).data, data, `${name} in a checkpoint`)
  }
})

t.test('a model: its weights to a checkpoint, trained there, and back', async (t) => {
  const directory = t.testdir()
  const model = tf.sequential()
  model.add(tf.layers.dense({ units: 3, inputShape: [4], name: 'first' }))
  model.add(tf.layers.dense({ units: 2, name: 'second' }))
  let topology: object | undefined
  await model.save(
    tf.io.withSaveHandler(({ modelTopology, weightSpecs, weightData }) => {
      topology = modelTopology
      const manifest = [{ paths: ['weights.bin'], weights: weightSpecs }]
      const text = JSON.stringify({ modelTopology, weightsManifest: manifest })
      writeFileSync(join(directory, 'model.json'), text)
      writeFileSync(join(directory, 'weights.bin'), Buffer.from(weightData))
      return Promise.resolve({})
    }),
  )
  const prefix = join(directory, 'ckpt')
  await importTfjs(join(directory, 'model.json'), prefix, { as: 'variables' })
  type Layer = { kernel: NdArray<'float32'>; bias: NdArray<'float32'> }
  const [first, second] = [new VariableState<Layer>(), new VariableState<Layer>()]
  const checkpoint = new Checkpoint({ first, second })
  ;(await checkpoint.read(prefix)).assertConsumed()
  t.strictSame(first.kernel.shape, [4, 3])
  second.bias.data[1] = 7
  const saved = await checkpoint.save(join(directory, 'trained'))

  const out = join(directory, 'out')
  mkdirSync(out)
  await exportTfjs(saved, join(out, 'model.json'), {
    model: { format: 'layers-model', modelTopology: topology },
  })
  const { modelTopology, weightsManifest } = modelIn(out)
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights)
  const paths = weightsManifest.flatMap(({ paths }) => paths.map((name) => join(out, name)))
  const weightData = Uint8Array.from(Buffer.concat(paths.map((path) => readFileSync(path)))).buffer
  const again = await tf.loadLayersModel(
    tf.io.fromMemory({ modelTopology, weightSpecs, weightData }),
  )
  const weights = model.getWeights()
  weights[3] = tf.tensor([0, 7])
  model.setWeights(weights)
  const x = tf.ones([1, 4])
  t.strictSame(again.predict(x).dataSync(), model.predict(x).dataSync())
})
