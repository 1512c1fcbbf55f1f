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
import { listing } from '../fixtures/listing.cjs'
import { checkRefusal, fill, refused, restoresAll, train, unchanged } from './refused'

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
  'sync, not durable': async (checkpoint, prefix) =>
    checkpoint.saveSync(prefix, { durable: false }),
}

/** Bytes of the state: some blocks of each file system. */
const BYTES = 1_500_000

/** That are free: for no file, some of the data, all but the index. */
const FREE = [0, 300_000, 1_490_000]
const FILLERS = 2

/** Takes all space but about `free` bytes: what a file system keeps back it may give out later. */
function takeAllBut(disk: Disk, free: number): void {
  for (let i = 0; i < FILLERS; i++) {
    system('sync', '-f', disk.path)
    const { bavail, bsize } = statfsSync(disk.path)
    const size = bavail * bsize - free
    if (size < bsize) continue
    system('fallocate', '-l', String(Math.floor(size)), join(disk.path, `filler-${i}`))
  }
}

function removeFillers(disk: Disk): void {
  for (let i = 0; i < FILLERS; i++) rmSync(join(disk.path, `filler-${i}`), { force: true })
}

async function meetFull(t: Test, disk: Disk, save: Save): Promise<void> {
  // Apart from what takes the space, which is not looked at.
  const directory = join(disk.path, 'run')
  mkdirSync(directory)
  const prefix = join(directory, 'ckpt')
  const trained = train(BYTES)
  const { checkpoint } = trained
  fill(trained, 1)
  await save(checkpoint, prefix)
  let refusals = 0
  for (const free of FREE) {
    await untilNothingLives()
    removeFillers(disk)
    takeAllBut(disk, free)
    fill(trained, checkpoint.saveCounter + 1)
    const before = [listing(directory), checkpoint.saveCounter]
    const error: unknown = await save(checkpoint, prefix).then(
      () => undefined,
      (failure: unknown) => failure,
    )
    restoresAll(t, directory)
    if (error === undefined) continue
    checkRefusal(t, error, prefix, FULL)
    t.strictSame([listing(directory), checkpoint.saveCounter], before, 'nothing is changed')
    refusals++
  }
  t.ok(refusals > 1, `${refusals} saves were refused`)
  removeFillers(disk)
  const next = `${prefix}-${checkpoint.saveCounter + 1}`
  fill(trained, checkpoint.saveCounter + 1)
  t.equal(await save(checkpoint, prefix), next, 'the next save works')
  t.equal(latestCheckpoint(directory), next)
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
