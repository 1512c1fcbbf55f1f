import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { bytesOf } from '../../../lib/array/typed-arrays.js'
import { tensorValue } from '../../../lib/bundle/write/values.js'
import {
  Checkpoint,
  CheckpointReader,
  latestCheckpoint,
  listVariables,
  loadCheckpoint,
  loadVariable,
  NdArray,
  openCheckpoint,
  openCheckpointSync,
  StringTensor,
  zeros,
  type Progress,
  type ReadOptions,
} from '../../../lib/index.js'
import { flip, saved, stateOf } from '../../checkpoint/files'
import { writeValues } from '../write-values'

const KEY = 'arrays/x/.ATTRIBUTES/py_state'

t.test('a prefix, a directory and a URL are opened', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint({ arrays: stateOf({ x: zeros([2]) }) })
  await checkpoint.save(join(dir, 'ckpt'))
  const path = await checkpoint.save(join(dir, 'ckpt'))
  for (const where of [path, dir, `${dir}/`, pathToFileURL(path), pathToFileURL(dir)]) {
    const reader = await openCheckpoint(where)
    t.ok(reader instanceof CheckpointReader)
    t.equal(reader.path, path)
    t.equal(openCheckpointSync(where).path, path)
    t.equal(loadCheckpoint(where).path, path)
  }
  t.equal(openCheckpointSync(join(dir, 'ckpt-1')).path, join(dir, 'ckpt-1'))
})

t.test('a prefix counts before a directory of its name', async (t) => {
  const dir = t.testdir({ ckpt: {} })
  await new Checkpoint().write(join(dir, 'ckpt'))
  t.equal((await openCheckpoint(join(dir, 'ckpt'))).path, join(dir, 'ckpt'))
})

t.test(
  'a directory of a SavedModel is its values, unless it has a latest checkpoint',
  async (t) => {
    const dir = t.testdir({ 'saved_model.pb': '' })
    const missing = { code: 'CKPT_NOT_FOUND', message: /^no checkpoint '.*variables\/variables'/ }
    await t.rejects(openCheckpoint(dir), missing)
    const prefix = join(dir, 'variables/variables')
    await new Checkpoint({ arrays: stateOf({ x: zeros([2]) }) }).write(prefix)
    for (const where of [dir, `${dir}/`, pathToFileURL(dir)]) {
      t.equal((await openCheckpoint(where)).path, prefix)
      t.equal(loadCheckpoint(where).path, prefix)
    }
    t.strictSame(listVariables(dir), listVariables(prefix))
    t.ok(loadVariable(dir, KEY) instanceof StringTensor)
    const path = await new Checkpoint().save(join(dir, 'ckpt'))
    t.equal(loadCheckpoint(dir).path, path, 'as TensorFlow does')
  },
)

t.test('relative paths belong to the directory of the call', async (t) => {
  const dir = t.testdir({ run: {}, other: {} })
  await saved(join(dir, 'run/ckpt'), { x: zeros([2]) })
  const start = process.cwd()
  t.teardown(() => {
    process.chdir(start)
  })
  process.chdir(dir)
  const opened = [openCheckpoint('run'), openCheckpoint('run/ckpt-1')]
  process.chdir(join(dir, 'other'))
  for (const reader of await Promise.all(opened)) {
    t.equal(reader.path, join(dir, 'run/ckpt-1'))
    t.match(await reader.verify(), { ok: true })
  }
})

t.test('what is not there is told', async (t) => {
  const dir = t.testdir({ empty: {}, file: '' })
  const cases: [string, RegExp][] = [
    ['none', /^no checkpoint '.*none': there is no file '.*none\.index'/],
    ['file', /^no checkpoint '.*file'/],
    ['empty', /^directory '.*empty' has no latest checkpoint: no readable state file/],
  ]
  for (const [name, message] of cases) {
    const path = join(dir, name)
    await t.rejects(openCheckpoint(path), { code: 'CKPT_NOT_FOUND', message })
    t.throws(() => openCheckpointSync(path), { code: 'CKPT_NOT_FOUND', message })
    t.throws(() => listVariables(path), { code: 'CKPT_NOT_FOUND' })
    t.throws(() => loadVariable(path, 'k'), { code: 'CKPT_NOT_FOUND' })
  }
  const path = await saved(join(dir, 'ckpt'), { x: zeros([2]) })
  rmSync(`${path}.index`)
  t.equal(latestCheckpoint(dir), null)
  await t.rejects(openCheckpoint(dir), { message: /or what it names is gone$/ })
})

