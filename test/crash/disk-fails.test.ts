// Disks that fail while a save is under way: made read-only by the kernel, or unable to take a block.
// Always a typed error with a way out, the earlier checkpoint is intact, and when the disk is mended the
// same process saves again.
import { existsSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { latestCheckpoint, type CheckpointError } from '../../lib/index.js'
import { Child, system } from '../fixtures/child'
import { leftoversIn } from '../fixtures/files'
import { noDisk, withDisk, type Disk } from '../fixtures/loop'
import { untilNothingLives } from '../fixtures/settle'
import { noMounts } from '../fixtures/tmpfs'
import { wholeStep } from './checks'

const addon = join(__dirname, '../../build-failpoints/Release/ndcheckpoint.node')
const noPoints = existsSync(addon) ? false : `no addon with failure points at ${addon}`

interface Outcome {
  readonly path?: string
  readonly error?: Pick<CheckpointError<'CKPT_IO'>, 'name' | 'code' | 'message' | 'details'>
  readonly burnt: number
}

/** What a disk that fails answers. */
const ANSWERS = /^(EIO|EROFS|ENOSPC|EUCLEAN)$/

const parse = (line = '{}'): Outcome => JSON.parse(line) as Outcome

function isRefused(t: Test, outcome: Outcome, directory: string): void {
  const { error, burnt } = outcome
  t.match(error, { name: 'CheckpointError', code: 'CKPT_IO' }, JSON.stringify(outcome))
  t.match(error?.details.name, ANSWERS)
  t.match(error?.message, / failed: E[A-Z]+ \(.{10,}\)$/, 'it tells the way out')
  t.ok(error?.details.path?.startsWith(directory), error?.details.path ?? '')
  t.equal(burnt, 0)
}

/** One save before the fault, one in it, one when the disk is mended. */
async function suffer(
  t: Test,
  disk: Disk,
  [writer, point]: readonly [writer: string, point: string],
  fault: readonly string[],
  mend: () => void,
): Promise<void> {
  const directory = join(disk.path, `${writer}-${point}`)
  const args = [directory, writer, point, ...fault]
  const child = new Child('fault-while-saving.cjs', { args, env: { CKPT_NATIVE: addon } })
  await child.untilLines(2)
  t.equal(parse(child.lines[0]).path, join(directory, 'ckpt-1'))
  isRefused(t, parse(child.lines[1]), directory)
  if (disk.type === 'ext4') {
    t.equal(wholeStep(join(directory, 'ckpt-1')), 1, 'the earlier one can be read meanwhile')
  }
  // What is open or mapped keeps the disk from being unmounted; the child holds nothing any more.
  await untilNothingLives()
  mend()
  t.equal(latestCheckpoint(directory), join(directory, 'ckpt-1'))
  t.equal(wholeStep(join(directory, 'ckpt-1')), 1, 'and when the disk is mended')
  child.write('go on\n')
  await child.finish()
  const { path, burnt } = parse(child.lines[2])
  t.strictSame({ path, burnt }, { path: join(directory, 'ckpt-2'), burnt: 1 })
  t.equal(wholeStep(join(directory, 'ckpt-2')), 2)
  t.strictSame(leftoversIn(directory), [])
  await untilNothingLives()
}

/** Before the commit point; what has happened behind it cannot be undone on a disk that is gone. */
const POINTS = [
  ['direct', 'after-staging'],
  ['map', 'before-shard-allocate'],
  ['buffered', 'after-shard-write'],
  ['direct', 'before-shard-sync'],
  ['buffered', 'after-index-write'],
  ['map', 'after-shard-rename'],
  ['direct', 'before-index-rename'],
] as const

t.test(
  'a file system that the kernel makes read-only refuses a save wherever it is',
  { skip: noDisk('ext4') || noPoints },
  (t) =>
    withDisk('ext4', { mount: 'errors=remount-ro' }, async (disk) => {
      for (const place of POINTS) {
        // A file that is open for writing keeps a disk from being mounted read-only, but not from this.
        const trigger = `/sys/fs/ext4/${disk.name}/trigger_fs_error`
        const fault = ['sh', '-c', 'echo 1 > "$0"', trigger]
        await t.test(place.join(', '), (t) =>
          suffer(t, disk, place, fault, () => {
            disk.repair()
          }),
        )
      }
    }),
)

t.test(
  'an XFS that shuts down refuses a save wherever it is',
  { skip: noDisk('xfs') || noPoints || (system('xfs_io', '-V') ? false : 'no xfs_io') },
  (t) =>
    withDisk('xfs', {}, async (disk) => {
      for (const place of [POINTS[0], POINTS[2], POINTS[5]]) {
        const fault = ['xfs_io', '-x', '-c', 'shutdown', disk.path]
        await t.test(place.join(', '), (t) =>
          suffer(t, disk, place, fault, () => {
            disk.repair()
          }),
        )
      }
    }),
)

t.test(
  'a disk that takes no block any more refuses a save',
  { skip: noDisk('ext4') || noPoints || noMounts },
  (t) =>
    withDisk('ext4', { backing: 20, megabytes: 64, mount: 'errors=remount-ro' }, async (disk) => {
      const filler = join(disk.backingPath, 'filler')
      const { bsize } = statfsSync(disk.backingPath)
      const fault = ['sh', '-c', `dd if=/dev/zero of="$0" bs=${bsize} 2>/dev/null; true`, filler]
      for (const writer of ['direct', 'buffered', 'map']) {
        await t.test(writer, (t) =>
          suffer(t, disk, [writer, '-'], fault, () => {
            rmSync(filler)
            disk.repair()
          }),
        )
      }
    }),
)
