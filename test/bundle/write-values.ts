/** Bundles of any values, for tests of readers. */
import { resolve } from 'node:path'
import { splitPrefix } from '../../lib/bundle/names.js'
import { Operation } from '../../lib/bundle/operation.js'
import type { CheckpointState } from '../../lib/bundle/state-file.js'
import { PlannedBundle } from '../../lib/bundle/write/planned-bundle.js'
import type { BundleValue } from '../../lib/bundle/write/values.js'
import {
  startShards,
  takeArrays,
  writeBundle,
  type BundleOptions,
  type WrittenBundle,
} from '../../lib/bundle/write/write-bundle.js'
import type { SnapshotMode } from '../../lib/native.js'
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
): Steps<WrittenBundle> {
  const operation = new Operation({}, sync)
  const bundleOptions: BundleOptions = {
    maxShardBytes: Infinity,
    alignment: 1,
    durable: false,
    writer: 'auto',
    maxBytesPerSecond: Infinity,
    ...options,
  }
  const bundle = PlannedBundle.of(values, bundleOptions)
  const snapshot = takeArrays(bundle, mode)
  snapshot.fill()
  taken?.()
  try {
    const { directory } = splitPrefix(prefix)
    const shards = startShards(operation, directory, bundle, snapshot, bundleOptions)
    return yield* writeBundle(operation, { prefix, bundle, shards, options: bundleOptions, state })
  } finally {
    snapshot.release()
  }
}

export function writeValues(
  path: string,
  values: readonly BundleValue[],
  options: WriteOptions = {},
): string {
  runSync(runSync(writeSteps(resolve(path), values, options, true)).removeReplaced())
  return path
}
