/**
 * A user's ES module. types.test.ts compiles it; it never runs. Each wrong use is marked: the
 * compiler complains about a mark without an error.
 */
import ndarray_ from 'ndarray'
import ndcheckpoint, {
  Checkpoint,
  CheckpointError,
  NdArray,
  NumpyState,
  StringTensor,
  checkpointExists,
  checkpointsIterator,
  getCheckpointMtimes,
  getCheckpointState,
  isCheckpointError,
  latestCheckpoint,
  listVariables,
  loadCheckpoint,
  loadVariable,
  ndarray,
  openCheckpoint,
  openCheckpointSync,
  removeCheckpoint,
  removeCheckpointSync,
  updateCheckpointState,
  updateCheckpointStateSync,
  zeros,
  type AnyArrays,
  type ArrayInput,
  type CheckpointReader,
  type CheckpointState,
  type CheckpointsIteratorOptions,
  type Complex,
  type CorruptReason,
  type DType,
  type ElementOf,
  type ErrorCode,
  type ErrorDetails,
  type NpyDescr,
  type ObjectGraph,
  type OperationOptions,
  type PathInput,
  type Progress,
  type ReadOptions,
  type ReadStats,
  type RestoreStatus,
  type SaveOptions,
  type TypedArray,
  type VariableInfo,
  type VerifyReport,
} from 'ndcheckpoint'

