import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { encodeObjectGraph, type ObjectGraph } from '../../lib/bundle/messages.js'
import { OBJECT_GRAPH_KEY } from '../../lib/bundle/read/reader.js'
import { npyValue, stringValue, tensorValue } from '../../lib/bundle/write/values.js'
import { checkInput } from '../../lib/array/input.js'
import { bytesOf } from '../../lib/array/typed-arrays.js'
import {
  Checkpoint,
  NdArray,
  ndarray,
  NumpyState,
  Variable,
  VariableState,
  zeros,
  type ReadOptions,
} from '../../lib/index.js'
import { writeValues } from '../bundle/write-values'
import { contentsOf, flip, saved, stateOf, emptyState } from './files'

const dataFile = (path: string): string => `${path}.data-00000-of-00001`

/** Values that are found by their bytes. */
const first = Float64Array.of(Math.PI, 1)
const second = Float64Array.of(Math.E, 2)

/** A checkpoint of two arrays, and objects to restore it into. */
async function setUp(dir: string) {
  const path = await saved(join(dir, 'ckpt'), { a: ndarray(first), b: ndarray(second) })
  const state = new NumpyState<{ a: NdArray; b: NdArray }>()
  return { path, state, checkpoint: new Checkpoint({ arrays: state }) }
}

const everyOption: ReadOptions[] = (['map', 'load'] as const).flatMap((mode) =>
  (['eager', 'lazy', 'off'] as const).map((verify) => ({ mode, verify })),
)

t.test('every mode restores the same', async (t) => {
  const { path, state, checkpoint } = await setUp(t.testdir())
  for (const options of everyOption) {
    await checkpoint.restore(path, options)
    t.strictSame(state.a.data, first)
    checkpoint.restoreSync(path, options)
    t.strictSame(state.b.data, second)
  }
})

t.test('a corrupt array leaves all objects as they were', async (t) => {
  const { path, state, checkpoint } = await setUp(t.testdir())
  Object.assign(state, { a: zeros([1]), b: zeros([1]) })
  const { a, b } = state
  flip(dataFile(path), bytesOf(second))
  const error = {
    code: 'CKPT_CORRUPT',
    details: { reason: 'checksum', key: 'arrays/b/.ATTRIBUTES/py_state', path: dataFile(path) },
  }
  for (const mode of ['map', 'load'] as const) {
    await t.rejects(checkpoint.restore(path, { mode }), error)
    t.throws(() => checkpoint.restoreSync(path, { mode }), error)
  }
  await t.rejects(checkpoint.restore(path, { mode: 'load', verify: 'lazy' }), error)
  t.equal(state.a, a)
  t.equal(state.b, b)
  t.equal(checkpoint.saveCounter, 0)
})

t.test('lazily each array is checked at its first use, and fails at each use', async (t) => {
  const { path, state, checkpoint } = await setUp(t.testdir())
  flip(dataFile(path), bytesOf(second))
  await checkpoint.restore(path, { verify: 'lazy' })
  t.strictSame(state.a.data, first)
  t.strictSame(state.b.shape, [2], 'what the header says is known')
  for (let use = 0; use < 2; use++) {
    t.throws(() => state.b.data, { code: 'CKPT_CORRUPT', details: { reason: 'checksum' } })
    t.throws(() => state.b.get(0), { code: 'CKPT_CORRUPT' })
  }
  const typed = stateOf({ b: new Float64Array(2) })
  await new Checkpoint({ arrays: typed }).restore(path, { verify: 'lazy' })
  for (let use = 0; use < 2; use++) t.throws(() => typed['b'], { code: 'CKPT_CORRUPT' })
})

t.test("verify: 'off' gives the bytes as they are", async (t) => {
  const { path, state, checkpoint } = await setUp(t.testdir())
  flip(dataFile(path), bytesOf(second))
  for (const mode of ['map', 'load'] as const) {
    await checkpoint.restore(path, { verify: 'off', mode })
    const [changed, two] = state.b.data
    t.not(changed, Math.E)
    t.equal(two, 2)
  }
})

t.test('arrays outlive the files, and writing to them changes no file', async (t) => {
  for (const options of everyOption) {
    const dir = t.testdir()
    const { path, state, checkpoint } = await setUp(dir)
    const before = contentsOf(dir)
    await checkpoint.restore(path, options)
    state.a.set(0, 42)
    t.strictSame(contentsOf(dir), before)
    const again = new NumpyState<{ a: NdArray }>()
    await new Checkpoint({ arrays: again }).restore(path)
    t.equal(again.a.get(0), Math.PI)
    rmSync(dir, { recursive: true })
    t.equal(state.a.get(0), 42)
    t.strictSame(state.b.data, second, 'also one that was not used before')
  }
})

t.test('objects restored from one saved array share nothing', async (t) => {
  const shared = stateOf({ x: ndarray(first) })
  const path = await new Checkpoint({ a: shared, b: shared }).write(join(t.testdir(), 'ckpt'))
  for (const options of everyOption) {
    const [a, b] = [new NumpyState<{ x: NdArray }>(), new NumpyState<{ x: NdArray }>()]
    await new Checkpoint({ a, b }).read(path, options)
    a.x.set(0, 42)
    t.equal(b.x.get(0), Math.PI)
    t.not(a.x.data.buffer, b.x.data.buffer)
  }
})

