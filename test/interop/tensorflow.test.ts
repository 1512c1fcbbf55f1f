// What we save, real TensorFlow restores: random objects and arrays, compared by the digest of each
// array's bytes. A failure names its seed; CKPT_SEED runs others.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  latestCheckpoint,
  ndarray,
  NumpyState,
  openCheckpoint,
  zeros,
  type NdArray,
  type SaveOptions,
} from '../../lib/index.js'
import { seeded } from '../fixtures/random'
import { sha256 } from './bytes'
import type { ExpectedVariable } from './expected'
import { ALL_DTYPES, describeArray, Random, randomArray } from './random-arrays'
import {
  buildTree,
  byName,
  randomTree,
  refill,
  type StateDescription,
  type TreeNode,
} from './random-trees'
import { withTensorFlow, type TensorFlow } from './tensorflow'

const SEED = Number(process.env['CKPT_SEED'] ?? 2019)
const TREES = 40

interface Restored {
  readonly states: Readonly<Record<string, StateDescription>>
  readonly counter: number | null
}

const sorted = (states: Restored['states']): Restored['states'] =>
  Object.fromEntries(Object.entries(states).map(([i, state]) => [i, byName(state)]))

const randomOptions = (random: Random): SaveOptions => ({
  durable: false,
  alignment: random.choose([1, 64, 64, 4096]),
  maxShardBytes: random.choose([Infinity, 1, 700, 20_000]),
  snapshot: random.choose(['copy', 'none']),
})

