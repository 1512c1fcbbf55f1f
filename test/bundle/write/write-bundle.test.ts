import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { tensorValue } from '../../../lib/bundle/write/values.js'
import { openCheckpoint, openCheckpointSync } from '../../../lib/index.js'
import { counts } from '../../../lib/native.js'
import { runAsync } from '../../../lib/twin.js'
import { contentsOf, filesIn } from '../../checkpoint/files'
import { writeSteps, writeValues } from '../write-values'

const floats = tensorValue('k', 'float32', [3], Float32Array.of(1, 2, 3))

t.test('a bundle of one tensor, byte for byte', (t) => {
  const path = join(t.testdir(), 'x')
  writeValues(path, [floats])
  t.equal(readFileSync(`${path}.data-00000-of-00001`, 'hex'), '0000803f0000004000004040')
  t.equal(
    readFileSync(`${path}.index`, 'hex'),
    '00000608011a02080100010f6b0801120412020803280c35735b897100000000010000000051d2f289000000000' +
      '100000000c0f2a1b00001026c0024000000000100000000e6e6cd6f2908360e00000000000000000000000000' +
      '000000000000000000000000000000000000000000000057fb808b247547db',
  )
  t.end()
})

t.test('sources are taken by reference, by copy or by a fork', async (t) => {
  const dir = t.testdir()
  const modes =
    process.platform === 'linux' ? (['none', 'copy', 'fork'] as const) : (['copy'] as const)
  for (const mode of modes) {
    const path = join(dir, mode)
    const data = Float32Array.of(1, 2, 3)
    const values = [tensorValue('k', 'float32', [3], data)]
    const taken = (): unknown => data.fill(9)
    await runAsync(writeSteps(path, values, { mode, taken, alignment: 64, durable: true }, false))
    const read = openCheckpointSync(path).get('k') as { get(i: number): number }
    t.equal(read.get(0), mode === 'none' ? 9 : 1, mode)
  }
})

t.test('what the new index does not name is removed when that is asked for', async (t) => {
  const dir = t.testdir({
    'x.data-00000-of-00001': 'old',
    'x.data-00001-of-00003': 'older',
    'x.data-00000-of-00001.keep': 'not ours',
    'x-1.data-00000-of-00001': 'another',
  })
  const written = await runAsync(writeSteps(join(dir, 'x'), [floats], {}, false))
  t.ok(filesIn(dir).includes('x.data-00001-of-00003'), 'not before')
  t.ok(filesIn(dir).includes('x.data-00000-of-00002'), 'a count that was free')
  await runAsync(written.removeReplaced())
  t.strictSame(filesIn(dir), [
    'x-1.data-00000-of-00001',
    'x.data-00000-of-00001.keep',
    'x.data-00000-of-00002',
    'x.data-00001-of-00002',
    'x.index',
  ])
  t.equal(statSync(join(dir, 'x.data-00001-of-00002')).size, 1, 'a shard that nothing is in')
  t.equal((await openCheckpoint(join(dir, 'x'))).variables().length, 1)
})

t.test('the state file is written with the commit', async (t) => {
  const dir = t.testdir({ checkpoint: 'anything' })
  const state = {
    modelCheckpointPath: 'é"x',
    allModelCheckpointPaths: ['é"x'],
    allModelCheckpointTimestamps: [],
  }
  await runAsync(writeSteps(join(dir, 'é"x'), [floats], { state }, false))
  const line = 'model_checkpoint_path: "é\\"x"\n'
  t.equal(
    readFileSync(join(dir, 'checkpoint'), 'utf8'),
    `${line}all_${line.replace('path', 'paths')}`,
  )
})

t.test('a bundle of nothing is a bundle', (t) => {
  const path = join(t.testdir(), 'x')
  writeValues(path, [])
  t.equal(statSync(`${path}.data-00000-of-00001`).size, 0)
  t.strictSame(openCheckpointSync(path).variables(), [])
  t.match(openCheckpointSync(path).verifySync(), { ok: true, tensors: 0, bytes: 0 })
  t.end()
})

t.test('many tensors make many blocks', (t) => {
  const path = join(t.testdir(), 'x')
  const names = Array.from({ length: 9000 }, (_, i) => `tensor/${String(i)}/${'x'.repeat(i % 60)}`)
  const values = names.map((name, i) => tensorValue(name, 'int32', [], Int32Array.of(i)))
  writeValues(path, values, { alignment: 4 })
  const reader = openCheckpointSync(path, { verify: 'eager' })
  t.equal(reader.variables().length, 9000)
  for (const i of [0, 1, 4711, 8999]) {
    t.equal((reader.get(names[i] ?? '') as { get(): number }).get(), i)
  }
  t.ok(statSync(`${path}.index`).size > 262144)
  t.end()
})

t.test('a write that fails leaves the directory and no staging memory', (t) => {
  const dir = t.testdir()
  const path = join(dir, 'x')
  writeValues(path, [floats])
  const before = contentsOf(dir)
  const { stagings, snapshots } = counts()
  mkdirSync(join(dir, 'y.index'))
  writeFileSync(join(dir, 'y.index/keep'), '')
  t.throws(() => writeValues(join(dir, 'y'), [floats]), { code: 'CKPT_IO' })
  t.strictSame(contentsOf(dir), before)
  t.strictSame(filesIn(dir), ['x.data-00000-of-00001', 'x.index', 'y.index', 'y.index/keep'])
  t.equal(counts().stagings, stagings)
  t.ok(counts().snapshots <= snapshots + 1, "the snapshot is its taker's to release")
  t.end()
})
