import t from 'tap'
import { walk } from '../../lib/graph/walk.js'
import { thing } from './nodes'

/** Edges of each node as `name>id`. */
const edges = (root: ReturnType<typeof thing>): string[] =>
  walk(root.node).graph.nodes.map(({ children }) =>
    children.map(({ localName, nodeId }) => `${localName}>${String(nodeId)}`).join(' '),
  )

const keys = (root: ReturnType<typeof thing>): string[] =>
  walk(root.node).values.map(({ key }) => key)

t.test('objects are numbered breadth first, in the order of their names', (t) => {
  const root = thing({
    b: thing({ x: thing({}), y: thing({}) }),
    a: thing({ z: thing({ deep: thing({}) }) }),
  })
  t.strictSame(edges(root), ['b>1 a>2', 'x>3 y>4', 'z>5', '', '', 'deep>6', ''])
  t.end()
})

t.test('what is reached twice is saved once, under its shortest path', (t) => {
  const shared = thing({}, 1)
  const root = thing({ a: thing({ long: thing({ shared }) }), b: thing({ shared }), c: shared })
  t.strictSame(edges(root), ['a>1 b>2 c>3', 'long>4', 'shared>3', '', 'shared>3'])
  t.strictSame(keys(root), ['c/.ATTRIBUTES/v'])
  t.end()
})

t.test('of two paths of one length the first counts', (t) => {
  const shared = thing({}, 1)
  t.strictSame(keys(thing({ z: thing({ s: shared }), a: thing({ s: shared }) })), [
    'z/s/.ATTRIBUTES/v',
  ])
  t.end()
})

t.test('cycles end, also those through the root', (t) => {
  const root = thing({}, 0)
  const child = thing({ up: root }, 1)
  Object.assign(child.edges, { self: child })
  Object.assign(root.edges, { child, me: root })
  t.strictSame(edges(root), ['child>1 me>0', 'up>0 self>1'])
  t.strictSame(keys(root), ['/.ATTRIBUTES/v', 'child/.ATTRIBUTES/v'])
  t.end()
})

t.test('values stand in node order, with their attributes', (t) => {
  const { values, graph } = walk(
    thing({ a: thing({ c: thing({}, 3) }, 1), 'b/.': thing({}, 2) }).node,
  )
  t.strictSame(
    values.map(({ key }) => key),
    ['a/.ATTRIBUTES/v', 'b.S../.ATTRIBUTES/v', 'a/c/.ATTRIBUTES/v'],
  )
  t.strictSame(graph.nodes[2]?.attributes, [
    { name: 'v', fullName: '', checkpointKey: 'b.S../.ATTRIBUTES/v' },
  ])
  t.equal(graph.nodes[0]?.children[1]?.localName, 'b/.', 'the graph has the name itself')
  t.ok(graph.nodes.every(({ slotVariables }) => slotVariables.length === 0))
  t.end()
})

t.test('a long chain is no deep recursion', (t) => {
  let root = thing({})
  for (let i = 0; i < 5000; i++) root = thing({ n: root })
  t.equal(walk(root.node).graph.nodes.length, 5001)
  t.end()
})

t.test('names that are no Unicode are refused', (t) => {
  const message = 'the name "a\\ud800" cannot be saved: it is not valid Unicode'
  t.throws(() => walk(thing({ 'a\ud800': thing({}) }).node), new TypeError(message))
  t.doesNotThrow(() => walk(thing({ '😀\udbff\udfff': thing({}) }).node))
  t.end()
})

t.test('a key is used once: the root and a child of no name cannot both have values', (t) => {
  const message = /^two objects would be saved as '\/\.ATTRIBUTES\/v': the root/
  const both = thing({ '': thing({}, 1) }, 2)
  t.throws(() => walk(both.node), { name: 'TypeError', message })
  t.strictSame(keys(thing({ '': thing({}, 1) })), ['/.ATTRIBUTES/v'])
  t.strictSame(keys(thing({ '': thing({ '': thing({}, 1) }) }, 2)), [
    '/.ATTRIBUTES/v',
    '//.ATTRIBUTES/v',
  ])
  t.end()
})

t.test('slot variables come after all objects: by optimizer, by name, by variable', (t) => {
  const [v, w, slots] = [thing({}, 1), thing({}, 2), new Map<string, ReturnType<typeof thing>>()]
  const optimizer = {
    ...thing({}).node,
    slots: {
      names: () => ['m', 'v'],
      get: (variable: object, name: string) =>
        slots.get(`${name} of ${variable === v ? 'v' : variable === w ? 'w' : '?'}`)?.node,
      forRestore: () => thing({}).node,
    },
  }
  const root = thing({ v, w }).node
  const children = () => [['optimizer', optimizer] as const, ...root.children()]
  for (const name of ['v of v', 'm of w', 'm of v']) slots.set(name, thing({}, 3))
  const { values, graph } = walk({ ...root, children })
  t.strictSame(
    values.map(({ key }) => key.replace('/.ATTRIBUTES/v', '')),
    [
      'v',
      'w',
      'v/.OPTIMIZER_SLOT/optimizer/m',
      'w/.OPTIMIZER_SLOT/optimizer/m',
      'v/.OPTIMIZER_SLOT/optimizer/v',
    ],
  )
  t.strictSame(graph.nodes[1]?.slotVariables, [
    { originalVariableNodeId: 2, slotName: 'm', slotVariableNodeId: 4 },
    { originalVariableNodeId: 3, slotName: 'm', slotVariableNodeId: 5 },
    { originalVariableNodeId: 2, slotName: 'v', slotVariableNodeId: 6 },
  ])
  const message =
    /^the slot variable 'v' of 'w' cannot be saved: it is also another slot or a child/
  slots.set('v of w', w)
  t.throws(() => walk({ ...root, children }), { name: 'TypeError', message })
  t.end()
})
