/**
 * What the readers of single entries share.
 *
 * @module
 */
import type { DTypeInfo } from '../array/dtype.js'
import { sizeOf } from '../array/strides.js'
import { corrupt } from '../errors.js'
import type { AccessOptions, ReadStats } from './extent.js'
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
