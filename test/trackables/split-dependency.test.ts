import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import {
  Checkpoint,
  Mapping,
  NdArray,
  ndarray,
  openCheckpointSync,
  splitDependency,
  Trackable,
  Variable,
  VariableState,
  zeros,
  type ArrayInput,
  type DType,
} from '../../lib/index.js'
import { filesIn, flip, stateOf } from '../checkpoint/files'

const NAMES = ['first_half', 'second_half'] as const

/** One vector of four, saved as its halves; counts the calls. */
class Halves extends Trackable {
  readonly #combined: Float32Array
  readonly calls: string[] = []
  refuse = false

  constructor(...values: number[]) {
    super()
    const data = Float32Array.from(values)
    this.#combined = data
    const fill = () => {
      this.calls.push('fill')
      return { first_half: data.subarray(0, 2), second_half: data.subarray(2) }
    }
    const consume = (halves: Record<(typeof NAMES)[number], NdArray>) => {
      this.calls.push('consume')
      data.set(halves.first_half.data as Float32Array)
      if (this.refuse) {
        this.refuse = false
        throw new Error('no room')
      }
      data.set(halves.second_half.data as Float32Array, 2)
    }
    Object.assign(this, splitDependency(NAMES, ['float32', 'float32'], fill, consume))
  }

