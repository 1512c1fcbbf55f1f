// What a run of incremental saves takes of the disk, and that each of them is what it should be.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CheckpointManager, type SaveReport } from '../../../lib/index.js'
import { leftoversIn, shardsOf } from '../../fixtures/files'
import { runs, seeded } from '../../fixtures/random'
import { areEqual, bytesIn, bytesNow, Saver, WAYS } from './reports'

/** Bytes of the disk that a directory's files take, each counted once. */
function usedBy(directory: string): number {
  const blocks = new Map<number, number>()
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const stats = statSync(join(directory, name), { throwIfNoEntry: false })
    if (stats?.isFile() === true) blocks.set(stats.ino, stats.blocks * 512)
  }
  return [...blocks.values()].reduce((sum, bytes) => sum + bytes, 0)
}

/** Some large arrays, many small ones. */
function stateOf(random: () => number): Record<string, Float32Array> {
  const arrays: Record<string, Float32Array> = {}
  for (let i = 0; i < 40; i++) {
    const length = i < 10 ? 2 ** 15 : i < 20 ? 5000 : 100
    arrays[`array${String(i)}`] = Float32Array.from({ length }, random)
  }
  return arrays
}

/** A hundred, where all of them are made. */
const SAVES = runs(100)

for (const detect of WAYS) {
  t.test(`${detect}: saves with random changes, of which three are kept`, async (t) => {
    const random = seeded(11)
    const dir = t.testdir()
    const run = new Saver(join(dir, 'ckpt'), stateOf(random))
    const names = Object.keys(run.arrays)
    const arrayOf = (name: string): Float32Array => run.arrays[name] as Float32Array
    const state = names.reduce((sum, name) => sum + arrayOf(name).byteLength, 0)
    const reports: SaveReport[] = []
    const manager = new CheckpointManager(run.checkpoint, dir, {
      maxToKeep: 3,
      incremental: { detect },
      onReport: (report) => reports.push(report),
      recycle: false,
    })
    const kept: { path: string; arrays: Record<string, Buffer> }[] = []
    for (let i = 0; i < SAVES; i++) {
      for (const name of names) {
        // Now and then nearly everything changes.
        if (random() < (i % 17 === 0 ? 0.9 : 0.1)) arrayOf(name)[0] = random()
      }
      const path = (await manager.save()) ?? ''
      await manager.sync()
      kept.push({ path, arrays: bytesNow(run.arrays) })
      if (kept.length > 3) kept.shift()
      // All that are kept now and then, the newest always.
      for (const { path, arrays } of i % 10 === 9 ? kept : kept.slice(-1)) {
        t.ok(areEqual(await bytesIn(path), arrays), path)
      }
      const written = reports.slice(-3).reduce((sum, { bytesWritten }) => sum + bytesWritten, 0)
      // Blocks of the file system, the state file.
      const rounding = 100 * 4096
      const used = usedBy(dir)
      t.ok(used < 2 * state + written + rounding, `${String(used)} of ${String(state)} bytes`)
      const { bytesLinked, bytesDead, shardsLinked } = reports.at(-1) as SaveReport
      t.ok(bytesDead <= bytesLinked + 16 * 64 * 40, 'at most half of what is linked is dead')
      t.ok(shardsLinked <= 16)
    }
    await manager.close()
    t.strictSame(leftoversIn(dir), [])
    t.equal(reports.length, SAVES)
    t.ok(reports.filter(({ kind }) => kind === 'incremental').length >= 0.85 * SAVES)
    const written = reports.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0)
    t.comment(`${String(Math.round((100 * written) / (SAVES * state)))} % of full saves`)
  })
}

t.test('a manager never writes over a file that a checkpoint still has', async (t) => {
  for (const maxToKeep of [1, 2]) {
    const dir = t.testdir()
    const arrays = { a: new Float64Array(2 ** 18).fill(1), b: new Float64Array(2 ** 18).fill(2) }
    const run = new Saver(join(dir, 'ckpt'), arrays)
    const options = { maxToKeep, incremental: true }
    const manager = new CheckpointManager(run.checkpoint, dir, options)
    for (let i = 0; i < 12; i++) {
      arrays[i % 3 === 0 ? 'a' : 'b'][i] = -i
      // Full saves between them take the files of removed checkpoints.
      const path = (await manager.save({ incremental: i % 4 !== 3 })) ?? ''
      await manager.sync()
      t.strictSame(await bytesIn(path), bytesNow(run.arrays))
      for (const path of manager.checkpoints) await bytesIn(path)
    }
    await manager.close()
    t.strictSame(leftoversIn(dir), [])
  }
})

t.test('limits: dead bytes and links', async (t) => {
  const dead = new Saver(
    join(t.testdir(), 'ckpt'),
    { a: new Float64Array(1000), b: new Float64Array(1000), c: new Float64Array(1000) },
    { maxDeadRatio: 0.3 },
  )
  await dead.save()
  ;(dead.arrays['a'] as Float64Array)[0] = 1
  // A third is dead: more than that.
  t.match(await dead.save(), { kind: 'full', reason: /no data file .* is worth a link/ })
  ;(dead.arrays['a'] as Float64Array)[0] = 2
  t.match(await dead.save({ incremental: { maxDeadRatio: 0.4 } }), { kind: 'incremental' })
  const none = new Saver(join(t.testdir(), 'ckpt'), { a: new Float64Array(9) }, { maxLinks: 0 })
  await none.save()
  t.match(await none.save(), { kind: 'full' })
  const few = new Saver(
    join(t.testdir(), 'ckpt'),
    Object.fromEntries('abcdefgh'.split('').map((name) => [name, new Float64Array(500)])),
    { maxLinks: 2 },
  )
  await few.save()
  for (let i = 0; i < 8; i++) {
    ;(few.arrays['abcdefgh'.charAt(i)] as Float64Array)[0] = 1
    const report = await few.save()
    t.ok(report.shardsLinked <= 2)
    t.equal(shardsOf(report.path).length, report.shards)
    t.strictSame(await bytesIn(report.path), bytesNow(few.arrays))
  }
})
