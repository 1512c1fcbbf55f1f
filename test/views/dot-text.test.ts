import t from 'tap'
import { joinLines, quoted } from '../../lib/views/dot-text.js'
import { seeded } from '../fixtures/random'
import { draw, noGraphviz, shownBy, textsOf } from './graphviz'

const NAMES = [
  ...['w', 'a/b', 'a.b', 'é日本', '😀', 'x y', '<b>', '{a|b}', '#', '//', '->', ';', '%'],
  ...['"', '""', '\\', '\\\\', 'a\\', '\\"', '\\n', '\\N', '\\G', '\\E', '\\L', '\\\\n'],
  ...['&', '&amp;', '&lt;', '&#65;', '&quot', 'a&b;'],
]

t.test('a name is shown as it is', (t) => {
  t.equal(quoted(''), '""')
  for (const name of NAMES) t.strictSame(shownBy(quoted(name)), [name])
  t.strictSame(shownBy(quoted('two\nlines\n')), ['two', 'lines', ''])
  t.end()
})

t.test('what cannot be shown is told by its number', (t) => {
  t.strictSame(shownBy(quoted('a\0b')), ['a\\x00b'])
  t.strictSame(shownBy(quoted('\t\r\x1b\x7f\x85')), ['\\x09\\x0d\\x1b\\x7f\\x85'])
  t.end()
})

t.test('any text is one quoted string', (t) => {
  const random = seeded(8)
  const alphabet = ['"', '\\', '&', 'amp;', '#65;', 'n', 'N', 'x', 'é', '😀', '<', ' ']
  for (let round = 0; round < 2000; round++) {
    const length = Math.floor(random() * 8)
    const picks = Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)])
    const text = picks.join('')
    const shown = shownBy(quoted(text))
    if (shown.length !== 1 || shown[0] !== text) t.strictSame(shown, [text])
  }
  t.end()
})

t.test('Graphviz shows names as they are', { skip: noGraphviz }, (t) => {
  const edges = NAMES.map(
    (name, i) => `N_${String(i)} -> N_${String(i + 1)} [label=${quoted(name)}]`,
  )
  const shown = textsOf(draw(`digraph {\nnode [shape=point]\n${edges.join('\n')}\n}\n`))
  t.strictSame(shown.toSorted(), NAMES.toSorted())
  t.end()
})

t.test('lines become one text', (t) => {
  t.equal(joinLines([], 'x'), '')
  t.equal(joinLines(['a', '', 'b'], 'x'), 'a\n\nb\n')
  const lines = Array.from({ length: 10_000 }, (_, i) => `line ${String(i)}`)
  t.equal(joinLines(lines, 'x'), `${lines.join('\n')}\n`)
  t.end()
})

t.test('a text longer than any string is too large, before it is made', (t) => {
  const line = 'x'.repeat(2 ** 20)
  let taken = 0
  function* lines(): Generator<string> {
    for (; ; taken++) yield line
  }
  t.throws(() => joinLines(lines(), '/x'), { code: 'CKPT_TOO_LARGE', details: { path: '/x' } })
  t.ok(taken < 1024)
  t.end()
})
