/**
 * Scalar strings that hold a `.npy`, as arrays that read their bytes at first use.
 *
 * @module
 */
import { NdArray, type ArrayLayout } from '../../array/ndarray.js'
import { cStrides, fortranStrides } from '../../array/strides.js'
import { laneBytes } from '../../array/typed-arrays.js'
import type { DType, TypedArray } from '../../array/dtype.js'
import { corrupt, isCheckpointError } from '../../errors.js'
import { npyDataOffset, parseNpyHeader, type ParsedNpy } from '../../formats/npy.js'
import { crc32c } from '../../native.js'
import type { BundleEntry } from '../messages.js'
import { Extent } from './extent.js'
import { PEEK } from './heads.js'
import { subrange, type ByteRange, type Shard } from './shards.js'
import { parseStrings } from './strings.js'
import type { TensorContext } from './tensor-context.js'
import { elementsOf, requireScalarString } from './tensors.js'

/** What stands before the data of a `.npy` in its entry, and what it says. */
interface NpyHead {
  readonly npy: ParsedNpy
  readonly layout: ArrayLayout
  /** Of the data in the entry, and of the end of all. */
  readonly start: number
  readonly end: number
  /** Checksum of all that stands before the data. */
  readonly seed: number
}

/**
 * Of headers that are not ordinary, by where they begin: a graph may lead to one of them any number
 * of times, by entries of many lengths, and to parse it each time would take the square of the
 * file's size.
 */
const longHeads = new WeakMap<Shard, Map<number, NpyHead>>()

function longHead({ shard, offset, length }: ByteRange): NpyHead | undefined {
  const head = longHeads.get(shard)?.get(offset)
  return head !== undefined && head.end <= length ? head : undefined
}

function rememberLong({ shard, offset }: ByteRange, head: NpyHead): void {
  const known = longHeads.get(shard)
  if (known === undefined) longHeads.set(shard, new Map([[offset, head]]))
  else known.set(offset, head)
}

/** By the size of their entry: arrays of one dtype and shape begin with the same bytes. */
const knownHeads = new Map<number, { readonly bytes: Uint8Array; readonly head: NpyHead }>()
const MAX_KNOWN = 64

/** The content of a scalar string that holds a `.npy`. */
export function npyTensor(context: TensorContext, entry: BundleEntry, key: string): NpyExtent {
  requireScalarString(context, entry, key)
  const range = context.shards.range(entry, key)
  const head = knownHead(context, range) ?? longHead(range) ?? newHead(context, range, entry, key)
  return new NpyExtent(key, range, entry.crc, head, context)
}

/** The head of an entry that begins with the very bytes of another one of its size. */
function knownHead({ shards: { heads } }: TensorContext, range: ByteRange): NpyHead | undefined {
  const known = knownHeads.get(range.length)
  if (known === undefined) return undefined
  const { bytes, head } = known
  const at = heads.find(range, bytes.length)
  const found = heads.bytes
  for (let i = 0; i < bytes.length; i++) if (found[at + i] !== bytes[i]) return undefined
  return head
}

function peek({ shards: { heads } }: TensorContext, range: ByteRange, length: number): Buffer {
  const wanted = Math.min(length, range.length)
  const at = heads.find(range, wanted)
  return heads.bytes.subarray(at, at + wanted)
}

/** Files of which an array was checked that could not be read: once is enough, since it reads all of it. */
const examined = new WeakSet<Shard>()

/**
 * A head that was not seen before. A changed bit can make a version or a type of it that is not
 * supported, and whoever passes over damage must be told that it is damage.
 *
 * @throws CheckpointError CKPT_CORRUPT; CKPT_UNSUPPORTED
 */
function newHead(
  context: TensorContext,
  range: ByteRange,
  { crc }: BundleEntry,
  key: string,
): NpyHead {
  const bytes = peek(context, range, PEEK)
  const { offsets, seed } = parseStrings(bytes, range.length, 1, key)
  const [start = 0, end = 0] = offsets
  try {
    return npyHead(context, range, bytes, { start, end, seed }, key)
  } catch (error) {
    if (isCheckpointError(error, 'CKPT_UNSUPPORTED') && !examined.has(range.shard)) {
      examined.add(range.shard)
      new Extent(key, subrange(range, start, end), crc, seed, context.stats).checkNow()
    }
    throw error
  }
}

/** @param content where it lies in its entry, and the checksum of all before it */
function npyHead(
  context: TensorContext,
  range: ByteRange,
  beginning: Buffer,
  { start, end, seed }: Pick<NpyHead, 'start' | 'end' | 'seed'>,
  key: string,
): NpyHead {
  let bytes = beginning
  const dataOffset = npyDataOffset(bytes.subarray(start), key)
  if (dataOffset > end - start) {
    throw corrupt(`array '${key}' ends inside its .npy header`, 'bounds', { key })
  }
  const isLong = start + dataOffset > bytes.length
  if (isLong) bytes = peek(context, range, start + dataOffset)
  const header = bytes.subarray(start, start + dataOffset)
  const npy = parseNpyHeader(header, end - start, key)
  const layout = layoutOf(npy)
  const head = { npy, layout, start: start + dataOffset, end, seed: crc32c(header, seed) }
  if (isLong) rememberLong(range, head)
  else remember(range.length, new Uint8Array(bytes.subarray(0, head.start)), head)
  return head
}

function remember(size: number, bytes: Uint8Array, head: NpyHead): void {
  if (knownHeads.size >= MAX_KNOWN) knownHeads.clear()
  knownHeads.set(size, { bytes, head })
}

/** Frozen, and so shared by all arrays that have it. */
function layoutOf({ shape, fortranOrder }: ParsedNpy): ArrayLayout {
  const stride = fortranOrder ? fortranStrides(shape) : cStrides(shape)
  return { shape: Object.freeze([...shape]), stride: Object.freeze(stride) }
}

/** The bytes behind the head: those of an array, which reads them at its first use. */
export class NpyExtent extends Extent {
  readonly #head: NpyHead
  readonly #context: TensorContext

  constructor(key: string, range: ByteRange, crc: number, head: NpyHead, context: TensorContext) {
    const { start, end, seed } = head
    const payload = { shard: range.shard, offset: range.offset + start, length: end - start }
    super(key, payload, crc, seed, context.stats)
    this.#head = head
    this.#context = context
  }

  /** What its header says. */
  get npy(): ParsedNpy {
    return this.#head.npy
  }

  get dtype(): DType {
    return this.#head.npy.info?.name ?? 'void'
  }

  get shape(): readonly number[] {
    return this.#head.layout.shape
  }

  /** A new array each time, of the same elements. */
  toArray(): NdArray {
    const { npy, layout } = this.#head
    const { descr, itemsize } = npy
    const { dtype } = this
    return npy.info === undefined
      ? new NdArray({ dtype, ...layout, layout, descr, itemsize, data: this })
      : new NdArray({ dtype, shape: layout.shape, layout, data: this })
  }

  /** The elements, with the checks that the options left to the first use. */
  load(): TypedArray {
    const { info, dataLength, bigEndian } = this.#head.npy
    const { access, stats } = this.#context
    if (access.verify !== 'off') this.checkNow()
    if (access.mode === 'load') this.loadUnlessFilled()
    if (info === undefined) return this.bytes().subarray(0, dataLength)
    const elements = elementsOf(this, info, bigEndian, stats)
    // Bytes behind the data are ignored, as numpy.load does.
    if (elements.byteLength === dataLength) return elements
    return elements.subarray(0, dataLength / laneBytes(info))
  }
}