withTensorFlow(t, (tensorflow: TensorFlow) => {
  for (let seed = SEED; seed < SEED + TREES; seed++) {
    t.test(`TensorFlow restores random objects, seed ${String(seed)}`, async (t) => {
      const random = new Random(seeded(seed))
      const { root, tree, expected } = randomTree(random)
      const options = randomOptions(random)
      t.comment(JSON.stringify(options))
      const directory = t.testdir()
      const base = join(directory, random.choose(['ckpt', 'é 日本', 'a*b', 'deep/er/x']))
      const prefix = random.chance(0.5)
        ? await root.save(base, options)
        : root.saveSync(base, options)
      const found = (await tensorflow.call('restore', { prefix, tree })) as Restored
      t.strictSame(sorted(found.states), sorted(expected))
      t.equal(found.counter, 1)
      const folder = join(prefix, '..')
      const latest = await tensorflow.call('latest', { directory: folder })
      t.strictSame(latest, { latest: prefix, all: [prefix] })
    })
  }

  for (let seed = SEED; seed < SEED + 6; seed++) {
    t.test(`TensorFlow reads each of several writes, seed ${String(seed)}`, async (t) => {
      const random = new Random(seeded(seed ^ 0x5eed))
      const { root, tree, states } = randomTree(random)
      const directory = t.testdir()
      const path = join(directory, 'written')
      for (let round = 0; round < 4; round++) {
        const again = refill(random, tree, states)
        await root.write(path, randomOptions(random))
        const request = { prefix: path, tree: again.tree, read: true }
        const found = (await tensorflow.call('restore', request)) as Restored
        t.strictSame(sorted(found.states), sorted(again.expected), `round ${String(round)}`)
        t.notOk(existsSync(join(directory, 'checkpoint')), 'a write leaves the state file alone')
      }
    })
  }

  t.test('every dtype, in every layout', async (t) => {
    const random = new Random(seeded(SEED))
    const state = new NumpyState()
    const expected: StateDescription = []
    for (const dtype of ALL_DTYPES) {
      for (let i = 0; i < 6; i++) {
        const array = randomArray(random, dtype)
        Object.assign(state, { [`${dtype}/${String(i)}`]: array.input })
        expected.push([`${dtype}/${String(i)}`, array.expected])
      }
    }
    const prefix = await new Checkpoint({ state }).save(join(t.testdir(), 'ckpt'))
    const names = expected.map(([name]) => name)
    const tree = [
      { kind: 'checkpoint', children: [['state', 1]], names: [] },
      { kind: 'state', children: [], names },
    ]
    const { states } = (await tensorflow.call('restore', { prefix, tree })) as Restored
    t.strictSame(states['1'], expected)
  })

  t.test('TensorFlow lists and reads every tensor as we do', async (t) => {
    const random = new Random(seeded(SEED))
    for (let round = 0; round < 5; round++) {
      const { root } = randomTree(random)
      const options = randomOptions(random)
      const prefix = await root.save(join(t.testdir(), 'ckpt'), options)
      const found = (await tensorflow.call('inspect', { prefix })) as {
        listed: unknown
        variables: ExpectedVariable[]
      }
      const reader = await openCheckpoint(prefix)
      const variables = reader.variables().map(({ key, dtype, shape }) => ({ key, dtype, shape }))
      t.strictSame(
        found.variables.map(({ key, dtype, shape }) => ({ key, dtype, shape })),
        variables,
      )
      t.strictSame(
        found.listed,
        variables.map(({ key, shape }) => [key, shape]),
      )
      for (const { key, strings = [] } of found.variables) {
        const tensor = reader.get(key)
        if ('data' in tensor) continue
        t.strictSame(
          Array.from(tensor, sha256),
          strings.map(({ sha256 }) => sha256),
          key,
        )
      }
    }
  })

  for (const dtype of ALL_DTYPES.filter((name) => /^(b?float|u?int[24]$)/.test(name))) {
    if (/^float(16|32|64)$/.test(dtype)) continue // NumPy knows these itself.
    t.test(`ml_dtypes sees the numbers of ${dtype} that we see`, async (t) => {
      const codes = dtype === 'bfloat16' ? 65536 : /float8/.test(dtype) ? 256 : 16
      const bits = Uint16Array.from({ length: codes }, (_, i) => i)
      const x = ndarray(dtype === 'bfloat16' ? bits : Uint8Array.from(bits), [codes], { dtype })
      const checkpoint = new Checkpoint({ state: Object.assign(new NumpyState(), { x }) })
      const prefix = await checkpoint.write(join(t.testdir(), 'ckpt'))
      const key = 'state/x/.ATTRIBUTES/py_state'
      const seen = (await tensorflow.call('values', { prefix, key, dtype })) as string[]
      // int2 and uint2 have only four codes; the bits above are ignored.
      const ours = Array.from(bits, (_, i) => Number(x.get(i)))
      t.strictSame(seen.map(fromPython), ours)
    })
  }

  t.test('a Checkpoint that was saved by itself, too, brings its counter along', async (t) => {
    const directory = t.testdir()
    const inner = new Checkpoint({ state: new NumpyState() })
    Object.assign(inner.state, { x: zeros([2]) })
    await inner.save(join(directory, 'inner'))
    await inner.save(join(directory, 'inner'))
    const prefix = await new Checkpoint({ inner }).save(join(directory, 'outer'))
    const tree = [
      { kind: 'checkpoint', children: [['inner', 1]], names: [] },
      { kind: 'checkpoint', children: [['state', 2]], names: [], counter: true },
      { kind: 'state', children: [], names: ['x'] },
    ]
    const found = (await tensorflow.call('restore', { prefix, tree })) as Restored
    t.strictSame(found.states['2'], [['x', describeArray(zeros([2]))]])
    t.equal(found.counter, 1)
  })

  t.test('an empty NumpyState and an empty Checkpoint', async (t) => {
    const checkpoint = { kind: 'checkpoint', names: [] }
    const tree = [
      {
        ...checkpoint,
        children: [
          ['state', 1],
          ['inner', 2],
        ],
      },
      { kind: 'state', children: [], names: [] },
      { ...checkpoint, children: [] },
    ]
    const { root } = buildTree(tree as unknown as TreeNode[])
    const directory = t.testdir()
    const prefix = await root.save(join(directory, 'ckpt'), { maxShardBytes: 1 })
    t.strictSame(((await tensorflow.call('restore', { prefix, tree })) as Restored).states, {
      1: [],
    })
    const written = await new Checkpoint().write(join(directory, 'nothing'))
    const request = { prefix: written, tree: [{ ...checkpoint, children: [] }], read: true }
    t.strictSame(((await tensorflow.call('restore', request)) as Restored).states, {})
  })

  t.test('ours, then TensorFlow, then ours again: the numbering goes on', async (t) => {
    const random = new Random(seeded(SEED))
    const { root, tree } = randomTree(random)
    const directory = t.testdir()
    const base = join(directory, 'ckpt')
    await root.save(base)
    const prefix = await root.save(base, { maxShardBytes: 700 })
    t.equal(prefix, `${base}-2`)
    const resumed = (await tensorflow.call('resume', { prefix, tree, base })) as Restored & {
      prefix: string
    }
    t.equal(resumed.prefix, `${base}-3`)
    t.equal(resumed.counter, 3)
    t.equal(latestCheckpoint(directory), `${base}-3`)
    const { root: fresh, states } = buildTree(tree)
    await fresh.restore(latestCheckpoint(directory))
    t.equal(fresh.saveCounter, 3)
    for (const [i, state] of states) {
      const arrays = Object.entries(state) as [string, NdArray][]
      const found = arrays.map(([name, array]) => [name, describeArray(array)] as const)
      t.strictSame(byName([...found] as StateDescription), byName(resumed.states[i] ?? []))
      t.strictSame(arrays.find(([name]) => name === 'added')?.[1].shape, [5])
    }
    t.equal(await fresh.save(base), `${base}-4`)
    const last = (await tensorflow.call('latest', { directory })) as { latest: string }
    t.equal(last.latest, `${base}-4`)
    const numbers = readdirSync(directory).filter((name) => name.endsWith('.index'))
    t.strictSame(
      numbers.sort(),
      ['ckpt-1', 'ckpt-2', 'ckpt-3', 'ckpt-4'].map((n) => `${n}.index`),
    )
  })

  t.test('a path that TensorFlow would take for a pattern is refused', async (t) => {
    const directory = join(t.testdir(), 'a[b]')
    const checkpoint = new Checkpoint({ state: new NumpyState() })
    for (const prefix of [
      join(directory, 'ckpt'),
      join(t.testdir(), 'x]'),
      join(t.testdir(), 'x\\y'),
    ]) {
      await t.rejects(checkpoint.save(prefix), { name: 'RangeError', message: /pattern/ })
      t.throws(() => checkpoint.writeSync(prefix), { name: 'RangeError' })
    }
    t.notOk(existsSync(directory))
    // TensorFlow saves there and then finds nothing; we do.
    const { prefix } = (await tensorflow.call('save', {
      seed: SEED,
      base: join(directory, 'ckpt'),
      write: false,
    })) as { prefix: string }
    const tree = [{ kind: 'checkpoint', children: [], names: [] }]
    await t.rejects(tensorflow.call('restore', { prefix, tree }), { name: 'NotFoundError' })
    t.match(await tensorflow.call('latest', { directory }), { latest: null })
    t.equal(latestCheckpoint(directory), prefix)
    t.equal((await openCheckpoint(directory)).path, prefix)
  })
})

/** Python's way to print a float. */
const fromPython = (text: string): number =>
  text === 'nan' ? NaN : Number(text.replace('inf', 'Infinity'))
