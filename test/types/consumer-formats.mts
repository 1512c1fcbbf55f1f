/** A user's ES module about other formats; see consumer.mts. */
import {
  convert,
  convertSync,
  exportNpySync,
  exportNpz,
  exportSafetensors,
  exportTfjs,
  importNpz,
  importNpySync,
  importSafetensors,
  importTfjs,
  NumpyState,
  openCheckpoint,
  openTensors,
  openTensorsSync,
  zeros,
  type ConvertOptions,
  type Filter,
  type Format,
  type FileFormat,
  type ImportAs,
  type ImportOptions,
  type NdArray,
  type NpzOptions,
  type SafetensorsOptions,
  type SelectOptions,
  type StringTensor,
  type TensorFile,
  type TensorInfo,
  type TensorsInput,
  type TfjsOptions,
  type TransferOptions,
  type TransferReport,
} from 'ndcheckpoint'

export async function program(): Promise<object> {
  const { signal } = new AbortController()
  const filter: Filter = ['layer/*', '**/bias']
  const selecting: SelectOptions = { filter, rename: (name, key) => name + key, cast: 'float32' }
  const common: TransferOptions = {
    ...selecting,
    signal,
    durable: false,
    onProgress: () => undefined,
  }
  const npz: NpzOptions = { ...common, compress: true }
  const safetensors: SafetensorsOptions = { metadata: { a: 'b' } }
  const tfjs: TfjsOptions = { shardBytes: 2 ** 20, model: { format: 'layers-model' } }
  const as: ImportAs = 'numpyState'
  const importing: ImportOptions = { as, attribute: 'state', maxShardBytes: 2 ** 30, alignment: 1 }
  const format: Format = 'checkpoint'
  const converting: ConvertOptions = { ...npz, ...safetensors, ...tfjs, ...importing, to: format }

  const report: TransferReport = await exportNpz('run', new URL('file:///a.npz'), npz)
  const reader = await openCheckpoint('run')
  await exportSafetensors(reader, 'a.safetensors', safetensors)
  await exportTfjs({ x: zeros([2]), y: new Float32Array(2) }, 'model.json', tfjs)
  const state = new NumpyState()
  exportNpySync(state, 'x.npy', { filter: 'x' })
  const inputs: TensorsInput[] = [reader, state, 'run', { x: zeros([1]) }]
  await importNpz('a.npz', 'ckpt', importing)
  importNpySync('x.npy', 'ckpt')
  await importSafetensors('a.safetensors', 'ckpt', { filter: (name, key) => name !== key })
  await importTfjs('model.json', 'ckpt', { cast: { int32: 'float64' } })
  await convert('a.npz', 'ckpt', converting)
  const { path, tensors, bytes, skipped }: TransferReport = convertSync('a.npz', 'a.safetensors')

  await using file: TensorFile = await openTensors('a.npz')
  const infos: TensorInfo[] = file.tensors()
  const names: string[] = file.names()
  const array: NdArray | StringTensor = file.get('x')
  const kind: FileFormat = openTensorsSync('x', { format: 'npz' }).format
  const text: string | undefined = file.metadata['a']
  await exportNpz(file, 'b.npz')

  // @ts-expect-error: an option of an import
  await exportNpz('run', 'a.npz', { as: 'tensors' })
  // @ts-expect-error: no such kind
  await importNpz('a.npz', 'ckpt', { as: 'files' })
  // @ts-expect-error: no dtype that a cast may end in
  await convert('a', 'b', { cast: { float64: 'int64' } })
  // @ts-expect-error: a checkpoint is opened by openCheckpoint
  await openTensors('x', { format: 'checkpoint' })
  // @ts-expect-error: not an array
  await exportNpz({ x: 'text' }, 'a.npz')
  // @ts-expect-error: read-only
  file.path = 'x'
  return { report, inputs, path, tensors, bytes, skipped, infos, names, array, kind, text }
}
