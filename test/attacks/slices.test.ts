// Partitioned tensors whose slices lie.
import { join } from 'node:path'
import t from 'tap'
import type { SliceExtent } from '../../lib/bundle/messages.js'
import { encodeSliceKey } from '../../lib/bundle/ordered-code.js'
import { openCheckpointSync, type NdArray } from '../../lib/index.js'
import { problemsOf, readEach } from './expect'
import { forge, INT64, type ForgedEntry } from './forge'

type Slice = readonly SliceExtent[]

const rows = (start: number, length: number): Slice => [
  { start, length },
  { start: 0, length: -1 },
]

/** Floats that count up, as the bytes of one slice. */
const floats = (from: number, count: number): Uint8Array =>
  new Uint8Array(Float32Array.from({ length: count }, (_, i) => from + i).buffer)

/** The entry of one slice of a tensor of rows of three. */
const part = (slice: Slice, from: number, claimed: Partial<ForgedEntry> = {}): ForgedEntry => ({
  key: encodeSliceKey('k', slice),
  shape: [slice[0]?.length ?? 0, 3],
  bytes: claimed.bytes ?? floats(from, 3 * (slice[0]?.length ?? 0)),
  ...claimed,
})

const whole = (slices: readonly Slice[], shape = [4, 3]): ForgedEntry => ({
  key: 'k',
  shape,
  slices,
})

t.test('honest slices make up the tensor', (t) => {
  const slices = [rows(0, 1), rows(1, 3)]
  const entries = [whole(slices), part(rows(0, 1), 0), part(rows(1, 3), 3)]
  const prefix = forge(join(t.testdir(), 'x'), { entries })
  const { data } = openCheckpointSync(prefix).get('k') as NdArray
  t.strictSame(
    data,
    Float32Array.from({ length: 12 }, (_, i) => i),
  )
  t.strictSame(problemsOf(prefix).codes, [])
  t.end()
})

const LIES: Readonly<Record<string, readonly ForgedEntry[]>> = {
  'that overlap': [whole([rows(0, 2), rows(1, 3)]), part(rows(0, 2), 0), part(rows(1, 3), 3)],
  'that leave a gap': [whole([rows(0, 1), rows(2, 2)]), part(rows(0, 1), 0), part(rows(2, 2), 6)],
  'of which one comes twice': [whole([rows(0, 2), rows(0, 2)]), part(rows(0, 2), 0)],
  'of which one is missing': [whole([rows(0, 1), rows(1, 3)]), part(rows(0, 1), 0)],
  'of another dtype': [whole([rows(0, 4)]), part(rows(0, 4), 0, { dtype: INT64 })],
  'of another shape': [whole([rows(0, 4)]), part(rows(0, 4), 0, { shape: [3, 4] })],
  'of another size': [whole([rows(0, 4)]), part(rows(0, 4), 0, { size: 44 })],
  'that lie behind the file': [whole([rows(0, 4)]), part(rows(0, 4), 0, { offset: 2 ** 52 })],
  'in a shard that is not there': [whole([rows(0, 4)]), part(rows(0, 4), 0, { shard: 5 })],
  'that are partitioned themselves': [
    whole([rows(0, 4)]),
    part(rows(0, 4), 0, { slices: [rows(0, 4)] }),
  ],
  'with a wrong checksum': [whole([rows(0, 4)]), part(rows(0, 4), 0, { crc: 1 })],
  'of a tensor larger than all files': [
    whole([rows(0, 2 ** 40)], [2 ** 40, 3]),
    part(rows(0, 2 ** 40), 0, { shape: [2 ** 40, 3], bytes: floats(0, 3), size: 12 * 2 ** 40 }),
  ],
  'that overlap and leave a gap of the same size': [
    whole([rows(0, 2), rows(1, 2)]),
    part(rows(0, 2), 0),
    part(rows(1, 2), 6),
  ],
}

for (const [what, entries] of Object.entries(LIES)) {
  t.test(`slices ${what} are corrupt`, (t) => {
    const honest = { key: 'honest', shape: [1], bytes: floats(5, 1) }
    const prefix = forge(join(t.testdir(), 'x'), { entries: [honest, ...entries] })
    const reader = openCheckpointSync(prefix)
    t.strictSame(
      Array.from(reader.variables(), ({ key }) => key),
      ['honest', 'k'],
    )
    t.strictSame((reader.get('honest') as NdArray).get(0), 5)
    t.strictSame(readEach(prefix), ['CKPT_CORRUPT'])
    t.match(problemsOf(prefix).report?.problems, [{ code: 'CKPT_CORRUPT' }])
    t.end()
  })
}

t.test('one long name of many slices is refused at once', (t) => {
  const slices = Array.from({ length: 10 ** 5 }, (): Slice => [])
  const entries = [
    { key: 'n'.repeat(10 ** 5), slices },
    { key: Buffer.of(0, 1), bytes: floats(0, 1) },
  ]
  const prefix = forge(join(t.testdir(), 'x'), { entries })
  t.throws(() => openCheckpointSync(prefix), { code: 'CKPT_CORRUPT', message: /far more slices/ })
  t.end()
})
