// Small files that ask for much: each is answered, in memory that its size justifies. They are read
// in a process of their own, which must end by itself.
import { join } from 'node:path'
import t from 'tap'
import type { ObjectNode } from '../../lib/index.js'
import { runChild, sanitized } from '../fixtures/child'
import {
  crcOf,
  forge,
  GRAPH_KEY,
  graphEntry,
  INT64,
  npy,
  STRING,
  stateOf,
  stringEntry,
  type Forged,
  type ForgedEntry,
} from './forge'

const node = (fields: Partial<ObjectNode>): ObjectNode => ({
  children: [],
  attributes: [],
  slotVariables: [],
  ...fields,
})

/** A state whose `edges` names all lead to one object of these attributes. */
function star(edges: number, attributes: ObjectNode['attributes'], same: boolean): ForgedEntry {
  const children = Array.from({ length: edges }, (_, i) => ({
    nodeId: 2,
    localName: same ? 'a' : `a${String(i)}`,
  }))
  const root = node({ children: [{ nodeId: 1, localName: 'state' }] })
  return graphEntry({ nodes: [root, node({ children }), node({ attributes })] })
}

const attributesTo = (count: number, name: string): ObjectNode['attributes'] =>
  Array.from({ length: count }, () => ({ name, fullName: '', checkpointKey: 'k' }))

const MIB = 2 ** 20

/** Many entries over the same bytes. */
function overlapping(count: number, claimed: Partial<ForgedEntry>): ForgedEntry[] {
  const bytes = new Uint8Array(MIB)
  const shared = { offset: 0, size: MIB, crc: crcOf(bytes), ...claimed }
  const others = Array.from({ length: count }, (_, i) => ({ key: `k${String(i)}`, ...shared }))
  return [{ key: 'base', ...shared, bytes }, ...others]
}

const longHeader = (axes: number): Uint8Array =>
  npy({
    version: 2,
    header: `{'descr': '<f8', 'fortran_order': False, 'shape': (${'1,'.repeat(axes)}), }`,
    data: new Uint8Array(8),
  })

/** A structure of many fields: an honest reason for a long header. */
const manyFields = (fields: number): Uint8Array => {
  const list = Array.from({ length: fields }, (_, i) => `('f${String(i)}', '|u1')`)
  return npy({
    version: 2,
    descr: `[${list.join(', ')}]`,
    shape: '()',
    data: new Uint8Array(fields),
  })
}

/** A long shape that is told in many digits, of a tensor that takes no bytes. */
const WIDE = [0, ...Array.from({ length: 253 }, () => Number.MAX_SAFE_INTEGER)]
const NOTHING = new Uint8Array(0)

const sameVariable = (count: number): ForgedEntry => {
  const attributes = attributesTo(1, 'VARIABLE_VALUE')
  return graphEntry({ nodes: Array.from({ length: count }, () => node({ attributes })) })
}

const REPEATED = attributesTo(1, 'py_state')

interface Hostile {
  readonly make: Forged
  /** Of a restore. */
  readonly answer: RegExp
  /** Of drawing its graph. */
  readonly drawing?: RegExp
}

const HOSTILE: Readonly<Record<string, Hostile>> = {
  'a hundred thousand empty nodes': {
    make: { entries: [stringEntry(GRAPH_KEY, Buffer.from('0a00'.repeat(100_000), 'hex'))] },
    answer: /ok/,
  },
  'twenty thousand edges of one name to one array': {
    make: { entries: [stringEntry('k', npy({})), star(20_000, REPEATED, true)] },
    answer: /ok/,
  },
  'twenty thousand names of one array of a mebibyte': {
    make: {
      entries: [
        stringEntry('k', npy({ shape: '(131072,)', data: new Uint8Array(MIB) })),
        star(20_000, REPEATED, false),
      ],
    },
    answer: /CKPT_CORRUPT/,
  },
  'ten thousand names of an array with a long header': {
    make: { entries: [stringEntry('k', manyFields(20_000)), star(10_000, REPEATED, false)] },
    answer: /CKPT_CORRUPT|ok/,
  },
  'ten thousand names of an array of a hundred thousand axes': {
    make: { entries: [stringEntry('k', longHeader(10 ** 5)), star(10_000, REPEATED, false)] },
    answer: /CKPT_CORRUPT/,
  },
  'many edges to an object of many attributes': {
    make: {
      entries: [stringEntry('k', npy({})), star(50_000, attributesTo(20_000, 'other'), false)],
    },
    answer: /CKPT_CORRUPT/,
  },
  'a hundred thousand variables of one tensor of 254 axes': {
    make: { entries: [{ key: 'k', shape: WIDE, size: 0, bytes: NOTHING }, sameVariable(100_000)] },
    answer: /ok/,
    drawing: /CKPT_CORRUPT/,
  },
  'twenty thousand tensors over the same mebibyte': {
    make: { entries: overlapping(20_000, { dtype: INT64, shape: [MIB / 8] }) },
    answer: /ok/,
  },
  'two thousand string tensors of a million strings over the same mebibyte': {
    make: { entries: overlapping(2000, { dtype: STRING, shape: [MIB - 4] }) },
    answer: /ok/,
  },
  'thirty thousand shards that are not there': {
    make: {
      entries: [
        ...stateOf({ x: npy({}) }),
        ...Array.from({ length: 30_000 }, (_, i) => ({
          key: `t${String(i)}`,
          shard: i + 1,
          size: 4,
        })),
      ],
      header: { numShards: 2 ** 31 - 1 },
    },
    answer: /ok/,
  },
}

/** MiB. Newer V8 lets tens of them lie before it collects; a bomb would take thousands. */
const BOUND = 200

interface Outcome {
  readonly answers: Readonly<Record<string, string>>
  /** MiB. */
  readonly growth: number
}

const KNOWN = /^(ok|CKPT_(CORRUPT|NOT_FOUND|UNSUPPORTED|TOO_LARGE|MISMATCH))$/

for (const [what, { make, answer, drawing = KNOWN }] of Object.entries(HOSTILE)) {
  t.test(`${what}: answered, within bounds`, async (t) => {
    const directory = t.testdir()
    const honest = forge(join(directory, 'honest'), { entries: stateOf({ x: npy({}) }) })
    const prefix = forge(join(directory, 'hostile'), make)
    const lines = await runChild('hostile.cjs', { args: [honest, prefix] })
    const [calm, outcome] = lines.map((line) => JSON.parse(line) as Outcome)
    t.strictSame(new Set(Object.values(calm?.answers ?? {})), new Set(['ok']))
    for (const [act, code] of Object.entries(outcome?.answers ?? {})) t.match(code, KNOWN, act)
    t.match(outcome?.answers['restore'], answer)
    t.match(outcome?.answers['draw'], drawing)
    if (!sanitized) t.ok(Number(outcome?.growth) < BOUND, `it takes ${String(outcome?.growth)} MiB`)
  })
}
