import t from 'tap'
import { namesOf } from '../../lib/graph/keys.js'
import type { ObjectGraph } from '../../lib/bundle/messages.js'
import {
  edgesOf,
  filterGraph,
  findEdge,
  moveObjects,
  withoutSlots,
} from '../../lib/graph/select.js'
import { walk } from '../../lib/graph/walk.js'
import { Thing, thing } from './nodes'

const graphOf = (root: Thing): ObjectGraph => walk(root.node).graph

/** What each object is called, by all paths of at most four names. */
function shown({ nodes }: ObjectGraph): string[] {
  const paths: string[] = []
  const visit = (id: number, path: string, depth: number): void => {
    for (const { key } of attributesOf(nodes[id])) paths.push(`${path} = ${key}`)
    if (depth === 0) return
    for (const { nodeId, localName } of nodes[id]?.children ?? []) {
      visit(nodeId, path === '' ? localName : `${path}/${localName}`, depth - 1)
    }
  }
  visit(0, '', 4)
  return paths.sort()
}

const attributesOf = (node: ObjectGraph['nodes'][number] | undefined): { key: string }[] =>
  (node?.attributes ?? []).map(({ checkpointKey }) => ({
    key: checkpointKey.replace('/.ATTRIBUTES/v', ''),
  }))

/** Moves from paths to paths. */
function moved(graph: ObjectGraph, moves: Record<string, string>): string[] {
  const find = findEdge(graph)
  const edges = Object.entries(moves).map(([from, to]) => {
    const edge = find(from)
    if (edge === undefined) throw new Error(`no ${from}`)
    return [edge, to] as const
  })
  const before = JSON.stringify(graph)
  const result = moveObjects(graph, edges)
  if (JSON.stringify(graph) !== before) throw new Error('the graph itself was changed')
  return shown(result)
}

const tree = graphOf(
  thing({
    a: thing({ x: thing({}, 1), y: thing({}, 2) }, 3),
    b: thing({ x: thing({}, 4) }, 5),
  }),
)

t.test('a filter takes values away, not objects', (t) => {
  const filtered = filterGraph(tree, (key) => key.startsWith('a/x'))
  t.strictSame(shown(filtered), ['a/x = a/x'])
  t.equal(filtered.nodes.length, tree.nodes.length)
  t.strictSame(shown(filterGraph(tree, () => true)), shown(tree))
  t.strictSame(shown(filterGraph(tree, () => false)), [])
  t.end()
})

t.test('without slots their values belong to no object', (t) => {
  const attributes = (key: string) => [{ name: 'v', fullName: '', checkpointKey: key }]
  const empty = { children: [], attributes: [], slotVariables: [] }
  const slot = { originalVariableNodeId: 1, slotName: 'm', slotVariableNodeId: 2 }
  const edges = [1, 3].map((nodeId) => ({ nodeId, localName: String(nodeId) }))
  const graph = {
    nodes: [
      { ...empty, children: edges },
      { ...empty, attributes: attributes('w') },
      { ...empty, attributes: attributes('w/slot') },
      { ...empty, slotVariables: [slot] },
    ],
  }
  const { nodes } = withoutSlots(graph)
  t.strictSame(
    nodes.map((node) => attributesOf(node).map(({ key }) => key)),
    [[], ['w'], [], []],
  )
  t.ok(nodes.every(({ slotVariables }) => slotVariables.length === 0))
  t.strictSame(withoutSlots(tree), tree)
  t.end()
})

t.test('parts of a path are unescaped', (t) => {
  t.strictSame(namesOf('a/b'), ['a', 'b'])
  t.strictSame(namesOf('a..b/c.Sd/...S/.'), ['a.b', 'c/d', './', '.'])
  t.strictSame(namesOf(''), [''])
  t.strictSame(namesOf('/a/'), ['', 'a', ''])
  t.end()
})

t.test('objects are moved with all below them', (t) => {
  t.strictSame(moved(tree, { a: 'c' }), ['b = b', 'b/x = b/x', 'c = a', 'c/x = a/x', 'c/y = a/y'])
  t.strictSame(moved(tree, { 'a/x': 'a/z' }).slice(0, 3), ['a = a', 'a/y = a/y', 'a/z = a/x'])
  t.strictSame(moved(tree, { 'a/x': 'x' }).slice(-1), ['x = a/x'], 'up')
  t.strictSame(moved(tree, { b: 'new/parent/b' }).slice(-2), [
    'new/parent/b = b',
    'new/parent/b/x = b/x',
  ])
  t.strictSame(moved(tree, { a: 'a' }), shown(tree), 'to where it is')
  t.end()
})

