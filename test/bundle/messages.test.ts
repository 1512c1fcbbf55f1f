import fc from 'fast-check'
import t from 'tap'
import {
  decodeEntry,
  decodeHeader,
  decodeObjectGraph,
  encodeEntry,
  encodeHeader,
  encodeObjectGraph,
  type BundleEntry,
  type BundleHeader,
  type ObjectGraph,
} from '../../lib/bundle/messages.js'
import { isCheckpointError } from '../../lib/errors.js'
import { entryOf, fromHex, HEADER, toHex } from './table/samples'

const header = (hex: string): BundleHeader => decodeHeader(fromHex(hex), 'x.index')
const entry = (hex: string): BundleEntry => decodeEntry(fromHex(hex), 'k', 'x.index')
const graph = (hex: string): ObjectGraph => decodeObjectGraph(fromHex(hex), 'x')

t.test('header bytes', (t) => {
  t.equal(toHex(encodeHeader(HEADER)), '08011a020801')
  t.equal(toHex(encodeHeader({ ...HEADER, numShards: 100 })), '08641a020801')
  t.equal(toHex(encodeHeader({ ...HEADER, bigEndian: true })), '080110011a020801')
  t.strictSame(header('08011a020801'), HEADER)
  t.strictSame(header('08ac0210011a08086310011a020203'), {
    numShards: 300,
    bigEndian: true,
    producer: 99,
    minConsumer: 1,
    badConsumers: [2, 3],
  })
  t.strictSame(header('0801'), { ...HEADER, producer: 0 }, 'no version')
  t.strictSame(header('08011a020801220178'), HEADER, 'an unknown field')
  t.end()
})

t.test('a header that excludes this reader is unsupported', (t) => {
  const cases: [string, RegExp][] = [
    ['08011a0408011002', /min consumer version 2 above current version 1/],
    ['08011a0508011a0101', /disallows consumer version 1/],
    ['08011a0b08ffffffffffffffffff01', /producer version -1 below min producer 0/],
  ]
  for (const [hex, message] of cases) {
    const details = { feature: 'bundle version', path: 'x.index' }
    t.throws(() => header(hex), { code: 'CKPT_UNSUPPORTED', message, details })
  }
  t.end()
})

t.test('a bad header is corrupt', (t) => {
  const cases: [string, string, RegExp][] = [
    ['', 'bounds', /counts 0 shards/],
    ['08ffffffffffffffffff011a020801', 'bounds', /counts -1 shards/],
    ['080110021a020801', 'framing', /byte order 2/],
    ['0801ff', 'framing', /bundle header of 'x.index' not parseable/],
    ['08011a7f0801', 'framing', /not parseable/],
  ]
  for (const [hex, reason, message] of cases) {
    const details = { reason, path: 'x.index' }
    t.throws(() => header(hex), { code: 'CKPT_CORRUPT', message, details }, hex)
  }
  t.end()
})

t.test('entry bytes', (t) => {
  const cases: [Partial<BundleEntry>, string][] = [
    [{ dtype: 7, offset: 8, size: 230, crc: 0x117e4c1c }, '08071200200828e601351c4c7e11'],
    [{ dtype: 1, shape: [0, 3], crc: 0xa282ead8 }, '0801120612001202080335d8ea82a2'],
    [{ dtype: 1, shard: 2, size: 1 }, '0801120018022801'],
    [
      { dtype: 1, shape: [3], slices: [[{ start: 0, length: 2 }], [{ start: 2, length: 1 }]] },
      '08011204120208033a040a0210023a060a0408021001',
    ],
    [
      {
        dtype: 1,
        shape: [3, 4],
        slices: [
          [
            { start: 0, length: -1 },
            { start: 1, length: 3 },
          ],
        ],
      },
      '080112081202080312020804' + '3a080a000a0408011003',
    ],
  ]
  for (const [fields, hex] of cases) {
    t.equal(toHex(encodeEntry(entryOf(fields))), hex)
    t.strictSame(entry(hex), entryOf(fields))
  }
  t.end()
})

