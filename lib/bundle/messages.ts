/**
 * The protocol buffers inside a checkpoint, as plain objects. Encoders write the bytes that
 * TensorFlow writes: fields in ascending order, defaults omitted. Decoders ignore unknown fields
 * and check every number against what it counts or points to.
 *
 * The codecs in `proto/` are by hand, without the generic runtime: they have to be fast, and ready at
 * once. Tests compare them with code that is generated from `proto/*.proto`.
 *
 * @module
 */
import { CheckpointError, corrupt } from '../errors.js'
import { readHeader, writeHeader, type HeaderFields } from './proto/header.js'

export { decodeEntry, encodeEntry, readBundleEntry } from './proto/entry.js'
export { decodeObjectGraph, encodeObjectGraph } from './proto/object-graph.js'

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

/** An edge of the graph: from an object to one of its children. */
export interface ObjectReference {
  /** Index of the child in `nodes`. */
  readonly nodeId: number
  /** Name of the edge, not escaped. */
  readonly localName: string
}

/** A value of an object. */
export interface SerializedTensor {
  /** Of the value in its object: `VARIABLE_VALUE` for a variable, `py_state` for Python state. */
  readonly name: string
  /** By which a checkpoint without objects (`tf.train.Saver`) would know it; empty if by none. */
  readonly fullName: string
  /** Key of its tensor, which `CheckpointReader.get` takes. */
  readonly checkpointKey: string
}

/** What an optimizer keeps for a variable: its momentum, for example. */
export interface SlotVariableReference {
  /** Index of the variable in `nodes`. */
  readonly originalVariableNodeId: number
  /** Such as `m`. */
  readonly slotName: string
  /** Index of the slot variable in `nodes`. */
  readonly slotVariableNodeId: number
}

/** An object as it was saved. */
export interface ObjectNode {
  /** Its children, in the order in which they were tracked. */
  readonly children: readonly ObjectReference[]
  /** Its values; none of an object that only has children. */
  readonly attributes: readonly SerializedTensor[]
  /** Of an optimizer. */
  readonly slotVariables: readonly SlotVariableReference[]
  /** Of an object that Python saves by a saver of its own (`tf.train.experimental`). */
  readonly registeredSaver?: {
    /** Under which the saver is registered. */
    readonly name: string
    /** Of the object, for the saver. */
    readonly objectName: string
  }
  /** Absent in checkpoints older than the field. */
  readonly hasCheckpointValues?: boolean
}

/** Node 0 is the root; ids are indices into `nodes`. */
export interface ObjectGraph {
  /** All objects; the root is the first. */
  readonly nodes: readonly ObjectNode[]
}

// TensorFlow: core/util/tensor_bundle/tensor_bundle.h, kTensorBundleVersion and
// kTensorBundleMinProducer.
const BUNDLE_VERSION = 1
const MIN_PRODUCER = 0

export function encodeHeader(header: BundleHeader): Uint8Array {
  return writeHeader({ ...header, endianness: header.bigEndian ? 1 : 0 })
}

function parseHeader(bytes: Uint8Array, path: string): HeaderFields {
  try {
    return readHeader(bytes)
  } catch (cause) {
    const message = `bundle header of '${path}' not parseable`
    throw corrupt(message, 'framing', { path }, { cause })
  }
}

/**
 * @throws CheckpointError CKPT_UNSUPPORTED if the header's version excludes this reader, by the
 *   rules of TensorFlow's `core/framework/versions.cc`, `CheckVersions`; CKPT_CORRUPT
 */
export function decodeHeader(bytes: Uint8Array, path: string): BundleHeader {
  const header = parseHeader(bytes, path)
  const { numShards, endianness, producer, minConsumer, badConsumers } = header
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
