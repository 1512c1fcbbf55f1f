/**
 * Writes what has changed, found by the kernel: it marks the pages that are written to. What is
 * written is known before anything is copied, so only that is copied.
 *
 * @module
 */
import { Delta } from '../../bundle/write/delta.js'
import type { Places } from '../../bundle/write/places.js'
import type { PlannedBundle } from '../../bundle/write/planned-bundle.js'
import {
  startShards,
  takeArrays,
  type ComingShards,
  type WrittenBundle,
} from '../../bundle/write/write-bundle.js'
import {
  createSnapshot,
  discard,
  EXTENT_COLUMNS,
  type Snapshot,
  type SnapshotMode,
} from '../../native.js'
import { runSync, wait, type Steps } from '../../twin.js'
import { FullWriting, type Coming, type Writing, type WritingRequest } from '../writing.js'
import { CompareWriting } from './compare-writing.js'
import type { LastSave, SaveHistory } from './history.js'
import { link, type Linked } from './link.js'
import type { CheckedIncremental } from './options.js'

/** @throws CheckpointError CKPT_IO */
export function trackWriting(
  request: WritingRequest,
  history: SaveHistory,
  limits: CheckedIncremental,
): Writing {
  const { bundle } = request.plan
  // Before anything is copied: what is written to meanwhile is seen by the next save.
  const { same, scan } = history.scan(bundle.sources)
  const last = history.lastLike(bundle)
  const told = (linked: Linked | string): Writing => {
    const mode = request.mode
    if (typeof linked === 'string') {
      return new TrackWriting(request, takeArrays(bundle, mode), history, scan, linked)
    }
    try {
      const snapshot = takeWritten(linked.delta, mode)
      return new TrackWriting(request, snapshot, history, scan, undefined, linked)
    } catch (error) {
      void discard(linked.staging, true)
      throw error
    }
  }
  if (history.prefix === undefined) return told('there is no earlier checkpoint')
  if (!request.isSettled) return told('a save before this one was under way')
  // What was not written to since another save, or a failed one, tells nothing.
  if (last === undefined || last.scan === 0 || last.scan !== scan - 1) {
    return new ScannedWriting(request, history, limits, scan)
  }
  forgetChanged(last, bundle, same)
  last.scan = scan
  // Now: whatever becomes of those files later, this save has them.
  return told(runSync(link(request, onlySynced(last.places, request), limits, true)))
}

/** From now on only what is as it was has a place. */
function forgetChanged(
  { places, bundle: before }: LastSave,
  now: PlannedBundle,
  same: Uint8Array,
): void {
  for (let value = 0; value < now.count; value++) {
    const source = now.sourceOf(value)
    const isSame = source < 0 || same[source] === 1
    if (isSame && Buffer.compare(now.headOf(value), before.headOf(value)) === 0) continue
    places.forget(value)
  }
}

/** Files that would have to be synced first are not linked: the program would have to wait for it. */
function onlySynced(places: Places, { options }: WritingRequest): Places {
  if (!options.durable) return places
  const usable = places.files.map(({ isSynced }) => isSynced)
  const same = Uint8Array.from(places.shards, (shard) => (usable[shard] === true ? 1 : 0))
  return places.only(same)
}

/** The values that are written, as they are now. */
function takeWritten({ bundle, layout, written }: Delta, mode: SnapshotMode): Snapshot {
  const extents = new Float64Array(written.length * EXTENT_COLUMNS)
  for (const [i, value] of written.entries()) {
    const row = value * EXTENT_COLUMNS
    const { shard, offset } = layout.placements[i] ?? { shard: 0, offset: 0 }
    extents.set(bundle.extents.subarray(row, row + EXTENT_COLUMNS), i * EXTENT_COLUMNS)
    extents.set([shard, offset], i * EXTENT_COLUMNS)
  }
  const shardSizes = Float64Array.from(layout.shardSizes)
  const { heads, sources } = bundle
  return createSnapshot({ shardSizes, extents, heads, sources }, mode)
}

/** The first one after a restart, or with other objects: is compared with the files. */
class ScannedWriting extends CompareWriting {
  readonly #scan: number

  constructor(
    request: WritingRequest,
    history: SaveHistory,
    limits: CheckedIncremental,
    scan: number,
  ) {
    super(request, history, limits)
    this.#scan = scan
  }

  override committed(prefix: string, written: WrittenBundle): void {
    this.remember(prefix, written, undefined, this.#scan)
  }
}

class TrackWriting extends FullWriting {
  readonly #history: SaveHistory
  readonly #scan: number
  readonly #linked: Linked | undefined
  #isStarted = false

  constructor(
    request: WritingRequest,
    snapshot: Snapshot,
    history: SaveHistory,
    scan: number,
    reason?: string,
    linked?: Linked,
  ) {
    super(request, snapshot)
    this.#history = history
    this.#scan = scan
    this.why = reason
    this.#linked = linked
  }

  protected override start(): ComingShards {
    if (this.#linked === undefined) return super.start()
    const { operation, directory, options, spares } = this.request
    const { delta, staging } = this.#linked
    const before = { staging, count: delta.links.length }
    const shards = startShards(operation, directory, delta, this.snapshot, options, spares, before)
    // Not before: where it throws, the directory may not have been taken over.
    this.#isStarted = true
    return shards
  }

  protected override rowOf(value: number): number {
    return this.#linked?.delta.written.indexOf(value) ?? value
  }

  override *shards(): Steps<Coming> {
    const coming = yield* super.shards()
    return this.#linked === undefined ? coming : { ...coming, delta: this.#linked.delta }
  }

  override *end(): Steps<void> {
    yield* super.end()
    if (this.#linked === undefined || this.#isStarted) return
    yield* wait(discard(this.#linked.staging, this.request.operation.sync))
  }

  override committed(prefix: string, written: WrittenBundle): void {
    const bundle = this.bundle.withoutSources()
    const places = written.places()
    const scan = this.#scan
    this.#history.saved(prefix, { prefix, bundle, places, image: undefined, scan })
  }
}
