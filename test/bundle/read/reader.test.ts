import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { stringTensorValue, stringValue, tensorValue } from '../../../lib/bundle/write/values.js'
import {
  Checkpoint,
  CheckpointReader,
  NdArray,
  openCheckpoint,
  openCheckpointSync,
} from '../../../lib/index.js'
import { counts } from '../../../lib/native.js'
import { bytesOf } from '../../../lib/array/typed-arrays.js'
import { flip, saved, stateOf, until } from '../../checkpoint/files'
import { bytes } from '../table/samples'
import { writeValues } from '../write-values'

const floats = Float32Array.of(1.25, 2, 3)

/** A bundle of a tensor, strings and a counter, in two shards. */
function sample(dir: string): string {
  const values = [
    tensorValue('w', 'float32', [3], floats),
    stringTensorValue('b/text', [2], [bytes('hello'), bytes('')]),
    tensorValue('a', 'int64', [], BigInt64Array.of(7n)),
  ]
  return writeValues(join(dir, 'x'), values, { maxShardBytes: 12, alignment: 8 })
}

t.test('every tensor is listed, sorted by the bytes of its key', (t) => {
  const reader = openCheckpointSync(sample(t.testdir()))
  t.strictSame(reader.variables(), [
    { key: 'a', dtype: 'int64', shape: [], byteLength: 8, shard: 2 },
    { key: 'b/text', dtype: 'string', shape: [2], byteLength: 11, shard: 1 },
    { key: 'w', dtype: 'float32', shape: [3], byteLength: 12, shard: 0 },
  ])
  t.end()
})

t.test("shapes, dtypes and lines of text, by TensorFlow's names", (t) => {
  const reader = openCheckpointSync(sample(t.testdir()))
  t.strictSame(
    [...reader.getVariableToShapeMap()],
    [
      ['a', []],
      ['b/text', [2]],
      ['w', [3]],
    ],
  )
  t.strictSame(
    [...reader.getVariableToDtypeMap()],
    [
      ['a', 'int64'],
      ['b/text', 'string'],
      ['w', 'float32'],
    ],
  )
  t.equal(reader.debugString(), 'a (DT_INT64) []\nb/text (DT_STRING) [2]\nw (DT_FLOAT) [3]\n')
  const path = join(t.testdir(), 'y')
  writeValues(path, [tensorValue('__proto__', 'bfloat16', [1, 1], Uint16Array.of(1))])
  const odd = openCheckpointSync(path)
  t.strictSame(odd.getVariableToShapeMap().get('__proto__'), [1, 1])
  t.equal(odd.debugString(), '__proto__ (DT_BFLOAT16) [1,1]\n')
  reader.closeSync()
  for (const ask of ['getVariableToShapeMap', 'getVariableToDtypeMap', 'debugString'] as const) {
    t.throws(() => reader[ask](), { code: 'CKPT_CLOSED' }, ask)
  }
  t.end()
})

t.test('keys are looked up as they are', (t) => {
  const path = sample(t.testdir())
  const reader = openCheckpointSync(path)
  t.equal(reader.path, path)
  t.ok(reader.has('w'))
  for (const key of ['W', '', 'w:0', '__proto__', 'constructor']) {
    t.notOk(reader.has(key))
    t.throws(() => reader.get(key), {
      code: 'CKPT_NOT_FOUND',
      message: `key '${key}' not found in checkpoint '${path}'`,
      details: { path, key },
    })
  }
  t.strictSame((reader.get('w') as NdArray).data, floats)
  t.equal((reader.get('a') as NdArray).get(), 7n)
  t.end()
})

t.test('the objects are those that were saved', async (t) => {
  const path = await saved(join(t.testdir(), 'ckpt'), { x: floats })
  const reader = await openCheckpoint(path)
  const graph = reader.objectGraph
  t.strictSame(
    graph?.nodes.map(({ children }) => children.map(({ localName }) => localName)),
    [['arrays', 'save_counter'], ['x'], [], []],
  )
  t.strictSame(graph?.nodes[3]?.attributes, [
    { name: 'py_state', fullName: '', checkpointKey: 'arrays/x/.ATTRIBUTES/py_state' },
  ])
  t.equal(reader.objectGraph, graph, 'read once')
  t.equal(openCheckpointSync(sample(t.testdir())).objectGraph, undefined)
})

t.test('a graph that is none is refused', (t) => {
  const path = join(t.testdir(), 'x')
  const key = '_CHECKPOINTABLE_OBJECT_GRAPH'
  writeValues(path, [stringValue(key, bytes('\xff\xff'))])
  t.throws(() => openCheckpointSync(path).objectGraph, { code: 'CKPT_CORRUPT' })
  writeValues(path, [tensorValue(key, 'int8', [1], new Uint8Array(1))])
  t.throws(() => openCheckpointSync(path).objectGraph, { code: 'CKPT_MISMATCH', details: { key } })
  t.end()
})

