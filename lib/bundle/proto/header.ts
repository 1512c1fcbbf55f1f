/**
 * BundleHeaderProto by hand: the generic runtime takes longer to load than a small checkpoint takes
 * to be restored. A test compares both.
 *
 *     1 num_shards varint · 2 endianness varint
 *     3 version { 1 producer varint · 2 min_consumer varint · 3 bad_consumers packed varints }
 *
 * Source: TensorFlow `core/protobuf/tensor_bundle.proto`, `core/framework/versions.proto`.
 *
 * @module
 */
import { MessageWriter } from './message-writer.js'
import { WireReader } from './wire.js'

// (field number << 3) | wire type
const NUM_SHARDS = 0x08
const ENDIANNESS = 0x10
const VERSION = 0x1a
const PRODUCER = 0x08
const MIN_CONSUMER = 0x10
const BAD_CONSUMERS = 0x1a
/** One by one, as parsers have to take them too. */
const BAD_CONSUMER = 0x18

export interface HeaderFields {
  readonly numShards: number
  /** 0 little, 1 big. */
  readonly endianness: number
  readonly producer: number
  readonly minConsumer: number
  readonly badConsumers: readonly number[]
}

export function writeHeader(header: HeaderFields): Uint8Array {
  const writer = new MessageWriter(64)
  writer.number(NUM_SHARDS, header.numShards)
  writer.number(ENDIANNESS, header.endianness)
  const version = writer.begin(VERSION)
  writer.number(PRODUCER, header.producer)
  writer.number(MIN_CONSUMER, header.minConsumer)
  writer.packed(BAD_CONSUMERS, header.badConsumers)
  writer.end(version)
  return writer.finish()
}

/** @throws Malformed */
export function readHeader(bytes: Uint8Array): HeaderFields {
  const reader = new WireReader(bytes, 0, bytes.length)
  const version = { producer: 0, minConsumer: 0, badConsumers: [] }
  let [numShards, endianness] = [0, 0]
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === NUM_SHARDS) numShards = reader.int32()
    else if (tag === ENDIANNESS) endianness = reader.int32()
    else if (tag === VERSION) readVersion(reader, version)
    else reader.skip(tag)
  }
  return { numShards, endianness, ...version }
}

interface Version {
  producer: number
  minConsumer: number
  badConsumers: number[]
}

/** Into `version`: a message that occurs twice is merged. */
function readVersion(reader: WireReader, version: Version): void {
  const outer = reader.limit
  reader.limit = reader.delimited()
  while (!reader.done) {
    const tag = reader.tag()
    if (tag === PRODUCER) version.producer = reader.int32()
    else if (tag === MIN_CONSUMER) version.minConsumer = reader.int32()
    else if (tag === BAD_CONSUMER) version.badConsumers.push(reader.int32())
    else if (tag === BAD_CONSUMERS) readPacked(reader, version.badConsumers)
    else reader.skip(tag)
  }
  reader.limit = outer
}

function readPacked(reader: WireReader, numbers: number[]): void {
  const outer = reader.limit
  reader.limit = reader.delimited()
  while (!reader.done) numbers.push(reader.int32())
  reader.limit = outer
}
