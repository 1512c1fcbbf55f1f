import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { zeros } from '../../../lib/array/ndarray.js'
import { bytesOf } from '../../../lib/array/typed-arrays.js'
import { mask } from '../../../lib/bundle/masked-crc.js'
import type { BundleEntry, SliceExtent } from '../../../lib/bundle/messages.js'
import { encodeSliceKey } from '../../../lib/bundle/ordered-code.js'
import {
  partitionedValues,
  tensorValue,
  type BundleValue,
} from '../../../lib/bundle/write/values.js'
import { NdArray, openCheckpointSync } from '../../../lib/index.js'
import { crc32c } from '../../../lib/native.js'
import { bytes, entryOf, indexOf } from '../table/samples'
import { writeValues } from '../write-values'

/** Parts of int32 elements, each filled with what the whole array 0, 1, 2 … holds there. */
function parts(shape: readonly number[], slices: readonly (readonly SliceExtent[])[]) {
  const whole = zeros(shape, 'int32')
  ;(whole.data as Int32Array).forEach((_, i) => (whole.data[i] = i))
  return slices.map((slice) => {
    const lengths = slice.map(({ length }, axis) => (length < 0 ? (shape[axis] ?? 0) : length))
    const part = zeros(lengths, 'int32')
    for (const [i] of (part.data as Int32Array).entries()) {
      let rest = i
      const index = lengths.map((_, axis) => {
        const step = part.stride[axis] ?? 1
        const at = Math.floor(rest / step)
        rest %= step
        return at + (slice[axis]?.start ?? 0)
      })
      part.data[i] = whole.get(...index)
    }
    return { slice, bytes: bytesOf(part.data) }
  })
}

const values = (shape: readonly number[], slices: readonly (readonly SliceExtent[])[]) =>
  partitionedValues('k', 'int32', shape, parts(shape, slices))

const read = (path: string): NdArray => {
  const tensor = openCheckpointSync(path).get('k')
  if (!(tensor instanceof NdArray)) throw new Error('not an array')
  return tensor
}

const whole: SliceExtent = { start: 0, length: -1 }
const part = (start: number, length: number): SliceExtent => ({ start, length })

t.test('the example of the format', (t) => {
  const path = join(t.testdir(), 'x')
  const floats = partitionedValues(
    'k',
    'float32',
    [3],
    [
      { slice: [part(0, 2)], bytes: Float32Array.of(1, 2) },
      { slice: [part(2, 1)], bytes: Float32Array.of(3) },
    ],
  )
  writeValues(path, floats)
  t.equal(readFileSync(`${path}.data-00000-of-00001`, 'hex'), '0000803f0000004000004040')
  t.equal(
    readFileSync(`${path}.index`, 'hex'),
    '00000608011a02080100080f006b0001010180820801120412020802280835593ce5350602118281080112041202' +
      '08012008280435efd682c30001166b08011204120208033a040a0210023a060a0408021001000000000100000000' +
      'e9c26a52000000000100000000c0f2a1b00001026c005b0000000001000000000fc66e1960086d0e000000000000' +
      '00000000000000000000000000000000000000000000000000000000000057fb808b247547db',
  )
  t.strictSame(read(path).data, Float32Array.of(1, 2, 3))
  t.end()
})

t.test('slices of a big-endian checkpoint are swapped', (t) => {
  const path = join(t.testdir(), 'x')
  const data = Buffer.alloc(16)
  for (const i of [0, 1, 2, 3]) data.writeFloatBE(i + 0.5, 4 * i)
  const slices = [[part(0, 2)], [part(2, 2)]]
  const piece = (i: number): readonly [Uint8Array, BundleEntry] => [
    encodeSliceKey('k', slices[i] ?? []),
    entryOf({
      shape: [2],
      offset: 8 * i,
      size: 8,
      crc: mask(crc32c(data.subarray(8 * i, 8 * i + 8))),
    }),
  ]
  const entries = [[bytes('k'), entryOf({ shape: [4], slices })], piece(0), piece(1)] as const
  writeFileSync(`${path}.index`, indexOf(entries, { bigEndian: true }))
  writeFileSync(`${path}.data-00000-of-00001`, data)
  t.strictSame(read(path).data, Float32Array.of(0.5, 1.5, 2.5, 3.5))
  t.end()
})

