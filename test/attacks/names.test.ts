// Names that mean something to JavaScript or to a file system are names like any other.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import { Checkpoint, listVariables, ndarray, NumpyState, type NdArray } from '../../lib/index.js'
import { forge, graphEntry, npy, stateOf } from './forge'

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'then',
  'toJSON',
  'length',
  '0',
  '-1',
  '1e3',
  '',
  ' ',
  '.',
  '..',
  '../../escaped',
  '/etc/passwd',
  'a/b',
  'a.b',
  '.ATTRIBUTES',
  'a/.ATTRIBUTES/py_state',
  '.S',
  '..S',
  '\0',
  'a\0b',
  'line\nbreak',
  '\u202e',
  '💾',
  'é',
  'e\u0301',
  'x'.repeat(10000),
]

const one = (i: number): NdArray => ndarray(Float64Array.of(i))

const plainKeys = (): string[] => Object.getOwnPropertyNames(Object.prototype).sort()

t.test('every name is restored as a plain property of its own', async (t) => {
  const before = plainKeys()
  const directory = t.testdir()
  const state = new NumpyState<Record<string, NdArray>>()
  for (const [i, name] of NAMES.entries()) state[name] = one(i)
  const path = await new Checkpoint({ state }).save(join(directory, 'ckpt'))
  for (const target of [new NumpyState<Record<string, NdArray>>(), state]) {
    await new Checkpoint({ state: target }).restore(path)
    t.strictSame(new Set(Object.keys(target)), new Set(NAMES))
    for (const [i, name] of NAMES.entries()) {
      t.ok(Object.hasOwn(target, name), inspect(name.slice(0, 30)))
      t.equal(target[name]?.get(0), i)
    }
  }
  t.strictSame(plainKeys(), before, 'no prototype is touched')
  t.strictSame(readdirSync(directory).length, 3, 'no file but those of the checkpoint')
  t.notOk(existsSync(join(directory, '../../escaped')))
})

t.test('a name without UTF-8 is refused by the save', (t) => {
  const state = new NumpyState()
  state['\ud800'] = one(1)
  const directory = t.testdir()
  const checkpoint = new Checkpoint({ state })
  t.throws(() => checkpoint.saveSync(join(directory, 'ckpt')), TypeError)
  t.strictSame(readdirSync(directory), [])
  t.end()
})

t.test('a state that holds `then` is no promise', async (t) => {
  const prefix = forge(join(t.testdir(), 'x'), { entries: stateOf({ then: npy({}), x: npy({}) }) })
  const state = new NumpyState()
  const checkpoint = new Checkpoint({ state })
  await checkpoint.restore(prefix)
  const awaited = await Promise.resolve(state)
  t.equal(awaited, state, 'what await tests is no function')
  t.same(Object.keys(state), ['then', 'x'])
})

t.test('names of the graph reach no member of a Checkpoint', (t) => {
  const names = ['save', 'constructor', '__proto__', 'toString', 'saveCounter', 'hasOwnProperty']
  const empty = { attributes: [], slotVariables: [] }
  const nodes = [
    { ...empty, children: names.map((localName) => ({ nodeId: 1, localName })) },
    { ...empty, children: [{ nodeId: 0, localName: 'constructor' }] },
  ]
  const prefix = forge(join(t.testdir(), 'x'), { entries: [graphEntry({ nodes })] })
  const checkpoint = new Checkpoint({ state: new NumpyState() })
  checkpoint.restoreSync(prefix)
  t.notOk(Object.hasOwn(checkpoint, 'save'))
  t.same(Object.keys(checkpoint), ['state'])
  t.equal(Object.getPrototypeOf(checkpoint), Checkpoint.prototype)
  t.strictSame(plainKeys(), Object.getOwnPropertyNames(Object.prototype).sort())
  t.end()
})

t.test('keys that look like paths name no file', (t) => {
  const keys = ['../../etc/passwd', '/dev/zero', 'a/../../b', 'CON', 'x.data-00000-of-00001']
  const directory = t.testdir()
  const entries = keys.map((key) => ({ key, shape: [1], bytes: new Uint8Array(4) }))
  const prefix = forge(join(directory, 'x'), { entries })
  t.strictSame(new Set(listVariables(prefix).map(([key]) => key)), new Set(keys))
  t.strictSame(readdirSync(directory).length, 2)
  t.end()
})
