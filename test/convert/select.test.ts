import { join } from 'node:path'
import { inspect } from 'node:util'
import t from 'tap'
import { globPattern } from '../../lib/convert/select.js'
import { namesOfKeys } from '../../lib/convert/tensor-names.js'
import {
  Checkpoint,
  convertSync,
  exportNpz,
  exportNpzSync,
  exportSafetensorsSync,
  exportTfjsSync,
  JsonState,
  listVariables,
  ndarray,
  NumpyState,
  openTensorsSync,
  VariableState,
  zeros,
  type NdArray,
  type TransferOptions,
} from '../../lib/index.js'

t.test('globs', (t) => {
  const matches = (glob: string, name: string): boolean => globPattern(glob).test(name)
  t.ok(matches('layer/*', 'layer/kernel'))
  t.notOk(matches('layer/*', 'layer/a/kernel'))
  t.ok(matches('layer/**', 'layer/a/kernel'))
  t.ok(matches('**/kernel', 'a/b/kernel'))
  t.ok(matches('a?c', 'abc'))
  t.notOk(matches('a?c', 'a/c'))
  t.ok(matches('a.b[0]+(x)^$|\\{}', 'a.b[0]+(x)^$|\\{}'))
  t.notOk(matches('a.b', 'axb'))
  t.ok(matches('*', 'line\nbreak'))
  t.end()
})

t.test('names of keys', (t) => {
  const names = (...keys: string[]): (string | undefined)[] => {
    const map = namesOfKeys(keys)
    return keys.map((key) => map.get(key))
  }
  const value = (path: string): string => `${path}/.ATTRIBUTES/VARIABLE_VALUE`
  t.strictSame(names(value('layer/kernel'), 'x', 'a/.ATTRIBUTES/py_state'), [
    'layer/kernel',
    'x',
    'a',
  ])
  t.strictSame(names(value('a..b/c.Sd')), ['a.b/c/d'])
  t.strictSame(names(value('k/.OPTIMIZER_SLOT/adam/m')), ['k/.OPTIMIZER_SLOT/adam/m'])
  const [a, b] = [value('a'), 'a/.ATTRIBUTES/py_state']
  t.strictSame(names(a, b), [a, b], 'two of one name keep their keys')
  t.strictSame(names(value('a/b'), value('a.Sb'), 'a/b'), [value('a/b'), value('a.Sb'), 'a/b'])
  t.strictSame(names('/.ATTRIBUTES/x', 'a/.ATTRIBUTES/other'), [
    '/.ATTRIBUTES/x',
    'a/.ATTRIBUTES/other',
  ])
  t.end()
})

/** A checkpoint with all that there is in one. */
function saved(directory: string): string {
  const model = new VariableState()
  model['kernel'] = zeros([2, 3], 'float32')
  model['bias'] = ndarray(Float64Array.of(0.5, 1e300, -1))
  model['ids'] = BigInt64Array.of(1n, 2n ** 40n)
  const state = new NumpyState()
  state['mean'] = Float32Array.of(1, 2)
  const checkpoint = new Checkpoint({ model, state, config: new JsonState({ rate: 0.1 }) })
  return checkpoint.saveSync(join(directory, 'ckpt'))
}

t.test('by default what is a value, and what was left out is told', (t) => {
  const directory = t.testdir()
  const path = join(directory, 'a.npz')
  const { skipped, tensors, bytes } = exportNpzSync(saved(directory), path)
  t.strictSame(openTensorsSync(path).names(), [
    'model/bias',
    'model/ids',
    'model/kernel',
    'state/mean',
  ])
  t.strictSame(skipped, ['config/.ATTRIBUTES/py_state', 'save_counter/.ATTRIBUTES/VARIABLE_VALUE'])
  t.strictSame([tensors, bytes], [4, 24 + 16 + 24 + 8])
  t.end()
})

t.test('filters and names', (t) => {
  const directory = t.testdir()
  const source = saved(directory)
  const path = join(directory, 'a.npz')
  const names = (options: TransferOptions): string[] => {
    exportNpzSync(source, path, options)
    return openTensorsSync(path).names()
  }
  t.strictSame(names({ filter: 'model/*' }), ['model/bias', 'model/ids', 'model/kernel'])
  t.strictSame(names({ filter: ['**/kernel', 'save_*'] }), ['model/kernel', 'save_counter'])
  t.strictSame(names({ filter: '**/mean/.ATTRIBUTES/*' }), ['state/mean'], 'keys count too')
  t.strictSame(names({ filter: (name, key) => name !== key && /^state/.test(key) }), ['state/mean'])
  t.strictSame(names({ filter: [] }), [])
  const rename = (name: string, key: string): string => `${String(key.length)}:${name}`
  t.strictSame(names({ filter: 'state/*', rename }), [
    '34:state/mean'.replace('34', String('state/mean/.ATTRIBUTES/py_state'.length)),
  ])
  const twice = /'model\/bias.*' and 'model\/ids.*' would both be written as 'x'/
  t.throws(() => names({ rename: () => 'x' }), { name: 'RangeError', message: twice })
  t.throws(() => names({ rename: () => 1 as never }), {
    name: 'TypeError',
    message: /must return a name/,
  })
  const text = { code: 'CKPT_UNSUPPORTED', details: { key: 'config/.ATTRIBUTES/py_state' } }
  t.throws(() => names({ filter: 'config' }), text, 'a text is no array')
  t.end()
})

