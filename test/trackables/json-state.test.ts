import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import {
  Checkpoint,
  JsonState,
  openCheckpointSync,
  StringTensor,
  Variable,
} from '../../lib/index.js'
import { stateOf } from '../checkpoint/files'

const KEY = 'config/.ATTRIBUTES/py_state'

/** The text that a checkpoint holds. */
function textIn(path: string): string {
  const tensor = openCheckpointSync(path).get(KEY)
  if (!(tensor instanceof StringTensor)) throw new Error('no string')
  return Buffer.from(tensor.get()).toString()
}

/** Writes bytes where a JsonState is restored from. */
const written = (path: string, bytes: Uint8Array | string): string =>
  new Checkpoint({
    config: { serialize: () => bytes, deserialize: () => undefined },
    step: new Variable(5),
  }).writeSync(path)

t.test('it holds any JSON value', (t) => {
  const value = { rate: 0.1, layers: [1, 2] }
  const config = new JsonState(value)
  t.equal(config.value, value, 'the very value')
  const any = new JsonState<unknown>(null)
  for (const other of [[], 'text', 3, false, { a: null }]) {
    any.value = other
    t.equal(any.value, other)
  }
  t.equal(inspect(config), 'JsonState { rate: 0.1, layers: [ 1, 2 ] }')
  t.equal(inspect([[[config]]]), '[ [ [ [JsonState] ] ] ]')
  t.end()
})

t.test('a value that JSON would not keep is refused, and the one before stays', (t) => {
  const config = new JsonState<unknown>({ a: 1 })
  const message = 'a JsonState cannot hold this: value.a[1] is NaN, no JSON number'
  t.throws(() => {
    config.value = { a: [0, NaN] }
  }, new TypeError(message))
  t.strictSame(config.value, { a: 1 })
  t.throws(() => new JsonState({ a: [0, NaN] }), new TypeError(message))
  const create = JsonState as unknown as new () => JsonState
  t.throws(() => new create(), { name: 'TypeError', message: /value is undefined/ })
  t.end()
})

t.test('it is saved as it is at the call of save', async (t) => {
  const base = join(t.testdir(), 'ckpt')
  const config = new JsonState<{ step: number; odd?: unknown }>({ step: 1 })
  const checkpoint = new Checkpoint({ config })
  const saving = checkpoint.save(base)
  config.value.step = 2
  const path = await saving
  t.equal(textIn(path), '{"step":1}')
  const status = await checkpoint.restore(path)
  t.strictSame(config.value, { step: 1 })
  t.strictSame(status.assertConsumed().matched[0], { key: KEY, dtype: 'string', shape: [] })
  t.end()
})

t.test('what was put into it in place is checked when it is saved', async (t) => {
  const base = join(t.testdir(), 'ckpt')
  const config = new JsonState<Record<string, unknown>>({})
  const checkpoint = new Checkpoint({ config })
  config.value['when'] = [new Date(0)]
  const message = `the JsonState '${KEY}' cannot be saved: value.when[0] is 1970-01-01T00:00:00.000Z, neither a plain object nor an array`
  await t.rejects(checkpoint.save(base), new TypeError(message))
  t.throws(() => checkpoint.saveSync(base), new TypeError(message))
  t.equal(checkpoint.saveCounter, 0)
  delete config.value['when']
  t.equal(checkpoint.saveSync(base), `${base}-1`)
  t.end()
})

t.test('a restored value is a new one, whatever was there', (t) => {
  const path = join(t.testdir(), 'x')
  const value = { seed: [1, 2], __proto__: { inherited: 1 } }
  Object.setPrototypeOf(value, Object.prototype)
  Object.defineProperty(value, '__proto__', { value: 'own', enumerable: true })
  new Checkpoint({ config: new JsonState(value) }).writeSync(path)
  const config = new JsonState<unknown>(['of', 'another', 'kind'])
  new Checkpoint({ config }).readSync(path).assertConsumed()
  t.strictSame(Object.entries(config.value as object), [
    ['seed', [1, 2]],
    ['__proto__', 'own'],
  ])
  const first = config.value
  ;(first as Record<string, unknown>)['bad'] = NaN
  new Checkpoint({ config }).readSync(path)
  t.not(config.value, first, 'even if it could not be saved')
  t.equal(Object.keys(config.value as object).length, 2)
  t.end()
})

t.test('a restore of bad JSON changes nothing', async (t) => {
  const dir = t.testdir()
  const cases: [string, Uint8Array | string, string][] = [
    ['no-json', '{"a":', 'CKPT_CORRUPT'],
    ['empty', '', 'CKPT_CORRUPT'],
    ['no-utf8', Uint8Array.of(0x22, 0xff, 0x22), 'CKPT_CORRUPT'],
    ['large', '{"state": 340282366920938463463374607431768211455}', 'CKPT_UNSUPPORTED'],
  ]
  for (const [name, bytes, code] of cases) {
    const path = written(join(dir, name), bytes)
    const value = { a: 1 }
    const objects = { config: new JsonState(value), step: new Variable(0) }
    const checkpoint = new Checkpoint(objects)
    t.throws(() => checkpoint.readSync(path), { code, details: { key: KEY } }, name)
    await t.rejects(checkpoint.read(path), { code, details: { key: KEY } }, name)
    t.equal(objects.config.value, value)
    t.equal(objects.step.value, 0)
  }
  const path = join(dir, 'arrays')
  new Checkpoint({ arrays: stateOf({ config: new Float32Array(1) }) }).writeSync(path)
  const checkpoint = new Checkpoint({ arrays: { config: new JsonState(1) } })
  t.throws(() => checkpoint.readSync(path), { code: 'CKPT_MISMATCH' })
  t.end()
})

t.test('-0 of another program is restored, and then cannot be saved', (t) => {
  const dir = t.testdir()
  const config = new JsonState<unknown>(null)
  const checkpoint = new Checkpoint({ config })
  checkpoint.readSync(written(join(dir, 'x'), '{"bias": -0.0}'))
  t.ok(Object.is((config.value as { bias: number }).bias, -0))
  t.throws(() => checkpoint.writeSync(join(dir, 'y')), /value\.bias is -0/)
  t.end()
})

t.test('one that comes after the restore takes its value then', (t) => {
  const path = written(join(t.testdir(), 'x'), '{"a": [1, 2.5]}')
  const checkpoint = new Checkpoint<Record<string, object>>({})
  const status = checkpoint.readSync(path)
  const config = new JsonState<unknown>(null)
  checkpoint['config'] = config
  t.strictSame(config.value, { a: [1, 2.5] })
  checkpoint['step'] = new Variable(0)
  status.assertConsumed()
  const bad = new Checkpoint<Record<string, object>>({})
  bad.readSync(written(join(t.testdir(), 'y'), '{'))
  t.throws(
    () => {
      bad['config'] = config
    },
    { code: 'CKPT_CORRUPT' },
  )
  t.notOk('config' in bad)
  t.strictSame(config.value, { a: [1, 2.5] })
  t.end()
})
