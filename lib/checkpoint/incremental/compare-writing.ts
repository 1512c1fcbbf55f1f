/**
 * Writes what has changed, found by comparison: with the copy that was made at the last save, or with
 * the files of the last checkpoint.
 *
 * A kept copy serves twice. It is compared with while the arrays are taken, and what differs is copied
 * into it, so that it is the copy of this save: the call takes about as long as a plain copy.
 *
 * @module
 */
import { THREADS } from '../../bundle/operation.js'
import type { Places } from '../../bundle/write/places.js'
import type { BundleValue } from '../../bundle/write/values.js'
import { startShards, takeArrays, type WrittenBundle } from '../../bundle/write/write-bundle.js'
import {
  COMPARE_COLUMNS,
  compareRows,
  discard,
  partOfSnapshot,
  type Snapshot,
} from '../../native.js'
import { wait, type Steps } from '../../twin.js'
import { FullWriting, type Coming, type WritingRequest } from '../writing.js'
import { compareWithFiles } from './compare-files.js'
import type { LastSave, SaveHistory } from './history.js'
import { link, NOTHING_TO_LINK, type Linked } from './link.js'
import type { CheckedIncremental } from './options.js'

/**
 * Above this share of changed bytes everything is written: then it can be written while it is being
 * copied, which takes less time.
 */
const MOST = 0.75

export class CompareWriting extends FullWriting {
  readonly #history: SaveHistory
  readonly #limits: CheckedIncremental
  /** Whose image this save has got. */
  readonly #refilled: LastSave | undefined
  /** 1 for each value that is as it was, once that is known. */
  #same: Uint8Array | undefined
  #isFull = false
  #part: Snapshot | undefined
  #isKept = false

  constructor(request: WritingRequest, history: SaveHistory, limits: CheckedIncremental) {
    const last = request.isSettled ? history.lastLike(request.plan.bundle) : undefined
    super(request, takeArrays(request.plan.bundle, request.mode, last?.image))
    this.#history = history
    this.#limits = limits
    if (last === undefined || !this.snapshot.refillable) return
    // From here on this is the image of the last save, as far as it is not changed.
    last.image = this.snapshot
    this.#isKept = true
    this.#refilled = last
  }

  override fill(): void {
    if (this.#refilled !== undefined && this.snapshot.changed() <= MOST) {
      const same = this.snapshot.refill()
      const { places } = this.#refilled
      for (let value = 0; value < same.length; value++) if (same[value] === 0) places.forget(value)
      this.#same = same
      return
    }
    if (this.#refilled !== undefined) this.#becomeFull('most of the state has changed')
    else if (this.#history.prefix === undefined && this.request.isSettled) {
      this.#becomeFull('there is no earlier checkpoint')
    }
    if (this.#isFull) this.startEarly()
    this.snapshot.fill()
  }

  /** Everything is written; what is known of the last save is of no use. */
  #becomeFull(reason: string): void {
    this.#isFull = true
    this.why = reason
    if (this.#refilled === undefined) return
    this.#refilled.image = undefined
    this.#isKept = false
    this.#history.forget()
  }

  override setHead(value: number, by: BundleValue): void {
    super.setHead(value, by)
    if (this.#same !== undefined) this.#same[value] = 0
    this.#refilled?.places.forget(value)
  }

  override *shards(): Steps<Coming> {
    if (this.#isFull) return yield* super.shards()
    const { operation, options, spares, directory } = this.request
    const places = yield* this.#unchanged()
    const linked =
      places === undefined ? 'there is no earlier checkpoint' : yield* this.#link(places)
    if (typeof linked === 'string') {
      this.why = linked
      return yield* super.shards()
    }
    const { delta, staging } = linked
    try {
      const sizes = Float64Array.from(delta.layout.shardSizes)
      const part = partOfSnapshot(this.snapshot, sizes, delta.partRows())
      this.#part = part
      const before = { staging, count: delta.links.length }
      const shards = startShards(operation, directory, delta, part, options, spares, before)
      return { shards, delta }
    } catch (error) {
      // It may not have got to where the directory is taken over.
      yield* wait(discard(staging, operation.sync))
      throw error
    }
  }

  /** @returns why nothing is linked, if nothing is */
  *#link(places: Places): Steps<Linked | string> {
    let isTrusted = false
    try {
      const linked = yield* link(this.request, places, this.#limits, this.request.operation.sync)
      isTrusted = typeof linked === 'string' ? linked === NOTHING_TO_LINK : linked.isWhole
      return linked
    } finally {
      if (!isTrusted) this.#history.distrust()
    }
  }

  /** Where values are that have not changed; undefined if nothing is known of any. */
  *#unchanged(): Steps<Places | undefined> {
    const { operation } = this.request
    if (this.#same !== undefined) return this.#refilled?.places.only(this.#same)
    const last = this.#history.lastLike(this.bundle)
    if (last?.image !== undefined) return yield* this.#compareWithImage(last, last.image)
    const { prefix } = this.#history
    if (prefix === undefined) return undefined
    return yield* compareWithFiles(operation, this.bundle, this.snapshot, prefix)
  }

  /** With that of a save which was under way when this one was called. */
  *#compareWithImage({ places }: LastSave, image: Snapshot): Steps<Places> {
    const { operation } = this.request
    const rows = new Float64Array(this.bundle.count * COMPARE_COLUMNS)
    for (let value = 0; value < this.bundle.count; value++) {
      rows.set([value, -1, value], value * COMPARE_COLUMNS)
    }
    const plan = { snapshot: this.snapshot, last: image, paths: [], rows, threads: THREADS }
    const { same } = yield* wait(compareRows(operation.job, plan, operation.sync))
    return places.only(same)
  }

  override committed(prefix: string, written: WrittenBundle): void {
    if (this.request.mode === 'copy') this.remember(prefix, written, this.snapshot, 0)
    else this.#history.saved(prefix)
  }

  /** @param image is kept for the next save */
  protected remember(
    prefix: string,
    written: WrittenBundle,
    image: Snapshot | undefined,
    scan: number,
  ): void {
    this.#isKept = image !== undefined
    const bundle = this.bundle.withoutSources()
    this.#history.saved(prefix, { prefix, bundle, places: written.places(), image, scan })
  }

  protected override release(): void {
    this.#part?.release()
    if (!this.#isKept) super.release()
  }
}
