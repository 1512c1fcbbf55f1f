// Small files that ask for much: each is answered, in memory that its size justifies. They are read
// in a process of their own, which must end by itself.
import t from 'tap'
import type { ObjectNode } from '../../lib/index.js'
import { entriesBomb, repeatedKeys } from './bombs'
import { withinBounds } from './effort'
import {
  crcOf,
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

/** Entries of many lengths, all of which begin with the same long header. */
function lengths(count: number): ForgedEntry[] {
  const content = npy({
    version: 2,
    header: `{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}${' '.repeat(MIB)}`,
    data: new Uint8Array(1),
  })
  const { bytes, ...base } = stringEntry('k0', content)
  const size = bytes.length
  const padded = Buffer.concat([bytes, new Uint8Array(count)])
  const more = Array.from({ length: count - 1 }, (_, i) => ({
    ...base,
    key: `k${String(i + 1)}`,
    offset: 0,
    size: size + i + 1,
  }))
  return [{ ...base, bytes: padded, size }, ...more]
}

/** A state whose arrays have these keys. */
function stateOfKeys(count: number): ForgedEntry {
  const arrays = Array.from({ length: count }, (_, i) =>
    node({ attributes: [{ name: 'py_state', fullName: '', checkpointKey: `k${String(i)}` }] }),
  )
  const children = arrays.map((_, i) => ({ nodeId: i + 2, localName: `a${String(i)}` }))
  const root = node({ children: [{ nodeId: 1, localName: 'state' }] })
  return graphEntry({ nodes: [root, node({ children }), ...arrays] })
}

const REPEATED = attributesTo(1, 'py_state')

interface Hostile {
  readonly make: Forged
  readonly answer: RegExp
  readonly acts?: readonly string[]
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
  'twenty thousand tensors over the same mebibyte': {
    make: { entries: overlapping(20_000, { dtype: INT64, shape: [MIB / 8] }) },
    answer: /ok/,
  },
  'two thousand string tensors of a million strings over the same mebibyte': {
    make: { entries: overlapping(2000, { dtype: STRING, shape: [MIB - 4] }) },
    answer: /ok/,
  },
  'twenty thousand arrays of one header of a mebibyte, each of another length': {
    make: { entries: [...lengths(20_000), stateOfKeys(20_000)] },
    answer: /ok/,
  },
  'ten million nodes': {
    make: { entries: [stringEntry(GRAPH_KEY, Buffer.alloc(20_000_000, '0a00', 'hex'))] },
    answer: /ok/,
    acts: ['restore', 'graph'],
  },
  'a compressed index of four entries a byte': {
    make: { entries: [], index: entriesBomb(10 ** 6) },
    answer: /CKPT_CORRUPT/,
  },
  'keys that are no UTF-8 and repeat each other': {
    make: { entries: [], index: repeatedKeys(2 ** 20) },
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

const ACTS = ['restore', 'lazy', 'load', 'eager', 'verify', 'list']

for (const [what, { make, answer, acts = ACTS }] of Object.entries(HOSTILE)) {
  t.test(`${what}: answered, within bounds`, async (t) => {
    const answers = await withinBounds(t, make, acts)
    t.match(answers['restore'], answer)
  })
}