t.test('entries are read as TensorFlow reads them', (t) => {
  t.strictSame(entry('0801'), entryOf({}), 'no shape means a scalar')
  t.strictSame(entry(''), entryOf({ dtype: 0 }), 'all defaults')
  t.strictSame(entry('08020801'), entryOf({}), 'the last scalar wins')
  t.strictSame(
    entry('120412020803' + '120412020804' + '0801'),
    entryOf({ shape: [3, 4] }),
    'merged',
  )
  t.strictSame(entry('2801' + '0801'), entryOf({ size: 1 }), 'fields in any order')
  t.strictSame(entry('08818080808080808000'), entryOf({}), 'a varint longer than needed')
  t.strictSame(entry('0880808080f0ffffffff01').dtype, 0, 'an int32 takes the low 32 bits')
  t.strictSame(entry('08ffffffffffffffffff01').dtype, -1)
  t.strictSame(
    entry('1208120408031a00' + '1801'),
    entryOf({ dtype: 0, shape: [3] }),
    'unknown_rank',
  )
  const unknown = ['40ffffffffffffffffff01', '410102030405060708', '4203616263', '4d01020304']
  const group = '4b' + '0801' + '53' + '54' + '4c'
  const wrongType = '0a00' + '1001' + '3001'
  t.strictSame(entry(`${unknown.join('')}${group}${wrongType}0801`), entryOf({}), 'unknown fields')
  const odd = '08011204120208033a0b10010a0710021800220178'
  const slices = [[{ start: 0, length: 2 }]]
  t.strictSame(entry(odd), entryOf({ shape: [3], slices }), 'unknown fields of a slice')
  t.strictSame(entry('08011209120708031203616263'), entryOf({ shape: [3] }), 'named dimension')
  t.end()
})

t.test('bad entries are corrupt', (t) => {
  const minusOne = 'ffffffffffffffffff01'
  const cases: [string, string, string, RegExp][] = [
    ['cut tag', '80', 'framing', /entry for key 'k' of 'x.index' not parseable/],
    ['cut varint', '0880', 'framing', /not parseable: a number/],
    ['eleven bytes', '088080808080808080808001', 'framing', /not parseable: a number/],
    ['field 0', '0001', 'framing', /bad field number/],
    ['huge tag', '8880808080800101', 'framing', /bad field number/],
    ['wire type 6', '46', 'framing', /bad wire type/],
    ['end of no group', '44', 'framing', /bad wire type/],
    ['open group', '43', 'framing', /bad field number/],
    ['end of another group', '434c', 'framing', /number of another/],
    ['deep groups', '43'.repeat(200), 'framing', /nest too deep/],
    ['cut checksum', '35010203', 'framing', /cut off/],
    ['cut message', '12021202', 'framing', /cut off/],
    ['message past its parent', '120212051202' + '0801', 'framing', /cut off/],
    ['negative dimension', `120d120b08${minusOne}`, 'bounds', /invalid tensor shape.*\[-1\]/],
    ['dimension of 2^53', '120b1209088080808080808010', 'bounds', /invalid tensor/],
    [
      'element count',
      '1210' + '1206088080808004'.repeat(2),
      'bounds',
      /\[1073741824, 1073741824\]/,
    ],
    ['rank 255', `12fe03${'1200'.repeat(255)}`, 'bounds', /more than 254 dimensions/],
    ['negative shard', `18${minusOne}`, 'bounds', /has shard -1/],
    ['negative offset', `20${minusOne}`, 'bounds', /an offset that is negative/],
    ['size of 2^53', '288080808080808010', 'bounds', /a size that is negative/],
    ['slice of another rank', '120412020803' + '3a00', 'inconsistent', /another rank/],
    ['slice outside', '120412020803' + '3a060a0408021002', 'bounds', /leaves the tensor/],
    ['slice of length 0', '120412020803' + '3a040a021000', 'bounds', /length from 1/],
    ['slice of length -1', '120412020803' + `3a0d0a0b10${minusOne}`, 'bounds', /length from 1/],
    ['slice with start only', '120412020803' + '3a040a020801', 'bounds', /length from 1/],
    ['negative start', '120412020803' + `3a0f0a0d08${minusOne}1001`, 'bounds', /start from 0/],
  ]
  for (const [name, hex, reason, message] of cases) {
    const details = { reason, path: 'x.index', key: 'k' }
    const expected = { code: 'CKPT_CORRUPT', message, details }
    t.throws(() => entry(hex), expected, name)
  }
  t.strictSame(entry(`12fc03${'1200'.repeat(254)}`).shape.length, 254)
  t.end()
})

t.test('an entry that no file can hold is the caller’s mistake', (t) => {
  for (const fields of [{ dtype: -1 }, { shape: [-1] }, { offset: 2 ** 53 }, { size: 0.5 }]) {
    t.throws(() => encodeEntry(entryOf(fields)), RangeError)
  }
  t.end()
})

// Section by section the graph of a NumpyState with one array, as TensorFlow 1.13 lays it out.
const GRAPH_HEX = [
  '0a24',
  '0a100801120c6e756d70795f617272617973',
  '0a100802120c736176655f636f756e746572',
  '0a07' + '0a050803120178',
  '0a49' + '12470a0e5641524941424c455f56414c5545120c736176655f636f756e746572',
  '1a27736176655f636f756e7465722f2e415454524942555445532f5641524941424c455f56414c5545',
  '0a31' + '122f0a0870795f7374617465',
  '1a236e756d70795f6172726179732f782f2e415454524942555445532f70795f7374617465',
].join('')

