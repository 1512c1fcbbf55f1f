/**
 * The protocol buffers inside a checkpoint, as plain objects. Encoders write the bytes that
 * TensorFlow writes: fields in ascending order, defaults omitted. Decoders ignore unknown fields
 * and check every number against what it counts or points to.
 *
 * The header, and the object graph when it is written, go through code generated from
 * `proto/*.proto`. An entry exists per tensor; its codec is `proto/entry.ts`. A graph is read by
 * `proto/object-graph.ts`.
 *
 * @module
 */
import type * as Runtime from '@bufbuild/protobuf'
import { CheckpointError, corrupt } from '../errors.js'
import type * as BundleProto from './proto/tensor_bundle_pb.js'
import type * as GraphProto from './proto/trackable_object_graph_pb.js'

export { decodeEntry, encodeEntry } from './proto/entry.js'
export { decodeObjectGraph } from './proto/object-graph.js'

/** The value of the empty key. */
export interface BundleHeader {
  /** At least 1. */
  readonly numShards: number
  /** Byte order of tensor data; all else is little-endian always. */
  readonly bigEndian: boolean
  readonly producer: number
  readonly minConsumer: number
  readonly badConsumers: readonly number[]
}

/** One dimension of a slice; length -1, with start 0: the whole dimension. */
export interface SliceExtent {
  readonly start: number
  readonly length: number
}

/** Where the bytes of a tensor lie. Offset and size are bytes. */
export interface BundleEntry {
  /** A `DataType` of TensorFlow's `core/framework/types.proto`. */
  readonly dtype: number
  readonly shape: readonly number[]
  readonly shard: number
  readonly offset: number
  readonly size: number
  /** CRC-32C of the bytes, masked. */
  readonly crc: number
  /** Not empty: the tensor is partitioned and has no bytes under its own name. */
  readonly slices: readonly (readonly SliceExtent[])[]
}

export interface ObjectReference {
  readonly nodeId: number
  /** Name of the edge, not escaped. */
  readonly localName: string
}

export interface SerializedTensor {
  readonly name: string
  readonly fullName: string
  readonly checkpointKey: string
}

export interface SlotVariableReference {
  readonly originalVariableNodeId: number
  readonly slotName: string
  readonly slotVariableNodeId: number
}

export interface ObjectNode {
  readonly children: readonly ObjectReference[]
  readonly attributes: readonly SerializedTensor[]
  readonly slotVariables: readonly SlotVariableReference[]
  readonly registeredSaver?: { readonly name: string; readonly objectName: string }
  /** Absent in checkpoints older than the field. */
  readonly hasCheckpointValues?: boolean
}

/** Node 0 is the root; ids are indices into `nodes`. */
export interface ObjectGraph {
  readonly nodes: readonly ObjectNode[]
}

// TensorFlow: core/util/tensor_bundle/tensor_bundle.h, kTensorBundleVersion and
// kTensorBundleMinProducer.
const BUNDLE_VERSION = 1
const MIN_PRODUCER = 0

interface Codec extends Pick<typeof Runtime, 'create' | 'fromBinary' | 'toBinary'> {
  readonly header: typeof BundleProto.BundleHeaderProtoSchema
  readonly graph: typeof GraphProto.TrackableObjectGraphSchema
}

let loaded: Codec | undefined

/** Loads the protobuf runtime now, so that the first save does not stop for it. */
export function loadMessages(): void {
  codec()
}

/** Loads the protobuf runtime on first use: it takes as long as the rest of the package. */
function codec(): Codec {
  if (loaded !== undefined) return loaded
  /* eslint-disable @typescript-eslint/no-require-imports -- see above, and import() is not sync */
  const { create, fromBinary, toBinary } = require('@bufbuild/protobuf') as typeof Runtime
  const bundle = require('./proto/tensor_bundle_pb.js') as typeof BundleProto
  const graph = require('./proto/trackable_object_graph_pb.js') as typeof GraphProto
  /* eslint-enable @typescript-eslint/no-require-imports */
  loaded = {
    create,
    fromBinary,
    toBinary,
    header: bundle.BundleHeaderProtoSchema,
    graph: graph.TrackableObjectGraphSchema,
  }
  return loaded
}

function parse<D extends Runtime.DescMessage>(
  schema: D,
  bytes: Uint8Array,
  what: string,
  path: string,
): Runtime.MessageShape<D> {
  try {
    return codec().fromBinary(schema, bytes, { readUnknownFields: false })
  } catch (error) {
    const options = { cause: error }
    throw corrupt(`${what} of '${path}' not parseable`, 'framing', { path }, options)
  }
}

export function encodeHeader(header: BundleHeader): Uint8Array {
  const { create, toBinary, header: schema } = codec()
  const { numShards, bigEndian, producer, minConsumer, badConsumers } = header
  const version = { producer, minConsumer, badConsumers: [...badConsumers] }
  return toBinary(schema, create(schema, { numShards, endianness: bigEndian ? 1 : 0, version }))
}

/**
 * @throws CheckpointError CKPT_UNSUPPORTED if the header's version excludes this reader, by the
 *   rules of TensorFlow's `core/framework/versions.cc`, `CheckVersions`; CKPT_CORRUPT
 */
export function decodeHeader(bytes: Uint8Array, path: string): BundleHeader {
  const { numShards, endianness, version } = parse(codec().header, bytes, 'bundle header', path)
  const { producer = 0, minConsumer = 0, badConsumers = [] } = version ?? {}
  requireVersion(producer, minConsumer, badConsumers, path)
  if (numShards < 1) {
    const found = `bundle header of '${path}' counts ${String(numShards)} shards`
    throw corrupt(`${found}; a bundle has at least one`, 'bounds', { path })
  }
  if (endianness !== 0 && endianness !== 1) {
    const found = `bundle header of '${path}' has byte order ${String(endianness)}`
    throw corrupt(`${found}; 0 is little and 1 is big`, 'framing', { path })
  }
  return { numShards, bigEndian: endianness === 1, producer, minConsumer, badConsumers }
}

function requireVersion(
  producer: number,
  minConsumer: number,
  badConsumers: readonly number[],
  path: string,
): void {
  const current = String(BUNDLE_VERSION)
  let reason: string
  if (producer < MIN_PRODUCER) {
    reason = `producer version ${String(producer)} below min producer ${String(MIN_PRODUCER)}`
  } else if (minConsumer > BUNDLE_VERSION) {
    reason = `min consumer version ${String(minConsumer)} above current version ${current}`
  } else if (badConsumers.includes(BUNDLE_VERSION)) {
    reason = `it disallows consumer version ${current}`
  } else {
    return
  }
  const message = `cannot read checkpoint '${path}': ${reason}`
  throw new CheckpointError('CKPT_UNSUPPORTED', message, { feature: 'bundle version', path })
}

export function encodeObjectGraph(graph: ObjectGraph): Uint8Array {
  const { create, toBinary, graph: schema } = codec()
  const nodes = graph.nodes.map((node) => ({
    ...node,
    children: [...node.children],
    attributes: [...node.attributes],
    slotVariables: [...node.slotVariables],
  }))
  return toBinary(schema, create(schema, { nodes }))
}
