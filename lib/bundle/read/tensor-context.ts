/**
 * What the readers of single entries share.
 *
 * @module
 */
import type { DTypeInfo } from '../../array/dtype.js'
import { sizeOf } from '../../array/strides.js'
import { corrupt } from '../../errors.js'
import type { Steps } from '../../twin.js'
import type { AccessOptions, ReadStats } from './extent.js'
import { checkEffort } from './prepare.js'
import { readIndex, type BundleIndex } from './index-file.js'
import type { BundleEntry } from '../messages.js'
import { Shards, type ByteRange } from './shards.js'

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

/**
 * Reads the index of a prefix and maps its shards.
 *
 * @param onDamage hears of blocks of the index that cannot be read; without it that is thrown
 */
export function* openContext(
  prefix: string,
  access: AccessOptions,
  sync: boolean,
  onDamage?: (error: unknown) => void,
): Steps<TensorContext> {
  const index = yield* readIndex(prefix, sync, onDamage)
  const shards = new Shards(prefix, index.header.numShards)
  yield* shards.open(index, sync)
  return { index, shards, access, stats: { mapped: 0, copied: 0, loaded: 0 } }
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
