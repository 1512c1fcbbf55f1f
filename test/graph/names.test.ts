import t from 'tap'
import type { ObjectGraph } from '../../lib/bundle/messages.js'
import { graphOfNames, type NamedValue } from '../../lib/graph/names.js'

/** Each attribute as `path:name=key`, by the path of its object; `?` for one that nothing leads to. */
function placed({ nodes }: ObjectGraph): string[] {
  const paths = new Map<number, string>([[0, '']])
  for (const [id, path] of paths) {
    for (const { nodeId, localName } of nodes[id]?.children ?? []) {
      paths.set(nodeId, `${path}<${localName}>`)
    }
  }
  return nodes.flatMap(({ attributes }, id) =>
    attributes.map(({ name, checkpointKey }) => `${paths.get(id) ?? '?'}:${name}=${checkpointKey}`),
  )
}

const named = (path: string | undefined, key: string): NamedValue => ({
  path,
  attribute: 'VARIABLE_VALUE',
  key,
})

t.test('each part of a name is an object', (t) => {
  t.strictSame(placed(graphOfNames(['dense/kernel', 'dense/bias', 'step'])), [
    '<dense><kernel>:VARIABLE_VALUE=dense/kernel',
    '<dense><bias>:VARIABLE_VALUE=dense/bias',
    '<step>:VARIABLE_VALUE=step',
  ])
  t.equal(graphOfNames(['a/b/c', 'a/b/d', 'a/e']).nodes.length, 6)
  t.strictSame(graphOfNames([]).nodes, [{ children: [], attributes: [], slotVariables: [] }])
  t.end()
})

t.test('names are taken as they are: dots and empty parts are no escapes', (t) => {
  t.strictSame(placed(graphOfNames(['a.b/c..d', 'x.S', '', '/', 'a//b', '__proto__/w'])), [
    '<a.b><c..d>:VARIABLE_VALUE=a.b/c..d',
    '<x.S>:VARIABLE_VALUE=x.S',
    '<>:VARIABLE_VALUE=',
    '<><>:VARIABLE_VALUE=/',
    '<a><><b>:VARIABLE_VALUE=a//b',
    '<__proto__><w>:VARIABLE_VALUE=__proto__/w',
  ])
  t.end()
})

t.test('a variable may stand where others stand below it', (t) => {
  t.strictSame(placed(graphOfNames(['w', 'w/Momentum'])), [
    '<w>:VARIABLE_VALUE=w',
    '<w><Momentum>:VARIABLE_VALUE=w/Momentum',
  ])
  t.end()
})

t.test('keys of objects are read as such', (t) => {
  const keys = ['a..b/c.Sd/.ATTRIBUTES/py_state', '/.ATTRIBUTES/x', 'v/.ATTRIBUTES/VARIABLE_VALUE']
  t.strictSame(placed(graphOfNames(keys)), [
    ':x=/.ATTRIBUTES/x',
    '<a.b><c/d>:py_state=a..b/c.Sd/.ATTRIBUTES/py_state',
    '<v>:VARIABLE_VALUE=v/.ATTRIBUTES/VARIABLE_VALUE',
  ])
  t.end()
})

t.test('what has a name of its own is found by it, where the program has it', (t) => {
  const keys = ['w', 'w/Momentum', 'conv.Scale', 'a..b']
  const values = [named('model/first', 'w'), named('m.Sx', 'conv.Scale'), named(undefined, 'a..b')]
  t.strictSame(placed(graphOfNames(keys, values)), [
    ':VARIABLE_VALUE=a..b',
    '<model><first>:VARIABLE_VALUE=w',
    '<m/x>:VARIABLE_VALUE=conv.Scale',
    '<w><Momentum>:VARIABLE_VALUE=w/Momentum',
  ])
  t.end()
})

t.test('a name counts before a path, and two objects may have one name', (t) => {
  const keys = ['a', 'b']
  t.strictSame(placed(graphOfNames(keys, [named('a', 'b')])), [
    '<a>:VARIABLE_VALUE=b',
    '?:VARIABLE_VALUE=a',
  ])
  t.strictSame(placed(graphOfNames(keys, [named('a', 'b'), named('b', 'a')])), [
    '<a>:VARIABLE_VALUE=b',
    '<b>:VARIABLE_VALUE=a',
  ])
  t.strictSame(placed(graphOfNames(['w'], [named('x', 'w'), named('y', 'w')])), [
    '<x>:VARIABLE_VALUE=w',
    '<y>:VARIABLE_VALUE=w',
  ])
  t.end()
})

t.test('names of absurdly many parts make no objects', (t) => {
  const long = 'a/'.repeat(3_000_000)
  t.strictSame(placed(graphOfNames([long, 'b'])), [
    `?:VARIABLE_VALUE=${long}`,
    '<b>:VARIABLE_VALUE=b',
  ])
  const many = Array.from({ length: 1000 }, (_, i) => `${String(i)}/`.padEnd(4000, 'a/'))
  const { nodes } = graphOfNames(many)
  t.ok(nodes.length < 60_000, `${String(nodes.length)} objects`)
  t.equal(placed({ nodes }).length, 1000, 'and none is lost')
  t.end()
})

t.test('many names take linear time', (t) => {
  const keys = Array.from({ length: 50_000 }, (_, i) => `model/layer/w${String(i)}`)
  const { nodes } = graphOfNames(keys)
  t.equal(nodes.length, 50_003)
  t.equal(nodes[2]?.children.length, 50_000)
  t.end()
})