t.test('two change places, three go round', (t) => {
  t.strictSame(moved(tree, { a: 'b', b: 'a' }), [
    'a = b',
    'a/x = b/x',
    'b = a',
    'b/x = a/x',
    'b/y = a/y',
  ])
  t.strictSame(moved(tree, { 'a/x': 'a/y', 'a/y': 'b/x', 'b/x': 'a/x' }), [
    'a = a',
    'a/x = b/x',
    'a/y = a/x',
    'b = b',
    'b/x = a/y',
  ])
  t.strictSame(moved(tree, { a: 'a/x', 'a/x': 'a' }), [
    'a = a/x',
    'a/x = a',
    'a/x/y = a/y',
    'b = b',
    'b/x = b/x',
  ])
  t.end()
})

t.test('what was at the new path goes', (t) => {
  t.strictSame(moved(tree, { b: 'a' }), ['a = b', 'a/x = b/x'])
  t.strictSame(moved(tree, { b: 'a/x' }), ['a = a', 'a/x = b', 'a/x/x = b/x', 'a/y = a/y'])
  t.strictSame(moved(tree, { a: 'b', 'b/x': 'b/z' }), [
    'b = a',
    'b/x = a/x',
    'b/y = a/y',
    'b/z = b/x',
  ])
  t.end()
})

t.test('an object below itself is below a new one of its name', (t) => {
  t.strictSame(moved(tree, { a: 'a/a' }), [
    'a/a = a',
    'a/a/x = a/x',
    'a/a/y = a/y',
    'b = b',
    'b/x = b/x',
  ])
  t.strictSame(moved(tree, { a: 'b/a', b: 'a/b' }), [
    'a/b = b',
    'a/b/x = b/x',
    'b/a = a',
    'b/a/x = a/x',
    'b/a/y = a/y',
  ])
  t.end()
})

t.test('a move into a moved object is one into its new place', (t) => {
  t.strictSame(moved(tree, { 'b/x': 'c/z', a: 'c' }), [
    'b = b',
    'c = a',
    'c/x = a/x',
    'c/y = a/y',
    'c/z = b/x',
  ])
  t.end()
})

t.test('two objects cannot have one path', (t) => {
  const message = "two objects of the checkpoint are to be restored as 'c'"
  t.throws(() => moved(tree, { a: 'c', b: 'c' }), new TypeError(message))
  t.throws(() => moved(tree, { a: 'c.d', b: 'c..d' }), { name: 'TypeError' }, 'however written')
  const shared = thing({}, 1)
  const graph = graphOf(thing({ a: thing({ s: shared }), b: thing({ s: shared }) }))
  t.strictSame(moved(graph, { 'a/s': 's', 'b/s': 's' }), ['s = a/s'], 'one object can')
  t.end()
})

t.test('edges are found by escaped paths, of two of one name the first', (t) => {
  const odd = graphOf(
    thing({ '': thing({ a: thing({}, 1) }), a: thing({}, 2), 'b.c/d': thing({}) }),
  )
  const find = findEdge(odd)
  t.equal(find('/a')?.nodeId, 4)
  t.equal(find('a')?.nodeId, 2)
  t.strictSame(find('b..c.Sd'), { parent: 0, name: 'b.c/d', nodeId: 3 })
  for (const path of ['x', 'a/x', 'b.c/d', '__proto__', 'toString']) t.equal(find(path), undefined)
  t.equal(find('')?.nodeId, 1)
  const empty = { attributes: [], slotVariables: [] }
  const twins = [1, 2].map((nodeId) => ({ nodeId, localName: 'a' }))
  const two = {
    nodes: [{ ...empty, children: twins }, ...[1, 2].map(() => ({ ...empty, children: [] }))],
  }
  t.equal(findEdge(two)('a')?.nodeId, 1)
  t.end()
})

t.test(
  'all edges are listed but those to the root, each with the first path of its parent',
  (t) => {
    const shared = thing({}, 1)
    const root = thing({
      a: thing({ s: shared }),
      b: thing({ s: shared }),
      '': thing({ 'x.': shared }),
    })
    Object.assign(shared.edges, { up: root, self: shared })
    const paths = Array.from(edgesOf(graphOf(root)), ([path]) => path)
    t.strictSame(paths, ['a', 'b', '', 'a/s', 'b/s', '/x..', 'a/s/self'])
    t.end()
  },
)

t.test('the paths of a long chain are refused, those of a large tree are not', (t) => {
  let chain = thing({}, 1)
  for (let i = 0; i < 20_000; i++) chain = thing({ n: chain })
  t.throws(() => [...edgesOf(graphOf(chain))].length, { code: 'CKPT_CORRUPT' })
  const names = Array.from({ length: 20_000 }, (_, i) => `some_variable_${String(i)}`)
  const variables = Object.fromEntries(names.map((name) => [name, thing({}, 1)]))
  const wide = graphOf(thing({ model: thing(variables) }))
  t.equal([...edgesOf(wide)].length, 20_001)
  const find = findEdge(wide)
  const moves = names.map((name) => {
    const edge = find(`model/${name}`)
    return [edge ?? { parent: 0, name: '', nodeId: 0 }, `other/${name}`] as const
  })
  t.equal(moveObjects(wide, moves).nodes.at(-1)?.children.length, 20_000, 'nor does it take long')
  t.end()
})
