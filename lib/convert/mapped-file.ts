/**
 * A file of another format, mapped: arrays are views of the mapping, and what is streamed is read past
 * it, so that the pages of a large file do not stay in this process.
 *
 * @module
 */
import { resolve } from 'node:path'
import { corrupt } from '../errors.js'
import type { RandomAccess } from '../formats/zip-end.js'
import { allocate, Extent, type ReadStats } from '../bundle/read/extent.js'
import type { Shard } from '../bundle/read/shards.js'
import { openMappings, readMapped } from '../native.js'
import { runSync, wait, type Steps } from '../twin.js'
import { Scratch, type Sink } from './tensor.js'

/** Some bytes, in a file or made of a file's. */
export interface Bytes {
  readonly length: number
  /** All of them, in a buffer of elements of `lane` bytes; checked. The same buffer each time. */
  buffer(lane: number): ArrayBuffer
  stream(scratch: Scratch, sink: Sink): Steps<void>
}

/** Bytes that have to be made of others: in pieces, or once and for all in memory of their own. */
export function collected(length: number, key: string, stream: Bytes['stream']): Bytes {
  let buffer: ArrayBuffer | undefined
  return { length, stream, buffer: () => (buffer ??= collect(length, key, stream)) }
}

function collect(length: number, key: string, stream: Bytes['stream']): ArrayBuffer {
  const buffer = allocate(length, key)
  let at = 0

  const fill: Sink = function* (piece) {
    new Uint8Array(buffer, at, piece.length).set(piece)
    at += piece.length
  }
  runSync(stream(new Scratch(), fill))
  return buffer
}

export class MappedFile implements RandomAccess {
  readonly path: string
  readonly size: number
  readonly #shard: Shard
  readonly #stats: ReadStats = { mapped: 0, copied: 0, loaded: 0 }

  private constructor(shard: Shard) {
    this.path = shard.path
    this.size = shard.size
    this.#shard = shard
  }

  /** @throws CheckpointError CKPT_NOT_FOUND, CKPT_IO */
  static *open(path: string, sync: boolean): Steps<MappedFile> {
    const absolute = resolve(path)
    const [mapping] = yield* wait(openMappings([absolute], sync))
    if (mapping === undefined) throw new Error('no mapping')
    const { size } = mapping
    return new MappedFile({ path: absolute, mapping, size, checked: new Set() })
  }

  /** Views of this file, and copies where alignment did not allow any. */
  get stats(): Readonly<ReadStats> {
    return { ...this.#stats }
  }

  /** A copy, for parsing. */
  read(offset: number, length: number): Buffer {
    this.#check(offset, length)
    const bytes = Buffer.allocUnsafe(length)
    if (length > 0) readMapped(this.#shard.mapping, offset, bytes)
    return bytes
  }

  /** Reads into memory that is there. */
  readInto(offset: number, target: Uint8Array): void {
    this.#check(offset, target.length)
    if (target.length > 0) readMapped(this.#shard.mapping, offset, target)
  }

  /** A part that is handed out as an array. */
  part(offset: number, length: number, key: string): Bytes {
    this.#check(offset, length)
    const extent = new Extent(key, { shard: this.#shard, offset, length }, 0, 0, this.#stats)
    return {
      length,
      buffer: (lane) => extent.buffer(lane),
      stream: (scratch, sink) => this.stream(offset, length, scratch, sink),
    }
  }

  *stream(offset: number, length: number, { input }: Scratch, sink: Sink): Steps<void> {
    for (let at = 0; at < length; at += input.length) {
      const piece = input.subarray(0, Math.min(input.length, length - at))
      this.readInto(offset + at, piece)
      yield* sink(piece)
    }
  }

  /** Gives up the descriptor; what is mapped stays. */
  close(): void {
    this.#shard.mapping.closeFile()
  }

  #check(offset: number, length: number): void {
    if (offset >= 0 && length >= 0 && length <= this.size - offset) return
    const { path } = this
    throw corrupt(`'${path}' ends before what it should hold`, 'bounds', { path })
  }
}