t.test('opening checks nothing unless it is asked to', async (t) => {
  const data = Float64Array.of(Math.PI, 2)
  const path = await saved(join(t.testdir(), 'ckpt'), { x: data })
  flip(`${path}.data-00000-of-00001`, bytesOf(data))
  t.ok((await openCheckpoint(path)).has(KEY))
  t.ok((await openCheckpoint(path, { verify: 'off' })).has(KEY))
  for (const mode of ['map', 'load'] as const) {
    const error = { code: 'CKPT_CORRUPT', details: { key: KEY, reason: 'checksum' } }
    await t.rejects(openCheckpoint(path, { verify: 'eager', mode }), error)
    t.throws(() => openCheckpointSync(path, { verify: 'eager', mode }), error)
    t.throws(() => loadCheckpoint(path, { verify: 'eager', mode }), error)
  }
})

t.test('an eager check reports and is aborted like any operation', async (t) => {
  const path = await saved(join(t.testdir(), 'ckpt'), { x: new Float64Array(2 ** 18) })
  const reports: Progress[] = []
  const onProgress = (progress: Progress): void => void reports.push(progress)
  await openCheckpoint(path, { verify: 'eager', onProgress })
  t.equal(reports[0]?.phase, 'verify')
  t.equal(reports.at(-1)?.done, reports[0]?.total)
  const controller = new AbortController()
  const abort = (): void => {
    controller.abort(new Error('enough'))
  }
  const options = { verify: 'eager', signal: controller.signal, onProgress: abort } as const
  await t.rejects(openCheckpoint(path, options), { message: 'enough' })
  await t.rejects(openCheckpoint(path, { signal: controller.signal }), { message: 'enough' })
})

t.test('misuse is named', async (t) => {
  const open = (path: unknown, options?: unknown): Promise<unknown> =>
    openCheckpoint(path as string, options as ReadOptions)
  await t.rejects(open(1), new TypeError('path must be a string or a file URL, got 1'))
  await t.rejects(open(''), new TypeError('path must not be empty'))
  await t.rejects(open('x', { verify: 'yes' }), { message: /^options.verify must be one of/ })
  await t.rejects(open('x', { mode: 'mmap' }), { message: /^options.mode must be one of/ })
  await t.rejects(open('x', 3), new TypeError('options must be an object, got 3'))
  const load = loadVariable as (path: unknown, key: unknown) => unknown
  t.throws(() => load('x', 3), new TypeError('key must be a string, got 3'))
  t.throws(() => load(3, 'x'), new TypeError('path must be a string or a file URL, got 3'))
})

t.test('variables are listed as keys and shapes', async (t) => {
  const dir = t.testdir()
  await saved(join(dir, 'ckpt'), { x: zeros([2, 3]) })
  const expected = [
    ['_CHECKPOINTABLE_OBJECT_GRAPH', []],
    [KEY, []],
    ['save_counter/.ATTRIBUTES/VARIABLE_VALUE', []],
  ]
  t.strictSame(listVariables(dir), expected)
  t.strictSame(listVariables(join(dir, 'ckpt-1')), expected)
})

t.test('a variable is loaded and checked at once', (t) => {
  const path = join(t.testdir(), 'x')
  const data = Float32Array.of(Math.PI, 2, 3)
  writeValues(path, [
    tensorValue('w', 'float32', [3], data),
    tensorValue('v:0', 'int8', [1], Int8Array.of(5)),
    tensorValue('v', 'int8', [1], Int8Array.of(6)),
  ])
  const array = loadVariable(path, 'w') as NdArray
  t.strictSame(array.data, data)
  t.strictSame(loadVariable(path, 'w:0'), array, 'as TensorFlow does')
  t.equal((loadVariable(path, 'v:0') as NdArray).get(0), 5, 'unless it is a key')
  const details = { path, key: 'u' }
  t.throws(() => loadVariable(path, 'u'), { code: 'CKPT_NOT_FOUND', details })
  flip(`${path}.data-00000-of-00001`, bytesOf(data))
  t.throws(() => loadVariable(path, 'w'), { code: 'CKPT_CORRUPT', details: { key: 'w' } })
  t.ok(loadVariable(path, 'v') instanceof NdArray)
  t.end()
})

t.test('a string variable comes as bytes', async (t) => {
  const path = await saved(join(t.testdir(), 'ckpt'), { x: zeros([2]) })
  const tensor = loadVariable(path, KEY)
  t.ok(tensor instanceof StringTensor)
  t.equal(Buffer.from((tensor as StringTensor).get()).toString('latin1', 0, 6), '\x93NUMPY')
})
