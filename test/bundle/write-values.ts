/** Bundles of any values, for tests of readers. */
import { resolve } from 'node:path'
import { splitPrefix } from '../../lib/bundle/names.js'
import { Operation } from '../../lib/bundle/operation.js'
import type { CheckpointState } from '../../lib/bundle/state-file.js'
import { takeBundle, type SnapshotMode } from '../../lib/bundle/write/take.js'
import type { BundleValue } from '../../lib/bundle/write/values.js'
import {
  startShards,
  writeBundle,
  type BundleOptions,
} from '../../lib/bundle/write/write-bundle.js'
import { runSync, type Steps } from '../../lib/twin.js'

export interface WriteOptions extends Partial<BundleOptions> {
  mode?: SnapshotMode
  state?: CheckpointState
  /** Called when the values were taken. */
  taken?: () => void
}

/** Writes a bundle as a save does; TensorFlow's dense layout unless told otherwise. */
export function* writeSteps(
  prefix: string,
  values: readonly BundleValue[],
  { mode = 'none', state, taken, ...options }: WriteOptions,
  sync: boolean,
): Steps<() => Steps<void>> {
  const operation = new Operation({}, sync)
  const bundleOptions: BundleOptions = {
    maxShardBytes: Infinity,
    alignment: 1,
    durable: false,
    writer: 'auto',
    maxBytesPerSecond: Infinity,
    ...options,
  }
  const bundle = takeBundle(values, bundleOptions, mode)
  bundle.snapshot.fill()
  taken?.()
  try {
    const { directory } = splitPrefix(prefix)
    const shards = startShards(operation, directory, bundle, bundleOptions)
    return yield* writeBundle(operation, { prefix, bundle, shards, options: bundleOptions, state })
  } finally {
    bundle.snapshot.release()
  }
}

export function writeValues(
  path: string,
  values: readonly BundleValue[],
  options: WriteOptions = {},
): string {
  runSync(runSync(writeSteps(resolve(path), values, options, true))())
  return path
}
