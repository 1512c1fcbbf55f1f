/**
 * The way of one save from the arrays to data files in a staging directory.
 *
 * @module
 */
import type { Operation } from '../bundle/operation.js'
import type { Delta } from '../bundle/write/delta.js'
import type { BundleValue } from '../bundle/write/values.js'
import {
  discardShards,
  startShards,
  takeArrays,
  type BundleOptions,
  type ComingShards,
  type WrittenBundle,
} from '../bundle/write/write-bundle.js'
import type { PlannedBundle } from '../bundle/write/planned-bundle.js'
import type { Snapshot, SnapshotMode, SpareShards } from '../native.js'
import { wait, type Steps } from '../twin.js'
import type { SavePlan } from './save-plan.js'

/** What a way of writing is told of a save. */
export interface WritingRequest {
  readonly operation: Operation
  readonly plan: SavePlan
  /** Of the final files; absolute. */
  readonly directory: string
  readonly mode: SnapshotMode
  readonly options: BundleOptions
  readonly spares: SpareShards | undefined
  /** It is this save's turn already. */
  readonly isIdle: boolean
  /** No save or restore of this Checkpoint is unfinished: what is known of the last one is final. */
  readonly isSettled: boolean
}

/** Data files that are being written. */
export interface Coming {
  readonly shards: ComingShards
  /** If some of the checkpoint's files are links. */
  readonly delta?: Delta
}

/** In the order of the calls. */
export interface Writing {
  /** Takes the state as it is: in the call of the save. */
  fill(): void
  /** In the save's turn: another head for a value, of the same length. */
  setHead(value: number, by: BundleValue): void
  /** In the save's turn. */
  shards(): Steps<Coming>
  /** The checkpoint is durable. */
  committed(prefix: string, written: WrittenBundle): void
  /** In any case. */
  end(): Steps<void>
  /** Why everything is written although only what has changed was to be. */
  readonly reason: string | undefined
}

/** Writes everything. */
export abstract class FullWriting implements Writing {
  protected why: string | undefined
  protected readonly request: WritingRequest
  protected readonly snapshot: Snapshot
  #early: ComingShards | undefined

  constructor(request: WritingRequest, snapshot?: Snapshot) {
    this.request = request
    this.snapshot = snapshot ?? takeArrays(request.plan.bundle, request.mode)
  }

  get reason(): string | undefined {
    return this.why
  }

  protected get bundle(): PlannedBundle {
    return this.request.plan.bundle
  }

  /** Begins to write what is being copied. */
  protected startEarly(): void {
    const { operation, isIdle } = this.request
    if (!operation.sync && isIdle) this.#early = this.start()
  }

  protected start(): ComingShards {
    const { operation, directory, options, spares } = this.request
    return startShards(operation, directory, this.bundle, this.snapshot, options, spares)
  }

  fill(): void {
    this.startEarly()
    this.snapshot.fill()
  }

  setHead(value: number, by: BundleValue): void {
    this.snapshot.setHead(this.rowOf(value), by.head, by.seed)
    // The next save compares with what this one has written.
    this.bundle.change(value, by)
  }

  /** A value's row in the snapshot. */
  protected rowOf(value: number): number {
    return value
  }

  *shards(): Steps<Coming> {
    const shards = this.#early ?? this.start()
    this.#early = undefined
    return { shards }
  }

  abstract committed(prefix: string, written: WrittenBundle): void

  *end(): Steps<void> {
    const early = this.#early
    if (early !== undefined) yield* wait(discardShards(this.request.operation, early))
    this.release()
  }

  protected release(): void {
    this.snapshot.release()
  }
}
