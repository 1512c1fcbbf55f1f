/** The codecs by hand against the code generated from the `.proto` files. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import t from 'tap'
import {
  decodeEntry,
  decodeObjectGraph,
  encodeEntry,
  encodeObjectGraph,
  type BundleEntry,
  type ObjectGraph,
} from '../../lib/bundle/messages.js'
import { readHeader, writeHeader, type HeaderFields } from '../../lib/bundle/proto/header.js'
import {
  BundleEntryProtoSchema,
  BundleHeaderProtoSchema,
} from '../../lib/bundle/proto/tensor_bundle_pb.js'
import { TrackableObjectGraphSchema } from '../../lib/bundle/proto/trackable_object_graph_pb.js'
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

function generatedGraph(bytes: Uint8Array): ObjectGraph {
  const { nodes } = fromBinary(TrackableObjectGraphSchema, bytes)
  return {
    nodes: nodes.map(({ registeredSaver: saver, hasCheckpointValues, ...node }) => ({
      children: node.children.map(({ nodeId, localName }) => ({ nodeId, localName })),
      attributes: node.attributes.map(({ name, fullName, checkpointKey }) => ({
        name,
        fullName,
        checkpointKey,
      })),
      slotVariables: node.slotVariables.map((slot) => ({
        originalVariableNodeId: slot.originalVariableNodeId,
        slotName: slot.slotName,
        slotVariableNodeId: slot.slotVariableNodeId,
      })),
      ...(saver && { registeredSaver: { name: saver.name, objectName: saver.objectName } }),
      ...(hasCheckpointValues !== undefined && { hasCheckpointValues }),
    })),
  }
}

const plain = { noNullPrototype: true } as const
const text = fc.oneof(
  fc.constantFrom('', 'a/b', 'é', '😀', '\ufeffx', '\ufffd', '\0', '"\\'),
  fc.string({ unit: 'binary', maxLength: 300 }),
)

/** Graphs whose ids are those of nodes. */
const objectGraph: fc.Arbitrary<ObjectGraph> = fc.integer({ min: 1, max: 200 }).chain((count) => {
  const id = fc.nat(count - 1)
  const node = fc.record(
    {
      children: fc.array(fc.record({ nodeId: id, localName: text }, plain), { maxLength: 3 }),
      attributes: fc.array(fc.record({ name: text, fullName: text, checkpointKey: text }, plain), {
        maxLength: 2,
      }),
      slotVariables: fc.array(
        fc.record({ originalVariableNodeId: id, slotName: text, slotVariableNodeId: id }, plain),
        { maxLength: 2 },
      ),
      registeredSaver: fc.record({ name: text, objectName: text }, plain),
      hasCheckpointValues: fc.boolean(),
    },
    { ...plain, requiredKeys: ['children', 'attributes', 'slotVariables'] },
  )
  return fc.record({ nodes: fc.array(node, { minLength: count, maxLength: count }) }, plain)
})

function generatedGraphBytes({ nodes }: ObjectGraph): Uint8Array {
  const message = create(TrackableObjectGraphSchema, {
    nodes: nodes.map((node) => ({
      ...node,
      children: [...node.children],
      attributes: [...node.attributes],
      slotVariables: [...node.slotVariables],
    })),
  })
  return toBinary(TrackableObjectGraphSchema, message)
}

t.test('both write object graphs, and read them, in the same way', (t) => {
  fc.assert(
    fc.property(objectGraph, (graph) => {
      const bytes = encodeObjectGraph(graph)
      t.equal(toHex(bytes), toHex(generatedGraphBytes(graph)))
      t.strictSame(decodeObjectGraph(bytes, 'x'), graph)
      t.strictSame(generatedGraph(bytes), graph)
    }),
    { numRuns: 60 },
  )
  t.end()
})

const version = fc.record(
  { producer: int31, minConsumer: int31, badConsumers: fc.array(int31, { maxLength: 40 }) },
  plain,
)

const bundleHeader: fc.Arbitrary<HeaderFields> = fc
  .tuple(int31, fc.constantFrom(0, 1, 2), version)
  .map(([numShards, endianness, version]) => ({ numShards, endianness, ...version }))

function generatedHeader(bytes: Uint8Array): HeaderFields {
  const { numShards, endianness, version } = fromBinary(BundleHeaderProtoSchema, bytes)
  const { producer = 0, minConsumer = 0, badConsumers = [] } = version ?? {}
  return { numShards, endianness, producer, minConsumer, badConsumers }
}

t.test('both write headers, read them and merge them in the same way', (t) => {
  fc.assert(
    fc.property(bundleHeader, bundleHeader, (header, other) => {
      const { numShards, endianness, badConsumers, ...version } = header
      const bytes = writeHeader(header)
      const message = create(BundleHeaderProtoSchema, {
        numShards,
        endianness,
        version: { ...version, badConsumers: [...badConsumers] },
      })
      t.equal(toHex(bytes), toHex(toBinary(BundleHeaderProtoSchema, message)))
      t.strictSame(readHeader(bytes), header)
      const both = Buffer.concat([bytes, writeHeader(other)])
      t.strictSame(readHeader(both), generatedHeader(both))
    }),
  )
  for (const hex of ['08ffffffffffffffffff01', '1a04180118021a00', '1a0318ff01', '2201ff0801']) {
    const bytes = Buffer.from(hex, 'hex')
    t.strictSame(readHeader(bytes), generatedHeader(bytes), hex)
  }
  t.end()
})

/** A message as a field of another one, in hexadecimal. */
function field(tag: string, ...content: string[]): string {
  const text = content.join('')
  return tag + Buffer.of(text.length / 2).toString('hex') + text
}

t.test('both merge graphs, and messages in a node, in the same way', (t) => {
  const cases = [
    // Nodes of two messages in a row.
    field('0a', field('0a', '0803', '120172')) + field('0a').repeat(3),
    // A saver three times: a name, the other name, nothing.
    field('0a', field('22', '0a0161'), field('22', '120162'), field('22')),
    field('0a', field('2a', '0801'), field('2a', '0800')),
    field('0a', field('2a', '0801'), field('2a')),
    // A field twice: the last one counts, and an id that it replaces may be of no node.
    field('0a', field('0a', '0807', '0800', '120161', '12017a')),
    // A flag of ten bytes.
    field('0a', field('2a', '08ffffffffffffffffff01')),
    // Unknown fields of every wire type.
    field('0a', '300a', `39${'00'.repeat(8)}`, '4201ff', '4d00000000', '53080154', '0a00'),
  ]
  for (const hex of cases) {
    const bytes = Buffer.from(hex, 'hex')
    t.strictSame(decodeObjectGraph(bytes, 'x'), generatedGraph(bytes), hex)
  }
  t.end()
})
