/**
 * A save that writes only what has changed. The index of a bundle may point into any of its data
 * files, and a data file may be a hard link: so files of the earlier checkpoint that are still of use
 * get a second name, and the rest goes into a new one. Every TensorFlow reads that as a checkpoint
 * like any other.
 *
 * @module
 */
import { PART_COLUMNS } from '../../native.js'
import { planLayout, type Layout, type LayoutOptions } from './layout.js'
import { Places, sizeOfFile, type PlacedFile } from './places.js'
import type { PlannedBundle } from './planned-bundle.js'

/** How much space may be lost to what nobody refers to any more. */
export interface LinkLimits {
  /** A file of which more than this part is dead is not linked: what is alive in it is written anew. */
  readonly maxDeadRatio: number
  /** At most so many files are linked, and as many more as a full save has beside its first. */
  readonly maxLinks: number
}

/** Of each file: bytes of the values in it that are where `places` says. */
function liveBytes(bundle: PlannedBundle, places: Places, alignment: number): Float64Array {
  const live = new Float64Array(places.files.length)
  for (let value = 0; value < places.count; value++) {
    const shard = places.shards[value] ?? -1
    if (shard < 0) continue
    // With what the alignment of the next one takes: that is not dead.
    const size = Math.ceil(bundle.sizeOf(value) / alignment) * alignment
    live[shard] = (live[shard] ?? 0) + size
  }
  return live
}

/** Numbers of the files that are worth a link, in order. */
export function chooseLinks(
  bundle: PlannedBundle,
  places: Places,
  { alignment }: LayoutOptions,
  { maxDeadRatio, maxLinks }: LinkLimits,
): number[] {
  const live = liveBytes(bundle, places, alignment)
  const liveOf = (file: number): number => live[file] ?? 0
  const used = new Set(places.shards)
  const worth = places.files.flatMap((file, number) => {
    if (!used.has(number)) return []
    const size = sizeOfFile(file)
    return size - liveOf(number) > size * maxDeadRatio ? [] : [number]
  })
  // What is in the smallest ones costs least to be written again.
  worth.sort((a, b) => liveOf(b) - liveOf(a))
  const most = maxLinks + bundle.layout.shardSizes.length - 1
  return worth.slice(0, most).sort((a, b) => a - b)
}

/** The links of a save, and what it writes. */
export class Delta {
  readonly bundle: PlannedBundle
  readonly links: readonly PlacedFile[]
  /** Numbers of the values that are written, in order. */
  readonly written: readonly number[]
  /** Of those, in files behind the links. */
  readonly layout: Layout
  /** Where all values are in the new checkpoint; checksums only of those that are not written. */
  readonly #placed: Places

  /** @param links numbers of those files of the places that were linked, in order */
  constructor(
    bundle: PlannedBundle,
    places: Places,
    links: readonly number[],
    options: LayoutOptions,
  ) {
    this.bundle = bundle
    this.links = links.map((number) => places.files[number] as PlacedFile)
    const numbers = new Int32Array(places.files.length).fill(-1)
    for (const [i, number] of links.entries()) numbers[number] = i
    const placed = (this.#placed = new Places(bundle.count, this.links))
    const written: number[] = []
    for (let value = 0; value < bundle.count; value++) {
      const link = numbers[places.shards[value] ?? -1] ?? -1
      if (link < 0) written.push(value)
      else placed.set(value, link, places.offsets[value] ?? 0, places.crcs[value] ?? 0)
    }
    this.written = written
    this.layout = layoutOf(bundle, written, options)
    for (let i = 0; i < written.length; i++) {
      const { shard, offset } = this.layout.placements[i] ?? { shard: 0, offset: 0 }
      placed.set(written[i] ?? 0, this.links.length + shard, offset, 0)
    }
  }

  /** Data files of the checkpoint. */
  get fileCount(): number {
    return this.links.length + this.layout.shardSizes.length
  }

  /** Bytes of the values that are written. */
  get byteLength(): number {
    return this.written.reduce((sum, value) => sum + this.bundle.sizeOf(value), 0)
  }

  /** Bytes of those that are not. */
  get linkedBytes(): number {
    let bytes = 0
    for (let value = 0; value < this.bundle.count; value++) {
      if (this.#isLinked(value)) bytes += this.bundle.sizeOf(value)
    }
    return bytes
  }

  /** Rows of `Snapshot.part`. */
  partRows(): Float64Array {
    const rows = new Float64Array(this.written.length * PART_COLUMNS)
    for (const [i, value] of this.written.entries()) {
      const { shard, offset } = this.layout.placements[i] ?? { shard: 0, offset: 0 }
      rows.set([shard, offset, value], i * PART_COLUMNS)
    }
    return rows
  }

  #isLinked(value: number): boolean {
    return (this.#placed.shards[value] ?? 0) < this.links.length
  }

  /**
   * Where all values are, once it is written.
   *
   * @param files of the new checkpoint: those that were linked, then those that were written
   * @param crcs of the values that were written
   */
  places(files: readonly PlacedFile[], crcs: Uint32Array): Places {
    const places = this.#placed.with(files)
    for (let i = 0; i < this.written.length; i++) places.crcs[this.written[i] ?? 0] = crcs[i] ?? 0
    return places
  }
}

function layoutOf(
  bundle: PlannedBundle,
  written: readonly number[],
  options: LayoutOptions,
): Layout {
  // Without a value there is nothing to be written, not even an empty file.
  if (written.length === 0) return { shardSizes: [], placements: [] }
  return planLayout(
    written.map((value) => bundle.sized(value)),
    options,
  )
}
