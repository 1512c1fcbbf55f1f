// Disk full, at every place where a save may find it so.
import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { indexPath } from '../../lib/bundle/names.js'
import { latestCheckpoint } from '../../lib/index.js'
import { leftoversIn, shardsOf } from '../fixtures/files'
import { untilNothingLives } from '../fixtures/settle'
import { mountTmpfs, noMounts, type Tmpfs } from '../fixtures/tmpfs'
import { fill, MANNERS, refused, restoresAll, train, unchanged } from './refused'

const FULL = { name: 'ENOSPC' }

async function withTmpfs(options: string, body: (tmpfs: Tmpfs) => Promise<void>): Promise<void> {
  const tmpfs = mountTmpfs(options)
  if (tmpfs === undefined) throw new Error('no tmpfs')
  try {
    await body(tmpfs)
  } finally {
    tmpfs.unmount()
  }
}

for (const [manner, save] of Object.entries(MANNERS)) {
  t.test(`a full disk refuses a save (${manner})`, { skip: noMounts }, (t) =>
    withTmpfs('size=4m', async ({ path }) => {
      const prefix = join(path, 'ckpt')
      const trained = train(1_500_000)
      for (const step of [1, 2]) {
        fill(trained, step)
        await save(trained.checkpoint, prefix)
      }
      fill(trained, 3)
      await unchanged(t, path, async () => {
        const error = await refused(t, trained, prefix, FULL, save)
        t.match(error?.message, 'earlier checkpoints are intact')
        await refused(t, trained, prefix, FULL, save)
      })
      t.equal(latestCheckpoint(path), `${prefix}-2`)
      restoresAll(t, path)
      // A mapping keeps the blocks of a removed file.
      await untilNothingLives()
      removeCheckpoint(`${prefix}-1`)
      t.equal(await save(trained.checkpoint, prefix), `${prefix}-3`, 'the next save works')
      restoresAll(t, path)
      t.strictSame(leftoversIn(path), [])
    }),
  )
}

function removeCheckpoint(prefix: string): void {
  for (const path of [...shardsOf(prefix), indexPath(prefix)]) rmSync(path)
}

/** Saves with one page more, or one file more, at each try, until there is room. */
async function sweep(t: Test, path: string, room: (free: number) => void): Promise<number> {
  const prefix = join(path, 'ckpt')
  const trained = train()
  let tries = 0
  for (const save of Object.values(MANNERS)) {
    fill(trained, trained.checkpoint.saveCounter + 1)
    await save(trained.checkpoint, prefix)
    for (let free = 0; ; free++) {
      room(free)
      fill(trained, trained.checkpoint.saveCounter + 1)
      const fits = await save(trained.checkpoint, prefix).then(
        () => true,
        () => false,
      )
      if (fits) break
      await unchanged(t, path, () => refused(t, trained, prefix, FULL, save))
      restoresAll(t, path)
      tries++
    }
    room(Infinity)
    restoresAll(t, path)
    t.strictSame(
      leftoversIn(path).filter((name) => !name.startsWith('filler')),
      [],
    )
  }
  return tries
}

t.test('a disk that fills up at any page of a save refuses it', { skip: noMounts }, (t) =>
  withTmpfs('size=4m', async ({ path }) => {
    const filler = join(path, 'filler')
    const tries = await sweep(t, path, (free) => {
      rmSync(filler, { force: true })
      if (free === Infinity) return
      const { bavail, bsize } = statfsSync(path)
      writeFileSync(filler, Buffer.alloc((bavail - free) * bsize))
    })
    t.ok(tries > 10, `${String(tries)} saves were refused`)
  }),
)

t.test('a file system without a free inode refuses a save', { skip: noMounts }, (t) =>
  withTmpfs('size=4m,nr_inodes=200', async ({ path }) => {
    let fillers: string[] = []
    const tries = await sweep(t, path, (free) => {
      for (const name of fillers) rmSync(name)
      fillers = []
      if (free === Infinity) return
      const { ffree } = statfsSync(path)
      for (let i = 0; i < ffree - free; i++) {
        const name = join(path, `filler-${String(i)}`)
        writeFileSync(name, '')
        fillers.push(name)
      }
    })
    t.ok(tries > 10, `${String(tries)} saves were refused`)
  }),
)
