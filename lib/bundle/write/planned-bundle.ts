/**
 * All that a save writes, but for the bytes of the arrays: planned once, and for a save of the same
 * values again as it is.
 *
 * @module
 */
import { EXTENT_COLUMNS } from '../../native.js'
import { mask } from '../masked-crc.js'
import { Cuts } from './cuts.js'
import { runSync, type Steps } from '../../twin.js'
import { IndexPlan, type IndexRow, type PlaceColumns } from './index-plan.js'
import {
  planLayout,
  type Layout,
  type LayoutOptions,
  type Placement,
  type Sized,
} from './layout.js'
import { Places, type PlacedFile } from './places.js'
import type { BundleValue } from './values.js'

const HEAD_START = 2
const HEAD_LENGTH = 3
const SOURCE = 4
const SEED = 5

/** What remains from one save to the next. Holds no array of the program. */
interface Skeleton {
  readonly options: LayoutOptions
  readonly layout: Layout
  /** Rows as those of `ShardPlan.extents`. */
  readonly extents: Float64Array
  readonly heads: Uint8Array
  /** Bytes of each stored value's array; -1 without one. */
  readonly lengths: Float64Array
  /** Of heads and arrays. */
  readonly bytes: number
  readonly cuts: Cuts | undefined
  /** Made when the first checksums are known. */
  index: IndexPlan | undefined
}

/** What tells a stored value from others. */
export interface StoredName {
  readonly key: Uint8Array
  /** TensorFlow's DataType. */
  readonly dtype: number
}

export class PlannedBundle {
  readonly sources: readonly ArrayBufferView[]
  readonly layout: Layout
  readonly extents: Float64Array
  readonly heads: Uint8Array
  readonly #skeleton: Skeleton
  /** Until the index is made. */
  #values: readonly BundleValue[] | undefined

  private constructor(
    skeleton: Skeleton,
    sources: readonly ArrayBufferView[],
    values?: readonly BundleValue[],
    parts: Pick<Skeleton, 'layout' | 'extents' | 'heads'> = skeleton,
  ) {
    this.#skeleton = skeleton
    this.#values = values
    this.sources = sources
    this.layout = parts.layout
    this.extents = parts.extents
    this.heads = parts.heads
  }

  static of(given: readonly BundleValue[], options: LayoutOptions): PlannedBundle {
    const { sliceBytes = Infinity } = options
    const cuts = sliceBytes === Infinity ? undefined : Cuts.of(given, sliceBytes)
    const values = cuts?.values ?? given
    const layout = planLayout(values, options)
    const [heads, starts] = packHeads(values)
    const extents = extentsOf(values, layout, starts)
    const sources: ArrayBufferView[] = []
    const lengths = new Float64Array(extents.length / EXTENT_COLUMNS)
    let row = 0
    let bytes = 0
    for (const { head, source, slices } of values) {
      if (source !== undefined) sources.push(source)
      if (slices === undefined) lengths[row++] = source?.byteLength ?? -1
      bytes += head.length + (source?.byteLength ?? 0)
    }
    const skeleton = { options, layout, extents, heads, lengths, bytes, cuts, index: undefined }
    return new PlannedBundle(skeleton, sources, values)
  }

  /** Bytes of heads and arrays. */
  get byteLength(): number {
    return this.#skeleton.bytes
  }

  /** Of the values that are stored: all but those that consist of slices. */
  get count(): number {
    return this.extents.length / EXTENT_COLUMNS
  }

  /** What the place of a stored value depends on. Also when the program has given its array away. */
  sized(stored: number): Sized {
    const head = { length: this.extents[stored * EXTENT_COLUMNS + HEAD_LENGTH] ?? 0 }
    const byteLength = this.#skeleton.lengths[stored] ?? -1
    return byteLength < 0 ? { head } : { head, source: { byteLength } }
  }

  /** Bytes of a stored value. */
  sizeOf(stored: number): number {
    const { head, source } = this.sized(stored)
    return head.length + (source?.byteLength ?? 0)
  }

  /** The number of its array among the sources; -1 if its bytes are all in its head. */
  sourceOf(stored: number): number {
    return this.extents[stored * EXTENT_COLUMNS + SOURCE] ?? -1
  }

  headOf(stored: number): Uint8Array {
    const row = stored * EXTENT_COLUMNS
    const start = this.extents[row + HEAD_START] ?? 0
    return this.heads.subarray(start, start + (this.extents[row + HEAD_LENGTH] ?? 0))
  }

  /** True once the index was made: from then on it may be planned `again`. */
  get isComplete(): boolean {
    return this.#skeleton.index !== undefined
  }

  /** True if the other one has the same values at the same numbers, but for their bytes. */
  hasPlanOf(other: PlannedBundle): boolean {
    return this.#skeleton === other.#skeleton
  }

