import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import { checkRestoreOptions } from '../../lib/checkpoint/restore-options.js'
import { Checkpoint, Variable, type RestoreOptions } from '../../lib/index.js'
import { tree, valuesOf, type Tree } from './trees'

/** Saves one tree, restores it into another, and tells what became of that and what is missing. */
function through(dir: string, saved: Tree, into: Tree, options: RestoreOptions) {
  const path = new Checkpoint(tree(saved)).writeSync(join(dir, 'ckpt'))
  const objects = new Checkpoint(tree(into))
  const status = objects.readSync(path, options)
  const names = (values: { key: string }[]): string[] =>
    values.map(({ key }) => key.replace('/.ATTRIBUTES/VARIABLE_VALUE', '')).sort()
  return {
    values: valuesOf(objects),
    inProgram: names(status.missingInProgram),
    inCheckpoint: names(status.missingInCheckpoint),
  }
}

const saved = { a: { x: 1, y: 2 }, ab: { x: 3 }, c: 4 }
const zero = { a: { x: 0, y: 0 }, ab: { x: 0 }, c: 0 }

t.test('options that are none are named', (t) => {
  const cases: [object, RegExp][] = [
    [{ filter: 3 }, /^options.filter must be a prefix of keys, an array of them, or a f.*got 3$/],
    [{ filter: null }, /got null$/],
    [{ filter: ['a', 1] }, /got \[ 'a', 1 \]$/],
    [{ filter: new Set(['a']) }, /got Set/],
    [{ filter: /a/ }, /got \/a\/$/],
    [{ remap: 'a' }, /^options.remap must be an object of paths, from the checkpoint .*got 'a'$/],
    [{ remap: null }, /got null$/],
    [{ remap: [['a', 'b']] }, /got \[ \[ 'a', 'b' \] \]$/],
    [{ remap: new Map([['a', 'b']]) }, /got Map/],
    [{ remap: { a: 1 } }, /got \{ a: 1 \}$/],
    [{ remap: { a: '' } }, /got \{ a: '' \}$/],
    [{ skipSlotVariables: 1 }, /^options.skipSlotVariables must be a boolean, got 1$/],
    [{ skipSlotVariables: null }, /got null$/],
  ]
  for (const [options, message] of cases) {
    t.throws(() => checkRestoreOptions(options), { name: 'TypeError', message }, inspect(options))
    t.throws(() => new Checkpoint().readSync('nowhere', options), { message })
  }
  t.end()
})

t.test('by default all is restored', (t) => {
  t.match(checkRestoreOptions({}), {
    passes: undefined,
    remap: undefined,
    skipSlotVariables: false,
  })
  const { values, inProgram, inCheckpoint } = through(t.testdir(), saved, zero, {})
  t.strictSame(values, saved)
  t.strictSame([inProgram, inCheckpoint], [[], []])
  t.end()
})

t.test('a filter leaves all else as it is, and counts it as not asked for', (t) => {
  const dir = t.testdir()
  const cases: [RestoreOptions['filter'], Tree][] = [
    ['a/', { a: { x: 1, y: 2 }, ab: { x: 0 }, c: 0 }],
    ['a', { a: { x: 1, y: 2 }, ab: { x: 3 }, c: 0 }],
    ['a/x/', { a: { x: 1, y: 0 }, ab: { x: 0 }, c: 0 }],
    ['', saved],
    ['nothing', zero],
    [[], zero],
    [['ab/', 'c'], { a: { x: 0, y: 0 }, ab: { x: 3 }, c: 4 }],
    [
      (key) => key.endsWith('x/.ATTRIBUTES/VARIABLE_VALUE'),
      { a: { x: 1, y: 0 }, ab: { x: 3 }, c: 0 },
    ],
    [() => false, zero],
  ]
  for (const [filter, expected] of cases) {
    const options = filter === undefined ? {} : { filter }
    const result = through(dir, saved, zero, options)
    t.strictSame(result, { values: expected, inProgram: [], inCheckpoint: [] }, inspect(filter))
  }
  const lacking = through(dir, saved, { a: { x: 0, z: 9 }, d: 9 }, { filter: 'a/' })
  t.strictSame(lacking, {
    values: { a: { x: 1, z: 9 }, d: 9 },
    inProgram: ['a/y'],
    inCheckpoint: ['a/z'],
  })
  t.end()
})

t.test('a filter that throws changes nothing', (t) => {
  const path = new Checkpoint(tree(saved)).writeSync(join(t.testdir(), 'ckpt'))
  const objects = new Checkpoint(tree(zero))
  let calls = 0
  const filter = (): boolean => {
    if (calls++ === 2) throw new Error('enough')
    return true
  }
  t.throws(() => objects.readSync(path, { filter }), new Error('enough'))
  t.strictSame(valuesOf(objects as unknown as Tree), zero)
  t.end()
})

