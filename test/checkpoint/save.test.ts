import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { bytesOf } from '../../lib/array/typed-arrays.js'
import {
  Checkpoint,
  ndarray,
  openCheckpoint,
  zeros,
  type NdArray,
  type SaveOptions,
} from '../../lib/index.js'
import { contentsOf, filesIn, saved, stateOf, until, emptyState } from './files'

/** Large enough that a write of it does not end in the call. */
const large = (value: number): Float64Array => new Float64Array(2 ** 18).fill(value)

async function restored(path: string): Promise<Record<string, NdArray>> {
  const arrays = emptyState()
  await new Checkpoint({ arrays }).restore(path)
  return arrays
}

t.test('what is saved is the content at the call', async (t) => {
  const w = large(1)
  const view = ndarray(large(2), [2 ** 17, 2], { stride: [1, 2 ** 17] })
  const state = stateOf({ w, view, gone: zeros([1]) })
  const promise = new Checkpoint({ arrays: state }).save(join(t.testdir(), 'ckpt'))
  w.fill(9)
  view.data.fill(9 as never)
  delete state['gone']
  state['late'] = zeros([1])
  const arrays = await restored(await promise)
  t.strictSame(Object.keys(arrays).sort(), ['gone', 'view', 'w'])
  const holds = (name: string, value: number): boolean =>
    Buffer.compare(bytesOf(arrays[name]?.data ?? w), bytesOf(large(value))) === 0
  t.ok(holds('w', 1))
  t.ok(holds('view', 2))
})

t.test("snapshot: 'none' writes live memory, in its turn", async (t) => {
  const dir = t.testdir()
  const w = large(1)
  const strided = ndarray(w, [2 ** 17], { stride: [2] })
  const checkpoint = new Checkpoint({ arrays: stateOf({ w, strided }) })
  const first = checkpoint.save(join(dir, 'ckpt'))
  const second = checkpoint.save(join(dir, 'ckpt'), { snapshot: 'none' })
  w.fill(9)
  const one = await restored(await first)
  const two = await restored(await second)
  t.equal(one['w']?.get(0), 1)
  t.equal(two['w']?.get(0), 9)
  t.equal(two['strided']?.get(0), 1, 'but what is not contiguous was gathered in the call')
})

t.test('directories are made, and nothing but the files of the checkpoint', async (t) => {
  const dir = t.testdir({ 'other.txt': 'x' })
  await saved(join(dir, 'a/b c/ckpt'), { x: zeros([2]) })
  const files = ['checkpoint', 'ckpt-1.data-00000-of-00001', 'ckpt-1.index']
  t.strictSame(filesIn(join(dir, 'a/b c')), files)
  t.strictSame(filesIn(dir).slice(-1), ['other.txt'])
  const state = 'model_checkpoint_path: "ckpt-1"\nall_model_checkpoint_paths: "ckpt-1"\n'
  t.equal(readFileSync(join(dir, 'a/b c/checkpoint'), 'utf8'), state)
})

t.test('a relative prefix belongs to the directory of the call', async (t) => {
  const dir = t.testdir({ one: {}, two: {} })
  const start = process.cwd()
  t.teardown(() => {
    process.chdir(start)
  })
  const checkpoint = new Checkpoint({ arrays: stateOf({ x: large(3) }) })
  process.chdir(join(dir, 'one'))
  const saves = [checkpoint.save('run/ckpt'), checkpoint.save('ckpt')]
  const written = new Checkpoint().write('w')
  process.chdir(join(dir, 'two'))
  t.strictSame(await Promise.all(saves), ['run/ckpt-1', 'ckpt-2'])
  t.equal(await written, 'w')
  t.strictSame(filesIn(join(dir, 'two')), [])
  t.strictSame(
    filesIn(join(dir, 'one')).filter((name) => name.endsWith('.index')),
    ['ckpt-2.index', 'run/ckpt-1.index', 'w.index'],
  )
})

t.test('prefixes that TensorFlow could not restore are refused', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint()
  for (const name of ['a[1]', 'a]', 'a\\b', 'x[/y']) {
    await t.rejects(checkpoint.save(join(dir, name)), {
      name: 'RangeError',
      message: /^prefix '.*' holds '[[\]\\]', which TensorFlow takes for a pattern/,
    })
  }
  await t.rejects(checkpoint.write(join(dir, 'a/')), { message: /names a directory; add a name/ })
  t.strictSame(filesIn(dir), [])
  t.equal(await checkpoint.save(join(dir, 'a*?{b} é')), join(dir, 'a*?{b} é-1'))
})