const node = { children: [], attributes: [], slotVariables: [] }

const GRAPH: ObjectGraph = {
  nodes: [
    {
      ...node,
      children: [
        { nodeId: 1, localName: 'numpy_arrays' },
        { nodeId: 2, localName: 'save_counter' },
      ],
    },
    { ...node, children: [{ nodeId: 3, localName: 'x' }] },
    {
      ...node,
      attributes: [
        {
          name: 'VARIABLE_VALUE',
          fullName: 'save_counter',
          checkpointKey: 'save_counter/.ATTRIBUTES/VARIABLE_VALUE',
        },
      ],
    },
    {
      ...node,
      attributes: [
        {
          name: 'py_state',
          fullName: '',
          checkpointKey: 'numpy_arrays/x/.ATTRIBUTES/py_state',
        },
      ],
    },
  ],
}

t.test('object graph bytes', (t) => {
  t.equal(toHex(encodeObjectGraph(GRAPH)), GRAPH_HEX)
  t.strictSame(graph(GRAPH_HEX), GRAPH)
  t.strictSame(graph(''), { nodes: [] })
  t.equal(toHex(encodeObjectGraph({ nodes: [] })), '')
  t.end()
})

t.test('node flags, savers, slots and references to the root', (t) => {
  const cases: [ObjectGraph, string][] = [
    [{ nodes: [{ ...node, hasCheckpointValues: true }] }, '0a042a020801'],
    [{ nodes: [{ ...node, hasCheckpointValues: false }] }, '0a022a00'],
    [
      { nodes: [{ ...node, registeredSaver: { name: 'a', objectName: 'b' } }] },
      '0a0822060a0161120162',
    ],
    [{ nodes: [{ ...node, children: [{ nodeId: 0, localName: 'r' }] }] }, '0a050a03120172'],
    [
      {
        nodes: [
          {
            ...node,
            slotVariables: [{ originalVariableNodeId: 0, slotName: 'm', slotVariableNodeId: 1 }],
          },
          node,
        ],
      },
      '0a071a0512016d18010a00',
    ],
  ]
  for (const [value, hex] of cases) {
    t.equal(toHex(encodeObjectGraph(value)), hex)
    t.strictSame(graph(hex), value)
  }
  // optional_restore, which some releases wrote as field 4 of an attribute.
  t.strictSame(graph('0a0712050a01612001'), {
    nodes: [{ ...node, attributes: [{ name: 'a', fullName: '', checkpointKey: '' }] }],
  })
  t.end()
})

t.test('a known field of another wire type is passed over, as by TensorFlow', (t) => {
  // node_id as text, local_name as a number, children as a number.
  t.strictSame(graph('0a0b0a050a03616263' + '0a021001'), {
    nodes: [
      {
        ...node,
        children: [
          { nodeId: 0, localName: '' },
          { nodeId: 0, localName: '' },
        ],
      },
    ],
  })
  t.strictSame(graph('0a020801'), { nodes: [node] })
  t.end()
})

t.test('bad object graphs are corrupt', (t) => {
  const cases: [string, string, RegExp][] = [
    ['0a040a020801', 'bounds', /object graph of 'x' refers to node 1 of 1/],
    ['0a0d0a0b08ffffffffffffffffff01', 'bounds', /refers to node -1 of 1/],
    ['0a041a020801', 'bounds', /refers to node 1/],
    ['0a041a021801', 'bounds', /refers to node 1/],
    ['0a05', 'framing', /object graph of 'x' not parseable/],
    ['0a050a031201ff', 'framing', /not parseable/],
    ['7b'.repeat(100_000), 'framing', /not parseable/],
    ['0a050a031201ff', 'framing', /a name is not valid UTF-8/],
    ['0a070a051203eda080', 'framing', /a name is not valid UTF-8/],
  ]
  for (const [hex, reason, message] of cases) {
    const details = { reason, path: 'x' }
    t.throws(() => graph(hex), { code: 'CKPT_CORRUPT', message, details }, hex.slice(0, 30))
  }
  t.end()
})

t.test('any bytes are decoded or refused', (t) => {
  const decoders = [
    (bytes: Uint8Array): unknown => decodeHeader(bytes, 'x'),
    (bytes: Uint8Array): unknown => decodeEntry(bytes, 'k', 'x'),
    (bytes: Uint8Array): unknown => decodeObjectGraph(bytes, 'x'),
  ]
  // Small numbers make tags and lengths that fit more often than chance would.
  const byte = fc.oneof(fc.nat(0x45), fc.nat(255))
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 40 }), (data) => {
      for (const decode of decoders) {
        try {
          decode(Uint8Array.from(data))
        } catch (error) {
          if (!isCheckpointError(error)) throw error
        }
      }
    }),
    { numRuns: 5000 },
  )
  t.end()
})
