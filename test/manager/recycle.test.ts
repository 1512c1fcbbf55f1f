// Data files of removed checkpoints are written over by later saves, but never while anybody has them.
import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  CheckpointManager,
  NumpyState,
  openCheckpoint,
  openCheckpointSync,
  zeros,
  type ManagerOptions,
  type NdArray,
} from '../../lib/index.js'
import { counts } from '../../lib/native.js'
import { runChild, system } from '../fixtures/child'
import { leftoversIn } from '../fixtures/files'
import { mountTmpfs, noMounts } from '../fixtures/tmpfs'

const skip = process.platform === 'linux' ? false : 'needs Linux'

/** Enough for a data file that is worth keeping. */
const SIZE = 300_000

function open(t: Test, options: ManagerOptions = {}, directory: string = t.testdir()) {
  const state = new NumpyState()
  state['x'] = zeros([SIZE])
  const manager = new CheckpointManager(new Checkpoint({ state }), directory, {
    maxToKeep: 1,
    ...options,
  })
  const save = async (value: number): Promise<string> => {
    dataOf(state).fill(value)
    const path = await manager.save()
    // What is removed becomes spare after the save.
    await manager.sync()
    return path ?? ''
  }
  return { state, directory, manager, save }
}

const dataOf = (state: NumpyState): Float64Array => (state['x'] as NdArray).data as Float64Array

const inodeOf = (prefix: string): number => statSync(`${prefix}.data-00000-of-00001`).ino

function firstOf(prefix: string): number {
  const { problems } = openCheckpointSync(prefix).verifySync()
  if (problems.length > 0) throw new Error(problems[0]?.reason)
  const { checkpoint, state } = fresh()
  checkpoint.restoreSync(prefix)
  return dataOf(state)[SIZE - 1] ?? NaN
}

function fresh() {
  const state = new NumpyState()
  return { state, checkpoint: new Checkpoint({ state }) }
}

t.test('a removed data file is the one after the next', { skip }, async (t) => {
  const { directory, manager, save } = open(t)
  const first = inodeOf(await save(1))
  await save(2)
  t.equal(leftoversIn(directory).length, 1, 'a directory for the spare one')
  const third = await save(3)
  t.equal(inodeOf(third), first)
  t.equal(firstOf(third), 3)
  await manager.close()
  t.strictSame(leftoversIn(directory), [])
  t.equal(firstOf(third), 3)
})

t.test('not if that is not wanted', async (t) => {
  const { directory, manager, save } = open(t, { recycle: false })
  await save(1)
  await save(2)
  t.strictSame(leftoversIn(directory), [])
  await manager.close()
})

t.test('arrays that were restored from it stay as they are', { skip }, async (t) => {
  const { manager, save } = open(t)
  const { state, checkpoint } = fresh()
  const first = await save(1)
  const inode = inodeOf(first)
  await checkpoint.restore(first, { verify: 'off' })
  for (let step = 2; step < 6; step++) t.not(inodeOf(await save(step)), inode)
  const data = dataOf(state)
  t.ok(
    data.every((element) => element === 1),
    'every element is of the first save',
  )
  await manager.close()
})

t.test('an open reader keeps reading what it opened', { skip }, async (t) => {
  const { manager, save } = open(t)
  const reader = await openCheckpoint(await save(1))
  for (let step = 2; step < 6; step++) await save(step)
  t.equal(
    ((await reader.verify().catch((error: unknown) => error)) as { ok: boolean }).ok,
    false,
    'its files are gone',
  )
  const { key } = reader.variables().find(({ key }) => key.includes('/x/')) ?? { key: '' }
  t.ok(key)
  const bytes = (reader.get(key) as { get(): Uint8Array }).get()
  t.equal(new Float64Array(bytes.slice(-8).buffer)[0], 1)
  await reader.close()
  await manager.close()
})

t.test('a copy by hard link stays as it is', { skip }, async (t) => {
  const { directory, manager, save } = open(t)
  const first = await save(1)
  for (const suffix of ['.index', '.data-00000-of-00001']) {
    linkSync(first + suffix, join(directory, 'kept') + suffix)
  }
  for (let step = 2; step < 6; step++) await save(step)
  t.equal(firstOf(join(directory, 'kept')), 1)
  await manager.close()
})

