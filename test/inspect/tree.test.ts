import t from 'tap'
import { sparkline } from '../../lib/inspect/sparkline.js'
import { treeLines } from '../../lib/inspect/tree.js'

const drawn = (...names: string[]): string[] =>
  treeLines(names, (name) => name).map(
    ({ label, item }) => `${label}${item === undefined ? '' : ' *'}`,
  )

void t.test('names as a tree', (t) => {
  t.strictSame(drawn('a/x', 'a/y/z', 'a/y', 'b'), [
    '├─ a',
    '│  ├─ x *',
    '│  └─ y *',
    '│     └─ z *',
    '└─ b *',
  ])
  t.strictSame(drawn(), [])
  t.end()
})

void t.test('a name of a hundred thousand parts', (t) => {
  // The indentation grows with the depth: what is drawn is the square of it.
  t.equal(drawn('a/'.repeat(2000) + 'b').length, 2001)
  t.end()
})

void t.test('bars', (t) => {
  t.equal(sparkline([0, 1, 50, 100]), '▁▂▅█')
  t.equal(sparkline([0, 0]), '▁▁')
  t.end()
})
