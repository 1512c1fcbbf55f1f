import t from 'tap'
import { seeded } from '../fixtures/random'
import { Disk } from './disk'
import { ROOT, type Change, type Operation } from './operations'
import { describe, statesOf } from './states'

type Without<Each> = Each extends unknown ? Omit<Each, 'began' | 'ended' | 'what'> : never

function diskAfter(...steps: Without<Operation>[]): Disk {
  const disk = new Disk()
  for (const [i, step] of steps.entries()) disk.apply({ began: i, ended: i, what: '', ...step })
  return disk
}

const entries = (...changes: Change[]): Without<Operation> => ({ kind: 'entries', changes })
const make = (directory: number, name: string, file: number, isDirectory = false) => ({
  kind: 'entries' as const,
  changes: [{ directory, name, file }],
  made: { file, isDirectory },
})
const write = (file: number, size: number) => ({
  kind: 'write' as const,
  file,
  offset: 0,
  bytes: new Uint8Array(size).fill(1),
})

const shown = (disk: Disk, limit = 1024): string[] =>
  [...statesOf(disk, { limit, random: seeded(1) })].map(describe).sort()

t.test('a disk on which all is safe is found as it is', (t) => {
  const disk = diskAfter(make(ROOT, 'a', 1), write(1, 9), sync(1), sync(ROOT))
  t.strictSame(shown(disk), ['a: 9 bytes, lost'])
  t.end()
})

t.test('all combinations, where they are few', (t) => {
  const disk = diskAfter(make(ROOT, 'a', 1), make(ROOT, 'd', 2, true), make(2, 'b', 3), write(3, 9))
  const ofB = ['lost', 'kept', 'only its size', 'garbage'].map(
    (what) => `d/b: ${what === 'lost' ? '0' : '9'} bytes, ${what}`,
  )
  const a = 'a: 0 bytes, lost'
  const all = [
    'nothing',
    a,
    'd/',
    `${a}; d/`,
    ...ofB.flatMap((b) => [`d/; ${b}`, `${a}; d/; ${b}`]),
  ]
  t.strictSame(shown(disk), all.sort())
  t.end()
})

t.test('a rename that is half done: both names, or none', (t) => {
  const disk = diskAfter(
    make(ROOT, 'old', 1),
    sync(ROOT),
    entries(
      { directory: ROOT, name: 'new', file: 1 },
      { directory: ROOT, name: 'old', file: null },
    ),
  )
  t.strictSame(shown(disk), [
    'new: 0 bytes, lost',
    'nothing',
    'old: 0 bytes, lost',
    'old: 0 bytes, lost; new: 0 bytes, lost',
  ])
  t.end()
})

t.test('a name that is replaced has the one file or the other', (t) => {
  const disk = diskAfter(
    make(ROOT, 'a', 1),
    write(1, 1),
    sync(1),
    make(ROOT, 'b', 2),
    write(2, 2),
    sync(2),
    sync(ROOT),
    entries({ directory: ROOT, name: 'a', file: 2 }),
  )
  const b = 'b: 2 bytes, lost'
  t.strictSame(shown(disk), [`a: 1 bytes, lost; ${b}`, `a: 2 bytes, lost; ${b}`])
  t.end()
})

const many = (): Disk =>
  diskAfter(
    ...Array.from({ length: 12 }, (_, i) => [make(ROOT, String(i), i + 1), write(i + 1, 9)]).flat(),
  )

t.test('where they are many, there are those that keep the order of changes', (t) => {
  const states = new Set(shown(many(), 64))
  t.equal(states.size, 64)
  for (const what of ['0 bytes, lost', '9 bytes, kept']) {
    for (let count = 0; count <= 12; count++) {
      const names = Array.from({ length: count }, (_, i) => `${String(i)}: ${what}`)
      t.ok(states.has(count === 0 ? 'nothing' : names.join('; ')), `${String(count)} ${what}`)
    }
  }
  t.end()
})

t.test('no state comes twice, and the same seed gives the same ones', (t) => {
  const keys = (seed: number): string[] =>
    [...statesOf(many(), { limit: 2000, random: seeded(seed) })].map(({ key }) => key)
  const first = keys(1)
  t.equal(new Set(first).size, first.length)
  t.equal(first.length, 2000)
  t.strictSame(keys(1), first)
  t.not(keys(2).join(), first.join())
  t.end()
})

function sync(file: number): Without<Operation> {
  return { kind: 'sync', file }
}
