/** What the tests of the index share. */
import { mask } from '../../../lib/bundle/masked-crc.js'
import {
  encodeEntry,
  encodeHeader,
  type BundleEntry,
  type BundleHeader,
} from '../../../lib/bundle/messages.js'
import { readTable } from '../../../lib/bundle/table/reader.js'
import { TableWriter } from '../../../lib/bundle/table/writer.js'
import { crc32c } from '../../../lib/native.js'

export type Pair = readonly [key: string, value: string]

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
export const toHex = (data: Uint8Array): string => Buffer.from(data).toString('hex')

/** A table of entries in hex. */
export function writeTable(pairs: Iterable<Pair>): Uint8Array {
  const writer = new TableWriter()
  for (const [key, value] of pairs) writer.add(fromHex(key), fromHex(value))
  return writer.finish()
}

export function readPairs(table: Uint8Array): Pair[] {
  return Array.from(readTable(table, 'x.index'), ({ key, value }) => [toHex(key), toHex(value)])
}

export const HEADER = {
  numShards: 1,
  bigEndian: false,
  producer: 1,
  minConsumer: 0,
  badConsumers: [],
} as const

/** An entry of a scalar with the defaults that TensorFlow leaves out. */
export function entryOf(fields: Partial<BundleEntry>): BundleEntry {
  return { dtype: 1, shape: [], shard: 0, offset: 0, size: 0, crc: 0, slices: [], ...fields }
}

/** The index of one shard that holds these tensors. */
export function indexOf(
  entries: Iterable<readonly [Uint8Array, BundleEntry]>,
  header: Partial<BundleHeader> = {},
): Uint8Array {
  const writer = new TableWriter()
  writer.add(new Uint8Array(0), encodeHeader({ ...HEADER, ...header }))
  const sorted = [...entries].sort(([a], [b]) => Buffer.compare(a, b))
  for (const [key, entry] of sorted) writer.add(key, encodeEntry(entry))
  return writer.finish()
}

/** What TensorFlow stores for int8 scalars 0, 1, … 127, 0, … saved under `keys` in this order. */
export function int8Entries(keys: readonly Uint8Array[]): (readonly [Uint8Array, BundleEntry])[] {
  const crcs = Array.from({ length: 128 }, (_, i) => mask(crc32c(Uint8Array.of(i))))
  return keys.map((key, i) => [
    key,
    entryOf({ dtype: 6, offset: i, size: 1, crc: crcs[i & 0x7f] ?? 0 }),
  ])
}

/** Appends a type byte and the masked checksum to the contents of a block. */
export function block(contents: Uint8Array, type = 0): Uint8Array {
  const out = new Uint8Array(contents.length + 5)
  out.set(contents)
  out[contents.length] = type
  const crc = mask(crc32c(out.subarray(0, contents.length + 1)))
  new DataView(out.buffer).setUint32(contents.length + 1, crc, true)
  return out
}

/** A raw block from raw entries and restart points. */
export function contents(entries: string, restarts: readonly number[]): Uint8Array {
  const words = new Uint8Array(4 * restarts.length + 4)
  const view = new DataView(words.buffer)
  restarts.forEach((offset, i) => {
    view.setUint32(4 * i, offset, true)
  })
  view.setUint32(4 * restarts.length, restarts.length, true)
  return Uint8Array.from([...fromHex(entries), ...words])
}
