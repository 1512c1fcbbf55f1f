// Object graphs that lead in circles, to nothing, or too often to the same.
import { join } from 'node:path'
import t from 'tap'
import type { ObjectGraph, ObjectNode } from '../../lib/index.js'
import {
  Checkpoint,
  CheckpointView,
  dotGraphFromCheckpoint,
  NumpyState,
  objectMetadata,
  openCheckpointSync,
  trackable,
} from '../../lib/index.js'
import { fromHex } from '../bundle/table/samples'
import { newTarget, restoreFails } from './expect'
import {
  forge,
  GRAPH_KEY,
  graphEntry,
  graphOf,
  INT64,
  npy,
  stateOf,
  stringEntry,
  VALUE,
} from './forge'

const node = (fields: Partial<ObjectNode> = {}): ObjectNode => ({
  children: [],
  attributes: [],
  slotVariables: [],
  ...fields,
})

const edge = (nodeId: number, localName: string): ObjectNode['children'][number] => ({
  nodeId,
  localName,
})

const pyState = (checkpointKey: string): ObjectNode['attributes'] => [
  { name: 'py_state', fullName: '', checkpointKey },
]

const withGraph = (prefix: string, graph: ObjectGraph): string => {
  const entries = [stringEntry(`state/x${VALUE}`, npy({})), graphEntry(graph)]
  return forge(prefix, { entries })
}

t.test('objects that lead to themselves are restored once', (t) => {
  const arrays = [edge(2, 'x'), edge(1, 'self'), edge(0, 'root')]
  const graph = {
    nodes: [
      node({ children: [edge(0, 'root'), edge(1, 'state'), edge(1, 'again')] }),
      node({ children: arrays }),
      node({ children: [edge(2, 'x'), edge(0, 'up')], attributes: pyState(`state/x${VALUE}`) }),
    ],
  }
  const prefix = withGraph(join(t.testdir(), 'x'), graph)
  const { state, checkpoint } = newTarget()
  const root = checkpoint as Checkpoint<{ root?: unknown; again?: unknown }>
  root.root = checkpoint
  root.again = state
  checkpoint.restoreSync(prefix)
  t.strictSame(Object.keys(state), ['x'])
  t.strictSame(openCheckpointSync(prefix).objectGraph?.nodes.length, 3)
  t.end()
})

t.test('a cycle of the program and one of the graph do not chase each other', (t) => {
  const inner: Record<string, unknown> = {}
  inner['next'] = inner
  const state = new NumpyState()
  inner['state'] = state
  const checkpoint = new Checkpoint({ inner })
  const length = 1000
  const ring = Array.from({ length }, (_, i) =>
    node({ children: [edge(1 + ((i + 1) % length), 'next')] }),
  )
  const prefix = withGraph(join(t.testdir(), 'x'), {
    nodes: [node({ children: [edge(1, 'inner')] }), ...ring],
  })
  checkpoint.restoreSync(prefix)
  t.strictSame(Object.keys(state), [])
  t.end()
})

const slotOf = (originalVariableNodeId: number, slotVariableNodeId: number): ObjectGraph => ({
  nodes: [node({ slotVariables: [{ originalVariableNodeId, slotName: 'm', slotVariableNodeId }] })],
})

const BAD: Readonly<Record<string, ObjectGraph>> = {
  'an edge to a node that is not there': { nodes: [node({ children: [edge(7, 'state')] })] },
  'an edge to a negative node': { nodes: [node({ children: [edge(-1, 'state')] })] },
  'a slot variable that is not there': slotOf(0, 9),
  'a slot variable of a negative node': slotOf(0, -1),
  'a slot variable of a node that is not there': slotOf(7, 0),
}

for (const [what, graph] of Object.entries(BAD)) {
  t.test(`${what} is corrupt`, (t) => {
    const prefix = withGraph(join(t.testdir(), 'x'), graph)
    t.equal(restoreFails(t, prefix), 'CKPT_CORRUPT')
    const looks = [
      () => openCheckpointSync(prefix).objectGraph,
      () => objectMetadata(prefix),
      () => new CheckpointView(prefix),
      () => dotGraphFromCheckpoint(prefix),
    ]
    for (const look of looks) {
      t.throws(look, { code: 'CKPT_CORRUPT', details: { reason: 'bounds' } })
    }
    t.end()
  })
}

