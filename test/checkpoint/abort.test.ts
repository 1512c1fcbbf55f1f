// Saves and restores that end early: by a signal, by a report that throws, by the disk.
import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Checkpoint, latestCheckpoint, type Progress, type SaveOptions } from '../../lib/index.js'
import { contentsOf, filesIn, saved, stateOf, emptyState } from './files'

const large = (value: number): Float64Array => new Float64Array(2 ** 18).fill(value)

/** A directory with one checkpoint, and one to save there. */
async function setUp(dir: string): Promise<{ checkpoint: Checkpoint; prefix: string }> {
  const prefix = join(dir, 'ckpt')
  const checkpoint = new Checkpoint({ arrays: stateOf({ x: large(1) }) })
  await checkpoint.save(prefix)
  return { checkpoint, prefix }
}

t.test('a signal that is aborted already ends all before it begins', async (t) => {
  const dir = t.testdir()
  const { checkpoint, prefix } = await setUp(dir)
  const before = contentsOf(dir)
  const reason = { any: 'value' }
  const options = { signal: AbortSignal.abort(reason) }
  for (const call of [
    () => checkpoint.save(prefix, options),
    () => checkpoint.write(join(dir, 'new/w'), options),
    () => checkpoint.restore(`${prefix}-1`, options),
    async () => Promise.resolve(checkpoint.saveSync(prefix, options)),
    async () => Promise.resolve(checkpoint.restoreSync(`${prefix}-1`, options)),
  ]) {
    t.equal(await call().then(String, (error: unknown) => error), reason)
  }
  await t.rejects(checkpoint.save(prefix, { signal: AbortSignal.abort() }), { name: 'AbortError' })
  t.strictSame(contentsOf(dir), before)
  t.strictSame(filesIn(dir).length, 3)
  t.equal(await checkpoint.save(prefix), `${prefix}-2`, 'no number is burnt')
})

t.test('a save that is aborted on its way leaves nothing', async (t) => {
  const dir = t.testdir()
  const { checkpoint, prefix } = await setUp(dir)
  const before = contentsOf(dir)
  const reason = new Error('changed my mind')
  const phases: Progress['phase'][] = ['write', 'sync']
  for (const phase of phases) {
    const controller = new AbortController()
    const options: SaveOptions = {
      signal: controller.signal,
      onProgress: (progress) => {
        if (progress.phase === phase) controller.abort(reason)
      },
    }
    await t.rejects(checkpoint.save(prefix, options), reason)
    await t.rejects(checkpoint.write(`${prefix}-1`, options), reason)
    await t.rejects(checkpoint.save(join(dir, 'new/ckpt'), options), reason)
    t.strictSame(contentsOf(dir), before, phase)
    t.strictSame(filesIn(join(dir, 'new')), [])
  }
  t.equal(checkpoint.saveCounter, 1)
})

t.test('a save may be aborted while it waits for another', async (t) => {
  const dir = t.testdir()
  const { checkpoint, prefix } = await setUp(dir)
  const controller = new AbortController()
  const first = checkpoint.save(prefix)
  const second = checkpoint.save(prefix, { signal: controller.signal })
  controller.abort(new Error('no longer'))
  await t.rejects(second, { message: 'no longer' })
  const third = checkpoint.save(prefix)
  t.equal(await first, `${prefix}-2`)
  t.equal(await third, `${prefix}-3`)
})

t.test('an abort that comes too late changes nothing', async (t) => {
  const controller = new AbortController()
  const checkpoint = new Checkpoint()
  const path = await checkpoint.save(join(t.testdir(), 'ckpt'), { signal: controller.signal })
  controller.abort()
  t.match(await checkpoint.restore(path), { restored: 1 })
})

t.test('a restore that is aborted changes nothing', async (t) => {
  const { checkpoint, prefix } = await setUp(t.testdir())
  const { arrays } = checkpoint as unknown as { arrays: Record<string, unknown> }
  const { x } = arrays
  for (const mode of ['map', 'load'] as const) {
    const controller = new AbortController()
    const onProgress = (): void => {
      controller.abort(new Error('enough'))
    }
    const options = { mode, signal: controller.signal, onProgress }
    await t.rejects(checkpoint.restore(`${prefix}-1`, options), { message: 'enough' })
    t.equal(arrays['x'], x)
  }
})

t.test('reports count bytes, of a total known from the first', async (t) => {
  const { checkpoint, prefix } = await setUp(t.testdir())
  const record = (): { reports: Progress[]; onProgress: (progress: Progress) => void } => {
    const reports: Progress[] = []
    return { reports, onProgress: (progress) => void reports.push(progress) }
  }
  const check = (reports: readonly Progress[], phases: string[], bytes: number): void => {
    t.strictSame([...new Set(reports.map(({ phase }) => phase))], phases)
    const [first] = reports
    t.equal(first?.done, 0)
    t.ok((first?.total ?? 0) >= bytes && (first?.total ?? 0) < bytes + 1000)
    t.ok(reports.every(({ total }) => total === first?.total))
    t.ok(reports.every(({ done }, i) => done >= (reports[i - 1]?.done ?? 0)))
    t.equal(reports.at(-1)?.done, first?.total)
  }
  const bytes = 2 ** 21
  const save = record()
  const path = await checkpoint.save(prefix, save)
  check(save.reports, ['write', 'sync'], bytes)
  const blocking = record()
  checkpoint.saveSync(prefix, blocking)
  check(blocking.reports, ['write', 'sync'], bytes)
  const verify = record()
  await checkpoint.restore(path, verify)
  check(verify.reports, ['verify'], bytes)
  const load = record()
  await checkpoint.restore(path, { ...load, mode: 'load' })
  check(load.reports, ['load'], bytes)
  const lazy = record()
  await checkpoint.restore(path, { ...lazy, verify: 'lazy' })
  t.strictSame(lazy.reports, [], 'there is nothing to wait for')
})