t.test('objects are found under the path that they are given', (t) => {
  const dir = t.testdir()
  const cases: [RestoreOptions['remap'], Tree][] = [
    [{ a: 'm' }, { m: { x: 1, y: 2 }, ab: { x: 3 }, c: 4 }],
    [
      { a: 'ab', ab: 'a' },
      { ab: { x: 1, y: 2 }, a: { x: 3 }, c: 4 },
    ],
    [{ a: 'm/n/o' }, { m: { n: { o: { x: 1, y: 2 } } }, ab: { x: 3 }, c: 4 }],
    [{ c: 'a/z' }, { a: { x: 1, y: 2, z: 4 }, ab: { x: 3 } }],
    [
      { 'a/x': 'x', 'ab/x': 'a/x' },
      { a: { x: 3, y: 2 }, x: 1, c: 4 },
    ],
    [{ a: 'a/a' }, { a: { a: { x: 1, y: 2 } }, ab: { x: 3 }, c: 4 }],
    [(path) => path.replace(/^a\b/, 'm'), { m: { x: 1, y: 2 }, ab: { x: 3 }, c: 4 }],
    [(path) => `all/${path}`, { all: saved }],
    [(path) => path.replace(/^ab\//, ''), { a: { x: 1, y: 2 }, x: 3, c: 4 }],
    [(path) => path, saved],
    [{}, saved],
  ]
  for (const [remap, expected] of cases) {
    const into = JSON.parse(JSON.stringify(expected).replace(/\d/g, '0')) as Tree
    const result = through(dir, saved, into, remap === undefined ? {} : { remap })
    t.strictSame(result, { values: expected, inProgram: [], inCheckpoint: [] }, inspect(remap))
  }
  t.end()
})

t.test('what was at a new path is missing in the program', (t) => {
  const result = through(t.testdir(), saved, { a: { x: 0 }, c: 0 }, { remap: { ab: 'a' } })
  t.strictSame(result, {
    values: { a: { x: 3 }, c: 4 },
    inProgram: ['a/x', 'a/y'],
    inCheckpoint: [],
  })
  t.end()
})

t.test('names are escaped as in keys, empty ones are names', (t) => {
  const dir = t.testdir()
  const odd = { 'a.b': { '/': 1 }, '': { a: 2 }, a: 3, '.S': 4 }
  const into = { 'a.b': { x: 0 }, '': { b: 0 }, c: 0, s: 0 }
  const remap: Record<string, string> = { 'a..b/.S': 'a..b/x', '/a': '/b', a: 'c', '..S': 's' }
  const expected = { 'a.b': { x: 1 }, '': { b: 2 }, c: 3, s: 4 }
  t.strictSame(through(dir, odd, into, { remap }).values, expected)
  const asFunction = (path: string): string => remap[path] ?? path
  t.strictSame(through(dir, odd, into, { remap: asFunction }).values, expected)
  t.end()
})

t.test('every name of a shared object can be changed', (t) => {
  const shared = new Variable(1)
  const objects = { a: { s: shared }, b: { s: shared } }
  const path = new Checkpoint(objects).writeSync(join(t.testdir(), 'ckpt'))
  const apart = { a: { t: new Variable(0) }, b: { t: new Variable(0) } }
  new Checkpoint(apart)
    .readSync(path, { remap: (path) => path.replace(/s$/, 't') })
    .assertConsumed()
  t.match(apart, { a: { t: { value: 1 } }, b: { t: { value: 1 } } })
  t.end()
})

t.test('wrong moves are named, and nothing is restored', (t) => {
  const path = new Checkpoint(tree(saved)).writeSync(join(t.testdir(), 'ckpt'))
  const objects = new Checkpoint(tree(zero))
  const restore = (remap: RestoreOptions['remap']) => () =>
    objects.readSync(path, remap === undefined ? {} : { remap })
  for (const key of ['b', 'a/z', 'a/x/y', 'A', '/a', '', 'a/']) {
    const message = `options.remap names the object '${key}', which checkpoint '${path}' does not have`
    t.throws(restore({ [key]: 'c' }), { code: 'CKPT_NOT_FOUND', message, details: { path, key } })
  }
  const twice = { name: 'TypeError', message: /^two objects of the checkpoint .* as 'x'$/ }
  t.throws(restore({ a: 'x', ab: 'x' }), twice)
  t.throws(
    restore((name) => (name.includes('/') ? name : 'x')),
    twice,
  )
  for (const answer of [undefined, null, '', 3, {}]) {
    t.throws(
      restore(() => answer as string),
      {
        name: 'TypeError',
        message: /^options.remap must return a path for 'a', got /,
      },
    )
  }
  t.strictSame(valuesOf(objects as unknown as Tree), zero)
  t.end()
})

t.test('a filter is about keys of the checkpoint, wherever they are restored', (t) => {
  const dir = t.testdir()
  const into = { m: { x: 0, y: 0, z: 0 }, ab: { x: 0 } }
  const moved = through(dir, saved, into, { remap: { a: 'm' }, filter: 'a/' })
  t.strictSame(moved.values, { m: { x: 1, y: 2, z: 0 }, ab: { x: 0 } })
  t.strictSame(moved.inCheckpoint, ['m/z'], 'it would be a/z there')
  t.strictSame(through(dir, saved, into, { remap: { a: 'm' }, filter: 'm/' }), {
    values: into,
    inProgram: [],
    inCheckpoint: [],
  })
  t.end()
})