  get values(): number[] {
    return [...this.#combined]
  }

  set values(values: readonly number[]) {
    this.#combined.set(values)
  }
}

class Regular extends Trackable {
  first_half = new Variable(new Float32Array(2))
  second_half = new Variable(new Float32Array(2))
}

class OnlyOne extends Trackable {
  first_half = new Variable(new Float32Array(2))
}

const saveHalves = (path: string): string =>
  new Checkpoint({ dep: new Halves(1, 2, 3, 4) }).saveSync(path)

t.test('halves are restored into two variables', (t) => {
  const path = saveHalves(join(t.testdir(), 'ckpt'))
  const regular = new Regular()
  new Checkpoint({ dep: regular }).restoreSync(path).assertConsumed().runRestoreOps()
  t.strictSame(regular.first_half.value, Float32Array.of(1, 2))
  t.strictSame(regular.second_half.value, Float32Array.of(3, 4))
  t.end()
})

t.test('one variable of the two is not all of the checkpoint', (t) => {
  const path = saveHalves(join(t.testdir(), 'ckpt'))
  const one = new OnlyOne()
  const status = new Checkpoint({ dep: one }).restoreSync(path)
  t.throws(() => status.assertConsumed(), { code: 'CKPT_MISMATCH', message: /second_half/ })
  status.runRestoreOps()
  t.strictSame(one.first_half.value, Float32Array.of(1, 2))
  t.end()
})

t.test('halves that come after the restore are put together then', (t) => {
  const path = saveHalves(join(t.testdir(), 'ckpt'))
  const checkpoint = new Checkpoint<{ dep?: Halves }>({})
  const status = checkpoint.restoreSync(path)
  checkpoint.dep = new Halves(0, 0, 0, 0)
  status.assertConsumed().runRestoreOps()
  t.strictSame(checkpoint.dep.values, [1, 2, 3, 4])
  t.strictSame(checkpoint.dep.calls, ['fill', 'consume'], 'fill, to be able to undo it')
  t.end()
})

t.test('two variables are restored into halves, by one call', async (t) => {
  const base = join(t.testdir(), 'ckpt')
  const regular = new Regular()
  regular.first_half.value = Float32Array.of(5, 6)
  regular.second_half.value = Float32Array.of(7, 8)
  const path = await new Checkpoint({ dep: regular }).save(base)
  for (const mode of ['map', 'load'] as const) {
    for (const verify of ['eager', 'lazy', 'off'] as const) {
      const dep = new Halves(0, 0, 0, 0)
      const status = await new Checkpoint({ dep }).restore(path, { mode, verify })
      status.assertConsumed()
      t.equal(status.restored, 3)
      t.strictSame(dep.values, [5, 6, 7, 8])
      t.strictSame(
        dep.calls.filter((call) => call === 'consume'),
        ['consume'],
      )
    }
  }
})

t.test('a save calls fill once, at the call of save', async (t) => {
  const base = join(t.testdir(), 'ckpt')
  const dep = new Halves(1, 2, 3, 4)
  const checkpoint = new Checkpoint({ dep })
  const saving = checkpoint.save(base)
  t.strictSame(dep.calls, ['fill'])
  dep.values = [9, 9, 9, 9]
  const path = await saving
  t.strictSame(dep.calls, ['fill'])
  const reader = openCheckpointSync(path)
  t.strictSame(
    reader.variables().map(({ key, dtype, shape }) => [key, dtype, shape]),
    [
      ['_CHECKPOINTABLE_OBJECT_GRAPH', 'string', []],
      ['dep/first_half/.ATTRIBUTES/VARIABLE_VALUE', 'float32', [2]],
      ['dep/second_half/.ATTRIBUTES/VARIABLE_VALUE', 'float32', [2]],
      ['save_counter/.ATTRIBUTES/VARIABLE_VALUE', 'int64', []],
    ],
  )
  await checkpoint.restore(path)
  t.strictSame(dep.values, [1, 2, 3, 4])
  await checkpoint.save(base)
  t.strictSame(dep.calls, ['fill', 'fill', 'consume', 'fill'])
})

t.test('a save that failed leaves nothing for the next one', (t) => {
  const path = join(t.testdir(), 'x')
  const dep = new Halves(1, 2, 3, 4)
  const { first_half, second_half } = dep as unknown as Record<string, object>
  const data = new Float32Array(1)
  const bad = stateOf({ x: data })
  structuredClone(data.buffer, { transfer: [data.buffer] })
  bad['x'] = { data, shape: [0] }
  Object.assign(bad['x'], { shape: [1] })
  // Breadth first: the bad one stands between the halves.
  const objects = { a: first_half, b: bad, c: { d: { second_half } } }
  t.throws(() => new Checkpoint(objects).writeSync(path), TypeError)
  t.strictSame(dep.calls, ['fill'])
  dep.values = [5, 6, 7, 8]
  new Checkpoint({ first_half, second_half }).writeSync(path)
  const get = (name: string): ArrayLike<unknown> =>
    (openCheckpointSync(path).get(`${name}/.ATTRIBUTES/VARIABLE_VALUE`) as NdArray).data
  t.strictSame(get('first_half'), Float32Array.of(5, 6))
  t.strictSame(get('second_half'), Float32Array.of(7, 8))
  t.end()
})

t.test('a save of only a part is refused before anything is written', async (t) => {
  const dir = t.testdir()
  const { first_half, second_half } = splitDependency(
    NAMES,
    ['float32', 'float32'],
    () => t.fail('not called') as never,
    () => undefined,
  )
  const checkpoint = new Checkpoint<Record<string, object>>({ a: { first_half } })
  const message =
    "unsynchronized: 'first_half', 'second_half' are saved together, and the Checkpoint does not reach 'second_half'; track all of them"
  await t.rejects(checkpoint.save(join(dir, 'x')), new TypeError(message))
  t.throws(() => checkpoint.writeSync(join(dir, 'x')), new TypeError(message))
  t.strictSame(filesIn(dir), [])
  t.throws(() => new Checkpoint({ root: second_half }).writeSync(join(dir, 'x')), /'first_half'/)
  t.end()
})

t.test('a restore of only a part is refused and changes nothing', async (t) => {
  const dir = t.testdir()
  const path = saveHalves(join(dir, 'ckpt'))
  const one = new Checkpoint({ dep: new OnlyOne() }).writeSync(join(dir, 'one'))
  const step = new Variable(1)
  const dep = new Halves(0, 0, 0, 0)
  const checkpoint = new Checkpoint({ dep, step })
  const mismatch = (expected: string, lacks: string, found: string) => ({
    code: 'CKPT_MISMATCH',
    message: `unsynchronized: ${expected} are restored together, but ${lacks} would get no value; either the program does not track all of them, or the part of the checkpoint that is restored lacks them`,
    details: { key: 'dep/first_half/.ATTRIBUTES/VARIABLE_VALUE', expected, found },
  })
  const error = mismatch("'first_half', 'second_half'", "'second_half'", "'first_half'")
  await t.rejects(checkpoint.read(one), error)
  t.throws(() => checkpoint.readSync(one), error)
  const filter = (key: string): boolean => !key.includes('second_half')
  t.throws(() => checkpoint.readSync(path, { filter }), error)
  const part = new Checkpoint({ dep: { first_half: (dep as unknown as Regular).first_half } })
  t.throws(() => part.readSync(path), error, 'as the program has only a part')
  t.strictSame(dep.values, [0, 0, 0, 0])
  t.strictSame(dep.calls, [])
  checkpoint.readSync(path)
  t.strictSame(dep.values, [1, 2, 3, 4])
  t.end()
})

t.test('a checkpoint that has none of them is no mismatch', (t) => {
  const path = new Checkpoint({ step: new Variable(5) }).writeSync(join(t.testdir(), 'x'))
  const step = new Variable(0)
  const status = new Checkpoint({ dep: new Halves(1, 2, 3, 4), step }).readSync(path)
  t.equal(step.value, 5)
  t.strictSame(status.missingInCheckpoint, [
    { key: 'dep/first_half/.ATTRIBUTES/VARIABLE_VALUE', dtype: 'float32', shape: [2] },
    { key: 'dep/second_half/.ATTRIBUTES/VARIABLE_VALUE', dtype: 'float32', shape: [2] },
  ])
  t.end()
})

t.test('what consume throws undoes the restore', async (t) => {
  const path = saveHalves(join(t.testdir(), 'ckpt'))
  const dep = new Halves(9, 8, 7, 6)
  const checkpoint = new Checkpoint({ dep })
  dep.refuse = true
  await t.rejects(checkpoint.restore(path), { message: 'no room' })
  t.strictSame(dep.values, [9, 8, 7, 6])
  t.strictSame(dep.calls, ['fill', 'consume', 'consume'])
  t.equal(checkpoint.saveCounter, 0)
  const late = new Checkpoint<{ dep?: Halves }>({})
  const status = late.restoreSync(path)
  dep.refuse = true
  t.throws(
    () => {
      late.dep = dep
    },
    { message: 'no room' },
  )
  t.strictSame(dep.values, [9, 8, 7, 6])
  t.notOk('dep' in late)
  late.dep = dep
  t.strictSame(dep.values, [1, 2, 3, 4])
  status.assertConsumed()
})

t.test('what another object throws keeps consume from being called, or undoes it', (t) => {
  const path = join(t.testdir(), 'x')
  const objects = (deserialize: () => void) => ({
    a: new Halves(1, 2, 3, 4),
    b: new Halves(5, 6, 7, 8),
    state: { later: { serialize: () => 'x', deserialize } },
  })
  new Checkpoint(objects(() => undefined)).writeSync(path)
  // The second call is the one that puts its state back.
  const answers = [new Error('refused')]
  const target = objects(() => {
    const error = answers.pop()
    if (error !== undefined) throw error
  })
  target.a.values = target.b.values = [9, 8, 7, 6]
  t.throws(() => new Checkpoint(target).readSync(path), { message: 'refused' })
  t.strictSame([target.a.calls, target.b.calls], [[], []])
  target.b.refuse = true
  t.throws(() => new Checkpoint(target).readSync(path), { message: 'no room' })
  t.strictSame(target.a.calls, ['fill', 'consume', 'consume'])
  t.strictSame([target.a.values, target.b.values], [target.b.values, [9, 8, 7, 6]])
  new Checkpoint(target).readSync(path).assertConsumed()
  t.strictSame(
    [target.a.values, target.b.values],
    [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ],
  )
  t.end()
})

t.test('a half whose bytes are corrupt is not handed over', async (t) => {
  const path = saveHalves(join(t.testdir(), 'ckpt'))
  flip(`${path}.data-00000-of-00001`, new Uint8Array(Float32Array.of(3, 4).buffer))
  for (const verify of ['eager', 'lazy'] as const) {
    const dep = new Halves(9, 8, 7, 6)
    const checkpoint = new Checkpoint({ dep })
    const error = { code: 'CKPT_CORRUPT', details: { reason: 'checksum' } }
    await t.rejects(checkpoint.restore(path, { verify }), error, verify)
    t.strictSame(dep.values, [9, 8, 7, 6])
  }
})

t.test('halves that come one by one are handed over with the last', (t) => {
  const path = saveHalves(join(t.testdir(), 'ckpt'))
  const dep = new Halves(0, 0, 0, 0)
  const { first_half, second_half } = dep as unknown as Record<string, object>
  const mapping = new Mapping<object>()
  const checkpoint = new Checkpoint({ dep: mapping })
  const status = checkpoint.restoreSync(path)
  mapping.set('first_half', first_half as object)
  t.strictSame(dep.values, [0, 0, 0, 0])
  t.match(status.missingInProgram, [{ key: /first_half/ }, { key: /second_half/ }])
  t.throws(() => checkpoint.restoreSync(path), { code: 'CKPT_MISMATCH', message: /unsynchronized/ })
  mapping.set('second_half', second_half as object)
  t.strictSame(dep.values, [1, 2, 3, 4])
  t.equal(status.assertConsumed().restored, 3)
  dep.values = [0, 0, 0, 0]
  checkpoint.restoreSync(path).assertConsumed()
  t.strictSame(dep.values, [1, 2, 3, 4])
  t.end()
})

t.test('of two restores that halves wait for, the newest gives both', (t) => {
  const dir = t.testdir()
  const older = saveHalves(join(dir, 'ckpt'))
  const newer = new Checkpoint({ dep: new Halves(5, 6, 7, 8) }).writeSync(join(dir, 'newer'))
  const dep = new Halves(0, 0, 0, 0)
  const halves = Object.entries(dep).filter(([name]) => name.endsWith('half')) as [string, object][]
  const mapping = new Mapping<object>()
  const checkpoint = new Checkpoint({ dep: mapping })
  checkpoint.readSync(older)
  checkpoint.readSync(newer)
  for (const [name, half] of halves) mapping.set(name, half)
  t.strictSame(dep.values, [5, 6, 7, 8])
  t.end()
})

t.test('several values of several dtypes, and any names', (t) => {
  const path = join(t.testdir(), 'x')
  const names = ['__proto__', 'bool', 'scalar', 'strided', 'bf']
  const dtypes: DType[] = ['int64', 'bool', 'float64', 'int16', 'bfloat16']
  const entries: [string, ArrayInput][] = [
    ['__proto__', BigInt64Array.of(1n, 2n)],
    ['bool', Uint8Array.of(1, 0)],
    ['scalar', ndarray(Float64Array.of(2.5), [])],
    ['strided', { data: Int16Array.of(1, 2, 3, 4), shape: [2, 2], stride: [1, 2] }],
    ['bf', Uint16Array.of(0x3f80)],
  ]
  let values: Record<string, ArrayInput> = Object.fromEntries(entries)
  const parts = splitDependency(
    names,
    dtypes,
    () => values,
    (taken) => {
      values = taken
    },
  )
  const checkpoint = new Checkpoint({ parts: new Mapping(Object.entries(parts)) })
  checkpoint.writeSync(path)
  checkpoint.readSync(path).assertConsumed()
  t.strictSame(Object.keys(values), names)
  const found = Object.entries(values as Record<string, NdArray>)
  t.strictSame(
    found.map(([, { dtype, shape, data }]) => [
      dtype,
      [...shape],
      [...(data as Iterable<unknown>)],
    ]),
    [
      ['int64', [2], [1n, 2n]],
      ['bool', [2], [1, 0]],
      ['float64', [], [2.5]],
      ['int16', [2, 2], [1, 3, 2, 4]],
      ['bfloat16', [1], [0x3f80]],
    ],
  )
  const plain = new VariableState()
  new Checkpoint({ parts: plain }).readSync(path).assertConsumed()
  t.strictSame(new Set(Object.keys(plain)), new Set(names))
  t.end()
})

t.test('another dtype in the checkpoint is a mismatch, another shape is not', (t) => {
  const dir = t.testdir()
  const dep = new VariableState<Record<string, ArrayInput>>()
  Object.assign(dep, { first_half: zeros([1]), second_half: zeros([2], 'float32') })
  const path = new Checkpoint({ dep }).writeSync(join(dir, 'x'))
  const halves = new Halves(1, 2, 3, 4)
  t.throws(() => new Checkpoint({ dep: halves }).readSync(path), {
    code: 'CKPT_MISMATCH',
    details: { expected: 'float32', found: 'float64 [1]' },
  })
  t.strictSame(halves.calls, [])
  dep['first_half'] = Float32Array.of(5)
  new Checkpoint({ dep }).writeSync(path)
  new Checkpoint({ dep: halves }).readSync(path)
  t.strictSame(halves.values, [5, 2, 0, 0])
  t.end()
})

t.test('what fill returns is checked', (t) => {
  const path = join(t.testdir(), 'x')
  const write = (given: unknown): string => {
    const fill = () => given as Record<'a' | 'b', ArrayInput>
    const parts = splitDependency(['a', 'b'], ['float32', 'bool'], fill, () => undefined)
    return new Checkpoint(parts).writeSync(path)
  }
  const a = new Float32Array(1)
  const b = new Uint8Array(1)
  const cases: [unknown, RegExp][] = [
    [undefined, /got undefined$/],
    [Promise.resolve({ a, b }), /'a' is missing in Promise/],
    [{ a }, /'b' is missing in \{ a: \[Float32Array\] \}$/],
    [{ a, b, c: a }, /got another one, 'c'$/],
    [{ a, b: 1 }, /'b' does not fit: expected an NdArray, .*got 1$/],
    [{ a: new Float64Array(1), b }, /'a' does not fit: dtype 'float32' takes a Float32Array, got/],
    [{ a: zeros([1]), b }, /'a' does not fit: the array has dtype float64, not float32/],
    [{ a: { data: a, shape: [2] }, b }, /'a' does not fit: .*leaves the data/],
  ]
  const startsWith = /^fill\(\) of a splitDependency must return one array for each of its names; /
  for (const [given, message] of cases) {
    t.throws(() => write(given), { name: 'TypeError', message }, inspect(given))
    t.throws(() => write(given), startsWith)
  }
  t.equal(write({ a, b }), path)
  const failing = () => {
    throw new Error('not ready')
  }
  const parts = splitDependency(['a', 'b'], ['float32', 'bool'], failing, () => undefined)
  t.throws(() => new Checkpoint(parts).writeSync(path), { message: 'not ready' })
  t.throws(() => new Checkpoint(parts).readSync(path), { message: 'not ready' })
  t.end()
})

t.test('arguments are checked, and the values can be printed', (t) => {
  const split = splitDependency as unknown as (...args: unknown[]) => object
  const f = (): object => ({})
  const cases: [unknown[], string][] = [
    [['a', [], f, f], "names must be an array of different strings, got 'a'"],
    [[[], [], f, f], 'names must be an array of different strings, got []'],
    [[['a', 'a'], [], f, f], "names must be an array of different strings, got [ 'a', 'a' ]"],
    [[[1], [], f, f], 'names must be an array of different strings, got [ 1 ]'],
    [[['a'], [], f, f], 'dtypes must be an array of 1, one for each name, got []'],
    [[['a'], 'int8', f, f], "dtypes must be an array of 1, one for each name, got 'int8'"],
    [[['a'], ['text'], f, f], "unknown dtype 'text'"],
    [[['a'], ['int8'], {}, f], 'fill must be a function, got {}'],
    [[['a'], ['int8'], f], 'consume must be a function, got undefined'],
  ]
  for (const [args, message] of cases) t.throws(() => split(...args), new TypeError(message))
  const { a } = split(['a'], ['int8'], f, f) as { a: object }
  t.equal(inspect(a), "SplitValue int8 'a'")
  t.match(a, { name: 'a', dtype: 'int8' })
  t.end()
})