/** Compiles only if both are the same type, neither wider nor narrower. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(..._: Same<A, B> extends true ? [] : [never]): void {}

same<typeof ndcheckpoint.zeros, typeof zeros>()
same<Same<number, number | bigint>, false>()
// @ts-expect-error: the two differ, so the helper sees differences
same<number, number | bigint>()

/** A function, so that nothing is saved if the file is run after all. */
export async function program(): Promise<object> {
  // The example of the README.

  const arrays = new NumpyState<{ weights: NdArray; step: BigInt64Array<ArrayBuffer> }>()
  const checkpoint = new Checkpoint({ numpy_arrays: arrays })
  arrays.weights = zeros([784, 10])
  arrays.step = new BigInt64Array(1)
  await checkpoint.restore(latestCheckpoint('run'))
  for (let step = arrays.step[0] ?? 0n; step < 1000n; step++) await checkpoint.save('run/ckpt')

  // Arrays whose names are not declared are made by restore.

  const path: string = await checkpoint.save('/tmp/ckpt')
  const second = new Checkpoint({ numpy_arrays: new NumpyState() })
  const status: RestoreStatus = await second.restore(path)
  const restored: readonly [string | null, number] = [status.path, status.restored]
  const shape: readonly number[] = second.numpy_arrays.x.shape
  const names: string[] = Object.keys(second.numpy_arrays)
  same<typeof second.numpy_arrays, AnyArrays>()
  // @ts-expect-error: children are what was passed
  void second.other

  // States whose arrays are declared.

  const typed = new NumpyState<{ w: Float32Array; seen?: BigUint64Array }>()
  typed.w = new Float32Array(3)
  typed.w[0] = 1
  const mixed = new NumpyState<{ weights: NdArray; bias: NdArray<'float32'> }>()
  mixed.weights = zeros([784, 10], 'float16')
  mixed.bias = zeros([10], 'float32')
  // @ts-expect-error: another dtype than declared
  mixed.bias = zeros([10])
  // @ts-expect-error: not an array
  mixed.weights = 'text'
  // @ts-expect-error: no such name
  mixed.wieghts = zeros([2])
  delete typed.seen
  // @ts-expect-error: another array than declared
  typed.w = new Float64Array(3)
  const state: NumpyState<{ w: Float32Array }> = new Checkpoint({ model: typed }).model

  // Children of children, and a Checkpoint without any.

  const nested = new Checkpoint({ model: { layers: [typed] }, inner: new Checkpoint({ state }) })
  same<typeof nested.inner.state.w, Float32Array>()
  nested.model.layers[0]?.w.fill(0)
  const empty: Checkpoint = new Checkpoint()
  const counter: number = empty.saveCounter
  // @ts-expect-error: read-only
  empty.saveCounter = 1
  // @ts-expect-error: children are an object
  void new Checkpoint(1)

  // Elements.

  const float = zeros([2, 3])
  same<typeof float, NdArray<'float64'>>()
  const x: number = float.get(1, 2)
  // @ts-expect-error: float64, whatever it is assigned to
  const ints: NdArray<'int64'> = zeros([2])
  const dtype = undefined as DType | undefined
  same<ReturnType<typeof either>, NdArray>()
  const either = () => zeros([2], dtype)
  const big: bigint = zeros([2], 'int64').get(0)
  // @ts-expect-error: a bigint
  const wrong: number = zeros([2], 'uint64').get(0)
  const complex: Complex = zeros([], 'complex64').get()
  zeros([2], 'complex128').set(0, { re: 1, im: -1 })
  zeros([2], 'int64').set(0, 1n)
  zeros([2], 'bool').set(0, true)
  // @ts-expect-error: no element of this dtype
  zeros([2], 'float32').set(0, { re: 1, im: 2 })
  // @ts-expect-error: no such dtype
  zeros([2], 'float33')
  // @ts-expect-error: a shape is an array
  zeros(2)
  same<ElementOf<'complex64'>, { re: number; im: number }>()
  same<ElementOf<'int64'>, bigint>()
  same<ElementOf<'void'>, Uint8Array>()
  same<ElementOf<'bfloat16'>, number>()
  same<ElementOf<DType>, number | bigint | Complex | Uint8Array>()

  const any: NdArray = zeros([1], 'int64')
  const element: number | bigint | Complex | Uint8Array = any.get(0)
  const descr: NpyDescr | undefined = any.descr
  const data: TypedArray = any.data
  // @ts-expect-error: read-only
  any.shape = [2]
  // @ts-expect-error: read-only
  any.shape[0] = 2

  const made: NdArray = ndarray(new Uint16Array(6), [2, 3], { dtype: 'bfloat16', stride: [3, 1] })
  ndarray(new Float32Array(6), undefined, { dtype: 'complex64' })
  // @ts-expect-error: elements come in a typed array
  ndarray([1, 2, 3], [3])

  const inputs: ArrayInput[] = [
    made,
    new Float64Array(2),
    { data: new Int8Array(4), shape: [2, 2], stride: [1, 2], offset: 0 },
    // Objects of the npm package `ndarray` are arrays here, and ours are made of the same parts.
    ndarray_(new Float64Array(6), [2, 3]).transpose(1, 0),
  ]
  const theirs = ndarray_(
    float.data as Float64Array,
    [...float.shape],
    [...float.stride],
    float.offset,
  )

  // Options.

  const { signal } = new AbortController()
  const onProgress = ({ phase, done, total }: Progress): void => {
    console.log(phase === 'write', done / total)
  }
  const common: OperationOptions = { signal, onProgress }
  const saving: SaveOptions = {
    ...common,
    snapshot: 'none',
    maxShardBytes: 2 ** 30,
    alignment: 1,
    durable: false,
  }
  const reading: ReadOptions = { ...common, mode: 'load', verify: 'off' }
  const file: PathInput = new URL('file:///tmp/ckpt')
  same<Awaited<ReturnType<typeof empty.write>>, string>()
  await empty.write(file, saving)
  await empty.read(path, reading)
  await empty.restore(null)
  const paths: string[] = [empty.saveSync('a', saving), empty.writeSync('b')]
  const statuses: RestoreStatus[] = [empty.restoreSync('a-1', reading), empty.readSync(null)]
  // @ts-expect-error: no such choice
  await empty.save('a', { snapshot: 'maybe' })
  // @ts-expect-error: an option of restore
  await empty.save('a', { verify: 'off' })
  // @ts-expect-error: a path is needed
  await empty.save()
  // @ts-expect-error: save takes no null
  await empty.save(null)

  // Reading.

  async function inspect(): Promise<ReadStats> {
    await using reader = await openCheckpoint('run', { verify: 'eager' })
    const variables: VariableInfo[] = reader.variables()
    const keys: string[] = variables.filter(({ dtype }) => dtype === 'string').map(({ key }) => key)
    const tensor = reader.get(keys[0] ?? '')
    if (tensor instanceof StringTensor) {
      const text: Uint8Array = tensor.get(0)
      for (const bytes of tensor) same<typeof bytes, Uint8Array>()
      console.log(text)
    } else {
      same<typeof tensor, NdArray>()
    }
    const graph: ObjectGraph | undefined = reader.objectGraph
    console.log(graph?.nodes[0]?.children[0]?.localName, reader.has('x'), reader.path)
    const report: VerifyReport = await reader.verify(common)
    for (const { code, path, reason, key } of report.problems) {
      same<typeof code, ErrorCode>()
      same<typeof key, string | undefined>()
      console.log(path, reason)
    }
    return reader.stats
  }
  const reader: CheckpointReader = openCheckpointSync(file)
  await reader.close()
  for (const [key, dimensions] of listVariables('run')) loadVariable('run', key)
  same<ReturnType<typeof latestCheckpoint>, string | null>()

  // Directories of checkpoints.

  const known: CheckpointState | null = getCheckpointState('run')
  // @ts-expect-error: what was read is not written to
  known?.allModelCheckpointPaths.push('x')
  await updateCheckpointState('run', { modelCheckpointPath: file, lastPreservedTimestamp: 1 })
  // @ts-expect-error: the newest is needed
  updateCheckpointStateSync('run', { allModelCheckpointPaths: ['x'] })
  if (checkpointExists(file)) await removeCheckpoint(file, { durable: false })
  removeCheckpointSync('run/ckpt-1')
  same<ReturnType<typeof getCheckpointMtimes>, number[]>()
  const timing: CheckpointsIteratorOptions = { timeoutSeconds: 5, timeoutFn: async () => true }
  for await (const next of checkpointsIterator('run', timing)) same<typeof next, string>()
  const shapes: Map<string, number[]> = loadCheckpoint('run', {
    mode: 'load',
  }).getVariableToShapeMap()

  // Errors.

  function report(error: unknown): void {
    if (isCheckpointError(error, 'CKPT_IO')) {
      const errno: number = error.details.errno
      const name: string = error.details.name
      console.log(errno, name)
      // @ts-expect-error: of another code
      void error.details.reason
    } else if (isCheckpointError(error, 'CKPT_CORRUPT', 'CKPT_NOT_FOUND')) {
      const where: string | undefined = error.details.path
      if (error.code === 'CKPT_CORRUPT') same<typeof error.details.reason, CorruptReason>()
      console.log(where)
    } else if (isCheckpointError(error)) {
      same<typeof error.code, ErrorCode>()
      console.log(error.message, error.cause)
    }
    // @ts-expect-error: no such code
    isCheckpointError(error, 'CKPT_OTHER')
  }
  const own: CheckpointError<'CKPT_BUSY'> = new CheckpointError('CKPT_BUSY', 'busy', { path: 'a' })
  const details: Readonly<ErrorDetails['CKPT_BUSY']> = own.details
  // @ts-expect-error: other details than its code's
  void new CheckpointError('CKPT_BUSY', 'busy', { reason: 'checksum' })

  return {
    big,
    complex,
    counter,
    data,
    descr,
    details,
    element,
    inputs,
    inspect,
    ints,
    names,
    paths,
    report,
    restored,
    shape,
    shapes,
    statuses,
    theirs,
    wrong,
    x,
  }
}
