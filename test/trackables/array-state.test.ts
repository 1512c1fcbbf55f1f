import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import { bytesOf } from '../../lib/array/typed-arrays.js'
import {
  Checkpoint,
  NdArray,
  ndarray,
  NumpyState,
  VariableState,
  zeros,
  type AnyArrays,
} from '../../lib/index.js'
import { flip } from '../checkpoint/files'

const KINDS: Readonly<Record<string, new () => AnyArrays>> = { NumpyState, VariableState }

/** Values that are found by their bytes. */
const weights = Float64Array.of(Math.PI, Math.E)
const others = Float64Array.of(Math.SQRT2, Math.LN2)

for (const [className, State] of Object.entries(KINDS)) {
  const save = (dir: string, arrays: object): string =>
    new Checkpoint({ s: Object.assign(new State(), arrays) }).writeSync(join(dir, 'ckpt'))

  t.test(`${className}: a class may extend it and declare arrays`, (t) => {
    class Layer extends State {
      kernel = zeros([2])
      bias = new Float32Array(2)
      get size(): number {
        return this.kernel.size
      }
    }
    const layer = new Layer()
    t.strictSame(Object.keys(layer), ['kernel', 'bias'])
    t.equal(layer.size, 2)
    layer.kernel.set(0, 3)
    const path = new Checkpoint({ layer }).writeSync(join(t.testdir(), 'ckpt'))
    const other = new Layer()
    new Checkpoint({ layer: other }).readSync(path).assertConsumed()
    t.equal(other.kernel.get(0), 3)
    class Wrong extends State {
      rate = 3
    }
    const message = new RegExp(`^${className} property 'rate' must be an array: .*got 3$`)
    t.throws(() => new Wrong(), { name: 'TypeError', message })
    t.end()
  })

  t.test(`${className}: names, symbols and descriptors are those of a plain object`, (t) => {
    const state = new State()
    t.equal(Object.prototype.toString.call(state), '[object Object]')
    t.ok(state instanceof State)
    t.equal(state.constructor, State)
    t.throws(
      () => Object.assign(state, { [Symbol('s')]: zeros([1]) }),
      new TypeError(`${className} holds arrays under string names, not Symbol(s)`),
    )
    for (const wrong of [{ get: () => 1 }, { value: weights, writable: false }]) {
      t.throws(() => void Object.defineProperty(state, 'a', wrong), {
        message: `${className} property 'a' must be a plain, writable value`,
      })
    }
    t.throws(() => Object.freeze(state), TypeError)
    t.throws(() => Object.preventExtensions(state), TypeError)
    t.throws(() => void Object.setPrototypeOf(state, null), TypeError)
    t.strictSame(Object.keys(state), [])
    Object.assign(state, { toString: weights })
    t.equal(Reflect.get(state, 'toString'), weights)
    Reflect.deleteProperty(state, 'toString')
    t.equal(typeof Reflect.get(state, 'toString'), 'function')
    t.end()
  })

  t.test(`${className}: it is shown as what it holds`, (t) => {
    const state = Object.assign(new State(), { a: Float32Array.of(1), b: zeros([2]) })
    const pattern = `^${className} \\{\\s+a: Float32Array\\(1\\) \\[ 1 \\],\\s+b: NdArray float64`
    t.match(inspect(state), new RegExp(pattern))
    t.equal(inspect({ deep: { state } }, { depth: 0 }), '{ deep: [Object] }')
    t.match(inspect({ state }, { depth: 0 }), new RegExp(`\\[${className}\\]`))
    t.equal(inspect(new State()), `${className} {}`)
    t.end()
  })

  t.test(`${className}: a list of what is missing reads no array`, (t) => {
    const path = save(t.testdir(), { a: ndarray(others), b: weights })
    flip(`${path}.data-00000-of-00001`, bytesOf(weights))
    const state = Object.assign(new State(), {
      a: zeros([2]),
      b: new Float64Array(2),
      own: weights,
    })
    const status = new Checkpoint({ s: state }).readSync(path, { verify: 'lazy' })
    t.match(status.missingInCheckpoint, [{ dtype: 'float64', shape: [2] }])
    const { missingInCheckpoint } = new Checkpoint({ other: state }).readSync(path)
    t.strictSame(
      missingInCheckpoint.map(({ dtype, shape }) => [dtype, shape]),
      [1, 2, 3].map(() => ['float64', [2]]),
    )
    t.throws(() => state.b, { code: 'CKPT_CORRUPT' }, 'it had not been looked at')
    t.match(inspect(state), /b: <checksum does not match in 's\/b\//, 'and can be shown')
    t.strictSame(Object.keys(state), ['a', 'b', 'own'], 'and listed')
    t.ok('b' in state && Object.hasOwn(state, 'b'))
    t.throws(() => void Object.values(state), { code: 'CKPT_CORRUPT' })
    state.b = weights
    t.equal({ ...state }.b, weights, 'and replaced')
    t.end()
  })

  t.test(`${className}: a sound checkpoint is restored over a corrupt one`, async (t) => {
    const dir = t.testdir({ bad: {}, good: {} })
    const arrays = { a: ndarray(others), b: weights }
    const bad = save(join(dir, 'bad'), arrays)
    const good = save(join(dir, 'good'), arrays)
    for (const bytes of [others, weights]) flip(`${bad}.data-00000-of-00001`, bytesOf(bytes))
    const state = Object.assign(new State(), { a: zeros([2]), b: new Float64Array(2) })
    const checkpoint = new Checkpoint({ s: state })
    await checkpoint.read(bad, { verify: 'lazy' })
    await checkpoint.read(good)
    t.strictSame((state.a as NdArray).data, others)
    t.strictSame(state.b, weights)
  })

  t.test(`${className}: an array that was transferred is replaced by a restore`, (t) => {
    const path = save(t.testdir(), { a: ndarray(weights) })
    const state = Object.assign(new State(), { a: zeros([2]) })
    const { data } = state.a as NdArray
    structuredClone(data, { transfer: [data.buffer as ArrayBuffer] })
    const checkpoint = new Checkpoint({ s: state })
    const message = new RegExp(`^${className} property 'a' cannot be saved: .*holds 0 elements`)
    t.throws(() => checkpoint.writeSync(path), { name: 'TypeError', message })
    checkpoint.readSync(path)
    t.strictSame((state.a as NdArray).data, weights)
    t.end()
  })

  t.test(`${className}: a property is one array through sets and restores`, (t) => {
    const path = save(t.testdir(), { a: ndarray(weights) })
    const state = Object.assign(new State(), { a: zeros([2]) })
    const first = new Checkpoint({ s: state })
    const status = first.readSync(path)
    state.a = zeros([2])
    t.strictSame(status.missingInCheckpoint, [], 'the property was restored, whatever it holds now')
    Reflect.deleteProperty(state, 'a')
    state.a = zeros([2])
    t.match(status.missingInCheckpoint, [{ dtype: 'float64' }], 'this is another one')
    t.end()
  })
}

t.test('the two kinds do not take each other for their own', (t) => {
  const dir = t.testdir()
  for (const [Saved, Other] of [
    [NumpyState, VariableState],
    [VariableState, NumpyState],
  ] as const) {
    const path = new Checkpoint({ s: Object.assign(new Saved(), { a: weights }) }).writeSync(
      join(dir, 'ckpt'),
    )
    const other = Object.assign(new Other(), { a: zeros([1]) })
    const before = { ...other }
    const status = new Checkpoint({ s: other }).readSync(path)
    t.strictSame({ ...other }, before)
    t.equal(status.restored, 0)
    t.equal(status.missingInProgram.length, 1)
    t.equal(status.missingInCheckpoint.length, 1)
    const empty = new Other()
    new Checkpoint({ s: empty }).readSync(path)
    t.strictSame(Object.keys(empty), [])
  }
  t.end()
})
