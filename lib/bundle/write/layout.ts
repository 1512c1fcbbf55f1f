/**
 * Where each value goes: which shard, at which offset. Decided before the first byte moves.
 *
 * @module
 */
/** What of a value its place depends on. */
export interface Sized {
  readonly head: { readonly length: number }
  readonly source?: { readonly byteLength: number } | undefined
}

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
  /** Bytes of a tensor above which it is stored in slices; Infinity: never. */
  readonly sliceBytes?: number
}

/** Packs values in order. */
export function planLayout(values: readonly Sized[], options: LayoutOptions): Layout {
  const { alignment, maxShardBytes } = options
  const groups = groupBySize(values, alignment, maxShardBytes)
  const placements: Placement[] = []
  const shardSizes = groups.map(({ first, last }, shard) => {
    let end = 0
    for (let i = first; i < last; i++) {
      const offset = place(values[i], end, alignment)
      placements.push({ shard, offset })
      end = offset + sizeOfValue(values[i])
    }
    // Of several shards each needs a byte: TensorFlow's tools stumble over empty ones.
    return groups.length > 1 ? Math.max(end, 1) : end
  })
  return { shardSizes, placements }
}

/** Values first … last-1 of one shard. */
interface Group {
  first: number
  last: number
}

const sizeOfValue = (value: Sized | undefined): number =>
  value === undefined ? 0 : value.head.length + (value.source?.byteLength ?? 0)

/** Offset of a value behind `end`, so that its source is aligned. */
function place(value: Sized | undefined, end: number, alignment: number): number {
  if (value?.source === undefined || alignment === 1) return end
  const source = end + value.head.length
  return end + ((alignment - (source % alignment)) % alignment)
}

function groupBySize(values: readonly Sized[], alignment: number, limit: number): Group[] {
  const groups: Group[] = []
  let group: Group = { first: 0, last: 0 }
  let end = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
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
