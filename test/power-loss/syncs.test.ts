import t from 'tap'
import { ROOT, type Operation } from './operations'
import { purposesOf, without } from './syncs'

const at = (time: number) => ({ began: time, ended: time, what: String(time) })
const make = (time: number, directory: number, name: string, file: number): Operation => ({
  ...at(time),
  kind: 'entries',
  changes: [{ directory, name, file }],
  made: { file, isDirectory: !name.includes('shard') },
})
const move = (time: number, name: string, file: number | null): Operation => ({
  ...at(time),
  kind: 'entries',
  changes: [{ directory: 1, name, file }],
})
const sync = (time: number, file: number): Operation => ({ ...at(time), kind: 'sync', file })

const SAVE = [
  make(0, ROOT, 'run', 1),
  sync(1, ROOT),
  make(2, 1, '.ndcheckpoint-0', 2),
  make(3, 2, 'shard-0', 3),
  sync(4, 3),
  move(5, 'ckpt-1.data-00000-of-00001', 3),
  sync(6, 1),
  move(7, 'ckpt-0.index', null),
  move(8, 'ckpt-0.data-00000-of-00001', null),
  // The last change is after it began.
  { ...sync(9, 1), began: 8 },
  sync(10, 1),
]

t.test('what syncs are for', (t) => {
  // A name that was never there was not removed.
  const there = [move(-2, 'ckpt-0.index', 9), move(-1, 'ckpt-0.data-00000-of-00001', 8)]
  const purposes = [...purposesOf([...there, ...SAVE])].map(([{ what }, found]) => [
    what,
    [...found].sort(),
  ])
  t.strictSame(purposes, [
    ['1', ['name of a directory']],
    ['4', ['bytes of a data file']],
    ['6', ['name of a data file', 'name of an index']],
    ['9', ['removal of an index']],
    ['10', ['removal of a data file']],
  ])
  t.end()
})

t.test('a file that has its name already is synced for another checkpoint', (t) => {
  const link = [...SAVE.slice(0, 4), move(4, 'ckpt-1.data-00000-of-00001', 3), sync(5, 3)]
  const purposes = [...purposesOf(link).values()].map((found) => [...found])
  t.strictSame(purposes, [['name of a directory'], ['bytes of a linked file']])
  t.end()
})

t.test('a recording without those of one purpose', (t) => {
  const times = without(SAVE, 'bytes of a data file').map(({ what }) => what)
  t.strictSame(
    times,
    SAVE.map(({ what }) => what).filter((what) => what !== '4'),
  )
  t.end()
})
