import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import * as surface from '../../lib/index.js'

const root = join(__dirname, '../..')
const run = promisify(execFile)

/** A name that goes breaks programs; one that comes has to be documented. */
const EXPORTS = {
  Checkpoint: 'function',
  CheckpointError: 'function',
  CheckpointManager: 'function',
  CheckpointReader: 'function',
  CheckpointView: 'function',
  JsonState: 'function',
  List: 'function',
  Mapping: 'function',
  NdArray: 'function',
  NoDependency: 'function',
  NumpyState: 'function',
  OptimizerState: 'function',
  RestoreStatus: 'function',
  StringTensor: 'function',
  TensorFile: 'function',
  Trackable: 'function',
  TrackableView: 'function',
  UniqueNameTracker: 'function',
  Variable: 'function',
  VariableState: 'function',
  checkpointExists: 'function',
  checkpointsIterator: 'function',
  convert: 'function',
  convertSync: 'function',
  dotGraphFromCheckpoint: 'function',
  exportNpy: 'function',
  exportNpySync: 'function',
  exportNpz: 'function',
  exportNpzSync: 'function',
  exportSafetensors: 'function',
  exportSafetensorsSync: 'function',
  exportTfjs: 'function',
  exportTfjsSync: 'function',
  getCheckpointMtimes: 'function',
  getCheckpointState: 'function',
  importNpy: 'function',
  importNpySync: 'function',
  importNpz: 'function',
  importNpzSync: 'function',
  importSafetensors: 'function',
  importSafetensorsSync: 'function',
  importTfjs: 'function',
  importTfjsSync: 'function',
  isCheckpointError: 'function',
  keepBest: 'function',
  keepEvery: 'function',
  keepLatest: 'function',
  latestCheckpoint: 'function',
  listObjects: 'function',
  listVariables: 'function',
  loadCheckpoint: 'function',
  loadVariable: 'function',
  ndarray: 'function',
  objectMetadata: 'function',
  openCheckpoint: 'function',
  openCheckpointSync: 'function',
  openTensors: 'function',
  openTensorsSync: 'function',
  removeCheckpoint: 'function',
  removeCheckpointSync: 'function',
  saveOnSignal: 'function',
  splitDependency: 'function',
  toOnnx: 'function',
  trackable: 'symbol',
  updateCheckpointState: 'function',
  updateCheckpointStateSync: 'function',
  zeros: 'function',
}

/** What a program prints as JSON, run by plain Node: tap's own loaders would hide what it loads. */
async function output(kind: 'commonjs' | 'module', program: string): Promise<unknown> {
  const env = { ...process.env, NODE_OPTIONS: '' }
  const args = [`--input-type=${kind}`, '-e', program]
  // In the root, so that `ndcheckpoint` is the package's reference to itself.
  const { stdout } = await run(process.execPath, args, { cwd: root, env })
  return JSON.parse(stdout)
}

void t.test('the package exports these names and no others', (t) => {
  const found = Object.entries(surface)
    .filter(([name]) => name !== 'default' && name !== 'module.exports')
    .map(([name, value]) => [name, typeof value] as const)
  t.strictSame(Object.fromEntries(found), EXPORTS)
  t.end()
})

void t.test('classes and functions bear their public names', (t) => {
  for (const [name, value] of Object.entries(surface)) {
    if (typeof value === 'function') t.equal(value.name, name)
    if (typeof value !== 'function') continue
    t.equal((value as { readonly name: string }).name, name)
  }
  t.end()
})

void t.test('classes have these members, blocking twins among them', (t) => {
  const members = (prototype: object): string[] => Object.getOwnPropertyNames(prototype).sort()
  t.strictSame(
    members(surface.Checkpoint.prototype),
    'constructor read readSync restore restoreSync save saveCounter saveSync write writeSync'.split(
      ' ',
    ),
  )
  const reader = members(surface.CheckpointReader.prototype)
  const names =
    'close closeSync debugString get getVariableToDtypeMap getVariableToShapeMap has objectGraph ' +
    'stats variables verify verifySync'
  for (const name of names.split(' ')) {
    t.ok(reader.includes(name), name)
  }
  t.ok(Symbol.asyncDispose in surface.CheckpointReader.prototype)
  t.strictSame(
    members(surface.TensorFile.prototype),
    'close closeSync constructor get has metadata names tensors'.split(' '),
  )
  t.ok(Symbol.asyncDispose in surface.TensorFile.prototype)
  t.end()
})

void t.test('require by path, require by name and import give the same objects', async (t) => {
  const program = `
    import { createRequire } from 'node:module'
    import * as named from 'ndcheckpoint'
    import whole from 'ndcheckpoint'
    import { ${Object.keys(EXPORTS).join(', ')} } from 'ndcheckpoint'
    const require = createRequire(${JSON.stringify(join(root, 'test.mjs'))})
    const same = (a, b) => Object.keys(b).every((name) => a[name] === b[name])
    console.log(JSON.stringify({
      byName: require('ndcheckpoint') === require('./lib'),
      default: whole === require('./lib'),
      named: same(named, require('./lib')) && Checkpoint === require('./lib').Checkpoint,
      dynamic: same(await import('ndcheckpoint'), require('./lib')),
      names: Object.keys(require('./lib')).filter((name) => name !== '__esModule').sort(),
    }))`
  t.strictSame(await output('module', program), {
    byName: true,
    default: true,
    named: true,
    dynamic: true,
    names: Object.keys(EXPORTS),
  })
})