t.test('another process that has it open keeps it', { skip }, async (t) => {
  const { manager, save } = open(t)
  const path = `${await save(1)}.data-00000-of-00001`
  const inode = statSync(path).ino
  const { spawn } = await import('node:child_process')
  const holder = spawn('sh', ['-c', 'exec 3<"$0"; echo held; read line; cat <&3 | cksum', path])
  await new Promise((resolve) => holder.stdout.once('data', resolve))
  const expected = execFileSync('cksum', { input: execFileSync('cat', [path], { maxBuffer: 1e9 }) })
  for (let step = 2; step < 6; step++) t.not(inodeOf(await save(step)), inode)
  const sum = new Promise<string>((resolve) =>
    holder.stdout.once('data', (data: Buffer) => {
      resolve(data.toString())
    }),
  )
  holder.stdin.end('go\n')
  t.equal(await sum, expected.toString())
  await manager.close()
})

t.test('nothing is recycled where mappings are not seen', { skip: skip || noMounts }, async (t) => {
  // As the file systems of containers: a mapping is of the file below, and the lease of the one above.
  const disk = mountTmpfs('size=64m')
  if (disk === undefined) return
  const at = (name: string): string => join(disk.path, name)
  for (const name of ['lower', 'upper', 'work', 'merged']) mkdirSync(at(name))
  const layers = `lowerdir=${at('lower')},upperdir=${at('upper')},workdir=${at('work')}`
  t.teardown(() => {
    system('umount', '-l', at('merged'))
    disk.unmount()
  })
  if (!system('mount', '-t', 'overlay', '-o', layers, 'overlay', at('merged'))) return
  const { state, checkpoint } = fresh()
  const { manager, save } = open(t, {}, at('merged'))
  await checkpoint.restore(await save(1), { verify: 'off' })
  for (let step = 2; step < 5; step++) {
    await save(step)
    t.strictSame(leftoversIn(at('merged')), [])
  }
  t.ok(dataOf(state).every((element) => element === 1))
  await manager.close()
})

t.test('a state of another size gets files of its own', { skip }, async (t) => {
  const { state, directory, manager, save } = open(t)
  await save(1)
  await save(2)
  state['x'] = zeros([4 * SIZE])
  const path = await save(3)
  t.equal(statSync(`${path}.data-00000-of-00001`).size > 4 * 8 * SIZE, true)
  await save(4)
  t.equal(readdirSync(join(directory, leftoversIn(directory)[0] ?? '')).length, 1, 'one spare file')
  await manager.close()
})

t.test(
  'a file that two checkpoints have is no spare until the second is gone',
  { skip },
  async (t) => {
    const { directory, manager, save } = open(t, { maxToKeep: 2, incremental: true })
    const [first, second] = [inodeOf(await save(1)), await save(1)]
    t.equal(statSync(`${second}.data-00000-of-00002`).ino, first, 'a link')
    await save(2)
    t.strictSame(leftoversIn(directory), [])
    const fourth = await save(2)
    t.equal(leftoversIn(directory).length, 1)
    t.equal(inodeOf(await save(3)), first, 'written over')
    t.equal(firstOf(fourth), 2)
    // It was the last one, and what its checkpoint left is in use.
    await manager.close()
    t.strictSame(leftoversIn(directory), [])
  },
)

t.test('saves that are not durable recycle nothing', async (t) => {
  const { state, directory, manager } = open(t)
  for (let step = 1; step < 4; step++) {
    dataOf(state).fill(step)
    await manager.save({ durable: false })
    await manager.sync()
    t.strictSame(leftoversIn(directory), [])
  }
  await manager.close()
})

t.test(
  'a program that ends without closing its manager leaves no spare files',
  { skip },
  async (t) => {
    for (const how of ['end', 'exit']) {
      const directory = join(t.testdir(), how)
      t.strictSame(await runChild('manage-and-leave.cjs', { args: [directory, how] }), ['1'])
      t.strictSame(leftoversIn(directory), [], how)
    }
  },
)

t.test('spare files are given up with their manager', async (t) => {
  const before = counts().spares
  const { manager, save } = open(t)
  t.equal(counts().spares, before + 1)
  await save(1)
  await manager.close()
  t.end()
})
