/** Index files that TensorFlow wrote: built again from their entries, and read. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { mask } from '../../../lib/bundle/masked-crc.js'
import {
  decodeEntry,
  decodeHeader,
  decodeObjectGraph,
  encodeEntry,
  encodeHeader,
  encodeObjectGraph,
  type BundleEntry,
} from '../../../lib/bundle/messages.js'
import { encodeSliceKey } from '../../../lib/bundle/ordered-code.js'
import { readTable } from '../../../lib/bundle/table/reader.js'
import { TableWriter } from '../../../lib/bundle/table/writer.js'
import { readVarint } from '../../../lib/bundle/varint.js'
import { crc32c } from '../../../lib/native.js'
import { bytes, entryOf, fromHex, HEADER, indexOf, int8Entries, toHex } from './samples'

type Named = readonly [key: Uint8Array, entry: BundleEntry]

const named = (name: string, fields: Partial<BundleEntry>): Named => [bytes(name), entryOf(fields)]
const crcOf = (hex: string): number => mask(crc32c(fromHex(hex)))
const sliceKey = (start: number, length: number): Uint8Array =>
  encodeSliceKey('k', [{ start, length }])

/** Written by TensorFlow 2.21's SaveV2; the last by the logic of 1.13. */
const GOLDEN: readonly (readonly [name: string, index: string, entries: Named[]])[] = [
  [
    'float32 [1, 2, 3]',
    [
      '00000608011a02080100010f6b0801120412020803280c35735b897100000000010000000051d2f28900000000',
      '0100000000c0f2a1b00001026c0024000000000100000000e6e6cd6f2908360e00000000000000000000000000',
      '000000000000000000000000000000000000000000000057fb808b247547db',
    ].join(''),
    [named('k', { dtype: 1, shape: [3], size: 12, crc: crcOf('0000803f0000004000004040') })],
  ],
  [
    "strings 'hello' and ''",
    [
      '00000608011a02080100010f730807120412020802280b355d47c77700000000010000000088a5119800000000',
      '0100000000c0f2a1b000010274002400000000010000000070bd12762908360e00000000000000000000000000',
      '000000000000000000000000000000000000000000000057fb808b247547db',
    ].join(''),
    [named('s', { dtype: 7, shape: [2], size: 11, crc: 0x77c7475d })],
  ],
  [
    'no strings',
    [
      '00000608011a02080100010d73080712021200280435f6c10c64000000000100000000e2f7ebe5000000000100',
      '000000c0f2a1b00001027400220000000001000000009b9d79de2708340e000000000000000000000000000000',
      '00000000000000000000000000000000000000000057fb808b247547db',
    ].join(''),
    [named('s', { dtype: 7, shape: [0], size: 4, crc: 0x640cc1f6 })],
  ],
  [
    'float32 [1, 2, 3] in two slices',
    [
      '00000608011a02080100080f006b0001010180820801120412020802280835593ce53506021182810801120412',
      '0208012008280435efd682c30001166b08011204120208033a040a0210023a060a040802100100000000010000',
      '0000e9c26a52000000000100000000c0f2a1b00001026c005b0000000001000000000fc66e1960086d0e000000',
      '00000000000000000000000000000000000000000000000000000000000000000057fb808b247547db',
    ].join(''),
    [
      [sliceKey(0, 2), entryOf({ dtype: 1, shape: [2], size: 8, crc: crcOf('0000803f00000040') })],
      [
        sliceKey(2, 1),
        entryOf({ dtype: 1, shape: [1], offset: 8, size: 4, crc: crcOf('00004040') }),
      ],
      named('k', {
        dtype: 1,
        shape: [3],
        slices: [[{ start: 0, length: 2 }], [{ start: 2, length: 1 }]],
      }),
    ],
  ],
  [
    'a whole-tensor slice',
    [
      '00000608011a02080100010f6b0801120412020802280835593ce5350000000001000000000369172400000000',
      '0100000000c0f2a1b00001026c0024000000000100000000e6e6cd6f2908360e00000000000000000000000000',
      '000000000000000000000000000000000000000000000057fb808b247547db',
    ].join(''),
    [named('k', { dtype: 1, shape: [2], size: 8, crc: crcOf('0000803f00000040') })],
  ],
  [
    'float32 of shape [0, 3]',
    [
      '00000608011a02080100010f7a0801120612001202080335d8ea82a20000000001000000001133e3da00000000',
      '0100000000c0f2a1b00001027b0024000000000100000000cfcdd0c62908360e00000000000000000000000000',
      '000000000000000000000000000000000000000000000057fb808b247547db',
    ].join(''),
    [named('z', { dtype: 1, shape: [0, 3], crc: crcOf('') })],
  ],
  [
    'call order b, a',
    [
      '00000608011a02080100011161080612041202080120012801356451d0e900010f620806120412020801280135',
      '052b28430000000001000000006a282357000000000100000000c0f2a1b0000102630039000000000100000000',
      'a1756bff3e084b0e00000000000000000000000000000000000000000000000000000000000000000000000057',
      'fb808b247547db',
    ].join(''),
    [
      named('b', { dtype: 6, shape: [1], size: 1, crc: crcOf('01') }),
      named('a', { dtype: 6, shape: [1], offset: 1, size: 1, crc: crcOf('02') }),
    ],
  ],
  [
    '18 scalars, hence two restart points',
    [
      '00000608011a02080100030b6b303008061200280135d28f254902010d31080612002001280135052b28430201',
      '0d320806120020022801356451d0e902010d33080612002003280135336dcde302010d34080612002004280135',
      'a716202b02010d35080612002005280135f0b91d3102010d3608061200200628013591d4f50b02010d37080612',
      '00200728013546f8f71102010d38080612002008280135209cc0b902010d390806120020092801357740bdb301',
      '020d313008061200200a280135165e559902010d3108061200200b280135c182589302010d3208061200200c28',
      '0135552985db02010d3308061200200d28013582c588e102010d3408061200200e280135e3e6707b00030d6b31',
      '3508061200200f280135b4036d8102010d360806120020102801351f6fffca02010d3708061200201128013568',
      '4bfed00000000009010000020000000086d637aa000000000100000000c0f2a1b00001036c00ca020000000001',
      '000000001e41e5cbcf0208dc020f00000000000000000000000000000000000000000000000000000000000000',
      '00000057fb808b247547db',
    ].join(''),
    int8Entries(Array.from({ length: 18 }, (_, i) => bytes(`k${String(i).padStart(2, '0')}`))),
  ],
  [
    'a NumpyState with one array',
    [
      '00000608011a020801001c0f5f434845434b504f494e5441424c455f4f424a4543545f47524150480807120020',
      'ee0128b301350e8a79d700230e6e756d70795f6172726179732f782f2e415454524942555445532f70795f7374',
      '61746508071200200828e601351c4c7e1100270b736176655f636f756e7465722f2e415454524942555445532f',
      '5641524941424c455f56414c5545080912002808350175de41000000000100000000dbfeb9b400000000010000',
      '0000c0f2a1b00001037400a801000000000100000000960c05f0ad0108ba010f00000000000000000000000000',
      '00000000000000000000000000000000000000000057fb808b247547db',
    ].join(''),
    [
      named('_CHECKPOINTABLE_OBJECT_GRAPH', { dtype: 7, offset: 238, size: 179, crc: 0xd7798a0e }),
      named('numpy_arrays/x/.ATTRIBUTES/py_state', {
        dtype: 7,
        offset: 8,
        size: 230,
        crc: 0x117e4c1c,
      }),
      named('save_counter/.ATTRIBUTES/VARIABLE_VALUE', {
        dtype: 9,
        size: 8,
        crc: crcOf('0100000000000000'),
      }),
    ],
  ],
]

