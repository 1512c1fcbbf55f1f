import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { contentOf } from './disk'
import type { State } from './states'
import type { Variant } from './variants'
import { Workshop } from './workshop'

const variant = (text: string, time: number): Variant => ({
  ...contentOf(Buffer.from(text), time),
  what: 'kept',
})

const state = (...paths: [string, Variant | null][]): State => ({ paths: new Map(paths), key: '' })

t.test('a state becomes a directory', (t) => {
  const workshop = new Workshop()
  const root = workshop.make(
    state(['d', null], ['d/a', variant('old', 1)], ['d/b', variant('new', 2)], ['empty', null]),
  )
  t.equal(readFileSync(join(root, 'd/a'), 'utf8'), 'old')
  t.equal(readFileSync(join(root, 'd/b'), 'utf8'), 'new')
  t.ok(statSync(join(root, 'empty')).isDirectory())
  const older = statSync(join(root, 'd/a')).mtimeMs
  t.ok(statSync(join(root, 'd/b')).mtimeMs > older, 'what was written later is later')
  workshop.remove(root)
  t.notOk(existsSync(root))
  workshop[Symbol.dispose]()
  t.notOk(existsSync(dirname(root)), 'nothing is left')
  t.end()
})

t.test('the same content is one file, also when others had to go', (t) => {
  using workshop = new Workshop()
  const inode = (content: Variant): number =>
    statSync(join(workshop.make(state(['a', content])), 'a')).ino
  const content = variant('a', 1)
  const first = inode(content)
  t.equal(inode(content), first)
  t.not(inode(variant('a', 2)), first)
  const large = contentOf(new Uint8Array(2 ** 26), 3)
  inode({ ...large, what: 'kept' })
  inode(variant('b', 3))
  t.not(inode(content), first)
  t.end()
})
