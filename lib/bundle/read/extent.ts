/**
 * The bytes of an array in a shard and what its checksum says, turned into memory that JavaScript
 * may use: mapped where possible, copied where it has to be.
 *
 * @module
 */
import { constants } from 'node:buffer'
import { CheckpointError, corrupt, isCheckpointError } from '../../errors.js'
import {
  checksum,
  createJob,
  mapView,
  RANGE_COLUMNS,
  readMapped,
  takeLoaded,
  type Loaded,
  type Mapping,
} from '../../native.js'
import { unmask } from '../masked-crc.js'
import { THREADS } from '../operation.js'
import type { ByteRange, Shard } from './shards.js'

/** How an array's bytes come into memory and whether they are checked. */
export interface AccessOptions {
  readonly mode: 'map' | 'load'
  readonly verify: 'eager' | 'lazy' | 'off'
}

/** Where restored bytes ended up. */
export interface ReadStats {
  /** Arrays handed out as views of a mapping. */
  mapped: number
  /** Arrays copied out of the mapping: not aligned, too large for a view, or in need of change. */
  copied: number
  /** Arrays read from the file. */
  loaded: number
}

export class Extent {
  readonly key: string
  /** The bytes that are handed out. */
  readonly range: ByteRange
  /** Masked checksum of the entry. */
  readonly #crc: number
  /** CRC-32C of all that the checksum covers before `range`. */
  readonly #seed: number
  readonly #stats: ReadStats
  #buffer: ArrayBuffer | undefined
  /** Bytes that were read from the file, until they are used. */
  #loaded: { readonly from: Loaded; readonly row: number } | undefined

  constructor(key: string, range: ByteRange, crc: number, seed: number, stats: ReadStats) {
    this.key = key
    this.range = range
    this.#crc = crc
    this.#seed = seed
    this.#stats = stats
  }

  get seed(): number {
    return this.#seed
  }

  /** Of these bytes in their shard, and of what they are expected to be. */
  get #id(): string {
    const { offset, length } = this.range
    return `${String(offset)} ${String(length)} ${String(this.#seed)} ${String(this.#crc)}`
  }

  /** @throws CheckpointError CKPT_CORRUPT unless the computed checksum is the stored one */
  settle(crc: number): void {
    const stored = unmask(this.#crc)
    if (crc !== stored) {
      const { path } = this.range.shard
      throw corrupt(
        `checksum does not match in '${this.key}': stored ${hex(stored)}, the bytes in '${path}' ` +
          `give ${hex(crc)}`,
        'checksum',
        { key: this.key, path },
      )
    }
    this.range.shard.checked.add(this.#id)
  }

  /** Has its bytes from there, which were read from the file. */
  fill(from: Loaded, row: number): void {
    this.#loaded = { from, row }
    this.#stats.loaded++
  }

  /** Checks now, on this thread. */
  checkNow(): void {
    if (this.range.shard.checked.has(this.#id)) return
    const [crc = 0] = checksum(createJob(), ...ranges([this]), THREADS, true) as Uint32Array
    this.settle(crc)
  }

  /**
   * Copies now, on this thread, unless the bytes are here already. From the mapping: the file may be
   * gone by now.
   */
  loadUnlessFilled(): void {
    this.#buffer ??= this.#take() ?? this.#copy('loaded')
  }

  /** Takes memory of its own, apart from other views of the same bytes. */
  detach(): void {
    // What was loaded is apart already.
    if (this.#loaded === undefined) this.#buffer ??= this.#copy('copied')
  }

  /**
   * The bytes, at the start of a buffer whose elements are `laneBytes` wide. Always the same buffer:
   * a private copy of the file's bytes, writable.
   */
  buffer(laneBytes: number): ArrayBuffer {
    return (this.#buffer ??= this.#take() ?? this.#map(laneBytes))
  }

  /**
   * The same as bytes.
   *
   * @throws CheckpointError CKPT_TOO_LARGE if this Node has no Uint8Array of that length
   */
  bytes(): Uint8Array {
    const buffer = this.buffer(1)
    try {
      return new Uint8Array(buffer)
    } catch (cause) {
      throw tooLarge(this.range.length, this.key, cause)
    }
  }

  #take(): ArrayBuffer | undefined {
    if (this.#loaded === undefined) return undefined
    const { from, row } = this.#loaded
    let buffer: ArrayBuffer
    try {
      buffer = takeLoaded(from, row)
    } catch (error) {
      if (!isCheckpointError(error, 'CKPT_TOO_LARGE')) throw error
      buffer = this.#copyOf((offset, part) => {
        from.readInto(row, offset, part)
      })
    }
    this.#loaded = undefined
    return buffer
  }

  #map(laneBytes: number): ArrayBuffer {
    const { shard, offset, length } = this.range
    if (length === 0) return new ArrayBuffer(0)
    if (offset % laneBytes === 0) {
      try {
        const view = mapView(shard.mapping, offset, length)
        this.#stats.mapped++
        return view
      } catch (error) {
        if (!isCheckpointError(error, 'CKPT_TOO_LARGE')) throw error
      }
    }
    return this.#copy('copied')
  }

  #copy(kind: 'copied' | 'loaded'): ArrayBuffer {
    const { shard, offset } = this.range
    const copy = this.#copyOf((at, part) => {
      readMapped(shard.mapping, offset + at, part)
    })
    this.#stats[kind]++
    return copy
  }

  #copyOf(read: (at: number, part: Uint8Array) => void): ArrayBuffer {
    const { length } = this.range
    const copy = allocate(length, this.key)
    for (let at = 0; at < length; at += COPY_BYTES) {
      read(at, new Uint8Array(copy, at, Math.min(COPY_BYTES, length - at)))
    }
    return copy
  }
}

/** A Uint8Array over all of a large buffer is more than Node 20 can make. */
const COPY_BYTES = 2 ** 30

const hex = (crc: number): string => crc.toString(16).padStart(8, '0')

/** Memory for bytes that are known to be in the file. */
export function allocate(bytes: number, key: string): ArrayBuffer {
  try {
    return new ArrayBuffer(bytes)
  } catch (cause) {
    throw tooLarge(bytes, key, cause)
  }
}

function tooLarge(bytes: number, key: string, cause: unknown): CheckpointError {
  const message = `no buffer of ${String(bytes)} bytes for '${key}' can be made here`
  const details = { bytes, limit: constants.MAX_LENGTH, key }
  return new CheckpointError('CKPT_TOO_LARGE', message, details, { cause })
}

/** Extents as the addon takes them, and the mappings that they lie in. */
export function ranges(extents: readonly Extent[]): [Mapping[], Float64Array] {
  const [shards, rows] = rowsOf(extents)
  return [shards.map(({ mapping }) => mapping), rows]
}

/** The same with their shards. */
export function rowsOf(extents: readonly Extent[]): [Shard[], Float64Array] {
  const numbers = new Map<Shard, number>()
  const rows = new Float64Array(extents.length * RANGE_COLUMNS)
  for (const [i, { range, seed }] of extents.entries()) {
    const { shard, offset, length } = range
    let number = numbers.get(shard)
    if (number === undefined) numbers.set(shard, (number = numbers.size))
    rows.set([number, offset, length, seed], i * RANGE_COLUMNS)
  }
  return [[...numbers.keys()], rows]
}
