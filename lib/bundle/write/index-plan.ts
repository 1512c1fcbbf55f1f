/**
 * The index of a bundle as it was written last: of the next one with the same entries at the same
 * places, only the checksums differ.
 *
 * @module
 */
import { crc32c } from '../../native.js'
import { mask } from '../masked-crc.js'
import { decodeEntry, encodeEntry, encodeHeader, type BundleEntry } from '../messages.js'
import type { BlockHandle } from '../table/format.js'
import { readTable } from '../table/reader.js'
import { TableWriter } from '../table/writer.js'
import type { Placement } from './layout.js'

/** An entry of an index, and which of the values it tells of, in the order in which they are stored. */
export interface IndexRow {
  readonly key: Uint8Array
  readonly entry: BundleEntry
  /** -1 for a tensor that is stored in slices: it has no bytes itself. */
  readonly stored: number
}

/** Where a stored value is. */
type PlaceOf = (stored: number) => Placement

/** Bytes of a checksum; it is the last field of an entry that has no slices. */
const CRC_BYTES = 4

export class IndexPlan {
  readonly bytes: Uint8Array
  readonly #shards: number
  /** By row: the value it tells of. */
  readonly #stored: Int32Array
  /** By stored value: where its checksum lies; 0 where it has none. */
  readonly #crcAt: Uint32Array
  readonly #blocks: readonly BlockHandle[]

  /** @param rows sorted by key */
  constructor(rows: readonly IndexRow[], shards: number) {
    this.#shards = shards
    const table = new TableWriter()
    const header = { numShards: shards, bigEndian: false, producer: 1, minConsumer: 0 }
    // The empty key sorts before all others.
    table.add(new Uint8Array(0), encodeHeader({ ...header, badConsumers: [] }))
    this.#stored = new Int32Array(rows.length)
    this.#crcAt = new Uint32Array(rows.length)
    for (const [i, { key, entry, stored }] of rows.entries()) {
      const end = table.add(key, encodeEntry(entry))
      this.#stored[i] = stored
      if (stored >= 0 && entry.crc !== 0) this.#crcAt[stored] = end - CRC_BYTES
    }
    this.bytes = table.finish()
    this.#blocks = table.dataBlocks
  }

  /** The index with other checksums (unmasked), in the order of the stored values. */
  withChecksums(crcs: Uint32Array): Uint8Array {
    const at = this.#crcAt
    const bytes = this.bytes.slice()
    for (let i = 0; i < crcs.length; i++) {
      const crc = mask(crcs[i] ?? 0)
      const place = at[i] ?? 0
      // A checksum of 0 is not written: the entry has another length.
      if (crc === 0 || place === 0) return this.#rebuilt(crcs).bytes
      bytes[place] = crc
      bytes[place + 1] = crc >>> 8
      bytes[place + 2] = crc >>> 16
      bytes[place + 3] = crc >>> 24
    }
    for (const block of this.#blocks) sealBlock(bytes, block)
    return bytes
  }

  /** The index of the same values at other places. */
  moved(crcs: Uint32Array, placeOf: PlaceOf, shards: number): Uint8Array {
    return this.#rebuilt(crcs, placeOf, shards).bytes
  }

  /** What it was made of, with the checksums of then. */
  rows(): IndexRow[] {
    const [, ...entries] = readTable(this.bytes, '')
    return entries.map(({ key, value }, i) => {
      return { key, entry: decodeEntry(value, '', ''), stored: this.#stored[i] ?? -1 }
    })
  }

  #rebuilt(crcs: Uint32Array, placeOf?: PlaceOf, shards: number = this.#shards): IndexPlan {
    const rows = this.rows().map((row): IndexRow => {
      const { key, entry, stored } = row
      if (stored < 0) return row
      const { shard, offset } = placeOf?.(stored) ?? entry
      const crc = mask(crcs[stored] ?? 0)
      return { key, entry: { ...entry, shard, offset, crc }, stored }
    })
    return new IndexPlan(rows, shards)
  }
}

/** Writes the checksum of a block anew. */
function sealBlock(file: Uint8Array, { offset, size }: BlockHandle): void {
  const end = offset + size + 1
  const crc = mask(crc32c(file.subarray(offset, end)))
  file[end] = crc
  file[end + 1] = crc >>> 8
  file[end + 2] = crc >>> 16
  file[end + 3] = crc >>> 24
}
