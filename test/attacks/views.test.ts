// Small files with graphs that ask for much of those who look into them.
import t from 'tap'
import { writeVarint } from '../../lib/bundle/varint.js'
import type { ObjectNode } from '../../lib/index.js'
import { withinBounds } from './effort'
import { GRAPH_KEY, graphEntry, npy, stringEntry, type Forged, type ForgedEntry } from './forge'

const node = (fields: Partial<ObjectNode>): ObjectNode => ({
  children: [],
  attributes: [],
  slotVariables: [],
  ...fields,
})

/** One object with edges of two bytes each, to itself. */
function selfEdges(count: number): ForgedEntry {
  const head = Buffer.of(0x0a, ...new Uint8Array(10))
  const end = writeVarint(head, 1, 2 * count)
  const edges = Buffer.alloc(2 * count, '0a00', 'hex')
  return stringEntry(GRAPH_KEY, Buffer.concat([head.subarray(0, end), edges]))
}

function complete(count: number): ForgedEntry {
  const children = Array.from({ length: count }, (_, nodeId) => ({ nodeId, localName: 'state' }))
  return graphEntry({ nodes: Array.from({ length: count }, () => node({ children })) })
}

function chain(count: number): ForgedEntry {
  const next = (i: number): ObjectNode['children'] => [
    { nodeId: (i + 1) % count, localName: 'state' },
  ]
  return graphEntry({ nodes: Array.from({ length: count }, (_, i) => node({ children: next(i) })) })
}

/** Objects that all have the one value `k`. */
function sameValue(count: number, name: string): ForgedEntry {
  const attributes = [{ name, fullName: '', checkpointKey: 'k' }]
  return graphEntry({ nodes: Array.from({ length: count }, () => node({ attributes })) })
}

function slots(count: number): ForgedEntry {
  const slot = { originalVariableNodeId: 0, slotName: '', slotVariableNodeId: 0 }
  const slotVariables = Array.from({ length: count }, () => slot)
  return graphEntry({ nodes: [node({ slotVariables })] })
}

/** A long shape that is told in many digits, of a tensor that takes no bytes. */
const WIDE = [0, ...Array.from({ length: 253 }, () => Number.MAX_SAFE_INTEGER)]

const HOSTILE: Readonly<Record<string, { make: Forged; drawing: string }>> = {
  'a million edges of no name from the root to itself': {
    make: { entries: [selfEdges(1_000_000)] },
    drawing: 'ok',
  },
  'a thousand objects, each with edges to all of them': {
    make: { entries: [complete(1000)] },
    drawing: 'ok',
  },
  'a ring of a hundred thousand objects': { make: { entries: [chain(100_000)] }, drawing: 'ok' },
  'two hundred thousand slot variables that are the root': {
    make: { entries: [slots(200_000)] },
    drawing: 'ok',
  },
  'a hundred thousand variables of one tensor of 254 axes': {
    make: {
      entries: [
        { key: 'k', shape: WIDE, size: 0, bytes: new Uint8Array(0) },
        sameValue(100_000, 'VARIABLE_VALUE'),
      ],
    },
    drawing: 'CKPT_CORRUPT',
  },
  'a hundred thousand states that are one array of 64 axes': {
    make: {
      entries: [
        stringEntry('k', npy({ shape: `(${'1,'.repeat(64)})`, data: new Uint8Array(8) })),
        sameValue(100_000, 'py_state'),
      ],
    },
    drawing: 'CKPT_CORRUPT',
  },
}

for (const [what, { make, drawing }] of Object.entries(HOSTILE)) {
  t.test(`${what}: answered, within bounds`, async (t) => {
    const answers = await withinBounds(t, make, ['graph', 'view', 'draw'])
    t.strictSame(answers, { graph: 'ok', view: 'ok', draw: drawing })
  })
}
