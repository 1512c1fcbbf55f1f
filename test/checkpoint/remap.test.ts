import t from 'tap'
import { remapGraph } from '../../lib/checkpoint/remap.js'
import { walk } from '../../lib/graph/walk.js'
import { thing } from '../graph/nodes'

const { graph } = walk(thing({ a: thing({ x: thing({}, 1) }), b: thing({ x: thing({}, 2) }) }).node)

t.test('a key of the program is known by what it is in the checkpoint', (t) => {
  const { keyOf } = remapGraph(graph, { a: 'm/n', 'a/x': 'y', b: 'a' }, 'ckpt')
  const keys: [string, string][] = [
    ['m/n/.ATTRIBUTES/v', 'a/.ATTRIBUTES/v'],
    ['m/n/z/.ATTRIBUTES/v', 'a/z/.ATTRIBUTES/v'],
    ['y/.ATTRIBUTES/v', 'a/x/.ATTRIBUTES/v'],
    ['a/x/.ATTRIBUTES/v', 'b/x/.ATTRIBUTES/v'],
    ['m/.ATTRIBUTES/v', 'm/.ATTRIBUTES/v'],
    ['yy/.ATTRIBUTES/v', 'yy/.ATTRIBUTES/v'],
    ['/.ATTRIBUTES/v', '/.ATTRIBUTES/v'],
    ['/a/.ATTRIBUTES/v', '/a/.ATTRIBUTES/v'],
    ['y', 'y'],
    ['', ''],
  ]
  for (const [key, expected] of keys) t.equal(keyOf(key), expected, key)
  t.end()
})

t.test('a function is asked once for each edge, with the path in the checkpoint', (t) => {
  const asked: string[] = []
  const { keyOf } = remapGraph(
    graph,
    (path) => {
      asked.push(path)
      return path.replace('a', 'c')
    },
    'ckpt',
  )
  t.strictSame(asked, ['a', 'b', 'a/x', 'b/x'])
  t.equal(keyOf('c/x/.ATTRIBUTES/v'), 'a/x/.ATTRIBUTES/v')
  t.end()
})
