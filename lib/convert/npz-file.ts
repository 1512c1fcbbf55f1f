/**
 * `.npz` files as sources: stored members are mapped where they lie, deflated ones are inflated as
 * they are read. The checksum of a member is checked wherever all of its bytes go by.
 *
 * @module
 */
import { crc32 } from 'node:zlib'
import { corrupt, isCheckpointError, type CheckpointError } from '../errors.js'
import { arrayNameOf } from '../formats/npz.js'
import { DEFLATED } from '../formats/zip.js'
import { readDirectory, type FoundMember } from '../formats/zip-directory.js'
import { runSync, type Steps } from '../twin.js'
import { Flate, INFLATE_BYTES } from './inflate.js'
import { collected, MappedFile, type Bytes } from './mapped-file.js'
import { npyFileTensor, readNpyHeader } from './npy-file.js'
import {
  Scratch,
  type Sink,
  type SourceEntry,
  type SourceTensor,
  type TensorSource,
} from './tensor.js'

export function* openNpzFile(path: string, sync: boolean): Steps<TensorSource> {
  const file = yield* MappedFile.open(path, sync)
  const close = (): void => {
    file.close()
  }
  try {
    const entries = readDirectory(file).flatMap((member): SourceEntry[] => {
      const name = arrayNameOf(member.name, file.path)
      if (name === undefined) return []
      return [{ name, key: name, isMinor: false, open: () => openMember(file, member, name) }]
    })
    return { entries, metadata: {}, close }
  } catch (error) {
    close()
    throw error
  }
}

function openMember(file: MappedFile, member: FoundMember, name: string): SourceTensor {
  const { size } = member
  const head =
    member.method === DEFLATED
      ? (length: number) => inflatedHead(file, member, length)
      : (length: number) => file.read(member.dataOffset, length)
  const { npy, header } = readNpyHeader(head, size, name)
  if (npy.dataOffset + npy.dataLength !== size) {
    const told = `${String(npy.dataLength)} bytes of data in ${String(size)}`
    const where = { key: name, path: file.path }
    throw corrupt(`member '${name}' has ${told}`, 'inconsistent', where)
  }
  const start = { skip: npy.dataOffset, crc: crc32(header) }
  const bytes =
    member.method === DEFLATED
      ? collected(npy.dataLength, name, (scratch, sink) =>
          streamInflated(file, member, name, start, scratch, sink),
        )
      : new StoredBytes(file, member, name, start)
  return npyFileTensor(name, name, npy, bytes)
}

/** What stands before the elements: how many bytes, and their checksum. */
interface Start {
  readonly skip: number
  readonly crc: number
}

function settle(crc: number, { crc: stored }: FoundMember, key: string, path: string): void {
  if (crc === stored) return
  const found = `stored ${stored.toString(16)}, its bytes give ${crc.toString(16)}`
  throw corrupt(`checksum of member '${key}' does not match: ${found}`, 'checksum', { key, path })
}

/** The sink, with the checksum of all that goes to it. */
function summing(seed: number, sink: Sink): { sink: Sink; crc: () => number } {
  let crc = seed
  return {
    sink: function* (piece) {
      crc = crc32(piece, crc)
      yield* sink(piece)
    },
    crc: () => crc,
  }
}

function* nowhere(): Steps<void> {
  return undefined
}

class StoredBytes implements Bytes {
  readonly length: number
  readonly #bytes: Bytes
  readonly #check: (crc: number) => void
  readonly #seed: number
  #isChecked = false

  constructor(file: MappedFile, member: FoundMember, key: string, { skip, crc }: Start) {
    this.length = member.size - skip
    this.#bytes = file.part(member.dataOffset + skip, this.length, key)
    this.#seed = crc
    this.#check = (found) => {
      settle(found, member, key, file.path)
      this.#isChecked = true
    }
  }

  buffer(lane: number): ArrayBuffer {
    // Once: afterwards the view may have been written to.
    if (!this.#isChecked) runSync(this.stream(new Scratch(), nowhere))
    return this.#bytes.buffer(lane)
  }

  *stream(scratch: Scratch, sink: Sink): Steps<void> {
    const sum = summing(this.#seed, sink)
    yield* this.#bytes.stream(scratch, sum.sink)
    this.#check(sum.crc())
  }
}

/** Inflates the elements, gathered to pieces of whole ones. */
function* streamInflated(
  file: MappedFile,
  member: FoundMember,
  key: string,
  { skip, crc }: Start,
  { input }: Scratch,
  sink: Sink,
): Steps<void> {
  const sum = summing(crc, sink)
  let filled = 0
  let toSkip = skip
  for (const made of inflated(file, member, key)) {
    const start = Math.min(toSkip, made.length)
    toSkip -= start
    for (let at = start; at < made.length;) {
      const count = made.copy(input, filled, at, at + input.length - filled)
      at += count
      filled += count
      if (filled < input.length) continue
      yield* sum.sink(input)
      filled = 0
    }
  }
  if (filled > 0) yield* sum.sink(input.subarray(0, filled))
  settle(sum.crc(), member, key, file.path)
}

/** What a member inflates to: exactly as much as the directory says, or it throws. */
function* inflated(file: MappedFile, member: FoundMember, key: string): Generator<Buffer> {
  const { dataOffset, compressedSize, size } = member
  const flate = new Flate('inflate')
  const input = Buffer.allocUnsafe(Math.min(INFLATE_BYTES, compressedSize))
  let total = 0
  try {
    for (let at = 0; at <= compressedSize; at += INFLATE_BYTES) {
      const length = Math.min(INFLATE_BYTES, compressedSize - at)
      const isLast = at + length === compressedSize
      file.readInto(dataOffset + at, input.subarray(0, length))
      const made = flate.push(input.subarray(0, length))
      for (const part of isLast ? [...made, ...flate.finish()] : made) {
        total += part.length
        if (total > size) throw badData(key, file.path, 'it inflates to more than it should')
        yield part
      }
      if (isLast) break
    }
  } catch (error) {
    if (isCheckpointError(error)) throw error
    const what = error instanceof Error ? error.message : String(error)
    throw badData(key, file.path, what, error)
  } finally {
    flate.close()
  }
  if (total < size) throw badData(key, file.path, 'it inflates to less than it should')
}

function badData(key: string, path: string, what: string, cause?: unknown): CheckpointError {
  const message = `compressed member '${key}' of '${path}' is damaged: ${what}`
  return corrupt(message, 'framing', { key, path }, cause === undefined ? undefined : { cause })
}

function inflatedHead(file: MappedFile, member: FoundMember, length: number): Buffer {
  const parts: Buffer[] = []
  let total = 0
  for (const part of inflated(file, member, member.name)) {
    parts.push(part)
    total += part.length
    if (total >= length) break
  }
  return Buffer.concat(parts).subarray(0, length)
}
