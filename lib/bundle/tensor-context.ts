/**
 * What the readers of single entries share.
 *
 * @module
 */
import type { DTypeInfo } from '../array/dtype.js'
import { sizeOf } from '../array/strides.js'
import { corrupt } from '../errors.js'
import { checkEffort, type AccessOptions, type ReadStats } from './extent.js'
import type { BundleIndex } from './index-file.js'
import type { BundleEntry } from './messages.js'
import type { ByteRange, Shards } from './shards.js'

/** Everything that reading an entry needs. */
export interface TensorContext {
  readonly index: BundleIndex
  readonly shards: Shards
  readonly access: AccessOptions
  readonly stats: ReadStats
}

/**
 * To be called before all tensors are read: parsing and checking take time for every byte that they
 * claim. What lies outside its file is not counted, since it is not read.
 *
 * @throws CheckpointError CKPT_CORRUPT if they claim far more than there is
 */
export function checkClaims({ index, shards }: TensorContext): void {
  let bytes = 0
  for (const entries of [index.entries, index.slices]) {
    for (const entry of entries.values()) if (shards.holds(entry)) bytes += entry.size
  }
  checkEffort(bytes, shards.totalBytes, { path: index.path })
}

/** The bytes of an entry of fixed-width elements; their number is what shape and dtype demand. */
export function fixedRange(
  shards: Shards,
  entry: BundleEntry,
  info: DTypeInfo,
  key: string,
): ByteRange {
  const expected = sizeOf(entry.shape) * info.itemsize
  if (entry.size !== expected) {
    throw corrupt(
      `invalid size in bundle entry: key '${key}'; stored size ${String(entry.size)}; expected ` +
        `size ${String(expected)}`,
      'inconsistent',
      { key },
    )
  }
  return shards.range(entry, key)
}
