import t from 'tap'
import { SAVE_INFO_KEY } from '../../lib/bundle/save-info.js'
import { arraysSource } from '../../lib/convert/arrays-source.js'
import type { ArrayInput } from '../../lib/array/input.js'
import { ndarray, zeros } from '../../lib/index.js'
import { diff, type DiffOptions, type DiffReport } from '../../lib/inspect/diff.js'
import type { Opened } from '../../lib/inspect/open.js'

type Arrays = Readonly<Record<string, ArrayInput>>

const OPTIONS: DiffOptions = {
  ...{ rtol: 0, atol: 0, equalNan: false, ignoreCounters: false },
  accepts: () => true,
}

const file = (arrays: Arrays): Opened => ({
  path: '/x.npz',
  format: 'npz',
  source: arraysSource(arrays),
})

/** A checkpoint: its keys are longer than the names that are shown. */
function checkpoint(arrays: Arrays): Opened {
  const { entries, ...source } = arraysSource(arrays)
  const keyed = entries.map((entry) => ({ ...entry, name: entry.name.slice(-1) }))
  return { path: '/ckpt-1', format: 'checkpoint', source: { ...source, entries: keyed } }
}

const compare = (a: Arrays, b: Arrays, options: Partial<DiffOptions> = {}): DiffReport =>
  diff(file(a), file(b), { ...OPTIONS, ...options })

const one = (value: number): Float64Array => Float64Array.of(value)

void t.test('nothing differs, and of nothing', (t) => {
  t.strictSame(compare({ a: one(1), b: one(NaN) }, { b: one(NaN), a: one(1) }), {
    equal: true,
    differences: [],
    same: 2,
  })
  t.strictSame(compare({}, {}), { equal: true, differences: [], same: 0 })
  t.end()
})

void t.test('every kind of difference, in the order of the bytes of the names', (t) => {
  const before = { é: one(1), z: one(1), same: one(4), Z: zeros([2, 3]), dtype: one(1) }
  const after = { é: one(1.5), a: one(1), same: one(4), Z: zeros([6]), dtype: Float32Array.of(1) }
  const { equal, differences, same } = compare(before, after)
  t.equal(equal, false)
  t.equal(same, 1)
  const float64 = { dtype: 'float64', shape: [1] }
  const sizes = { elements: 1, changed: 1, nan: 0, maxDifference: 0.5, meanDifference: 0.5 }
  t.strictSame(differences, [
    {
      ...{ kind: 'reshaped', name: 'Z' },
      from: { dtype: 'float64', shape: [2, 3] },
      to: { dtype: 'float64', shape: [6] },
    },
    { kind: 'added', name: 'a', tensor: float64 },
    {
      ...{ kind: 'reshaped', name: 'dtype' },
      ...{ from: float64, to: { dtype: 'float32', shape: [1] } },
    },
    { kind: 'removed', name: 'z', tensor: float64 },
    { kind: 'changed', name: 'é', ...float64, ...sizes },
  ])
  t.end()
})

void t.test('tolerances are of the second', (t) => {
  const isEqual = (options: Partial<DiffOptions>): boolean =>
    compare({ x: one(2) }, { x: one(2.5) }, options).equal
  t.equal(isEqual({}), false)
  t.equal(isEqual({ atol: 0.5 }), true)
  t.equal(isEqual({ rtol: 0.2 }), true)
  t.equal(isEqual({ rtol: 0.19 }), false)
  t.equal(isEqual({ rtol: 0.1, atol: 0.25 }), true)
  t.end()
})

void t.test('two checkpoints by their keys, other pairs by their names', (t) => {
  const [x, y] = [{ 'a/x': one(1) }, { 'b/x': one(1) }]
  const kinds = (report: DiffReport): string[] =>
    report.differences.map(({ kind, name }) => `${kind} ${name}`)
  t.strictSame(kinds(diff(checkpoint(x), checkpoint(y), OPTIONS)), ['removed x', 'added x'])
  t.strictSame(kinds(diff(checkpoint(x), file({ x: one(1) }), OPTIONS)), [])
  t.strictSame(kinds(diff(file({ x: one(1) }), checkpoint(y), OPTIONS)), [])
  t.end()
})

void t.test('counters are left out on demand, and what is not accepted always', (t) => {
  const counter = 'save_counter/.ATTRIBUTES/VARIABLE_VALUE'
  const state = (value: number): Opened =>
    checkpoint({ [counter]: one(value), [SAVE_INFO_KEY]: one(value), w: one(7) })
  const report = (options: Partial<DiffOptions>): DiffReport =>
    diff(state(1), state(2), { ...OPTIONS, ...options })
  t.equal(report({}).differences.length, 2)
  t.strictSame(report({ ignoreCounters: true }), { equal: true, differences: [], same: 1 })
  const onlyCounter = report({ accepts: (_, key) => key === counter })
  t.match(onlyCounter, { differences: [{ kind: 'changed' }], same: 0 })
  t.equal(report({ accepts: (name) => name === 'w' }).equal, true)
  t.end()
})

void t.test('progress counts the bytes of the first, to the end', (t) => {
  const seen: { done: number; total: number }[] = []
  const onProgress = (progress: { done: number; total: number }): void => void seen.push(progress)
  const large = ndarray(new Float32Array(100), [10, 10])
  compare({ a: large, b: one(1) }, { a: large, c: one(1) }, { onProgress })
  t.strictSame(
    seen.map(({ done, total }) => `${done}/${total}`),
    ['400/408', '408/408', '408/408'],
  )
  t.end()
})
