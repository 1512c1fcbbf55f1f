// Random remaps and filters against a model: no value is lost, mixed or found at two places.
import { deepEqual, ok } from 'node:assert/strict'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { escapeName } from '../../lib/graph/keys.js'
import { Checkpoint, type RestoreOptions } from '../../lib/index.js'
import { tree, valuesOf, type Tree } from './trees'

/** Names of a path, each as it is. */
type Path = readonly string[]

const NAMES = ['a', 'b', 'c', 'a.b', 'a/b', '']

const names = fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })

const text = (path: Path): string => path.map(escapeName).join('/')

/** Values by path. A path that another one goes through has none: it is an object. */
class Model {
  readonly values: Map<string, { readonly path: Path; readonly value: number }>

  constructor(entries: Iterable<{ path: Path; value: number }>) {
    this.values = new Map()
    for (const { path, value } of entries) this.put(path, value)
  }

  put(path: Path, value: number): void {
    const isTaken = [...this.values.values()].some(
      ({ path: other }) => startsWith(other, path) || startsWith(path, other),
    )
    if (!isTaken) this.values.set(text(path), { path, value })
  }

  /** All below a path, which go. */
  takeAway(path: Path): { path: Path; value: number }[] {
    const below = [...this.values.values()].filter(({ path: other }) => startsWith(other, path))
    for (const { path: other } of below) this.values.delete(text(other))
    return below.map(({ path: other, value }) => ({ path: other.slice(path.length), value }))
  }

  /** Plain objects of numbers. */
  shape(valueOf: (value: number) => number = (value) => value): Tree {
    const root: Tree = {}
    for (const { path, value } of this.values.values()) {
      let at = root
      for (const name of path.slice(0, -1)) at = (at[name] ??= {}) as Tree
      at[path.at(-1) ?? ''] = valueOf(value)
    }
    return root
  }
}

const startsWith = (path: Path, start: Path): boolean => start.every((name, i) => path[i] === name)

/** Moves the first of each pair to the second, as a restore should: all away, then all back. */
function move(model: Model, moves: readonly (readonly [Path, Path])[]): Model {
  const moved = new Model(model.values.values())
  // Those below others first, so that each takes only what stays with it.
  const deepest = [...moves].sort(([a], [b]) => b.length - a.length)
  const taken = deepest.map(([from, to]) => [to, moved.takeAway(from)] as const)
  for (const [to, values] of taken.sort(([a], [b]) => a.length - b.length)) {
    moved.takeAway(to)
    for (const { path, value } of values) moved.put([...to, ...path], value)
  }
  return moved
}

interface Case {
  readonly model: Model
  readonly moves: readonly (readonly [Path, Path])[]
}

const models = fc
  .array(names, { minLength: 1, maxLength: 8 })
  .map((paths) => new Model(paths.map((path, i) => ({ path, value: i + 1 }))))

/** Moves of existing objects, to paths of which none goes through a value. */
const cases: fc.Arbitrary<Case> = models.chain((model) => {
  const objects = [...model.values.values()].flatMap(({ path }) =>
    path.map((_, i) => path.slice(0, i + 1)),
  )
  const pairs = fc.array(fc.tuple(fc.constantFrom(...objects), names), { maxLength: 4 })
  return pairs.map((list) => ({ model, moves: sensible(model, list) }))
})

function sensible(model: Model, pairs: (readonly [Path, Path])[]): (readonly [Path, Path])[] {
  const moves: (readonly [Path, Path])[] = []
  for (const [from, to] of pairs) {
    const isKnown = moves.some(([a, b]) => text(a) === text(from) || text(b) === text(to))
    // Through a value no path leads, before and after.
    const through = [...model.values.values(), ...moves.map(([, path]) => ({ path }))]
    const isBlocked = through.some(
      ({ path }) => startsWith(to, path) || (path.length > to.length && startsWith(path, to)),
    )
    const isSelf = moves.some(([a, b]) => startsWith(to, a) || startsWith(b, from))
    // The empty path is that of the root, where nothing can be moved to.
    const isWrong = isKnown || isBlocked || isSelf || startsWith(to, from) || text(to) === ''
    if (!isWrong) moves.push([from, to])
  }
  return moves
}

