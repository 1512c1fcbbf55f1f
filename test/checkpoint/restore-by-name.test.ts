// Checkpoints without objects, as TensorFlow 1's `tf.train.Saver` writes them.
import { join } from 'node:path'
import t from 'tap'
import { stringTensorValue, tensorValue } from '../../lib/bundle/write/values.js'
import {
  Checkpoint,
  NumpyState,
  Variable,
  VariableState,
  type RestoreOptions,
} from '../../lib/index.js'
import { writeValues } from '../bundle/write-values'
import { tree, valuesOf, type Tree } from './trees'

/** A checkpoint of scalars under these names. */
function save(dir: string, values: Record<string, number>): string {
  const path = join(dir, 'model.ckpt')
  const entries = Object.entries(values).sort(([a], [b]) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  )
  writeValues(
    path,
    entries.map(([name, value]) => tensorValue(name, 'float64', [], Float64Array.of(value))),
  )
  return path
}

const named = (name: string): Variable<number> => new Variable(0, undefined, { name })

t.test('names that TensorFlow allows are found, dots among them', (t) => {
  const names = ['conv1.Scale/w', 'a..b', 'c.S', 'w_1/Adam', 'dense-2/kernel', 'x/y/z']
  const path = save(t.testdir(), Object.fromEntries(names.map((name, i) => [name, i + 1])))
  const list = names.map(named)
  const status = new Checkpoint({ list }).readSync(path)
  t.strictSame(
    list.map(({ value }) => value),
    [1, 2, 3, 4, 5, 6],
  )
  status.assertConsumed()
  const byPath = {
    'conv1.Scale': { w: new Variable(0) },
    'a..b': new Variable(0),
    'c.S': new Variable(0),
    w_1: { Adam: new Variable(0) },
    'dense-2': { kernel: new Variable(0) },
    x: { y: { z: new Variable(0) } },
  }
  new Checkpoint(byPath).readSync(path).assertConsumed()
  t.match(byPath, { 'conv1.Scale': { w: { value: 1 } }, x: { y: { z: { value: 6 } } } })
  t.end()
})

t.test('a variable and what is named below it are found apart', (t) => {
  const path = save(t.testdir(), { w: 1, 'w/Momentum': 2, 'w/Adam': 3 })
  const objects = {
    model: { first: named('w') },
    w: { Momentum: new Variable(0), Adam: new Variable(0) },
  }
  new Checkpoint(objects).readSync(path).assertConsumed()
  t.match(objects, {
    model: { first: { value: 1 } },
    w: { Momentum: { value: 2 }, Adam: { value: 3 } },
  })
  t.end()
})

t.test('a name counts before a path, and names may be exchanged', (t) => {
  const path = save(t.testdir(), { a: 1, b: 2 })
  const objects = { a: named('b'), b: named('a') }
  new Checkpoint(objects).readSync(path).assertConsumed()
  t.match(objects, { a: { value: 2 }, b: { value: 1 } })
  const taken = { a: named('b') }
  const status = new Checkpoint(taken).readSync(path)
  t.equal(taken.a.value, 2)
  t.match(status.missingInProgram, [{ key: 'a' }], 'what stood at its path is not lost from sight')
  t.end()
})

t.test('two variables may have one name, one may be in two places', (t) => {
  const path = save(t.testdir(), { w: 1 })
  const shared = named('w')
  const objects = { a: shared, b: { shared }, c: named('w') }
  new Checkpoint(objects).readSync(path).assertConsumed()
  t.strictSame([shared.value, objects.c.value], [1, 1])
  t.end()
})

t.test('a name that is nowhere leaves the variable to its path', (t) => {
  const path = save(t.testdir(), { a: 1 })
  const a = named('other')
  new Checkpoint({ a }).readSync(path)
  t.equal(a.value, 1)
  t.end()
})

t.test('a root may be a variable with a name', (t) => {
  const root = named('w')
  new Checkpoint({ root }).readSync(save(t.testdir(), { w: 1 })).assertConsumed()
  t.equal(root.value, 1)
  t.end()
})

t.test('python state and arrays of a NumpyState have no such names', (t) => {
  const path = save(t.testdir(), { 's/x': 1, p: 2 })
  const s = new NumpyState()
  const p = { serialize: () => '', deserialize: () => undefined }
  const status = new Checkpoint({ s, p }).readSync(path)
  t.equal(status.restored, 0)
  t.strictSame(Object.keys(s), [])
  t.strictSame(status.missingInProgram.map(({ key }) => key).sort(), ['p', 's/x'])
  t.end()
})

t.test('states of variables create what is missing, late objects take theirs', (t) => {
  const path = save(t.testdir(), { 'dense/kernel': 1, 'dense/bias': 2, step: 3 })
  const checkpoint = new Checkpoint<Record<string, unknown>>({ dense: new VariableState() })
  const status = checkpoint.readSync(path)
  t.strictSame(Object.keys(checkpoint['dense'] as object).sort(), ['bias', 'kernel'])
  checkpoint['step'] = new Variable(0)
  t.match(checkpoint, { step: { value: 3 } })
  status.assertConsumed()
  t.end()
})

t.test('filters and remaps are about the names', (t) => {
  const path = save(t.testdir(), { 'a/w': 1, 'a/v': 2, 'b.c/w': 3 })
  const cases: [RestoreOptions, Tree][] = [
    [{ filter: 'a/' }, { a: { w: 1, v: 2 }, 'b.c': { w: 0 } }],
    [{ filter: ['b', 'a/v'] }, { a: { w: 0, v: 2 }, 'b.c': { w: 3 } }],
    [{ remap: { a: 'm', 'b..c/w': 'x' } }, { m: { w: 1, v: 2 }, x: 3 }],
    [{ remap: (name) => name.replace(/^a\//, '') }, { w: 1, v: 2 }],
  ]
  for (const [options, expected] of cases) {
    const objects = tree(JSON.parse(JSON.stringify(expected).replace(/\d/g, '0')) as Tree)
    new Checkpoint(objects).readSync(path, options)
    t.strictSame(valuesOf(objects), expected)
  }
  t.end()
})

t.test('another dtype is a mismatch, strings are no numbers', (t) => {
  const path = join(t.testdir(), 'ckpt')
  writeValues(path, [
    tensorValue('a', 'int32', [], Int32Array.of(1)),
    stringTensorValue('s', [], [Buffer.from('x')]),
  ])
  t.throws(() => new Checkpoint({ x: named('a') }).readSync(path), {
    code: 'CKPT_MISMATCH',
    details: { key: 'a', expected: 'float64 []', found: 'int32 []' },
  })
  t.throws(() => new Checkpoint({ x: named('s') }).readSync(path), {
    code: 'CKPT_MISMATCH',
    details: { key: 's', expected: 'float64 []', found: 'string []' },
  })
  t.end()
})
