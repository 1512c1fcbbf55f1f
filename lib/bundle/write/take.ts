/**
 * Takes the values of a save: lays them out as data files and has their arrays held or copied. All in
 * the call, before anything waits: from then on the program may change its arrays.
 *
 * @module
 */
import { createSnapshot, EXTENT_COLUMNS, type ShardColumns, type Snapshot } from '../../native.js'
import { planLayout, type Layout, type LayoutOptions } from './layout.js'
import type { BundleValue } from './values.js'

/** How arrays are kept as they are: `SaveOptions.snapshot`. */
export type SnapshotMode = 'copy' | 'fork' | 'none'

export interface TakenBundle {
  readonly values: readonly BundleValue[]
  readonly layout: Layout
  /** To be filled once its shards are on their way, and to be released. */
  readonly snapshot: Snapshot
}

/** @throws CheckpointError CKPT_IO if there is no memory, or no process can be forked */
export function takeBundle(
  values: readonly BundleValue[],
  options: LayoutOptions,
  mode: SnapshotMode,
): TakenBundle {
  const layout = planLayout(values, options)
  return { values, layout, snapshot: createSnapshot(packColumns(values, layout), mode) }
}

/** Puts a value without an array in the place of one with the same key and length. */
export function replaceValue(bundle: TakenBundle, value: BundleValue): TakenBundle {
  let row = 0
  const values = bundle.values.map((other) => {
    if (other.key !== value.key) {
      if (other.slices === undefined) row++
      return other
    }
    bundle.snapshot.setHead(row++, value.head, value.seed)
    return value
  })
  return { ...bundle, values }
}

function packColumns(values: readonly BundleValue[], layout: Layout): ShardColumns {
  const stored = values.flatMap((value, i) => (value.slices === undefined ? [i] : []))
  const extents = new Float64Array(stored.length * EXTENT_COLUMNS)
  const heads = new Uint8Array(values.reduce((sum, { head }) => sum + head.length, 0))
  const sources: ArrayBufferView[] = []
  let at = 0
  let headStart = 0
  for (const i of stored) {
    const value = values[i]
    const placement = layout.placements[i]
    if (value === undefined || placement === undefined) continue
    const { head, seed, source } = value
    heads.set(head, headStart)
    extents[at++] = placement.shard
    extents[at++] = placement.offset
    extents[at++] = headStart
    extents[at++] = head.length
    extents[at++] = source === undefined ? -1 : sources.push(source) - 1
    extents[at++] = seed
    headStart += head.length
  }
  return { shardSizes: Float64Array.from(layout.shardSizes), extents, heads, sources }
}
