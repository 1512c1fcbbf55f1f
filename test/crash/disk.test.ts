// Directories and limits that refuse a save: always CKPT_IO with errno, system call and path, nothing
// left behind, no number used up, and the next save works.
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { latestCheckpoint, type CheckpointError } from '../../lib/index.js'
import { runChild, sanitized, system } from '../fixtures/child'
import { leftoversIn } from '../fixtures/files'
import { mountTmpfs, noMounts } from '../fixtures/tmpfs'
import { fill, MANNERS, refused, restoresAll, train, unchanged, type Refusal } from './refused'

/** Something in the way of a save into a directory. */
interface Obstacle extends Refusal {
  /** Prefix to save to, below the directory. */
  readonly prefix?: string
  /** Puts it there; the second save will be ckpt-2. */
  readonly place: (directory: string) => void
  readonly remove: (directory: string) => void
}

const nothing = (): void => undefined

/** Makes a file or directory at `name` and takes it away again. */
const inTheWay = (
  name: string,
  make: (path: string) => unknown = mkdirSync,
): Pick<Obstacle, 'place' | 'remove'> => ({
  place: (directory) => {
    rmSync(join(directory, name), { force: true })
    make(join(directory, name))
  },
  remove: (directory) => {
    rmSync(join(directory, name), { recursive: true })
  },
})

const aFile = (path: string): void => {
  writeFileSync(path, 'x')
}

const OBSTACLES: Readonly<Record<string, Obstacle>> = {
  'a directory of the name of the index': { name: 'EISDIR', ...inTheWay('ckpt-2.index') },
  'a directory of the name of the state file': { name: 'EISDIR', ...inTheWay('checkpoint') },
  'a file where the directory should be': {
    name: 'ENOTDIR',
    prefix: 'sub/ckpt',
    ...inTheWay('sub', aFile),
  },
  'a file where a directory further up should be': {
    name: 'ENOTDIR',
    prefix: 'sub/a/b/ckpt',
    ...inTheWay('sub', aFile),
  },
  'a link that leads nowhere where the directory should be': {
    name: 'EEXIST',
    prefix: 'sub/ckpt',
    ...inTheWay('sub', (path) => {
      symlinkSync('nowhere/at/all', path)
    }),
  },
  'a link that leads to itself': {
    name: 'ELOOP',
    prefix: 'sub/ckpt',
    ...inTheWay('sub', (path) => {
      symlinkSync('sub', path)
    }),
  },
  'a name that is too long': {
    name: 'ENAMETOOLONG',
    prefix: 'x'.repeat(300),
    place: nothing,
    remove: nothing,
  },
  'a name of which only that of the data files is too long': {
    name: 'ENAMETOOLONG',
    prefix: 'x'.repeat(240),
    place: nothing,
    remove: nothing,
  },
  'a path that is too long': {
    name: 'ENAMETOOLONG',
    prefix: `${'long/'.repeat(900)}ckpt`,
    place: nothing,
    remove: nothing,
  },
}

async function meet(t: Test, obstacle: Obstacle, manner: keyof typeof MANNERS): Promise<void> {
  const save = MANNERS[manner]
  if (save === undefined) throw new Error('no such manner')
  const directory = t.testdir()
  const good = join(directory, 'ckpt')
  const trained = train()
  fill(trained, 1)
  await save(trained.checkpoint, good)
  fill(trained, 2)
  obstacle.place(directory)
  const prefix = join(directory, obstacle.prefix ?? 'ckpt')
  await unchanged(t, directory, () => refused(t, trained, prefix, obstacle, save))
  restoresAll(t, directory)
  obstacle.remove(directory)
  t.equal(await save(trained.checkpoint, good), `${good}-2`, 'the next save works')
  restoresAll(t, directory)
  t.strictSame(leftoversIn(directory), [])
}

for (const [what, obstacle] of Object.entries(OBSTACLES)) {
  t.test(`${what} refuses a save`, async (t) => {
    for (const manner of Object.keys(MANNERS))
      await t.test(manner, (t) => meet(t, obstacle, manner))
  })
}

t.test('missing parent directories are made', async (t) => {
  for (const [manner, save] of Object.entries(MANNERS)) {
    const directory = join(t.testdir(), manner, 'a', 'b', 'c')
    const { checkpoint } = train()
    t.equal(await save(checkpoint, join(directory, 'ckpt')), join(directory, 'ckpt-1'))
    t.equal(latestCheckpoint(directory), join(directory, 'ckpt-1'))
  }
})