void t.test('only the package itself and its package.json can be required', async (t) => {
  const program = `
    const code = (path) => { try { require(path); return 'loaded' } catch (e) { return e.code } }
    console.log(JSON.stringify([
      'ndcheckpoint', 'ndcheckpoint/package.json', 'ndcheckpoint/lib/native.js', 'ndcheckpoint/lib',
    ].map(code)))`
  const refused = 'ERR_PACKAGE_PATH_NOT_EXPORTED'
  t.strictSame(await output('commonjs', program), ['loaded', 'loaded', refused, refused])
})

void t.test('what only conversions need is loaded by the first of them', async (t) => {
  const directory = t.testdir()
  const path = (name: string): string => JSON.stringify(join(directory, name))
  const program = `
    const { exportNpySync, openTensorsSync, TensorFile, zeros } = require('ndcheckpoint')
    const lib = ${JSON.stringify(join(root, 'lib/'))}
    const paths = () =>
      Object.keys(require.cache).flatMap((path) => path.startsWith(lib) ? [path.slice(lib.length)] : [])
    const count = paths().length
    const convert = paths().filter((path) => path.startsWith('convert/')).sort()
    const formats = paths().filter((path) => path.startsWith('formats/')).sort()
    const reads = () => paths().includes('convert/open-source.js')
    const writes = () => paths().includes('convert/transfer.js')
    exportNpySync({ x: zeros([2]) }, ${path('a.npy')})
    const first = [reads(), writes(), openTensorsSync(${path('a.npy')}) instanceof TensorFile]
    console.log(JSON.stringify({ count, convert, formats, first }))`
  const opening = `
    const { openTensorsSync, TensorFile } = require('ndcheckpoint')
    const file = openTensorsSync(${path('a.npy')})
    const transfers = Object.keys(require.cache).some((path) => path.endsWith('convert/transfer.js'))
    console.log(JSON.stringify([file instanceof TensorFile, transfers]))`
  const { count, ...loaded } = (await output('commonjs', program)) as Record<string, unknown>
  t.strictSame(loaded, {
    // Names, types and the class that is exported.
    convert: ['export', 'formats', 'import', 'load-transfer', 'tensor-file'].map(
      (name) => `convert/${name}.js`,
    ),
    // Of a NumpyState.
    formats: ['npy-descr', 'npy', 'python-literal'].map((name) => `formats/${name}.js`),
    first: [true, true, true],
  })
  // A start waits for each of them: a module more should be worth it.
  t.ok(Number(count) <= 160, `${String(count)} modules`)
  t.strictSame(await output('commonjs', opening), [true, false])
})

void t.test('minizlib is loaded by what is compressed, and by nothing else', async (t) => {
  const path = (name: string): string => JSON.stringify(join(t.testdirName, name))
  t.testdir()
  const program = `
    const { exportNpzSync, openTensorsSync, zeros } = require('ndcheckpoint')
    const loaded = () => Object.keys(require.cache).some((path) => path.includes('minizlib'))
    exportNpzSync({ x: zeros([2]) }, ${path('a.npz')})
    openTensorsSync(${path('a.npz')}).get('x').get(0)
    const before = loaded()
    exportNpzSync({ x: zeros([2]) }, ${path('b.npz')}, { compress: true })
    console.log(JSON.stringify([before, loaded()]))`
  t.strictSame(await output('commonjs', program), [false, true])
})

void t.test('neither loading the package nor saving loads @bufbuild/protobuf', async (t) => {
  const directory = t.testdir()
  const program = `
    const { Checkpoint, NumpyState, zeros } = require('ndcheckpoint')
    const loaded = () => Object.keys(require.cache).filter((path) => path.includes('@bufbuild')).length
    const arrays = new NumpyState()
    arrays.x = zeros([2])
    const before = [Object.keys(require.cache).length > 10, loaded()]
    new Checkpoint({ arrays }).saveSync(${JSON.stringify(join(directory, 'ckpt'))})
    console.log(JSON.stringify([...before, loaded() > 0]))`
  t.strictSame(await output('commonjs', program), [true, 0, false])
})

void t.test('ndcheckpoint/tfjs is one module, and loads nothing of TensorFlow.js', async (t) => {
  const program = `
    import { createRequire } from 'node:module'
    import * as named from 'ndcheckpoint/tfjs'
    const require = createRequire(${JSON.stringify(join(root, 'test.mjs'))})
    const required = require('ndcheckpoint/tfjs')
    console.log(JSON.stringify({
      same: required === require('./lib/tfjs') && named.trackModel === required.trackModel,
      names: Object.keys(required).filter((name) => name !== '__esModule').sort(),
      loaded: Object.keys(require.cache).filter((path) => path.includes('@tensorflow')),
    }))`
  t.strictSame(await output('module', program), {
    same: true,
    names: [
      'checkpointCallback',
      'fromTensor',
      'restoreByLayerName',
      'toTensor',
      'trackModel',
      'trackOptimizer',
      'trackVariables',
    ],
    loaded: [],
  })
})