for (const [name, index, entries] of GOLDEN) {
  t.test(`TensorFlow's bytes: ${name}`, (t) => {
    t.equal(toHex(indexOf(entries)), index)
    const [header, ...found] = readTable(fromHex(index), 'x')
    t.same(header?.key, new Uint8Array(0))
    t.strictSame(header && decodeHeader(header.value, 'x'), HEADER)
    const sorted = [...entries].sort(([a], [b]) => Buffer.compare(a, b))
    t.strictSame(
      found.map(({ key, value }) => [toHex(key), decodeEntry(value, 'x', 'x')]),
      sorted.map(([key, entry]) => [toHex(key), entry]),
    )
    t.end()
  })
}

t.test('the index of the documented example has 254 bytes', (t) => {
  t.equal(GOLDEN.at(-1)?.[1].length, 2 * 254)
  t.end()
})

const FIXTURES = join(__dirname, '../../interop/fixtures/tf')

/** The only element of the scalar string that holds the object graph. */
function readGraph(index: string, header: { numShards: number }, entry: BundleEntry): Uint8Array {
  const of = [entry.shard, header.numShards].map((n) => String(n).padStart(5, '0')).join('-of-')
  const shard = readFileSync(index.replace(/index$/, `data-${of}`))
  const length = readVarint(shard, entry.offset, shard.length)
  const start = (length?.next ?? 0) + 4
  return shard.subarray(start, start + (length?.value ?? 0))
}

const files = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
for (const file of files.filter((name) => name.endsWith('.index'))) {
  t.test(`${file} is read whole and written again with the same bytes`, (t) => {
    const path = join(FIXTURES, file)
    const original = readFileSync(path)
    const [first, ...rest] = readTable(original, path)
    if (first === undefined) throw new Error(`${file} is empty`)
    const header = decodeHeader(first.value, path)
    const writer = new TableWriter()
    writer.add(first.key, encodeHeader(header))
    for (const { key, value } of rest) {
      const name = Buffer.from(key).toString()
      const entry = decodeEntry(value, name, path)
      writer.add(key, encodeEntry(entry))
      if (name !== '_CHECKPOINTABLE_OBJECT_GRAPH') continue
      const graph = readGraph(path, header, entry)
      t.equal(toHex(encodeObjectGraph(decodeObjectGraph(graph, path))), toHex(graph))
    }
    t.equal(toHex(writer.finish()), toHex(original))
    t.end()
  })
}
