// Real file systems on loop devices that are full: ext4 and XFS hand out space later and in other
// pieces than a tmpfs does.
import { mkdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { latestCheckpoint, type Checkpoint, type SaveOptions } from '../../lib/index.js'
import { system } from '../fixtures/child'
import { leftoversIn } from '../fixtures/files'
import { noDisk, withDisk, type Disk } from '../fixtures/loop'
import { untilNothingLives } from '../fixtures/settle'
import { fill, refused, restoresAll, train, unchanged } from './refused'

const FULL = { name: 'ENOSPC' }

type Save = (checkpoint: Checkpoint, prefix: string) => Promise<string>

const by =
  (options: SaveOptions): Save =>
  (checkpoint, prefix) =>
    checkpoint.save(prefix, options)

const MANNERS: Readonly<Record<string, Save>> = {
  direct: by({ writer: 'direct' }),
  buffered: by({ writer: 'buffered', maxShardBytes: 500_000 }),
  map: by({ writer: 'map', snapshot: 'none' }),
  ...(process.platform === 'linux' && { fork: by({ snapshot: 'fork' }) }),
  'not durable': by({ durable: false }),
  sync: async (checkpoint, prefix) => checkpoint.saveSync(prefix),
}

/** Bytes of the state: some blocks of each file system. */
const BYTES = 1_500_000

/** Takes all space but `free` bytes; false if there is less. */
function takeAllBut(disk: Disk, free: number): boolean {
  const filler = join(disk.path, 'filler')
  rmSync(filler, { force: true })
  const { bavail, bsize } = statfsSync(disk.path)
  const size = bavail * bsize - free
  return size > 0 && system('fallocate', '-l', String(Math.floor(size)), filler)
}

async function meetFull(t: Test, disk: Disk, save: Save): Promise<void> {
  // Apart from what takes the space, which is not looked at.
  const directory = join(disk.path, 'run')
  mkdirSync(directory)
  const prefix = join(directory, 'ckpt')
  const trained = train(BYTES)
  fill(trained, 1)
  await save(trained.checkpoint, prefix)
  let refusals = 0
  for (const free of [0, 4096, 16_384, 65_536, 300_000, 800_000, 1_400_000, 1_500_000]) {
    await untilNothingLives()
    // What is free changes by what the file system keeps for itself: some of these fit in the end.
    if (!takeAllBut(disk, free)) continue
    fill(trained, trained.checkpoint.saveCounter + 1)
    const { saveCounter } = trained.checkpoint
    await unchanged(t, directory, () => refused(t, trained, prefix, FULL, save))
    t.equal(trained.checkpoint.saveCounter, saveCounter)
    restoresAll(t, directory)
    refusals++
  }
  t.ok(refusals > 4, `${refusals} saves were refused`)
  rmSync(join(disk.path, 'filler'), { force: true })
  t.equal(await save(trained.checkpoint, prefix), `${prefix}-2`, 'the next save works')
  t.equal(latestCheckpoint(directory), `${prefix}-2`)
  restoresAll(t, directory)
  t.strictSame(leftoversIn(directory), [])
  rmSync(directory, { recursive: true })
}

for (const type of ['ext4', 'xfs'] as const) {
  t.test(`a full ${type} refuses a save`, { skip: noDisk(type) }, (t) =>
    withDisk(type, {}, async (disk) => {
      for (const [manner, save] of Object.entries(MANNERS)) {
        await t.test(manner, (t) => meetFull(t, disk, save))
      }
      // Nothing of ours is open any more.
      await untilNothingLives()
      disk.unmount()
    }),
  )
}

t.test('an ext4 without a free inode refuses a save', { skip: noDisk('ext4') }, (t) =>
  withDisk('ext4', { make: ['-N', '32'] }, async (disk) => {
    const prefix = join(disk.path, 'ckpt')
    const trained = train()
    fill(trained, 1)
    await trained.checkpoint.save(prefix)
    const fillers: string[] = []
    for (let { ffree } = statfsSync(disk.path); ffree > 0; ffree--) {
      fillers.push(join(disk.path, `filler-${ffree}`))
      system('touch', fillers.at(-1) ?? '')
    }
    const save: Save = (checkpoint, prefix) => checkpoint.save(prefix)
    let refusals = 0
    fill(trained, 2)
    for (let filler = fillers.pop(); filler !== undefined; filler = fillers.pop()) {
      const fits = await save(trained.checkpoint, prefix).then(
        () => true,
        () => false,
      )
      if (fits) break
      await unchanged(t, disk.path, () => refused(t, trained, prefix, FULL, save))
      restoresAll(t, disk.path)
      refusals++
      rmSync(filler)
    }
    t.ok(refusals > 2, `${refusals} saves were refused`)
    t.equal(latestCheckpoint(disk.path), `${prefix}-2`)
    restoresAll(t, disk.path)
  }),
)
