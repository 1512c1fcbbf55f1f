// Objects restored from checkpoints that real TensorFlow wrote.
import t from 'tap'
import {
  Checkpoint,
  NdArray,
  NumpyState,
  openCheckpoint,
  StringTensor,
  type ObjectGraph,
} from '../../lib/index.js'
import { dtypeInfo } from '../../lib/array/dtype.js'
import { arrayBytes, sha256, splitNpy, type SplitNpy } from './bytes'
import { checkpointOf, readFixture, type ExpectedCheckpoint, type ExpectedNpy } from './expected'

/** What a restore puts into a NumpyState. */
type Arrays = Record<string, NdArray>

interface ArrayOf {
  readonly descr: unknown
  readonly shape: readonly number[]
  readonly sha256: string
}

/** The arrays of `numpy_arrays` by name, as TensorFlow and NumPy read them. */
function expectedArrays({ variables, graph }: ExpectedCheckpoint): Record<string, ArrayOf> {
  const arrays: Record<string, ArrayOf> = {}
  for (const [name, key] of arrayKeys(graph)) {
    const npy = variables.find((variable) => variable.key === key)?.npy?.[0]
    if (npy != null) arrays[name] = toArrayOf(npy)
  }
  return arrays
}

const toArrayOf = ({ descr, shape, sha256 }: ExpectedNpy): ArrayOf => ({ descr, shape, sha256 })

/** Names of the arrays of `numpy_arrays` and the keys of their values, in saved order. */
function arrayKeys(graph: ObjectGraph | undefined): [name: string, key: string][] {
  const [root] = graph?.nodes ?? []
  const edge = root?.children.find(({ localName }) => localName === 'numpy_arrays')
  const state = graph?.nodes[edge?.nodeId ?? -1]
  return (state?.children ?? []).map(({ localName, nodeId }) => [
    localName,
    graph?.nodes[nodeId]?.attributes[0]?.checkpointKey ?? '',
  ])
}

/** The wide structure of numpystate, whose fields expected.json only counts. */
const shortened = (descr: unknown): unknown =>
  Array.isArray(descr) && descr.length > 100 ? `(${String(descr.length)} fields)` : descr

const describeState = (state: Arrays): Record<string, ArrayOf> =>
  Object.fromEntries(
    Object.entries(state).map(([name, array]) => {
      const descr = shortened(array.descr ?? dtypeInfo(array.dtype).npy)
      return [name, { descr, shape: [...array.shape], sha256: sha256(arrayBytes(array)) }]
    }),
  )

async function restoreState(prefix: string): Promise<Arrays> {
  const checkpoint = new Checkpoint({ numpy_arrays: new NumpyState<Arrays>() })
  await checkpoint.restore(prefix)
  return checkpoint.numpy_arrays
}

t.test('the example of the documentation', async (t) => {
  const { latest } = readFixture('docs-example')
  const checkpoint = new Checkpoint({ numpy_arrays: new NumpyState<Arrays>() })
  const status = await checkpoint.restore(latest)
  t.equal(status.restored, 2, 'the array and the counter')
  t.equal(checkpoint.saveCounter, 1)
  const { x } = checkpoint.numpy_arrays
  t.equal(x?.dtype, 'float64')
  t.strictSame(x?.shape, [3, 4])
  t.strictSame(x?.data, new Float64Array(12))
})

for (const base of ['ckpt-1', 'written']) {
  const expected = checkpointOf(readFixture('numpystate'), base)
  const { prefix, graph } = expected
  for (const mode of ['map', 'load'] as const) {
    for (const verify of ['eager', 'lazy', 'off'] as const) {
      t.test(`all arrays of numpystate/${base}, ${mode}, ${verify}`, async (t) => {
        const checkpoint = new Checkpoint({ numpy_arrays: new NumpyState<Arrays>() })
        const status = await checkpoint.read(prefix, { mode, verify })
        const found = describeState(checkpoint.numpy_arrays)
        t.strictSame(found, expectedArrays(expected))
        t.strictSame(
          Object.keys(found),
          arrayKeys(graph).map(([name]) => name),
          'in the order in which they were saved',
        )
        t.equal(Object.keys(found).length, 41)
        t.equal(status.restored, 41 + checkpoint.saveCounter, 'a written one has no counter')
      })
    }
  }

  t.test(`numpystate/${base} restores into arrays that are already there`, (t) => {
    const state = new NumpyState<Arrays>()
    const checkpoint = new Checkpoint({ numpy_arrays: state })
    state['f4'] = new NdArray({ dtype: 'int8', shape: [1], data: new Int8Array(1) })
    state['mine'] = new NdArray({ dtype: 'int8', shape: [1], data: new Int8Array([7]) })
    checkpoint.readSync(prefix)
    const { mine, ...others } = describeState(state)
    t.strictSame(others, expectedArrays(expected))
    t.equal(mine?.descr, '|i1', 'what the checkpoint lacks stays')
    t.end()
  })
}