t.test('a report that throws ends the operation and leaves nothing', async (t) => {
  const dir = t.testdir()
  const { checkpoint, prefix } = await setUp(dir)
  const before = contentsOf(dir)
  const { arrays } = checkpoint as unknown as { arrays: Record<string, unknown> }
  const { x } = arrays
  for (const at of [1, 2]) {
    let calls = 0
    const onProgress = (): void => {
      if (++calls >= at) throw new RangeError(`call ${String(at)}`)
    }
    const thrown = { name: 'RangeError', message: `call ${String(at)}` }
    const reset = (): void => {
      calls = 0
    }
    await t.rejects(checkpoint.save(prefix, { onProgress }), thrown)
    reset()
    t.throws(() => checkpoint.saveSync(prefix, { onProgress }), thrown)
    reset()
    await t.rejects(checkpoint.restore(`${prefix}-1`, { onProgress }), thrown)
    reset()
    t.throws(() => checkpoint.restoreSync(`${prefix}-1`, { onProgress, mode: 'load' }), thrown)
    t.equal(arrays['x'], x, 'the objects stay as they were')
    t.strictSame(contentsOf(dir), before)
    t.equal(checkpoint.saveCounter, 1)
  }
})

t.test('a save that fails leaves every earlier checkpoint as it was', async (t) => {
  const dir = t.testdir({ file: 'x' })
  const { checkpoint, prefix } = await setUp(dir)
  const before = contentsOf(dir)
  const failures: [string, string][] = [
    [join(dir, 'file/ckpt'), 'ENOTDIR'],
    [join(dir, 'x'.repeat(300)), 'ENAMETOOLONG'],
  ]
  for (const [path, name] of failures) {
    const message = { code: 'CKPT_IO', details: { name } }
    await t.rejects(checkpoint.save(path), message, name)
    t.throws(() => checkpoint.saveSync(path), message)
    await t.rejects(checkpoint.write(path), message)
  }
  t.strictSame(contentsOf(dir), before)
  t.equal(await checkpoint.save(prefix), `${prefix}-2`)
})

t.test('a state file that cannot be replaced undoes the save', async (t) => {
  const dir = t.testdir({ checkpoint: { sub: 'x' } })
  const checkpoint = new Checkpoint({ arrays: stateOf({ x: large(1) }) })
  const details = { path: join(dir, 'checkpoint') }
  await t.rejects(checkpoint.save(join(dir, 'ckpt')), { code: 'CKPT_IO', details })
  t.strictSame(filesIn(dir), ['checkpoint', 'checkpoint/sub'])
  t.equal(checkpoint.saveCounter, 0)
  t.equal(latestCheckpoint(dir), null)
})

t.test('a directory without permission', { skip: process.getuid?.() === 0 }, async (t) => {
  const dir = t.testdir({ closed: {} })
  chmodSync(join(dir, 'closed'), 0o500)
  const checkpoint = new Checkpoint()
  await t.rejects(checkpoint.save(join(dir, 'closed/ckpt')), {
    code: 'CKPT_IO',
    message: /EACCES/,
  })
  t.strictSame(filesIn(join(dir, 'closed')), [])
})

t.test('an index that stands where a directory should be kept apart', async (t) => {
  const dir = t.testdir({ 'ckpt-1.index': {} })
  const checkpoint = new Checkpoint()
  const message = { code: 'CKPT_IO', message: /EISDIR|EEXIST|ENOTEMPTY/ }
  await t.rejects(checkpoint.save(join(dir, 'ckpt')), message)
  t.strictSame(filesIn(dir), ['ckpt-1.index'])
})

t.test('a checkpoint that is overwritten in vain is still there', async (t) => {
  const dir = t.testdir()
  const path = await saved(join(dir, 'ckpt'), { x: large(1) })
  const state = readFileSync(join(dir, 'checkpoint'), 'utf8')
  const other = new Checkpoint({ arrays: stateOf({ x: large(2) }) })
  const onProgress = ({ phase }: Progress): void => {
    if (phase === 'sync') throw new Error('disk lost')
  }
  await t.rejects(other.write(path, { onProgress }), { message: 'disk lost' })
  const arrays = emptyState()
  await new Checkpoint({ arrays }).restore(path)
  t.equal(arrays['x']?.get(0), 1)
  t.equal(readFileSync(join(dir, 'checkpoint'), 'utf8'), state)
})
