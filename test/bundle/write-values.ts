/** Bundles of any values, for tests of readers. */
import { resolve } from 'node:path'
import { Operation } from '../../lib/bundle/operation.js'
import { planLayout } from '../../lib/bundle/write/layout.js'
import type { BundleValue } from '../../lib/bundle/write/values.js'
import {
  captureSources,
  writeBundle,
  type BundleOptions,
} from '../../lib/bundle/write/write-bundle.js'
import { runSync } from '../../lib/twin.js'

/** Writes a bundle as a save does; TensorFlow's dense layout unless told otherwise. */
export function writeValues(
  path: string,
  values: readonly BundleValue[],
  options: Partial<BundleOptions> = {},
): string {
  const operation = new Operation({}, true)
  const bundle = { maxShardBytes: Infinity, alignment: 1, durable: false, ...options }
  const snapshot = captureSources(values, false)
  const layout = planLayout(values, bundle)
  const input = { prefix: resolve(path), values, layout, snapshot, options: bundle }
  runSync(runSync(writeBundle(operation, input))())
  snapshot.release()
  return path
}
