/**
 * `model.json` files of TensorFlow.js as sources. Quantized weights come as the values that they stand
 * for, as TensorFlow.js loads them.
 *
 * @module
 */
import { dirname, join } from 'node:path'
import { dtypeInfo } from '../array/dtype.js'
import { sizeOf } from '../array/strides.js'
import { readWhole } from '../bundle/files.js'
import { StringTensor } from '../bundle/read/strings.js'
import { corrupt } from '../errors.js'
import {
  MAX_MODEL_JSON,
  parseManifest,
  STRING_LENGTH,
  type TfjsGroup,
  type TfjsWeight,
} from '../formats/tfjs.js'
import type { Steps } from '../twin.js'
import { stringsOf } from './checkpoint-source.js'
import { dequantized } from './elements.js'
import { FileTensor } from './file-tensor.js'
import { collected, MappedFile, type Bytes } from './mapped-file.js'
import type { Scratch, Sink, SourceEntry, SourceTensor, TensorSource } from './tensor.js'

export function* openTfjsFile(path: string, sync: boolean): Steps<TensorSource> {
  const groups = parseManifest(yield* readWhole(path, MAX_MODEL_JSON, sync), path)
  const files: MappedFile[] = []
  const close = (): void => {
    for (const file of files) file.close()
  }
  try {
    const entries: SourceEntry[] = []
    for (const group of groups) {
      const shards = new ShardRow()
      for (const name of group.paths) {
        const file = yield* MappedFile.open(join(dirname(path), name), sync)
        files.push(file)
        shards.add(file)
      }
      entries.push(...entriesOf(group, shards, path))
    }
    return { entries, metadata: {}, close }
  } catch (error) {
    close()
    throw error
  }
}

function entriesOf({ weights }: TfjsGroup, shards: ShardRow, path: string): SourceEntry[] {
  let at = 0
  const entries = weights.map((weight): SourceEntry => {
    const { name } = weight
    const start = at
    if (weight.byteLength === undefined) {
      const { strings, end } = readStrings(shards, start, weight, path)
      at = end
      return { name, key: name, isMinor: false, open: () => stringsOf(name, name, strings) }
    }
    at += weight.byteLength
    if (at > shards.length) throw leaves(name, path)
    return { name, key: name, isMinor: false, open: () => openWeight(weight, shards, start) }
  })
  if (at !== shards.length) {
    const told = `${String(at)} bytes of weights in files of ${String(shards.length)}`
    throw corrupt(`'${path}' lists ${told}`, 'inconsistent', { path })
  }
  return entries
}

const leaves = (name: string, path: string): Error =>
  corrupt(`weight '${name}' leaves the files that '${path}' lists`, 'bounds', { path, key: name })

function openWeight(weight: TfjsWeight, shards: ShardRow, start: number): SourceTensor {
  const { name, dtype, shape, quantization, byteLength = 0 } = weight
  const stored = shards.part(start, byteLength, name)
  if (dtype === 'string') throw new Error('strings have no fixed width')
  const bytes = quantization === undefined ? stored : dequantized(stored, dtype, quantization, name)
  return new FileTensor({ name, key: name, dtype: dtypeInfo(dtype).name, shape, bytes })
}

/** Finds each string, which the manifest does not tell. */
function readStrings(
  shards: ShardRow,
  start: number,
  { name, shape }: TfjsWeight,
  path: string,
): { strings: StringTensor; end: number } {
  const count = sizeOf(shape)
  // Before anything is made for each of them.
  if (count * STRING_LENGTH > shards.length - start) throw leaves(name, path)
  const offsets = new Float64Array(count + 1)
  const head = Buffer.alloc(STRING_LENGTH)
  let at = start
  for (let i = 0; i < count; i++) {
    if (at + STRING_LENGTH > shards.length) throw leaves(name, path)
    shards.readInto(at, head)
    offsets[i] = at + STRING_LENGTH
    at += STRING_LENGTH + head.readUInt32LE()
    if (at > shards.length) throw leaves(name, path)
  }
  offsets[count] = at + STRING_LENGTH
  const element = (i: number): Uint8Array => {
    const begin = offsets[i] ?? 0
    const bytes = Buffer.alloc((offsets[i + 1] ?? 0) - STRING_LENGTH - begin)
    shards.readInto(begin, bytes)
    return bytes
  }
  return { strings: new StringTensor('string', shape, element), end: at }
}

/** Files one behind the other. */
class ShardRow {
  readonly #files: { readonly file: MappedFile; readonly start: number }[] = []
  /** Bytes of all. */
  length = 0

  add(file: MappedFile): void {
    this.#files.push({ file, start: this.length })
    this.length += file.size
  }

  /** The parts of files that make up some bytes. */
  #parts(offset: number, length: number): { file: MappedFile; offset: number; length: number }[] {
    return this.#files.flatMap(({ file, start }) => {
      const first = Math.max(offset, start)
      const last = Math.min(offset + length, start + file.size)
      return first < last ? [{ file, offset: first - start, length: last - first }] : []
    })
  }

  readInto(offset: number, target: Uint8Array): void {
    let at = 0
    for (const { file, offset: from, length } of this.#parts(offset, target.length)) {
      file.readInto(from, target.subarray(at, at + length))
      at += length
    }
  }

  /** A view where one file holds them, else put together. */
  part(offset: number, length: number, key: string): Bytes {
    const parts = this.#parts(offset, length)
    const [first] = parts
    if (parts.length === 1 && first !== undefined) return first.file.part(first.offset, length, key)
    return collected(length, key, (scratch, sink) => this.#stream(offset, length, scratch, sink))
  }

  /** Reads across the ends of files, so that pieces are whole elements. */
  *#stream(offset: number, length: number, { input }: Scratch, sink: Sink): Steps<void> {
    for (let at = 0; at < length; at += input.length) {
      const piece = input.subarray(0, Math.min(input.length, length - at))
      this.readInto(offset + at, piece)
      yield* sink(piece)
    }
  }
}
