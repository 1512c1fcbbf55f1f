import { join } from 'node:path'
import t from 'tap'
import {
  Checkpoint,
  dotGraphFromCheckpoint,
  NumpyState,
  Variable,
  zeros,
  type ObjectGraph,
} from '../../lib/index.js'
import { forge, FLOAT, graphEntry, npy, stringEntry, type ForgedEntry } from '../attacks/forge'
import { draw, noGraphviz, textsOf } from './graphviz'
import { Momentum } from './trees'

const point = (style: string): string => `[shape=point label="" ${style}]`

/** The one line of an object. */
const lineOf = (text: string, id: number): string | undefined =>
  text.split('\n').find((line) => line.startsWith(`N_${String(id)} [`))

/** An optimizer, its variable, a state and a name that has to be escaped. */
function save(directory: string): string {
  const [optimizer, w] = [new Momentum(), new Variable(zeros([3, 4], 'float32'))]
  optimizer.follow(w)
  const state = new NumpyState()
  state['a"b\\'] = zeros([2, 5])
  return new Checkpoint({ optimizer, state, w }).writeSync(join(directory, 'x'))
}

t.test('objects, children and slots are drawn', (t) => {
  const text = dotGraphFromCheckpoint(save(t.testdir()))
  t.strictSame(text.split('\n'), [
    'digraph {',
    `N_0 ${point('width=.25')}`,
    'N_0 -> N_1 [label="optimizer"]',
    'N_0 -> N_2 [label="state"]',
    'N_0 -> N_3 [label="w"]',
    `N_1 ${point('width=.25 color=red,tooltip="Optimizer"')}`,
    'N_1 -> N_4 [label="rate"]',
    'N_1 -> N_6 [label="momentum" style=dotted]',
    'N_3 -> N_6 [style=dotted]',
    `N_2 ${point('width=.25')}`,
    'N_2 -> N_5 [label="a\\"b\\\\"]',
    `N_3 ${point('color=blue width=.25 tooltip="Variable w shape=[3, 4] float32"')}`,
    `N_4 ${point('color=blue width=.25 tooltip="Variable optimizer/rate shape=[] float32"')}`,
    `N_5 ${point('width=.25')}`,
    `N_6 ${point('color=orange width=.25 tooltip="Slot variable w/.OPTIMIZER_SLOT/optimizer/momentum shape=[] float32"')}`,
    '}',
    '',
  ])
  t.end()
})

t.test('Graphviz draws it', { skip: noGraphviz }, (t) => {
  const path = save(t.testdir())
  const names = ['a"b\\', 'momentum', 'optimizer', 'rate', 'state', 'w']
  for (const pythonState of [false, true]) {
    const svg = draw(dotGraphFromCheckpoint(path, { pythonState }))
    t.strictSame(textsOf(svg).toSorted(), names)
    t.equal(svg.match(/<g id="node\d+"/g)?.length, 7)
    t.equal(svg.match(/<g id="edge\d+"/g)?.length, 7)
    t.match(svg, 'Variable w shape=[3, 4] float32')
    t.equal(svg.includes('Array shape=[2, 5] float64'), pythonState)
  }
  t.end()
})

/** A checkpoint of these values, each that of a child of the root. */
function forged(
  path: string,
  attributes: [name: string, key: string][],
  entries: ForgedEntry[],
): string {
  const empty = { children: [], attributes: [], slotVariables: [] }
  const children = attributes.map((_, i) => ({ nodeId: i + 1, localName: String(i) }))
  const nodes = attributes.map(([name, checkpointKey]) => ({
    ...empty,
    attributes: [{ name, fullName: 'full\n"name"', checkpointKey }],
  }))
  const graph: ObjectGraph = { nodes: [{ ...empty, children }, ...nodes] }
  return forge(path, { entries: [...entries, graphEntry(graph)] })
}

t.test('Python state is plain, or green with what it is', (t) => {
  const values: [string, string][] = [
    ['py_state', 'npy'],
    ['array', 'npy'],
    ['py_state', 'json'],
    ['py_state', 'none'],
    ['OBJECT_CONFIG_JSON', 'json'],
    ['py_state', 'float'],
  ]
  const path = forged(join(t.testdir(), 'x'), values, [
    stringEntry('npy', npy({})),
    stringEntry('json', Buffer.from('{}')),
    { key: 'float', dtype: FLOAT, shape: [1], bytes: new Uint8Array(4) },
  ])
  const plain = dotGraphFromCheckpoint(path)
  const colored = dotGraphFromCheckpoint(path, { pythonState: true })
  for (const [i] of values.entries()) t.equal(lineOf(plain, i + 1)?.slice(4), point('width=.25'))
  const green = (text: string): string => point(`color=green width=.25 tooltip="${text}"`)
  t.strictSame(
    values.map((_, i) => lineOf(colored, i + 1)?.slice(4)),
    [
      green('Array shape=[3] float64'),
      green('Array shape=[3] float64'),
      green('Python state'),
      green('Python state missing in the checkpoint'),
      point('width=.25'),
      green('Python state'),
    ],
  )
  t.end()
})

t.test('variables that are strings or missing are drawn too', (t) => {
  const path = forged(
    join(t.testdir(), 'x'),
    [
      ['VARIABLE_VALUE', 'text'],
      ['VARIABLE_VALUE', 'none'],
    ],
    [stringEntry('text', Buffer.from('t'))],
  )
  const text = dotGraphFromCheckpoint(path)
  t.match(lineOf(text, 1), 'tooltip="Variable full\\n\\"name\\" shape=[] string"')
  t.match(lineOf(text, 2), 'tooltip="Variable full\\n\\"name\\" missing in the checkpoint"')
  t.end()
})

t.test('a checkpoint without objects cannot be drawn, options are checked', (t) => {
  const path = forge(join(t.testdir(), 'x'), { entries: [stringEntry('w', Buffer.from('v'))] })
  t.throws(() => dotGraphFromCheckpoint(path), { code: 'CKPT_NOT_FOUND' })
  for (const options of [null, 3, { pythonState: 'yes' }] as never[]) {
    t.throws(() => dotGraphFromCheckpoint(path, options), {
      name: 'TypeError',
      message: /^options/,
    })
  }
  t.end()
})
