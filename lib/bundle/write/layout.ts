/**
 * Where each value goes: which shard, at which offset. Decided before the first byte moves.
 *
 * @module
 */
import type { BundleValue } from './values.js'

export interface Placement {
  readonly shard: number
  /** Of the value's head, in bytes. */
  readonly offset: number
}

export interface Layout {
  /** Bytes of each shard; of several none is empty, a single one is if the values have no bytes. */
  readonly shardSizes: readonly number[]
  /** One per value, in order; sorted by shard, then offset. */
  readonly placements: readonly Placement[]
}

export interface LayoutOptions {
  /** Bytes after which the next value begins a new shard; a larger value gets one for itself. */
  readonly maxShardBytes: number
  /** The bytes of each array begin at a multiple of this; 1 packs as TensorFlow does. */
  readonly alignment: number
  /** Shard counts that may not be used: files of those names exist. Default none. */
  readonly takenCounts?: ReadonlySet<number>
}

/**
 * Packs values in order.
 *
 * The shard count avoids `takenCounts`. It is part of every shard's name, so a checkpoint that
 * replaces another of the same prefix gets names of its own, and the rename of its index is the one
 * instant at which the old becomes the new: nothing ever mixes the two.
 */
export function planLayout(values: readonly BundleValue[], options: LayoutOptions): Layout {
  const { alignment, maxShardBytes, takenCounts = NONE } = options
  const groups = groupBySize(values, alignment, maxShardBytes)
  let count = groups.length
  while (takenCounts.has(count)) count++
  const padding = splitTo(groups, values, count)
  const placements: Placement[] = []
  const shardSizes = groups.map(({ first, last }, shard) => {
    let end = 0
    for (let i = first; i < last; i++) {
      const offset = place(values[i], end, alignment)
      placements.push({ shard, offset })
      end = offset + sizeOfValue(values[i])
    }
    // Of several shards each needs a byte: TensorFlow's tools stumble over empty ones.
    return count > 1 ? Math.max(end, 1) : end
  })
  for (let i = 0; i < padding; i++) shardSizes.push(1)
  return { shardSizes, placements }
}

const NONE: ReadonlySet<number> = new Set()

/** Values first … last-1 of one shard. */
interface Group {
  first: number
  last: number
}

const sizeOfValue = (value: BundleValue | undefined): number =>
  value === undefined ? 0 : value.head.length + (value.source?.byteLength ?? 0)

/** Offset of a value behind `end`, so that its source is aligned. */
function place(value: BundleValue | undefined, end: number, alignment: number): number {
  if (value?.source === undefined || alignment === 1) return end
  const source = end + value.head.length
  return end + ((alignment - (source % alignment)) % alignment)
}

function groupBySize(values: readonly BundleValue[], alignment: number, limit: number): Group[] {
  const groups: Group[] = []
  let group: Group = { first: 0, last: 0 }
  let end = 0
  for (const [i, value] of values.entries()) {
    let next = place(value, end, alignment) + sizeOfValue(value)
    if (next > limit && group.last > group.first) {
      groups.push(group)
      group = { first: i, last: i }
      next = place(value, 0, alignment) + sizeOfValue(value)
    }
    group.last = i + 1
    end = next
  }
  groups.push(group)
  return groups
}

/** Splits groups until there are `count`; returns how many shards had to stay without values. */
function splitTo(groups: Group[], values: readonly BundleValue[], count: number): number {
  while (groups.length < count) {
    let widest = -1
    let most = 1
    for (const [i, group] of groups.entries()) {
      if (group.last - group.first > most) {
        most = group.last - group.first
        widest = i
      }
    }
    const group = groups[widest]
    if (group === undefined) return count - groups.length
    const middle = halfway(group, values)
    groups.splice(
      widest,
      1,
      { first: group.first, last: middle },
      { first: middle, last: group.last },
    )
  }
  return 0
}

/** Boundary nearest to half of a group's bytes that leaves a value on either side. */
function halfway({ first, last }: Group, values: readonly BundleValue[]): number {
  let total = 0
  for (let i = first; i < last; i++) total += sizeOfValue(values[i])
  let sum = 0
  let middle = first
  while (middle < last - 1 && sum < total / 2) sum += sizeOfValue(values[middle++])
  return Math.max(middle, first + 1)
}