t.test(
  'an object of the program is asked for its children once, however many saved ones it is',
  (t) => {
    const length = 20_000
    const ring = Array.from({ length }, (_, i) =>
      node({ children: [edge((i + 1) % length, 'next'), edge(i, 'wide')] }),
    )
    const prefix = withGraph(join(t.testdir(), 'x'), { nodes: ring })
    let asked = 0
    const program = {
      [trackable](): Record<string, unknown> {
        asked++
        return { next: program, ...Object.fromEntries(others) }
      },
    }
    const others = Array.from({ length: 2000 }, (_, i) => [`other${String(i)}`, {}] as const)
    const view = new CheckpointView(prefix)
    t.equal(view.match(program).size, length)
    t.equal(asked, 1)
    t.equal(view.diff(program).onlyInObject.length, others.length)
    t.equal(asked, 3, 'once more for the match, once for the descendants')
    t.end()
  },
)

t.test('an array of the graph whose key is nowhere is not found', (t) => {
  const entries = [graphEntry(graphOf(['x', 'y']))]
  const prefix = forge(join(t.testdir(), 'x'), { entries })
  t.equal(restoreFails(t, prefix), 'CKPT_NOT_FOUND')
  t.end()
})

t.test('a graph that takes another tensor for an array is refused', (t) => {
  const prefix = join(t.testdir(), 'x')
  const nodes = [
    node({ children: [edge(1, 'state')] }),
    node({ children: [edge(2, 'x')] }),
    node({ attributes: pyState(GRAPH_KEY) }),
  ]
  t.equal(restoreFails(t, withGraph(prefix, { nodes })), 'CKPT_CORRUPT', 'the graph itself')
  t.end()
})

const GARBAGE: Readonly<Record<string, string>> = {
  'bytes that are no message': 'ffffffffffffffff',
  'a node that is cut off': '0aff0100',
  'a name that is no UTF-8': '0a080a06080112 02fffe'.replace(' ', ''),
  'groups in groups': `0a40${'0b'.repeat(64)}`,
  'a thousand nested fields': `0a8820${'0a'.repeat(4104)}`,
}

for (const [what, hex] of Object.entries(GARBAGE)) {
  t.test(`${what} in the place of the graph: corrupt`, (t) => {
    const prefix = forge(join(t.testdir(), 'x'), {
      entries: [stringEntry(GRAPH_KEY, fromHex(hex))],
    })
    t.equal(restoreFails(t, prefix), 'CKPT_CORRUPT')
    t.end()
  })
}

t.test('an empty graph restores nothing', (t) => {
  const prefix = forge(join(t.testdir(), 'x'), {
    entries: [stringEntry(GRAPH_KEY, new Uint8Array(0))],
  })
  const { state, checkpoint } = newTarget()
  const { restored } = checkpoint.restoreSync(prefix)
  t.equal(restored, 0)
  t.strictSame(Object.keys(state), ['x'])
  t.end()
})

for (const [what, value] of Object.entries({ negative: -1n, huge: 2n ** 62n })) {
  t.test(`a save counter that is ${what} is corrupt`, (t) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(value)
    const key = 'save_counter/.ATTRIBUTES/VARIABLE_VALUE'
    const [array, graph] = stateOf({ x: npy({}) })
    const nodes = [
      node({ children: [edge(1, 'state'), edge(3, 'save_counter')] }),
      ...graphOf(['x']).nodes.slice(1),
      node({ attributes: [{ name: 'VARIABLE_VALUE', fullName: '', checkpointKey: key }] }),
    ]
    t.ok(graph)
    const entries = [...(array ? [array] : []), { key, dtype: INT64, bytes }, graphEntry({ nodes })]
    const prefix = forge(join(t.testdir(), 'x'), { entries })
    t.equal(restoreFails(t, prefix), 'CKPT_CORRUPT')
    t.end()
  })
}
