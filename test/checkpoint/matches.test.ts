import { join } from 'node:path'
import t from 'tap'
import { checkInput } from '../../lib/array/input.js'
import { encodeObjectGraph, type ObjectGraph, type ObjectNode } from '../../lib/bundle/messages.js'
import { OBJECT_GRAPH_KEY } from '../../lib/bundle/read/reader.js'
import {
  npyValue,
  stringTensorValue,
  stringValue,
  tensorValue,
} from '../../lib/bundle/write/values.js'
import { Matches } from '../../lib/checkpoint/matches.js'
import { nodeOf } from '../../lib/graph/trackable.js'
import { Restoration } from '../../lib/graph/restoration.js'
import { Checkpoint, NumpyState, openCheckpointSync, Variable, zeros } from '../../lib/index.js'
import { writeValues } from '../bundle/write-values'

const node = (children: [string, number][], attributes: [string, string][] = []): ObjectNode => ({
  children: children.map(([localName, nodeId]) => ({ nodeId, localName })),
  attributes: attributes.map(([name, checkpointKey]) => ({ name, fullName: '', checkpointKey })),
  slotVariables: [],
})

/** A checkpoint of values of every kind, whose graph is that. */
function written(dir: string, graph: ObjectGraph): string {
  const path = join(dir, 'ckpt')
  writeValues(path, [
    stringValue(OBJECT_GRAPH_KEY, encodeObjectGraph(graph)),
    npyValue('array', checkInput(zeros([2, 3], 'int16'))),
    tensorValue('float', 'float32', [2], Float32Array.of(1, 2)),
    stringValue('json', Buffer.from('{}')),
    stringTensorValue('strings', [2], [Buffer.from('a'), Buffer.from('')]),
  ])
  return path
}

/** What a restore of these objects matched. */
function matchesOf(path: string, objects: object, wanted: (key: string) => boolean = () => true) {
  const reader = openCheckpointSync(path)
  const restoration = new Restoration(reader.objectGraph ?? { nodes: [] }, reader)
  const root = () => nodeOf(objects, 'root')
  restoration.commit(restoration.plan(0, root()))
  return new Matches(restoration, reader, root, wanted)
}

const ALL: ObjectGraph = {
  nodes: [
    node([
      ['s', 1],
      ['v', 3],
      ['j', 4],
      ['t', 5],
    ]),
    node([
      ['x', 2],
      ['y', 2],
    ]),
    node([], [['py_state', 'array']]),
    node(
      [],
      [
        ['VARIABLE_VALUE', 'float'],
        ['OTHER', 'strings'],
      ],
    ),
    node([], [['py_state', 'json']]),
    node(
      [],
      [
        ['VARIABLE_VALUE', 'strings'],
        ['array', 'array'],
        ['x', 'gone'],
      ],
    ),
  ],
}

t.test('values are described by what they hold, each once, in node order', (t) => {
  const path = written(t.testdir(), ALL)
  const matches = matchesOf(path, {})
  t.strictSame(matches.matched(), [])
  t.strictSame(matches.missingInProgram(), [
    { key: 'array', dtype: 'int16', shape: [2, 3] },
    { key: 'float', dtype: 'float32', shape: [2] },
    { key: 'strings', dtype: 'string', shape: [2] },
    { key: 'json', dtype: 'string', shape: [] },
    { key: 'gone', dtype: 'unknown', shape: [] },
  ])
  t.equal(matches.count, 0)
  const [first] = matches.missingInProgram()
  ;(first?.shape as number[]).push(9)
  t.match(matches.missingInProgram(), [{ shape: [2, 3] }], 'a list of its own each time')
  t.end()
})

t.test('what was taken is matched, the rest is missing', (t) => {
  const path = written(t.testdir(), ALL)
  const s = new NumpyState()
  const matches = matchesOf(path, { s, v: new Variable(new Float32Array(2)), own: new Variable(1) })
  t.strictSame(
    matches.matched().map(({ key }) => key),
    ['array', 'float'],
  )
  t.strictSame(
    matches.missingInProgram().map(({ key }) => key),
    ['strings', 'json', 'gone'],
  )
  t.equal(matches.count, 3, 'two arrays took one value')
  t.strictSame(matches.missingInCheckpoint(), [
    { key: 'own/.ATTRIBUTES/VARIABLE_VALUE', dtype: 'float64', shape: [] },
  ])
  s['z'] = zeros([4], 'uint8')
  t.strictSame(matches.missingInCheckpoint()[1], {
    key: 's/z/.ATTRIBUTES/py_state',
    dtype: 'uint8',
    shape: [4],
  })
  t.end()
})

t.test('what was not wanted is not missed in the checkpoint', (t) => {
  const path = written(t.testdir(), ALL)
  const asked: string[] = []
  const objects = { a: new Variable(1), b: new Variable(2) }
  const matches = matchesOf(path, objects, (key) => {
    asked.push(key)
    return key.startsWith('b')
  })
  t.strictSame(
    matches.missingInCheckpoint().map(({ key }) => key),
    ['b/.ATTRIBUTES/VARIABLE_VALUE'],
  )
  t.strictSame(asked, ['a/.ATTRIBUTES/VARIABLE_VALUE', 'b/.ATTRIBUTES/VARIABLE_VALUE'])
  t.end()
})

t.test('a match is more than the root and its counter', (t) => {
  const path = written(t.testdir(), {
    nodes: [
      node([
        ['save_counter', 1],
        ['c', 2],
      ]),
      node([], [['V', 'float']]),
      node([['d', 3]]),
      node([]),
    ],
  })
  t.notOk(matchesOf(path, {}).isNontrivial)
  t.notOk(matchesOf(path, new Checkpoint()).isNontrivial)
  t.ok(matchesOf(path, { c: {} }).isNontrivial, 'an object without values is one')
  t.ok(matchesOf(path, new Checkpoint({ c: { d: {} } })).isNontrivial)
  t.end()
})