t.test('what a format does not hold is named, with the way out', (t) => {
  const directory = t.testdir()
  const source = saved(directory)
  const json = join(directory, 'model.json')
  const refused = (options: TransferOptions, key: string, message: RegExp): void => {
    const expected = { code: 'CKPT_UNSUPPORTED', message, details: { key } }
    t.throws(() => exportTfjsSync(source, json, options), expected)
  }
  const key = (name: string): string => `${name}/.ATTRIBUTES/VARIABLE_VALUE`
  refused({}, key('model/bias'), /cast: \{ float64: 'float32' \}/)
  refused({ cast: 'float32' }, key('model/ids'), /cast: \{ int64: 'int32' \}/)
  const cast = { float64: 'float32', int64: 'int32' } as const
  refused({ cast }, key('model/ids'), /it holds 1099511627776/)
  exportTfjsSync(source, json, { cast, filter: ['model/bias', 'save_counter'] })
  const file = openTensorsSync(json)
  t.strictSame((file.get('model/bias') as NdArray).data, Float32Array.of(0.5, Infinity, -1))
  t.strictSame((file.get('save_counter') as NdArray).data, Int32Array.of(1))
  const complex = { z: ndarray(new Float64Array(4), [2], { dtype: 'complex128' }) }
  const at = join(directory, 'z')
  for (const write of [exportSafetensorsSync, exportTfjsSync]) {
    t.throws(() => write(complex, at), { code: 'CKPT_UNSUPPORTED', details: { key: 'z' } })
    t.throws(() => write(complex, at, { cast: { complex128: 'float32' } }), {
      code: 'CKPT_UNSUPPORTED',
    })
  }
  const metadata = { code: 'CKPT_UNSUPPORTED', message: /rename/ }
  t.throws(() => exportSafetensorsSync({ __metadata__: zeros([1]) }, at), metadata)
  t.throws(() => exportNpzSync({ '../x': zeros([1]) }, at), {
    code: 'CKPT_UNSUPPORTED',
    message: /rename/,
  })
  t.throws(() => convertSync(source, join(directory, 'x.npy')), {
    code: 'CKPT_UNSUPPORTED',
    message: /4/,
  })
  t.strictSame(listVariables(source).length, 7, 'nothing was changed')
  t.end()
})

t.test('misuse is told', async (t) => {
  const x = { x: zeros([1]) }
  const path = join(t.testdir(), 'a.npz')
  const bad: [object, string][] = [
    [{ filter: 1 }, 'TypeError'],
    [{ filter: [1] }, 'TypeError'],
    [{ rename: 'x' }, 'TypeError'],
    [{ cast: 'int32' }, 'TypeError'],
    [{ cast: { float64: 'int64' } }, 'TypeError'],
    [{ durable: 1 }, 'TypeError'],
    [{ compress: 'yes' }, 'TypeError'],
    [{ signal: 1 }, 'TypeError'],
    [{ metadata: { a: 1 } }, 'TypeError'],
    [{ shardBytes: 0 }, 'RangeError'],
    [{ shardBytes: '1' }, 'TypeError'],
    [{ alignment: 3 }, 'RangeError'],
    [{ maxShardBytes: 1.5 }, 'RangeError'],
    [{ as: 'files' }, 'TypeError'],
    [{ attribute: 1 }, 'TypeError'],
    [{ model: 1 }, 'TypeError'],
    [{ from: 'zip' }, 'TypeError'],
    [{ to: 'zip' }, 'TypeError'],
  ]
  for (const [options, name] of bad) {
    t.throws(() => convertSync(x, path, options), { name }, JSON.stringify(options))
  }
  for (const source of [undefined, null, 1, [zeros([1])], { x: 1 }, { x: [1] }, '']) {
    await t.rejects(exportNpz(source as never, path), { name: 'TypeError' }, inspect(source))
  }
  await t.rejects(exportNpz(x, 1 as never), { name: 'TypeError' })
  t.throws(() => convertSync(x, join(t.testdirName, 'a[b]')), { name: 'RangeError' })
  t.throws(() => convertSync({ '': zeros([1]) }, join(t.testdirName, 'c')), { name: 'RangeError' })
  t.throws(() => openTensorsSync(join(t.testdirName, 'ckpt')), { name: 'TypeError' })
})