t.test('what is written to an array is seen by later gets, and is no corruption', (t) => {
  const dir = t.testdir()
  const path = sample(dir)
  for (const verify of ['eager', 'lazy', 'off'] as const) {
    const reader = openCheckpointSync(path, { verify })
    const first = reader.get('w') as NdArray
    first.set(0, 42)
    t.equal((reader.get('w') as NdArray).get(0), 42)
    t.match(reader.verifySync(), { ok: true }, 'the file is as it was')
    t.equal((openCheckpointSync(path).get('w') as NdArray).get(0), 1.25)
  }
  t.end()
})

t.test('statistics count how arrays came into memory', (t) => {
  const path = join(t.testdir(), 'x')
  writeValues(path, [
    tensorValue('a', 'int8', [1], new Uint8Array(1)),
    tensorValue('b', 'float64', [1], new Uint8Array(8)),
  ])
  const reader = openCheckpointSync(path)
  const stats = reader.stats
  t.strictSame(stats, { mapped: 0, copied: 0, loaded: 0 })
  const use = (from: CheckpointReader, key: string): unknown => (from.get(key) as NdArray).data
  use(reader, 'a')
  t.strictSame(reader.stats, { mapped: 1, copied: 0, loaded: 0 })
  use(reader, 'b')
  t.strictSame(reader.stats, { mapped: 1, copied: 1, loaded: 0 }, 'not aligned')
  t.strictSame(stats, { mapped: 0, copied: 0, loaded: 0 }, 'a copy of the counts')
  const loading = openCheckpointSync(path, { mode: 'load' })
  use(loading, 'b')
  t.strictSame(loading.stats, { mapped: 0, copied: 0, loaded: 1 })
  t.end()
})

t.test('a closed reader says so, its arrays stay', async (t) => {
  const path = sample(t.testdir())
  const reader = await openCheckpoint(path)
  const used = reader.get('w') as NdArray
  const unused = reader.get('a') as NdArray
  t.strictSame(used.data, floats)
  await reader.close()
  await reader.close()
  const closed = {
    code: 'CKPT_CLOSED',
    message: `the reader of '${path}' is closed`,
    details: { path },
  }
  for (const call of [
    () => reader.variables(),
    () => reader.has('w'),
    () => reader.get('w'),
    () => reader.objectGraph,
    () => reader.stats,
    () => reader.verifySync(),
  ]) {
    t.throws(call, closed)
  }
  await t.rejects(reader.verify(), closed)
  t.equal(reader.path, path)
  rmSync(join(path, '..'), { recursive: true })
  used.set(1, 5)
  t.equal(used.get(1), 5)
  t.equal(unused.get(), 7n)
})

t.test('a reader closes at the end of its block', async (t) => {
  const path = sample(t.testdir())
  let outside: CheckpointReader | undefined
  {
    await using reader = await openCheckpoint(path)
    outside = reader
    t.ok(reader.has('w'))
  }
  t.throws(() => outside.has('w'), { code: 'CKPT_CLOSED' })
})

t.test(
  'mappings go with the reader and the last array',
  { skip: global.gc === undefined },
  async (t) => {
    const path = sample(t.testdir())
    const before = counts().mappings
    let array: NdArray | undefined
    await (async () => {
      const reader = await openCheckpoint(path)
      array = reader.get('w') as NdArray
      t.strictSame(array.data, floats)
      await reader.close()
    })()
    const settled = async (expected: number): Promise<void> => {
      await until(`${String(expected)} mappings`, () => {
        global.gc?.()
        return counts().mappings <= before + expected
      })
    }
    await settled(1)
    t.equal(array?.get(0), 1.25)
    array = undefined
    await settled(0)
  },
)

t.test('an array that is corrupt fails at each use', (t) => {
  const path = sample(t.testdir())
  flip(`${path}.data-00000-of-00003`, bytesOf(floats))
  const array = openCheckpointSync(path).get('w') as NdArray
  for (let use = 0; use < 2; use++) t.throws(() => array.data, { code: 'CKPT_CORRUPT' })
  t.throws(() => openCheckpointSync(path, { verify: 'eager' }), {
    code: 'CKPT_CORRUPT',
    details: { key: 'w' },
  })
  t.end()
})

t.test('a reader is made by opening only, and shows nothing inside', (t) => {
  const reader = openCheckpointSync(sample(t.testdir()))
  t.strictSame(Object.keys(reader), ['path'])
  t.ok(reader instanceof CheckpointReader)
  t.end()
})

t.test('a checkpoint stays readable while it is overwritten', async (t) => {
  const dir = t.testdir()
  const path = join(dir, 'ckpt')
  const state = stateOf({ x: floats })
  const checkpoint = new Checkpoint({ state })
  await checkpoint.write(path)
  const reader = await openCheckpoint(path)
  const restored = stateOf({})
  await new Checkpoint({ state: restored }).read(path, { verify: 'lazy' })
  state['x'] = new Float32Array(3)
  await checkpoint.write(path)
  checkpoint.writeSync(path)
  t.strictSame((restored['x'] as NdArray).data, floats)
  t.equal(reader.variables().length, 2)
})