/** Restores into variables of zero where the model has values, and gives what became of them. */
function restored(path: string, expected: Model, options: RestoreOptions, isLate: boolean) {
  const fresh = tree(expected.shape(() => 0))
  const checkpoint = new Checkpoint<Tree>(isLate ? {} : fresh)
  const status = checkpoint.readSync(path, options)
  if (isLate) Object.assign(checkpoint, fresh)
  const keys = (values: { key: string }[]): string[] =>
    values.map(({ key }) => key.replace('/.ATTRIBUTES/VARIABLE_VALUE', '')).sort()
  return {
    values: valuesOf(fresh),
    lacking: keys(status.missingInCheckpoint),
    left: keys(status.missingInProgram),
  }
}

const write = (path: string, model: Model): string =>
  new Checkpoint(tree(model.shape())).writeSync(path)

t.test('moved objects have their values at their new paths, and only there', (t) => {
  const path = join(t.testdir(), 'ckpt')
  let moved = 0
  fc.assert(
    fc.property(cases, fc.boolean(), fc.boolean(), ({ model, moves }, asFunction, isLate) => {
      const saved = write(path, model)
      const expected = move(model, moves)
      const record = Object.fromEntries(moves.map(([from, to]) => [text(from), text(to)]))
      const remap = asFunction ? (name: string): string => record[name] ?? name : record
      const result = restored(saved, expected, { remap }, isLate)
      deepEqual(result.values, expected.shape())
      deepEqual(result.lacking, [])
      const values = new Set([...expected.values.values()].map(({ value }) => value))
      const lost = [...model.values].filter(([, { value }]) => !values.has(value))
      deepEqual(result.left, lost.map(([key]) => key).sort(), 'what was displaced is listed')
      if (moves.length > 0) moved++
    }),
    { numRuns: 400 },
  )
  t.ok(moved > 100, `${String(moved)} of them moved something`)
  t.end()
})

t.test('moves there and back are none', (t) => {
  const path = join(t.testdir(), 'ckpt')
  fc.assert(
    fc.property(models, fc.nat(), fc.nat(), (model, i, j) => {
      const tops = [...new Set([...model.values.values()].map(({ path: [top = ''] }) => top))]
      const [a = '', b = ''] = [tops[i % tops.length], tops[j % tops.length]]
      if (a === b || a === '' || b === '') return
      const exchanged = move(model, [
        [[a], [b]],
        [[b], [a]],
      ])
      const saved = write(path, exchanged)
      const remap = { [escapeName(a)]: escapeName(b), [escapeName(b)]: escapeName(a) }
      deepEqual(restored(saved, model, { remap }, false).values, model.shape())
    }),
    { numRuns: 150 },
  )
  t.end()
})

t.test('a filter restores just what passes, moved or not', (t) => {
  const path = join(t.testdir(), 'ckpt')
  const wanted = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(cases, wanted, fc.boolean(), ({ model, moves }, wanted, isLate) => {
      const saved = write(path, model)
      const expected = move(model, moves)
      const remap = Object.fromEntries(moves.map(([from, to]) => [text(from), text(to)]))
      const passing = [...model.values]
        .filter(([, { value }]) => wanted[value - 1])
        .map(([key]) => key)
      const keys = passing.map((key) => `${key}/.ATTRIBUTES/VARIABLE_VALUE`)
      for (const filter of [keys, (key: string): boolean => keys.includes(key)]) {
        const result = restored(saved, expected, { remap, filter }, isLate)
        deepEqual(
          result.values,
          expected.shape((value) => (wanted[value - 1] ? value : 0)),
        )
        deepEqual(result.lacking, [], 'the rest was not asked for')
        ok(result.left.every((key) => passing.includes(key)))
      }
    }),
    { numRuns: 200 },
  )
  t.end()
})