t.test('the example of the format, byte for byte', async (t) => {
  const dir = t.testdir()
  const checkpoint = new Checkpoint({ numpy_arrays: stateOf({ x: zeros([3, 4]) }) })
  await checkpoint.save(join(dir, 'ckpt'), { alignment: 1 })
  const header =
    '934e554d5059010076007b276465736372273a20273c6638272c2027666f727472616e5f6f72646572273a20' +
    '46616c73652c20277368617065273a2028332c2034292c207d'
  const key = Buffer.from('save_counter/.ATTRIBUTES/VARIABLE_VALUE').toString('hex')
  const xKey = Buffer.from('numpy_arrays/x/.ATTRIBUTES/py_state').toString('hex')
  const graph =
    '0a240a100801120c6e756d70795f6172726179730a100802120c736176655f636f756e7465720a070a0508031201' +
    `780a4912470a0e5641524941424c455f56414c5545120c736176655f636f756e7465721a27${key}` +
    `0a31122f0a0870795f73746174651a23${xKey}`
  const data =
    `0100000000000000e00161b7ab35${header}${'20'.repeat(58)}0a${'00'.repeat(96)}` +
    `ad015a264080${graph}`
  const index =
    '00000608011a020801001c0f5f434845434b504f494e5441424c455f4f424a4543545f475241504808071200' +
    `20ee0128b301350e8a79d700230e${xKey}08071200200828e601351c4c7e1100270b${key}080912002808` +
    '350175de41000000000100000000dbfeb9b4000000000100000000c0f2a1b00001037400a8010000000001' +
    `00000000960c05f0ad0108ba010f${'00'.repeat(34)}57fb808b247547db`
  t.equal(readFileSync(join(dir, 'ckpt-1.data-00000-of-00001'), 'hex'), data)
  t.equal(readFileSync(join(dir, 'ckpt-1.index'), 'hex'), index)
})

t.test('the elements of each array are aligned in the file', async (t) => {
  const dir = t.testdir()
  const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 9 })
  const alignments = fc.constantFrom(undefined, 1, 2, 8, 64, 4096)
  let run = 0
  await fc.assert(
    fc.asyncProperty(lengths, alignments, async (lengths, alignment) => {
      const path = join(dir, String(run++))
      const arrays = lengths.map((length, i) => new Uint8Array(length + 8).fill(i + 1))
      const named = Object.fromEntries(arrays.map((array, i) => [`a${String(i)}`, array]))
      const options: SaveOptions = alignment === undefined ? {} : { alignment }
      await new Checkpoint({ arrays: stateOf(named) }).write(path, options)
      const file = readFileSync(`${path}.data-00000-of-00001`)
      for (const array of arrays) t.equal(file.indexOf(array) % (alignment ?? 64), 0)
    }),
    { numRuns: 30 },
  )
})

t.test('maxShardBytes begins new files, none of them empty', async (t) => {
  const dir = t.testdir()
  const arrays = Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [`a${String(i)}`, new Float64Array(100).fill(i)]),
  )
  const checkpoint = new Checkpoint({ arrays: stateOf(arrays) })
  for (const [maxShardBytes, shards] of [
    [1, 12],
    [2000, 6],
    [5000, 3],
    [1e6, 1],
  ] as const) {
    const path = await checkpoint.save(join(dir, String(maxShardBytes)), { maxShardBytes })
    const base = `${path.slice(dir.length + 1)}.data-`
    const sizes = filesIn(dir)
      .filter((name) => name.startsWith(base))
      .map((name) => statSync(join(dir, name)).size)
    t.equal(sizes.length, shards, String(maxShardBytes))
    t.ok(sizes.every((size) => size > 0))
    const reader = await openCheckpoint(path, { verify: 'eager' })
    t.equal(new Set(reader.variables().map(({ shard }) => shard)).size, shards)
    t.equal((await restored(path))['a7']?.get(99), 7)
  }
})

t.test('durable: false writes the same', async (t) => {
  const dir = t.testdir({ a: {}, b: {} })
  await saved(join(dir, 'a/ckpt'), { x: zeros([3]) })
  const checkpoint = new Checkpoint({ arrays: stateOf({ x: zeros([3]) }) })
  await checkpoint.save(join(dir, 'b/ckpt'), { durable: false })
  t.strictSame(contentsOf(join(dir, 'b')), contentsOf(join(dir, 'a')))
})

t.test('overwriting replaces all files, and removes those of another count', async (t) => {
  const dir = t.testdir()
  const path = join(dir, 'ckpt')
  const state = stateOf({ a: large(1), b: large(2) })
  const checkpoint = new Checkpoint({ arrays: state })
  const index = (): string[] => filesIn(dir).filter((name) => name.includes('.data-'))
  for (const [value, maxShardBytes] of [
    [1, Infinity],
    [2, 1],
    [3, Infinity],
    [4, Infinity],
    [5, 2 ** 21],
  ] as const) {
    state['a'] = large(value)
    await checkpoint.write(path, { maxShardBytes })
    t.equal((await restored(path))['a']?.get(7), value)
    const suffix = (name: string): string => name.slice(-5)
    await until('old shards to be removed', () => new Set(index().map(suffix)).size === 1)
    t.equal(index().length, Number(index()[0]?.slice(-5)), 'all shards of one count')
  }
  state['a'] = large(6)
  checkpoint.writeSync(path)
  t.equal(new Set(index().map((name) => name.slice(-5))).size, 1, 'the blocking twin waits')
})

t.test('arrays of one buffer are saved apart', async (t) => {
  const data = Float64Array.from({ length: 10 }, (_, i) => i)
  const path = await saved(join(t.testdir(), 'ckpt'), {
    head: data.subarray(0, 4),
    tail: data.subarray(2),
    all: data,
  })
  const arrays = await restored(path)
  t.strictSame(bytesOf(arrays['tail']?.data ?? data), bytesOf(data.slice(2)))
  arrays['head']?.set(3, 99)
  t.equal(arrays['all']?.get(3), 3)
})
