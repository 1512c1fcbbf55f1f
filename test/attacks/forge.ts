/** Hand-made checkpoints: well-formed where a test does not say otherwise. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { mask } from '../../lib/bundle/masked-crc.js'
import {
  encodeEntry,
  encodeHeader,
  encodeObjectGraph,
  type BundleEntry,
  type BundleHeader,
  type ObjectGraph,
} from '../../lib/bundle/messages.js'
import { indexPath, shardPath } from '../../lib/bundle/names.js'
import { stringTensorValue, stringValue } from '../../lib/bundle/write/values.js'
import { TableWriter } from '../../lib/bundle/table/writer.js'
import { crc32c } from '../../lib/native.js'

export const GRAPH_KEY = '_CHECKPOINTABLE_OBJECT_GRAPH'

/** TensorFlow's DataType. */
export const FLOAT = 1
export const STRING = 7
export const INT64 = 9

/** An entry with its bytes, or with what is claimed of bytes. */
export interface ForgedEntry extends Partial<BundleEntry> {
  readonly key: string | Uint8Array
  /** Appended to its shard; offset, size and checksum are those of it unless they are given. */
  readonly bytes?: Uint8Array
  /** Replaces the whole encoded entry. */
  readonly raw?: Uint8Array
}

export interface Forged {
  readonly entries: readonly ForgedEntry[]
  readonly header?: Partial<BundleHeader>
  /** Replaces the whole index file. */
  readonly index?: Uint8Array
}

/** A checksum as entries store it. */
export const crcOf = (bytes: Uint8Array): number => mask(crc32c(bytes))

const keyBytes = (key: string | Uint8Array): Uint8Array =>
  typeof key === 'string' ? Buffer.from(key) : key

/** Places the bytes of the entries in shards, one behind the other. */
function place(entries: readonly ForgedEntry[]): {
  rows: { key: Uint8Array; value: Uint8Array }[]
  shards: Map<number, Uint8Array[]>
} {
  const shards = new Map<number, Uint8Array[]>()
  const ends = new Map<number, number>()
  const rows = entries.map(({ key, bytes, raw, ...claimed }) => {
    const shard = claimed.shard ?? 0
    const offset = ends.get(shard) ?? 0
    const content = bytes ?? new Uint8Array(0)
    if (bytes !== undefined) {
      shards.set(shard, [...(shards.get(shard) ?? []), bytes])
      ends.set(shard, offset + bytes.length)
    }
    const entry = {
      dtype: FLOAT,
      shape: [],
      shard,
      offset,
      size: content.length,
      crc: crcOf(content),
      slices: [],
      ...claimed,
    }
    return { key: keyBytes(key), value: raw ?? encodeEntry(entry) }
  })
  return { rows, shards }
}

const HEADER = { numShards: 1, bigEndian: false, producer: 1, minConsumer: 0, badConsumers: [] }

/** Writes the files of a checkpoint and returns its prefix. */
export function forge(prefix: string, { entries, header = {}, index }: Forged): string {
  const { rows, shards } = place(entries)
  rows.sort((a, b) => Buffer.compare(a.key, b.key))
  const table = new TableWriter()
  const full = { ...HEADER, ...header }
  table.add(new Uint8Array(0), encodeHeader(full))
  for (const { key, value } of rows) table.add(key, value)
  mkdirSync(dirname(prefix), { recursive: true })
  writeFileSync(indexPath(prefix), index ?? table.finish())
  for (const [shard, parts] of shards) {
    writeFileSync(shardPath(prefix, shard, full.numShards), Buffer.concat(parts))
  }
  return prefix
}

type StringEntry = Required<Pick<ForgedEntry, 'key' | 'dtype' | 'shape' | 'bytes' | 'crc'>>

/** A tensor that is one string, with the checksums that belong to it. */
export function stringEntry(key: string, content: Uint8Array): StringEntry {
  const { dtype, shape, head, seed } = stringValue(key, content)
  return { key, dtype, shape, bytes: head, crc: mask(seed) }
}

/** A tensor of strings. */
export function stringsEntry(key: string, strings: readonly Uint8Array[]): StringEntry {
  const { dtype, shape, head, seed } = stringTensorValue(key, [strings.length], strings)
  return { key, dtype, shape, bytes: head, crc: mask(seed) }
}

export interface ForgedNpy {
  readonly descr?: string
  readonly shape?: string
  readonly order?: string
  /** The whole header text. */
  readonly header?: string
  readonly version?: number
  /** The header length that is claimed. */
  readonly headerLength?: number
  readonly data?: Uint8Array
}

/** A `.npy` of whatever header. */
export function npy(forged: ForgedNpy): Uint8Array {
  const { descr = "'<f8'", shape = '(3,)', order = 'False', version = 1 } = forged
  const text = `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`
  const header = Buffer.from(forged.header ?? text)
  const length = Buffer.alloc(version === 1 ? 2 : 4)
  const claimed = forged.headerLength ?? header.length
  length.writeUIntLE(claimed, 0, length.length)
  const magic = Buffer.from('\x93NUMPY', 'latin1')
  const data = forged.data ?? new Uint8Array(24)
  return Buffer.concat([magic, Buffer.of(version, 0), length, header, data])
}

export const VALUE = '/.ATTRIBUTES/py_state'

/** The graph of a NumpyState named `state` that holds arrays of these names. */
export function graphOf(names: readonly string[]): ObjectGraph {
  const arrays = names.map((name) => ({
    children: [],
    attributes: [{ name: 'py_state', fullName: '', checkpointKey: `state/${name}${VALUE}` }],
    slotVariables: [],
  }))
  const children = names.map((localName, i) => ({ nodeId: i + 2, localName }))
  const empty = { attributes: [], slotVariables: [] }
  return {
    nodes: [
      { ...empty, children: [{ nodeId: 1, localName: 'state' }] },
      { ...empty, children },
      ...arrays,
    ],
  }
}

export const graphEntry = (graph: ObjectGraph): ForgedEntry =>
  stringEntry(GRAPH_KEY, encodeObjectGraph(graph))

/** A NumpyState named `state` whose arrays are these `.npy` files. */
export function stateOf(arrays: Readonly<Record<string, Uint8Array>>): ForgedEntry[] {
  const entries = Object.entries(arrays).map(([name, content]) =>
    stringEntry(`state/${name}${VALUE}`, content),
  )
  return [...entries, graphEntry(graphOf(Object.keys(arrays)))]
}
