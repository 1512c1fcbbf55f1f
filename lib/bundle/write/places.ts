/**
 * Where the values of a checkpoint lie in its data files, kept for the next save: what has not
 * changed by then need not be written again.
 *
 * @module
 */
import { FILE_COLUMNS } from '../../native.js'

/** A data file that later checkpoints may have under a second name. */
export interface PlacedFile {
  /** Absolute; by now it may be the name of something else. */
  readonly path: string
  /** A row of FILE_COLUMNS: which file it was. */
  readonly identity: BigUint64Array
  /** Its bytes are known to be on the disk. */
  readonly isSynced: boolean
}

/** Of each stored value of a bundle, by its number: where all its bytes are. */
export class Places {
  readonly files: readonly PlacedFile[]
  /** Numbers among the files; -1: nowhere. */
  readonly shards: Int32Array
  /** Bytes. */
  readonly offsets: Float64Array
  /** CRC-32C, unmasked. */
  readonly crcs: Uint32Array

  constructor(count: number, files: readonly PlacedFile[], as?: Places) {
    this.files = files
    this.shards = as?.shards.slice() ?? new Int32Array(count).fill(-1)
    this.offsets = as?.offsets.slice() ?? new Float64Array(count)
    this.crcs = as?.crcs.slice() ?? new Uint32Array(count)
  }

  get count(): number {
    return this.shards.length
  }

  set(value: number, shard: number, offset: number, crc: number): void {
    this.shards[value] = shard
    this.offsets[value] = offset
    this.crcs[value] = crc
  }

  /** Takes the place of another bundle's value. */
  copy(value: number, from: Places, other: number): void {
    this.set(value, from.shards[other] ?? -1, from.offsets[other] ?? 0, from.crcs[other] ?? 0)
  }

  forget(value: number): void {
    this.shards[value] = -1
  }

  /** The same in files of other names. */
  with(files: readonly PlacedFile[]): Places {
    return new Places(this.count, files, this)
  }

  /** @param same 1 for each value whose bytes are still those at its place */
  only(same: Uint8Array): Places {
    const rest = new Places(this.count, this.files)
    for (let i = 0; i < same.length; i++) if (same[i] === 1) rest.copy(i, this, i)
    return rest
  }
}

/** Rows of FILE_COLUMNS one by one. */
export const identityOf = (files: BigUint64Array, number: number): BigUint64Array =>
  files.subarray(number * FILE_COLUMNS, (number + 1) * FILE_COLUMNS)

const SIZE = 2

/** Bytes of a file. */
export const sizeOfFile = ({ identity }: PlacedFile): number => Number(identity[SIZE] ?? 0n)
