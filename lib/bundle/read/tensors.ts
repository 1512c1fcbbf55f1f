/**
 * Entries as arrays: finds the bytes of a tensor, checks that they are what dtype and shape say, and
 * makes the array that reads them at first use.
 *
 * @module
 */
import {
  DT_STRING,
  DT_VARIANT,
  dataTypeName,
  dtypeOfNumber,
  type DTypeInfo,
} from '../../array/dtype.js'
import { NdArray } from '../../array/ndarray.js'
import { sizeOf } from '../../array/strides.js'
import { laneBytes, viewAs } from '../../array/typed-arrays.js'
import { CheckpointError } from '../../errors.js'
import { crc32c } from '../../native.js'
import { allocate, Extent, type AccessOptions, type ReadStats } from './extent.js'
import type { BundleEntry } from '../messages.js'
import { assemble } from './partitioned.js'
import { readRange, subrange, type ByteRange } from './shards.js'
import { parseStrings, parseVariants, StringTensor, type StringLayout } from './strings.js'
import { fixedRange, type TensorContext } from './tensor-context.js'

/** @throws CheckpointError CKPT_UNSUPPORTED for a DataType that has no fixed-width elements here */
export function fixedWidth(entry: BundleEntry, key: string): DTypeInfo {
  const info = dtypeOfNumber(entry.dtype)
  if (info === undefined) {
    const feature = `dtype ${dataTypeName(entry.dtype)}`
    throw new CheckpointError('CKPT_UNSUPPORTED', `tensor '${key}' has ${feature}`, {
      feature,
      key,
    })
  }
  return info
}

/** A tensor of numbers. */
export function numericTensor(
  context: TensorContext,
  entry: BundleEntry,
  key: string,
): { array: NdArray; extents: Extent[] } {
  const { index, shards, stats, access } = context
  const info = fixedWidth(entry, key)
  const { shape } = entry
  if (entry.slices.length > 0) {
    const { extents, copy } = assemble(context, entry, info, key)
    const data = lazily(extents, access, () => {
      const whole = copy()
      if (index.header.bigEndian) swap(Buffer.from(whole), laneBytes(info))
      return arrayOver(info, whole)
    })
    return { array: new NdArray({ dtype: info.name, shape, data }), extents }
  }
  const extent = new Extent(key, fixedRange(shards, entry, info, key), entry.crc, 0, stats)
  const { bigEndian } = index.header
  const array = new NdArray({
    dtype: info.name,
    shape,
    data: lazily([extent], access, () => elementsOf(extent, info, bigEndian, stats)),
  })
  return { array, extents: [extent] }
}

/** Defers work to the first use, with the checks that the options left to it. */
function lazily<T>(extents: readonly Extent[], access: AccessOptions, work: () => T): () => T {
  return () => {
    for (const extent of extents) {
      if (access.verify !== 'off') extent.checkNow()
      if (access.mode === 'load') extent.loadUnlessFilled()
    }
    return work()
  }
}

function arrayOver(info: DTypeInfo, buffer: ArrayBuffer): NdArray['data'] {
  return viewAs(info.classes[0] ?? 'Uint8Array', buffer, 0, buffer.byteLength)
}

export function elementsOf(
  extent: Extent,
  info: DTypeInfo,
  bigEndian: boolean,
  stats: ReadStats,
): NdArray['data'] {
  const lane = laneBytes(info)
  if (!bigEndian || lane === 1) return arrayOver(info, extent.buffer(lane))
  const swapped = allocate(extent.range.length, extent.key)
  // Without the rest of an element, which only bytes behind the data of a .npy can be.
  const bytes = Buffer.from(swapped, 0, swapped.byteLength - (swapped.byteLength % lane))
  bytes.set(extent.bytes().subarray(0, bytes.length))
  swap(bytes, lane)
  stats.copied++
  return arrayOver(info, swapped)
}

/** Turns the bytes of each lane of so many round, in place. */
function swap(bytes: Buffer, lane: number): void {
  if (lane === 2) bytes.swap16()
  else if (lane === 4) bytes.swap32()
  else if (lane === 8) bytes.swap64()
}

/** @throws CheckpointError CKPT_MISMATCH unless the entry is one string */
export function requireScalarString(context: TensorContext, entry: BundleEntry, key: string): void {
  if (entry.dtype !== DT_STRING || entry.shape.length > 0 || entry.slices.length > 0) {
    const found = `${dataTypeName(entry.dtype)} [${entry.shape.join(', ')}]`
    const message = `'${key}' should be one string, the checkpoint has ${found}`
    const details = { key, expected: 'string []', found }
    throw new CheckpointError('CKPT_MISMATCH', message, details)
  }
  refuseBigEndianStrings(context, key)
}

function refuseBigEndianStrings({ index }: TensorContext, key: string): void {
  if (!index.header.bigEndian) return
  const feature = 'strings of a big-endian checkpoint'
  throw new CheckpointError('CKPT_UNSUPPORTED', `${feature} are not read: '${key}'`, {
    feature,
    key,
  })
}

/** The bytes of a scalar string, checked: for what is small and parsed, such as the object graph. */
export function scalarString(context: TensorContext, entry: BundleEntry, key: string): Uint8Array {
  requireScalarString(context, entry, key)
  const range = context.shards.range(entry, key)
  const bytes = readRange(range)
  const { offsets, seed } = parseStrings(bytes, bytes.length, 1, key)
  const [start = 0, end = 0] = offsets
  const content = bytes.subarray(start, end)
  new Extent(key, range, entry.crc, 0, context.stats).settle(crc32c(content, seed))
  return content
}

/** The most that the length of a string takes, and the checksum of all lengths. */
const LENGTH_BYTES = 10
const CHECKSUM_BYTES = 4

/** From the file: a page of the mapping that the disk does not give would end the process. */
function parseLengths(range: ByteRange, count: number, key: string): StringLayout {
  const most = Math.min(range.length, count * LENGTH_BYTES + CHECKSUM_BYTES)
  return parseStrings(readRange(subrange(range, 0, most)), range.length, count, key)
}

/** A tensor of strings, or of variants as their bytes. */
export function stringTensor(
  context: TensorContext,
  entry: BundleEntry,
  key: string,
): { tensor: StringTensor; extents: Extent[] } {
  refuseBigEndianStrings(context, key)
  const { shards, stats, access } = context
  const range = shards.range(entry, key)
  const count = sizeOf(entry.shape)
  if (entry.dtype === DT_VARIANT) {
    const bytes = readRange(range)
    const { elements, crc } = parseVariants(bytes, count, key)
    new Extent(key, range, entry.crc, 0, stats).settle(crc)
    const tensor = new StringTensor('variant', entry.shape, (i) => elements[i] ?? bytes)
    return { tensor, extents: [] }
  }
  const { offsets, seed } = parseLengths(range, count, key)
  const end = offsets[count] ?? 0
  const extent = new Extent(key, subrange(range, offsets[0] ?? end, end), entry.crc, seed, stats)
  const whole = new Extent(key, range, entry.crc, 0, stats)
  const element = lazily([extent], { ...access, mode: 'map' }, () => whole.bytes())
  const tensor = new StringTensor('string', entry.shape, (i) =>
    element().subarray(offsets[i], offsets[i + 1]),
  )
  return { tensor, extents: count === 0 && range.length === 0 ? [] : [extent] }
}
