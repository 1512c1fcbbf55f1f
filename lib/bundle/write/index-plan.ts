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
import { MOVE_SLACK, moveEntry } from '../proto/entry.js'
import { entriesOf, readTable } from '../table/reader.js'
import { TableWriter } from '../table/writer.js'
import { wait, type Steps } from '../../twin.js'

/** An entry of an index, and which of the values it tells of, in the order in which they are stored. */
export interface IndexRow {
  readonly key: Uint8Array
  readonly entry: BundleEntry
  /** -1 for a tensor that is stored in slices: it has no bytes itself. */
  readonly stored: number
}

/** Where stored values are, by their numbers: what `Places` has. */
export interface PlaceColumns {
  readonly shards: ArrayLike<number>
  readonly offsets: ArrayLike<number>
  /** Unmasked. */
  readonly crcs: Uint32Array
}

const headerOf = (shards: number): Uint8Array => {
  const header = { numShards: shards, bigEndian: false, producer: 1, minConsumer: 0 }
  return encodeHeader({ ...header, badConsumers: [] })
}

/** Entries that take some milliseconds. */
const AT_ONCE = 4096

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

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
    // The empty key sorts before all others.
    table.add(new Uint8Array(0), headerOf(shards))
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

  /**
   * The index of the same values at other places. Others have their turn meanwhile, unless it is made
   * in a blocking call.
   */
  *moved(places: PlaceColumns, shards: number, sync: boolean): Steps<Uint8Array> {
    const table = new TableWriter()
    let entry = new Uint8Array(1024)
    let row = -1
    for (const cursor of entriesOf(this.bytes, '')) {
      const { key, keyLength, block, valueStart: start, valueEnd: end } = cursor
      const stored = row < 0 ? -1 : (this.#stored[row] ?? -1)
      if (row < 0) table.add(new Uint8Array(0), headerOf(shards))
      else if (stored < 0) table.add(key.subarray(0, keyLength), block.subarray(start, end))
      else {
        const room = end - start + MOVE_SLACK
        if (entry.length < room) entry = new Uint8Array(2 * room)
        const shard = places.shards[stored] ?? 0
        const offset = places.offsets[stored] ?? 0
        const place = { shard, offset, crc: mask(places.crcs[stored] ?? 0) }
        const length = moveEntry(entry, block, start, end, place)
        table.add(key.subarray(0, keyLength), entry.subarray(0, length))
      }
      row++
      if (!sync && row % AT_ONCE === 0) yield* wait(nextTurn())
    }
    return table.finish()
  }

  /** What it was made of, with the checksums of then. */
  rows(): IndexRow[] {
    const [, ...entries] = readTable(this.bytes, '')
    return entries.map(({ key, value }, i) => {
      return { key, entry: decodeEntry(value, '', ''), stored: this.#stored[i] ?? -1 }
    })
  }

  #rebuilt(crcs: Uint32Array): IndexPlan {
    const rows = this.rows().map((row): IndexRow => {
      const { key, entry, stored } = row
      if (stored < 0) return row
      return { key, entry: { ...entry, crc: mask(crcs[stored] ?? 0) }, stored }
    })
    return new IndexPlan(rows, this.#shards)
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