  /** Key as stored and dtype of each stored value. */
  names(): StoredName[] {
    const known = this.#skeleton.index
    const rows =
      known?.rows() ?? rowsOf(this.#values ?? [], this.layout, new Uint32Array(this.count))
    const names: StoredName[] = []
    for (const { key, entry, stored } of rows) if (stored >= 0) names[stored] = { key, ...entry }
    return names
  }

  /**
   * Number of a value among those that are stored.
   *
   * @param given its number among those the bundle was planned from, none of which was in slices then
   */
  rowOf(given: number): number {
    return given < 0 ? -1 : (this.#skeleton.cuts?.rowOf(given) ?? given)
  }

  /**
   * The same values with other bytes.
   *
   * @param changed those whose heads are others, of the same length, by their number among the given
   * @returns undefined if one of them has another length
   */
  again(
    sources: readonly ArrayBufferView[],
    changed: ReadonlyMap<number, BundleValue>,
  ): PlannedBundle | undefined {
    const parts = { layout: this.layout, extents: this.extents.slice(), heads: this.heads.slice() }
    const all = this.#skeleton.cuts?.split(sources) ?? sources
    const bundle = new PlannedBundle(this.#skeleton, all, this.#values, parts)
    for (const [given, value] of changed) {
      if (!bundle.change(this.rowOf(given), value)) return undefined
    }
    return bundle
  }

  /**
   * Gives a value another head of the same length, before it is written.
   *
   * @param stored its number among those that are stored
   * @returns false if that is not possible
   */
  change(stored: number, { head, seed, source }: BundleValue): boolean {
    const { extents, heads } = this
    const row = stored * EXTENT_COLUMNS
    if (source !== undefined || extents[row + SOURCE] !== -1) return false
    if (head.length !== extents[row + HEAD_LENGTH]) return false
    heads.set(head, extents[row + HEAD_START])
    extents[row + SEED] = seed
    return true
  }

  /** The index of a bundle whose values are elsewhere than in the layout; the rest as in `index`. */
  *indexOf(places: PlaceColumns, shards: number, sync: boolean): Steps<Uint8Array> {
    // So that there is one to be changed, now and at the next save.
    const known = (this.#skeleton.index ??= new IndexPlan(
      rowsOf(this.#values ?? [], this.layout, places.crcs),
      this.layout.shardSizes.length,
    ))
    return yield* known.moved(places, shards, sync)
  }

  /**
   * @param crcs of the stored values, in order
   * @param shards how many there are in the end: those of the layout, and others without a value
   */
  index(crcs: Uint32Array, shards: number): Uint8Array {
    const { layout } = this
    const known = this.#skeleton.index
    const isUsual = shards === layout.shardSizes.length
    if (known !== undefined) {
      return isUsual
        ? known.withChecksums(crcs)
        : runSync(known.moved(this.places([], crcs), shards, true))
    }
    const plan = new IndexPlan(rowsOf(this.#values ?? [], layout, crcs), shards)
    if (isUsual) this.#skeleton.index = plan
    return plan.bytes
  }

  /** Where the values are when they were written as the layout says. */
  places(files: readonly PlacedFile[], crcs: Uint32Array): Places {
    const places = new Places(this.count, files)
    for (let value = 0; value < this.count; value++) {
      const { shard, offset } = this.#placeOf(value)
      places.set(value, shard, offset, crcs[value] ?? 0)
    }
    return places
  }

  #placeOf(stored: number): Placement {
    const row = stored * EXTENT_COLUMNS
    return { shard: this.extents[row] ?? 0, offset: this.extents[row + 1] ?? 0 }
  }

  /** The plan without the arrays, to be kept for the next save. */
  withoutSources(): PlannedBundle {
    return new PlannedBundle(this.#skeleton, [], undefined, this)
  }
}

/** The heads one behind the other, and where each begins: values that share one share its bytes. */
function packHeads(values: readonly BundleValue[]): [Uint8Array, Map<Uint8Array, number>] {
  const starts = new Map<Uint8Array, number>()
  let length = 0
  let last: Uint8Array | undefined
  for (const { head } of values) {
    if (head === last || starts.has(head)) continue
    last = head
    starts.set(head, length)
    length += head.length
  }
  const heads = new Uint8Array(length)
  for (const [head, start] of starts) heads.set(head, start)
  return [heads, starts]
}

function extentsOf(
  values: readonly BundleValue[],
  layout: Layout,
  starts: ReadonlyMap<Uint8Array, number>,
): Float64Array {
  const stored = values.reduce((count, { slices }) => count + (slices === undefined ? 1 : 0), 0)
  const extents = new Float64Array(stored * EXTENT_COLUMNS)
  let row = 0
  let source = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    const placement = layout.placements[i]
    if (value === undefined || placement === undefined || value.slices !== undefined) continue
    extents[row] = placement.shard
    extents[row + 1] = placement.offset
    extents[row + HEAD_START] = starts.get(value.head) ?? 0
    extents[row + HEAD_LENGTH] = value.head.length
    extents[row + SOURCE] = value.source === undefined ? -1 : source++
    extents[row + SEED] = value.seed
    row += EXTENT_COLUMNS
  }
  return extents
}

function rowsOf(values: readonly BundleValue[], layout: Layout, crcs: Uint32Array): IndexRow[] {
  let count = 0
  const rows = values.map((value, i): IndexRow => {
    const { key: text, keyBytes: key = Buffer.from(text), dtype, shape, slices } = value
    if (slices !== undefined) {
      const entry = { dtype, shape, shard: 0, offset: 0, size: 0, crc: 0, slices }
      return { key, entry, stored: -1 }
    }
    const stored = count++
    const { shard, offset } = layout.placements[i] ?? { shard: 0, offset: 0 }
    const size = value.head.length + (value.source?.byteLength ?? 0)
    const crc = mask(crcs[stored] ?? 0)
    return { key, entry: { dtype, shape, shard, offset, size, crc, slices: [] }, stored }
  })
  return rows.sort((a, b) => Buffer.compare(a.key, b.key))
}