t.test('slices of any cut come together', (t) => {
  const path = join(t.testdir(), 'x')
  const cuts = fc
    .array(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 4,
    })
    .map((axes) => ({
      shape: axes.map((lengths) => lengths.reduce((sum, length) => sum + length, 0)),
      slices: axes.reduce<SliceExtent[][]>(
        (all, lengths) =>
          all.flatMap((slice) => {
            let start = 0
            return lengths.map((length) => {
              const extent = lengths.length === 1 ? whole : part(start, length)
              start += length
              return [...slice, extent]
            })
          }),
        [[]],
      ),
    }))
  fc.assert(
    fc.property(cuts, fc.constantFrom(1, Infinity), ({ shape, slices }, maxShardBytes) => {
      writeValues(path, values(shape, slices), { maxShardBytes })
      const array = read(path)
      t.strictSame(array.shape, shape)
      t.ok((array.data as Int32Array).every((value, i) => value === i))
    }),
    { numRuns: 60 },
  )
  t.end()
})

t.test('listings show the whole, not the slices', (t) => {
  const path = join(t.testdir(), 'x')
  writeValues(path, [
    ...values(
      [4, 2],
      [
        [part(0, 1), whole],
        [part(1, 3), whole],
      ],
    ),
    tensorValue('other', 'int8', [1], new Uint8Array(1)),
  ])
  const reader = openCheckpointSync(path)
  t.strictSame(reader.variables(), [
    { key: 'k', dtype: 'int32', shape: [4, 2], byteLength: 32, shard: 0 },
    { key: 'other', dtype: 'int8', shape: [1], byteLength: 1, shard: 0 },
  ])
  t.match(reader.verifySync(), { ok: true, tensors: 2, bytes: 33 })
  t.equal(reader.stats.copied, 0)
  reader.get('k')
  t.equal(reader.stats.copied, 0, 'put together at first use')
  t.equal((reader.get('k') as NdArray).get(3, 1), 7)
  t.equal(reader.stats.copied, 1)
  t.end()
})

t.test('slices that do not make up the whole are refused', (t) => {
  const path = join(t.testdir(), 'x')
  const refused = (list: BundleValue[], message: RegExp): void => {
    writeValues(path, list)
    const details = { key: 'k', reason: 'inconsistent' }
    const get = (): unknown => openCheckpointSync(path).get('k')
    t.throws(get, { code: 'CKPT_CORRUPT', message, details }, String(message))
    t.match(openCheckpointSync(path).verifySync(), { ok: false, problems: [{ key: 'k' }] })
  }
  refused(
    values([4], [[part(0, 2)], [part(2, 1)]]),
    /does not have sufficient slices for partitioned tensor 'k': they hold 3 of 4 elements/,
  )
  refused(
    values([3], [[part(0, 2)], [part(2, 1)]]).slice(1),
    /a slice of .* is not in the checkpoint/,
  )
  const [a, b, k] = values([3], [[part(0, 2)], [part(2, 1)]])
  if (a === undefined || b === undefined || k === undefined) throw new Error('three values')
  refused([{ ...a, dtype: 1 }, b, k], /does not fit its shape or dtype/)
  refused([{ ...a, shape: [1] }, b, k], /does not fit its shape or dtype/)
  refused([{ ...a, source: new Uint8Array(4) }, b, k], /invalid size in bundle entry/)
  refused(
    values(
      [2, 2],
      [
        [part(0, 1), whole],
        [part(0, 2), part(0, 1)],
      ],
    ),
    /the slices of partitioned tensor 'k' overlap/,
  )
  t.end()
})

t.test('a changed slice is found', (t) => {
  const path = join(t.testdir(), 'x')
  writeValues(path, values([3], [[part(0, 2)], [part(2, 1)]]))
  const file = `${path}.data-00000-of-00001`
  const bytes = readFileSync(file)
  bytes.writeUInt8(99, 8)
  writeFileSync(file, bytes)
  t.throws(() => read(path).data, {
    code: 'CKPT_CORRUPT',
    details: { key: 'k', reason: 'checksum' },
  })
  t.end()
})
