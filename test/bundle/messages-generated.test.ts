/** The codec of entries by hand against the code generated from tensor_bundle.proto. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import t from 'tap'
import { decodeEntry, encodeEntry, type BundleEntry } from '../../lib/bundle/messages.js'
import { BundleEntryProtoSchema } from '../../lib/bundle/proto/tensor_bundle_pb.js'
import { toHex } from './table/samples'

function generatedEncode(entry: BundleEntry): Uint8Array {
  const message = create(BundleEntryProtoSchema, {
    dtype: entry.dtype,
    shape: { dim: entry.shape.map((size) => ({ size: BigInt(size) })) },
    shardId: entry.shard,
    offset: BigInt(entry.offset),
    size: BigInt(entry.size),
    crc32c: entry.crc,
    slices: entry.slices.map((slice) => ({
      extent: slice.map(({ start, length }) => ({
        start: BigInt(start),
        hasLength:
          length < 0 ? { case: undefined } : { case: 'length' as const, value: BigInt(length) },
      })),
    })),
  })
  return toBinary(BundleEntryProtoSchema, message)
}

function generatedDecode(bytes: Uint8Array): BundleEntry {
  const message = fromBinary(BundleEntryProtoSchema, bytes)
  return {
    dtype: message.dtype,
    shape: (message.shape?.dim ?? []).map(({ size }) => Number(size)),
    shard: message.shardId,
    offset: Number(message.offset),
    size: Number(message.size),
    crc: message.crc32c,
    slices: message.slices.map(({ extent }) =>
      extent.map(({ start, hasLength }) => ({
        start: Number(start),
        length: hasLength.case === undefined ? -1 : Number(hasLength.value),
      })),
    ),
  }
}

const int31 = fc.nat(0x7fffffff)
const int53 = fc.oneof(fc.nat(300), fc.maxSafeNat())

/** Shapes and slices that agree, as a decoder demands. */
const geometry = fc
  .array(fc.oneof(fc.nat(3), fc.nat(300), fc.nat(20_000)), { maxLength: 3 })
  .chain((shape) => {
    const extent = (size: number): fc.Arbitrary<{ start: number; length: number }> => {
      const whole = fc.constant({ start: 0, length: -1 })
      if (size === 0) return whole
      const part = fc
        .nat(size - 1)
        .chain((start) =>
          fc.record(
            { start: fc.constant(start), length: fc.integer({ min: 1, max: size - start }) },
            { noNullPrototype: true },
          ),
        )
      return fc.oneof(whole, part)
    }
    const slice = fc.tuple(...shape.map(extent))
    return fc.record({ shape: fc.constant(shape), slices: fc.array(slice, { maxLength: 4 }) })
  })

const entry: fc.Arbitrary<BundleEntry> = fc
  .tuple(geometry, int31, int31, int53, int53, fc.integer({ min: 0, max: 0xffffffff }))
  .map(([{ shape, slices }, dtype, shard, offset, size, crc]) => {
    return { dtype, shape, shard, offset, size, crc, slices }
  })

t.test('both encoders write the same bytes and both decoders read them', (t) => {
  fc.assert(
    fc.property(entry, (entry) => {
      const bytes = encodeEntry(entry)
      t.equal(toHex(bytes), toHex(generatedEncode(entry)))
      t.strictSame(decodeEntry(bytes, 'k', 'x'), entry)
      t.strictSame(generatedDecode(bytes), entry)
    }),
    { numRuns: 1000 },
  )
  t.end()
})

t.test('both merge messages in the same way', (t) => {
  fc.assert(
    fc.property(entry, entry, (a, b) => {
      // Two messages in a row are one with the fields of both.
      const slices: BundleEntry['slices'] = []
      const first = encodeEntry({ ...a, slices, shape: a.shape.map((n) => n % 300) })
      const second = encodeEntry({ ...b, slices, shape: b.shape.map((n) => n % 300) })
      const bytes = Buffer.concat([first, second])
      t.strictSame(decodeEntry(bytes, 'k', 'x'), generatedDecode(bytes))
    }),
  )
  t.end()
})
