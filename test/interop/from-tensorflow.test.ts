// What real TensorFlow saves, we restore: random arrays of every NumPy type, variables in several
// shards and slices, and the layout of TensorFlow up to 1.11. A failure names its seed.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  latestCheckpoint,
  NdArray,
  NumpyState,
  openCheckpoint,
  type CheckpointReader,
  type ReadOptions,
} from '../../lib/index.js'
import { seeded } from '../fixtures/random'
import { arrayBytes, sha256 } from './bytes'
import type { ExpectedVariable } from './expected'
import { describeArray, Random } from './random-arrays'
import { byName, type StateDescription, type TreeNode } from './random-trees'
import { withTensorFlow, type TensorFlow } from './tensorflow'

const SEED = Number(process.env['CKPT_SEED'] ?? 2019)
const CHECKPOINTS = 16

/** What a restore puts into a NumpyState. */
type Arrays = Record<string, NdArray>

interface Saved {
  readonly prefix: string
  readonly states: Readonly<Record<string, StateDescription>>
  readonly variables: readonly ExpectedVariable[]
}

const describeState = (state: Arrays): StateDescription =>
  Object.entries(state).map(([name, array]) => [name, describeArray(array)])

const sorted = (states: Readonly<Record<string, StateDescription>>): typeof states =>
  Object.fromEntries(Object.entries(states).map(([i, state]) => [i, byName(state)]))

/** Objects of the shape that the worker's `save` writes, and the same as a tree for TensorFlow. */
function program(): { root: Checkpoint; states: Record<string, Arrays>; tree: TreeNode[] } {
  const [numpy_arrays, deep, listed, moduled] = Array.from(
    { length: 4 },
    () => new NumpyState<Arrays>(),
  )
  const states = { numpy_arrays, deep, listed, moduled } as Record<string, Arrays>
  const root = new Checkpoint({
    numpy_arrays,
    table: { 'a/x': { y: deep } },
    layers: [[], [listed]],
    module: { inner: moduled, again: numpy_arrays },
  })
  const node = (kind: TreeNode['kind'], children: TreeNode['children']): TreeNode => ({
    kind,
    children,
    names: [],
  })
  const tree = [
    node('checkpoint', [
      ['numpy_arrays', 1],
      ['table', 2],
      ['layers', 3],
      ['module', 4],
    ]),
    node('state', []),
    node('dict', [['a/x', 5]]),
    node('list', [
      ['0', 6],
      ['1', 7],
    ]),
    node('module', [
      ['inner', 8],
      ['again', 1],
    ]),
    node('dict', [['y', 9]]),
    node('list', []),
    node('list', [['0', 10]]),
    node('state', []),
    node('state', []),
    node('state', []),
  ]
  return { root, states, tree }
}

/** Where each state stands in the program's tree. */
const PLACES: Readonly<Record<string, number>> = {
  numpy_arrays: 1,
  deep: 9,
  listed: 10,
  moduled: 8,
}

const randomAccess = (random: Random): ReadOptions => ({
  mode: random.choose(['map', 'load']),
  verify: random.choose(['eager', 'lazy', 'off']),
})

function describeVariable(reader: CheckpointReader, key: string): ExpectedVariable {
  const value = reader.get(key)
  if (!(value instanceof NdArray)) throw new Error(`${key} is no array`)
  const { dtype, shape } = value
  return { key, dtype, shape, sha256: sha256(arrayBytes(value)) }
}

