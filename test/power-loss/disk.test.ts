import t from 'tap'
import { Disk, imagesOf, type Entry } from './disk'
import { ROOT, type Operation } from './operations'

type Without<Each> = Each extends unknown ? Omit<Each, 'began' | 'ended' | 'what'> : never
type Step = Without<Operation> & { readonly began?: number; readonly ended?: number }

/** Operations one behind the other, unless they say when they began and ended. */
function diskAfter(...steps: Step[]): Disk {
  const disk = new Disk()
  for (const [i, step] of steps.entries()) disk.apply({ began: i, ended: i, what: '', ...step })
  return disk
}

const make = (directory: number, name: string, file: number, isDirectory = false): Step => ({
  kind: 'entries',
  changes: [{ directory, name, file }],
  made: { file, isDirectory },
})
const entry = (directory: number, name: string, file: number | null): Step => ({
  kind: 'entries',
  changes: [{ directory, name, file }],
})
const sync = (file: number): Step => ({ kind: 'sync', file })
const write = (file: number, text: string, offset = 0): Step => ({
  kind: 'write',
  file,
  offset,
  bytes: Buffer.from(text),
})

const valuesOf = (entries: readonly Entry[]): Record<string, (number | null)[]> =>
  Object.fromEntries(entries.map(({ name, values }) => [name, values.map(({ file }) => file)]))

t.test('an entry may have any value that it had since its directory was synced', (t) => {
  const disk = diskAfter(
    make(ROOT, 'a', 1),
    entry(ROOT, 'a', null),
    make(ROOT, 'a', 2),
    make(ROOT, 'b', 3),
  )
  t.strictSame(valuesOf(disk.unsafeEntries), { a: [null, 1, null, 2], b: [null, 3] })
  t.end()
})

t.test('a sync of the directory makes the last of them the only one', (t) => {
  const disk = diskAfter(make(ROOT, 'a', 1), entry(ROOT, 'a', 2), sync(ROOT), entry(ROOT, 'a', 3))
  t.strictSame(valuesOf(disk.entries), { a: [2, 3] })
  t.end()
})

t.test('a sync of a file is none of its name, nor of its directory', (t) => {
  const disk = diskAfter(make(ROOT, 'a', 1), write(1, 'x'), sync(1))
  t.strictSame(valuesOf(disk.unsafeEntries), { a: [null, 1] })
  t.end()
})

t.test('a sync of a directory is none of its files, nor of other directories', (t) => {
  const disk = diskAfter(
    make(ROOT, 'd', 1, true),
    make(1, 'a', 2),
    write(2, 'x'),
    sync(ROOT),
    make(ROOT, 'b', 3),
  )
  t.strictSame(valuesOf(disk.unsafeEntries), { a: [null, 2], b: [null, 3] })
  t.equal(disk.file(2).safe.bytes.length, 0)
  t.ok(disk.isDirectory(1))
  t.notOk(disk.isDirectory(2))
  t.end()
})

t.test('a file with two names is one: synced by the one, it is safe by both', (t) => {
  const disk = diskAfter(make(ROOT, 'a', 1), write(1, 'x'), entry(ROOT, 'b', 1), sync(1))
  t.strictSame(valuesOf(disk.unsafeEntries), { a: [null, 1], b: [null, 1] })
  t.strictSame(Buffer.from(disk.file(1).safe.bytes).toString(), 'x')
  t.end()
})

t.test('a sync covers what had ended when it began', (t) => {
  const disk = diskAfter(
    { ...make(ROOT, 'a', 1), began: 0, ended: 0 },
    { ...write(1, 'x'), began: 1, ended: 1 },
    { ...write(1, 'y', 1), began: 2, ended: 5 },
    { ...entry(ROOT, 'a', null), began: 4, ended: 6 },
    { ...sync(1), began: 3, ended: 7 },
    { ...sync(ROOT), began: 3, ended: 8 },
  )
  t.equal(Buffer.from(disk.file(1).safe.bytes).toString(), 'x')
  t.equal(disk.file(1).changes.length, 1)
  t.strictSame(valuesOf(disk.entries), { a: [1, null] })
  t.end()
})

t.test('what can never be found again is forgotten', (t) => {
  const disk = diskAfter(
    make(ROOT, 'd', 1, true),
    make(1, 'a', 2),
    entry(ROOT, 'd', null),
    make(ROOT, 'gone', 3),
    entry(ROOT, 'gone', null),
  )
  t.equal(disk.entries.length, 3)
  disk.apply({ kind: 'sync', file: ROOT, began: 9, ended: 9, what: '' })
  t.strictSame(disk.entries, [])
  t.end()
})

t.test('bytes after each change', (t) => {
  const images = imagesOf(Buffer.from('abc'), [
    { kind: 'write', at: 1, offset: 2, bytes: Buffer.from('XY') },
    { kind: 'size', at: 2, size: 2, grows: true },
    { kind: 'size', at: 3, size: 3, grows: false },
    { kind: 'size', at: 4, size: 5, grows: true },
  ])
  t.strictSame(
    images.map((bytes) => Buffer.from(bytes).toString()),
    ['abc', 'abXY', 'abXY', 'abX', 'abX\0\0'],
  )
  t.end()
})