t.test('what does not match is left alone', async (t) => {
  const { path } = await setUp(t.testdir())
  const mine = stateOf({ z: zeros([1]) })
  const checkpoint = new Checkpoint({ arrays: {}, mine })
  const { z } = mine
  t.match(await checkpoint.restore(path), { restored: 1 }, 'the counter')
  t.equal(mine['z'], z)
  t.strictSame(checkpoint.arrays, {})
})

t.test('a missing checkpoint is told from a missing data file', async (t) => {
  const dir = t.testdir()
  const { path, checkpoint } = await setUp(dir)
  await t.rejects(checkpoint.restore(join(dir, 'ckpt')), {
    code: 'CKPT_NOT_FOUND',
    message:
      /there is no file '.*ckpt\.index', but there is '.*ckpt-1' \(a path that save\(\) returned/,
    details: { path: join(dir, 'ckpt.index') },
  })
  rmSync(dataFile(path))
  const details = { path: dataFile(path) }
  await t.rejects(checkpoint.restore(path), { code: 'CKPT_NOT_FOUND', details })
})

t.test('a relative path belongs to the directory of the call', async (t) => {
  const dir = t.testdir({ other: {} })
  const { state, checkpoint } = await setUp(dir)
  const start = process.cwd()
  t.teardown(() => {
    process.chdir(start)
  })
  process.chdir(dir)
  const restore = checkpoint.restore('ckpt-1', { verify: 'lazy' })
  process.chdir(join(dir, 'other'))
  t.match(await restore, { path: 'ckpt-1' })
  t.strictSame(state.a.data, first)
})

/** A graph of the root and one state with these attributes of its array. */
const graphOf = (...attributes: [name: string, key: string][]): ObjectGraph => ({
  nodes: [
    { children: [{ nodeId: 1, localName: 'arrays' }], attributes: [], slotVariables: [] },
    { children: [{ nodeId: 2, localName: 'x' }], attributes: [], slotVariables: [] },
    {
      children: [],
      attributes: attributes.map(([name, checkpointKey]) => ({
        name,
        fullName: '',
        checkpointKey,
      })),
      slotVariables: [],
    },
  ],
})

t.test('keys are those of the graph; py_state counts before the older array', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  const write = (...attributes: [string, string][]): void => {
    writeValues(path, [
      npyValue('odd key', checkInput(first)),
      npyValue('old key', checkInput(second)),
      stringValue(OBJECT_GRAPH_KEY, encodeObjectGraph(graphOf(...attributes))),
    ])
  }
  const arrays = emptyState()
  const checkpoint = new Checkpoint({ arrays })
  write(['array', 'old key'])
  await checkpoint.read(path)
  t.strictSame(arrays['x']?.data, second)
  write(['array', 'old key'], ['py_state', 'odd key'])
  await checkpoint.read(path)
  t.strictSame(arrays['x']?.data, first)
  write(['VARIABLE_VALUE', 'old key'])
  const empty = emptyState()
  t.match(await new Checkpoint({ arrays: empty }).read(path), { restored: 0 })
  t.notOk('x' in empty, 'no property is made for a value that is none of ours')
  write(['py_state', 'nowhere'])
  const details = { path, key: 'nowhere' }
  await t.rejects(checkpoint.read(path), { code: 'CKPT_NOT_FOUND', details })
})

t.test('a value of another kind is a mismatch', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  const graph = graphOf(['py_state', 'k'])
  writeValues(path, [
    tensorValue('k', 'float64', [2], first),
    stringValue(OBJECT_GRAPH_KEY, encodeObjectGraph(graph)),
  ])
  await t.rejects(new Checkpoint({ arrays: emptyState() }).read(path), {
    code: 'CKPT_MISMATCH',
    details: { key: 'k', expected: 'string []', found: 'float64 [2]' },
  })
})

t.test('a checkpoint without objects is restored by name', async (t) => {
  const path = join(t.testdir(), 'ckpt')
  writeValues(path, [
    tensorValue('dense/bias', 'float64', [2], second),
    tensorValue('dense/kernel', 'float64', [2], first),
    tensorValue('global_step', 'int64', [], BigInt64Array.of(7n)),
    tensorValue('w:x/Momentum', 'float64', [2], second),
  ])
  const objects = new Checkpoint({
    dense: new VariableState<{ kernel: Float64Array; bias: NdArray }>(),
    step: new Variable(0, 'int64', { name: 'global_step' }),
    momenta: { w: new Variable(new Float64Array(2), undefined, { name: 'w:x/Momentum' }) },
  })
  const status = await objects.restore(path)
  status.assertConsumed()
  t.strictSame(objects.dense.kernel, ndarray(first))
  t.strictSame(objects.dense.bias.data, second)
  t.equal(objects.step.value, 7)
  t.strictSame(objects.momenta.w.value, second)
})

t.test('bad options are named', async (t) => {
  const checkpoint = new Checkpoint()
  const restore = (options: unknown): Promise<unknown> =>
    checkpoint.restore('nowhere', options as ReadOptions)
  await t.rejects(restore({ mode: 'copy' }), {
    name: 'TypeError',
    message: "options.mode must be one of 'map', 'load'; got 'copy'",
  })
  await t.rejects(restore({ verify: true }), { message: /^options.verify must be one of 'eager'/ })
  await t.rejects(restore({ signal: 1 }), { message: /^options.signal must be an AbortSignal/ })
  await t.rejects(restore(null), { message: /^options must be an object/ })
})
