/**
 * Tensors that are stored in slices. Source: core/util/tensor_bundle/tensor_bundle.cc,
 * GetSliceValue; docs/format.md, "Partitioned tensors".
 *
 * @module
 */
import type { DTypeInfo } from '../../array/dtype.js'
import { cStrides, sizeOf } from '../../array/strides.js'
import { corrupt } from '../../errors.js'
import { allocate, Extent } from './extent.js'
import { sliceEntry } from './index-file.js'
import type { BundleEntry, SliceExtent } from '../messages.js'
import { fixedRange, type TensorContext } from './tensor-context.js'

interface Part {
  readonly start: readonly number[]
  readonly shape: readonly number[]
  readonly extent: Extent
}

/**
 * Finds the slices of a tensor.
 *
 * @returns their bytes, and a function that puts them together in new memory
 * @throws CheckpointError CKPT_CORRUPT if a slice is missing, or they do not make up the whole
 */
export function assemble(
  context: TensorContext,
  entry: BundleEntry,
  info: DTypeInfo,
  key: string,
): { extents: Extent[]; copy: () => ArrayBuffer } {
  const parts = entry.slices.map((slice) => findPart(context, entry, info, key, slice))
  const covered = parts.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const expected = sizeOf(entry.shape)
  if (covered !== expected) {
    const message = `does not have sufficient slices for partitioned tensor '${key}': they hold ${String(covered)} of ${String(expected)} elements`
    throw corrupt(message, 'inconsistent', { key })
  }
  if (!tile(parts, entry.shape)) {
    throw corrupt(`the slices of partitioned tensor '${key}' overlap`, 'inconsistent', { key })
  }
  const bytes = expected * info.itemsize
  if (bytes > context.shards.totalBytes) {
    // Slices lie side by side in the files, so they cannot hold more than the files do.
    const message = `the slices of '${key}' claim ${String(bytes)} bytes, more than the files hold`
    throw corrupt(message, 'inconsistent', { key })
  }
  const copy = (): ArrayBuffer => {
    const target = allocate(bytes, key)
    for (const part of parts) scatter(part, new Uint8Array(target), entry.shape, info.itemsize)
    context.stats.copied++
    return target
  }
  return { extents: parts.map(({ extent }) => extent), copy }
}

/** The largest prime whose products are exact in a number. */
const PRIME = 67_108_859

/**
 * True if the parts lie side by side and fill the whole: one that overlaps another would leave zeros
 * elsewhere. In time linear in their number, which comes from the file.
 *
 * Each boundary along an axis gets a random value, and a box the product of the differences of its
 * boundaries. That measure adds up exactly for parts that tile the whole, whatever the values, and
 * for others only by chance: once in a million, so it is done twice.
 */
function tile(parts: readonly Part[], whole: readonly number[]): boolean {
  const start = whole.map(() => 0)
  return [1, 2].every(() => {
    const values = whole.map(() => new Map<number, number>())
    const sum = parts.reduce((sum, part) => (sum + measure(part, values)) % PRIME, 0)
    return sum === measure({ start, shape: whole }, values)
  })
}

function measure(
  { start, shape }: Pick<Part, 'start' | 'shape'>,
  values: readonly Map<number, number>[],
): number {
  let product = 1
  for (const [axis, known] of values.entries()) {
    const first = start[axis] ?? 0
    const last = first + (shape[axis] ?? 0)
    product = (product * (PRIME + valueAt(known, last) - valueAt(known, first))) % PRIME
  }
  return product
}

function valueAt(known: Map<number, number>, boundary: number): number {
  let value = known.get(boundary)
  if (value === undefined) known.set(boundary, (value = Math.floor(Math.random() * PRIME)))
  return value
}

function findPart(
  context: TensorContext,
  entry: BundleEntry,
  info: DTypeInfo,
  key: string,
  slice: readonly SliceExtent[],
): Part {
  const { index, shards, stats } = context
  const stored = sliceEntry(index, key, slice)
  if (stored === undefined) {
    const message = `a slice of partitioned tensor '${key}' is not in the checkpoint`
    throw corrupt(message, 'inconsistent', { key })
  }
  const start = slice.map((extent) => extent.start)
  const shape = slice.map(({ length }, axis) => (length < 0 ? (entry.shape[axis] ?? 0) : length))
  const fits =
    slice.length === entry.shape.length &&
    stored.dtype === entry.dtype &&
    stored.slices.length === 0 &&
    stored.shape.length === shape.length &&
    shape.every((length, axis) => {
      const room = (entry.shape[axis] ?? 0) - (start[axis] ?? 0)
      return length === stored.shape[axis] && length <= room
    })
  if (!fits) {
    const message = `a slice of partitioned tensor '${key}' does not fit its shape or dtype`
    throw corrupt(message, 'inconsistent', { key })
  }
  const range = fixedRange(shards, stored, info, key)
  return { start, shape, extent: new Extent(key, range, stored.crc, 0, stats) }
}

/** Copies the rows of a part to where they belong in the whole. */
function scatter(
  { start, shape, extent }: Part,
  target: Uint8Array,
  whole: readonly number[],
  itemsize: number,
): void {
  const source = extent.bytes()
  if (source.length === 0) return
  const stride = cStrides(whole)
  const inner = shape.length - 1
  const rowBytes = (shape[inner] ?? 1) * itemsize
  const index = new Array<number>(Math.max(inner, 0)).fill(0)
  let to = start.reduce((sum, first, axis) => sum + first * (stride[axis] ?? 0), 0) * itemsize
  for (let from = 0; from < source.length; from += rowBytes) {
    target.set(source.subarray(from, from + rowBytes), to)
    for (let axis = inner - 1; axis >= 0; axis--) {
      const move = (stride[axis] ?? 0) * itemsize
      const position = (index[axis] ?? 0) + 1
      if (position < (shape[axis] ?? 0)) {
        index[axis] = position
        to += move
        break
      }
      index[axis] = 0
      to -= move * (position - 1)
    }
  }
}