withTensorFlow(t, (tensorflow: TensorFlow) => {
  for (let seed = SEED; seed < SEED + CHECKPOINTS; seed++) {
    t.test(`what TensorFlow saved is restored, seed ${String(seed)}`, async (t) => {
      const random = new Random(seeded(seed))
      const write = random.chance(0.3)
      const request = {
        seed,
        base: join(t.testdir(), random.choose(['ckpt', 'é 日本'])),
        write,
        max_shard_bytes: random.choose([null, 4000, 9000]),
      }
      const { prefix, states, variables } = (await tensorflow.call('save', request)) as Saved
      const { root, states: restored, tree } = program()
      const access = randomAccess(random)
      const status = random.chance(0.5)
        ? await root.read(prefix, access)
        : root.restoreSync(prefix, access)
      const arrays = Object.values(states).flat()
      t.equal(status.restored, arrays.length + (write ? 0 : 1))
      t.equal(root.saveCounter, write ? 0 : 1)
      const found = Object.entries(restored).map(([name, state]) => [name, describeState(state)])
      t.strictSame(sorted(Object.fromEntries(found) as Saved['states']), sorted(states))
      const reader = await openCheckpoint(prefix, access)
      t.strictSame(
        variables.map(({ key }) => describeVariable(reader, key)),
        variables,
      )
      t.strictSame((await reader.verify()).problems, [])

      // And back: the raw types have to arrive as TensorFlow saved them.
      const again = await root.save(join(t.testdir(), 'again'), { maxShardBytes: 4000 })
      for (const [name, place] of Object.entries(PLACES)) {
        tree[place]?.names.push(...(states[name] ?? []).map(([array]) => array))
      }
      const back = (await tensorflow.call('restore', { prefix: again, tree })) as Saved
      for (const [name, place] of Object.entries(PLACES)) {
        t.strictSame(byName(back.states[place] ?? []), byName(states[name] ?? []), name)
      }
    })
  }

  for (let seed = SEED; seed < SEED + 10; seed++) {
    t.test(`slices that TensorFlow saved are put together, seed ${String(seed)}`, async (t) => {
      const prefix = join(t.testdir(), 'slices')
      const expected = (await tensorflow.call('save_slices', {
        seed,
        prefix,
      })) as ExpectedVariable[]
      for (const mode of ['map', 'load'] as const) {
        const reader = await openCheckpoint(prefix, { mode })
        t.strictSame(
          reader.variables().map(({ key }) => describeVariable(reader, key)),
          [...expected].sort((a, b) => (a.key < b.key ? -1 : 1)),
        )
        t.strictSame((await reader.verify()).problems, [])
      }
    })
  }

  t.test('arrays under the attribute of TensorFlow up to 1.11', async (t) => {
    const directory = t.testdir()
    const base = join(directory, 'old')
    const { prefix, states } = (await tensorflow.call('save_old', { base })) as Saved
    const reader = await openCheckpoint(prefix)
    t.ok(reader.has('numpy_arrays/x/.ATTRIBUTES/array'))
    const checkpoint = new Checkpoint({ numpy_arrays: new NumpyState<Arrays>() })
    await checkpoint.restore(prefix)
    t.strictSame(describeState(checkpoint.numpy_arrays), states['numpy_arrays'])
    const saved = await checkpoint.save(base)
    t.equal(saved, `${base}-2`)
    t.ok((await openCheckpoint(saved)).has('numpy_arrays/x/.ATTRIBUTES/py_state'), 'as of 1.12')
    t.equal(latestCheckpoint(directory), saved)
  })

  t.test('what TensorFlow cannot read, we refuse with a code', async (t) => {
    const request = { seed: SEED, base: join(t.testdir(), 'ckpt'), write: false }
    const { prefix } = (await tensorflow.call('save', request)) as Saved
    const index = `${prefix}.index`
    const data = `${prefix}.data-00000-of-00001`
    const damage: [file: string, what: string, change: (bytes: Buffer) => Buffer | undefined][] = [
      [index, 'a short index', (bytes) => bytes.subarray(0, 40)],
      [index, 'an index without its end', (bytes) => bytes.subarray(0, -9)],
      [index, 'a flipped bit in the index', (bytes) => flip(bytes, 30)],
      [index, 'no index', () => undefined],
      [data, 'a flipped bit in the data', (bytes) => flip(bytes, bytes.length >> 1)],
      [data, 'data without its end', (bytes) => bytes.subarray(0, -1)],
      [data, 'no data', () => undefined],
    ]
    for (const [file, what, change] of damage) {
      const good = readFileSync(file)
      const bad = change(Buffer.from(good))
      if (bad === undefined) rmSync(file)
      else writeFileSync(file, bad)
      await t.rejects(tensorflow.call('inspect', { prefix }), `${what}: TensorFlow`)
      const { root } = program()
      const code = bad === undefined ? 'CKPT_NOT_FOUND' : 'CKPT_CORRUPT'
      await t.rejects(openCheckpoint(prefix, { verify: 'eager' }), { code }, what)
      if (file === index) await t.rejects(root.restore(prefix), { code }, what)
      writeFileSync(file, good)
    }
    await program().root.restore(prefix)
  })
})

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 4
  return bytes
}
