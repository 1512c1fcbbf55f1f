import { createHash } from 'node:crypto'
import t from 'tap'
import { TableWriter } from '../../../lib/bundle/table/writer.js'
import { bytes, indexOf, int8Entries, readPairs, toHex, writeTable } from './samples'

const sha256 = (data: Uint8Array | string): Buffer => createHash('sha256').update(data).digest()

const EMPTY_BLOCK = '000000000100000000c0f2a1b0'
const MAGIC = '57fb808b247547db'

t.test('an empty table is two empty blocks', (t) => {
  const footer = `00080d08${'00'.repeat(36)}${MAGIC}`
  t.equal(toHex(new TableWriter().finish()), EMPTY_BLOCK + EMPTY_BLOCK + footer)
  t.end()
})

t.test('keys must increase', (t) => {
  const writer = new TableWriter()
  const none = new Uint8Array(0)
  writer.add(none, none)
  t.throws(() => {
    writer.add(none, none)
  }, RangeError)
  writer.add(bytes('b'), none)
  for (const key of ['', 'a', 'b']) {
    t.throws(
      () => {
        writer.add(bytes(key), none)
      },
      {
        name: 'RangeError',
        message: `keys must be added in increasing order, each once: '${key}'`,
      },
    )
  }
  writer.add(bytes('b\0'), none)
  writer.add(Uint8Array.of(0xff), none)
  writer.finish()
  t.throws(() => writer.finish(), RangeError)
  t.throws(() => {
    writer.add(Uint8Array.of(0xff, 0), none)
  }, RangeError)
  t.end()
})

t.test('the key of the caller may change after add', (t) => {
  const writer = new TableWriter()
  const key = Uint8Array.of(1, 1)
  writer.add(key, key)
  key[1] = 2
  writer.add(key, key)
  t.strictSame(readPairs(writer.finish()), [
    ['0101', '0101'],
    ['0102', '0102'],
  ])
  t.end()
})

/** The key of the only entry in the index block of a table with one data block. */
function lastIndexKey(...keys: string[]): string {
  const table = writeTable(keys.map((key) => [key, '']))
  const handle = Buffer.from(table.subarray(table.length - 48))
  const offset = handle[handle.indexOf(8, 1) + 1] ?? 0
  const length = table[offset + 1] ?? 0
  return toHex(table.subarray(offset + 3, offset + 3 + length))
}

t.test('the index ends with a successor of the last key', (t) => {
  t.equal(lastIndexKey('6162'), '62')
  t.equal(lastIndexKey('ff61'), 'ff62')
  t.equal(lastIndexKey('ffff'), 'ffff')
  t.equal(lastIndexKey(''), '')
  t.end()
})

// sha256 of the index that TensorFlow 2.21 (SaveV2) wrote for int8 scalars under these keys.
const LARGE: [name: string, digest: string, keys: () => Uint8Array[]][] = [
  [
    '12,000 names with a common prefix',
    '5f850cca46fb7afedc1e35eb687225612dde14b5fb699835f1275ecb014b27b0',
    () =>
      Array.from({ length: 12_000 }, (_, i) =>
        bytes(`model/layer_${String(i).padStart(5, '0')}/kernel/.ATTRIBUTES/VARIABLE_VALUE`),
      ),
  ],
  [
    '8,704 binary keys',
    '290866d4fc836989beecf1913fba3ab2270f5073e80fe9f86bdd046336a3e201',
    () => Array.from({ length: 8704 }, (_, i) => sha256(String(i)).subarray(0, 4 + (i % 29))),
  ],
  [
    'keys over two block sizes, and of 0xff only',
    '7ab21eebd679e75f746d94c064305bd4e8cc2fb5964cc8746dde2693ac265283',
    () => [
      bytes('a'.repeat(10)),
      bytes('b'.repeat(600_000)),
      bytes('c'.repeat(5)),
      bytes('c'.repeat(300_000)),
      bytes('d'.repeat(524_267)),
      bytes('d'.repeat(600_000)),
      bytes('e'),
      bytes('ÿÿÿ'),
      new Uint8Array(600_000).fill(0xff),
      new Uint8Array(600_001).fill(0xff),
    ],
  ],
]

for (const [name, digest, keys] of LARGE) {
  t.test(`tables of several blocks have TensorFlow's bytes: ${name}`, (t) => {
    const index = indexOf(int8Entries(keys()))
    t.equal(sha256(index).toString('hex'), digest)
    const found = readPairs(index)
    const sorted = keys().sort((a, b) => Buffer.compare(a, b))
    t.strictSame(
      found.map(([key]) => key),
      ['', ...sorted.map(toHex)],
    )
    t.end()
  })
}