t.test('a directory that bears the name of a data file is stepped around', async (t) => {
  const directory = t.testdir({ 'ckpt-1.data-00000-of-00001': { keep: 'x' } })
  const trained = train()
  fill(trained, 1)
  await trained.checkpoint.save(join(directory, 'ckpt'))
  restoresAll(t, directory)
  t.ok(existsSync(join(directory, 'ckpt-1.data-00000-of-00001', 'keep')))
})

t.test('a read-only file system refuses a save', { skip: noMounts }, async (t) => {
  const tmpfs = mountTmpfs('size=4m')
  if (tmpfs === undefined) return
  try {
    const prefix = join(tmpfs.path, 'ckpt')
    const trained = train()
    for (const save of Object.values(MANNERS)) {
      fill(trained, trained.checkpoint.saveCounter + 1)
      await save(trained.checkpoint, prefix)
      tmpfs.remount('ro')
      await unchanged(t, tmpfs.path, () =>
        refused(t, trained, prefix, { name: 'EROFS', syscall: 'mkdir' }, save),
      )
      restoresAll(t, tmpfs.path)
      tmpfs.remount('rw')
    }
  } finally {
    tmpfs.unmount()
  }
})

interface Result {
  readonly path?: string
  readonly error?: Pick<CheckpointError<'CKPT_IO'>, 'name' | 'code' | 'details'>
}

interface Report {
  readonly first: Result
  readonly large: readonly Result[]
  readonly unchanged: boolean
  readonly last: Result
}

t.test('a limit of the size of files (ulimit -f) refuses a save and kills nobody', async (t) => {
  const directory = t.testdir()
  // 64 blocks: 64 KiB, or 32 where a shell counts 512 bytes.
  const under = ['bash', '-c', 'ulimit -f 64; exec "$0" "$@"']
  const args = [directory, '800000']
  const [line = ''] = await runChild('refused-save.cjs', { args, under })
  const { first, large, unchanged, last } = JSON.parse(line) as Report
  t.equal(first.path, join(directory, 'ckpt-1'))
  t.equal(large.length, 4)
  for (const { error } of large) {
    t.match(error, { name: 'CheckpointError', code: 'CKPT_IO', details: { name: 'EFBIG' } })
    t.ok(error?.details.path?.startsWith(directory))
  }
  t.ok(unchanged, 'nothing is left behind')
  t.equal(last.path, join(directory, 'ckpt-2'))
})

/** Runs what follows as somebody whom permissions bind. */
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
const noNobody =
  process.getuid?.() !== 0 ||
  system(NOBODY[0] ?? '', ...NOBODY.slice(1), process.execPath, '-e', '0')
    ? false
    : 'no setpriv, or Node is out of reach for nobody'

t.test('a directory without permission refuses a save', { skip: noNobody }, async (t) => {
  const directory = t.testdir()
  const under = process.getuid?.() === 0 ? NOBODY : []
  const trained = train()
  fill(trained, 1)
  await trained.checkpoint.save(join(directory, 'ckpt'))
  system('chmod', '555', directory)
  const [line = ''] = await runChild('refused-save.cjs', { args: [directory, '8000'], under })
  system('chmod', '755', directory)
  const { first, large, unchanged, last } = JSON.parse(line) as Report
  for (const { error } of [first, ...large, last]) {
    t.match(error, {
      name: 'CheckpointError',
      code: 'CKPT_IO',
      details: { name: 'EACCES', syscall: 'mkdir' },
    })
  }
  t.ok(unchanged)
  restoresAll(t, directory)
})

// The check of virtual calls asks the kernel through a pipe whether memory is there.
const noPipes = sanitized && 'the undefined behaviour sanitizer needs descriptors itself'

t.test('a process out of descriptors gets CKPT_IO and goes on', { skip: noPipes }, async (t) => {
  const directory = t.testdir()
  const under = ['bash', '-c', 'ulimit -n 60; exec "$0" "$@"']
  const [line = ''] = await runChild('too-many-files.cjs', { args: [directory], under })
  const { results, last } = JSON.parse(line) as { results: unknown[]; last: string }
  const failures = results.filter((result) => typeof result !== 'string')
  t.ok(failures.length >= 4)
  for (const failure of failures) t.match(failure, { code: 'CKPT_IO', details: { name: 'EMFILE' } })
  t.match(last, /ckpt-\d+$/)
  t.strictSame(leftoversIn(directory), [])
})