async function npyFiles(
  prefix: string,
  graph: ObjectGraph | undefined,
): Promise<[string, SplitNpy][]> {
  const reader = await openCheckpoint(prefix)
  return arrayKeys(graph).map(([name, key]) => {
    const tensor = reader.get(key)
    const file = tensor instanceof StringTensor ? splitNpy(tensor.get()) : undefined
    if (file === undefined) throw new Error(`${key} holds no .npy`)
    return [name, file]
  })
}

t.test('what was restored from TensorFlow is saved again unchanged', async (t) => {
  const expected = checkpointOf(readFixture('numpystate'), 'ckpt-1')
  const original = await npyFiles(expected.prefix, expected.graph)
  const checkpoint = new Checkpoint({ numpy_arrays: new NumpyState<Arrays>() })
  await checkpoint.restore(expected.prefix)
  for (const alignment of [1, 64]) {
    const prefix = await checkpoint.write(`${t.testdir()}/again`, { alignment })
    t.strictSame(describeState(await restoreState(prefix)), expectedArrays(expected))
    const reader = await openCheckpoint(prefix)
    const again = await npyFiles(prefix, reader.objectGraph)
    t.equal(again.length, 41)
    for (const [i, [name, file]] of again.entries()) {
      const [wasName, was] = original[i] ?? []
      t.equal(name, wasName)
      // Big-endian numbers have become little-endian; all else, raw types too, keeps its bytes.
      if (name.includes('big')) t.match(file.header, /'descr': '</, name)
      else t.strictSame(file, was, name)
    }
  }
})

t.test('every checkpoint that the manager kept', async (t) => {
  const fixture = readFixture('manager')
  t.equal(fixture.checkpoints.length, 3)
  for (const [i, expected] of fixture.checkpoints.entries()) {
    const checkpoint = new Checkpoint({ numpy_arrays: new NumpyState<Arrays>() })
    const status = await checkpoint.restore(expected.prefix)
    t.equal(checkpoint.saveCounter, i + 3)
    t.equal(status.restored, 2, 'the variable v has no object here')
    t.strictSame(describeState(checkpoint.numpy_arrays), expectedArrays(expected))
    t.strictSame(checkpoint.numpy_arrays['x']?.data, new BigInt64Array([0n, 1n, 2n]))
  }
})

t.test(
  'nested: every variable is reached by its names, shared objects and cycles too',
  async (t) => {
    const { latest } = readFixture('nested')
    const reader = await openCheckpoint(latest ?? '')
    const graph = reader.objectGraph
    const follow = (...names: string[]): number | undefined =>
      names.reduce<number | undefined>(
        (id, name) =>
          graph?.nodes[id ?? -1]?.children.find(({ localName }) => localName === name)?.nodeId,
        0,
      )
    t.equal(follow('z'), follow('again'), 'one module under two names')
    t.equal(follow('z', 'b'), follow('y'))
    t.equal(follow('z', 'b', 'a'), follow('z'), 'a cycle')
    t.equal(follow('z', 'shared'), follow('layers', '0'))
    for (const name of ['b', 'a/x', 'a.y', '.S', 'é', '']) {
      const id = follow('z', 'dict', name)
      const [attribute] = graph?.nodes[id ?? -1]?.attributes ?? []
      t.equal(attribute?.name, 'VARIABLE_VALUE', name)
      t.equal(reader.get(attribute?.checkpointKey ?? '').dtype, 'int32', name)
    }
    t.ok(follow('z', 'list', '1', '1') !== undefined && follow('table', 't', 'u') !== undefined)
    t.strictSame(graph?.nodes[follow('root_list', '0') ?? -1]?.attributes, [], 'an empty list')
  },
)

t.test('nested: objects without arrays of ours stay as they are', async (t) => {
  const { latest } = readFixture('nested')
  const shared = { v: new NumpyState<Arrays>() }
  const a = { list: [new NumpyState<Arrays>(), [{}, {}]], dict: new NumpyState<Arrays>(), shared }
  const checkpoint = new Checkpoint({
    z: a,
    again: a,
    y: { shared },
    absent: new NumpyState<Arrays>(),
  })
  const status = await checkpoint.restore(latest)
  t.equal(status.restored, 1, 'variables are not Python state; the counter is restored')
  t.equal(checkpoint.saveCounter, 1)
  t.strictSame(Object.keys(a.dict), [])
})
