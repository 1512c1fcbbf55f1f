/**
 * Saves objects: takes their state at the call, writes it in turn.
 *
 * @module
 */
import { resolve } from 'node:path'
import { splitPrefix } from '../bundle/names.js'
import type { CheckpointState } from '../bundle/state-file.js'
import { Operation } from '../bundle/operation.js'
import { int64Value, type BundleValue } from '../bundle/write/values.js'
import { writeBundle } from '../bundle/write/write-bundle.js'
import { valueKey, VARIABLE_VALUE } from '../graph/keys.js'
import type { TrackableNode } from '../graph/node.js'
import { isTrackingAvailable, type SpareShards } from '../native.js'
import { runAsync, runSync, type Steps } from '../twin.js'
import { SAVE_COUNTER, type SaveCounter } from './counter.js'
import type { CheckedSaveOptions } from './options.js'
import { CompareWriting } from './incremental/compare-writing.js'
import type { SaveHistory } from './incremental/history.js'
import { PlainWriting } from './incremental/plain-writing.js'
import { trackWriting } from './incremental/track-writing.js'
import type { SaveQueue } from './queue.js'
import { SaveWatch } from './report.js'
import type { SavePlan, SavePlans } from './save-plan.js'
import { keepStagingForNow } from './staging.js'
import type { Writing, WritingRequest } from './writing.js'

/** How a numbered checkpoint is called, and what is told of it. All is asked in the save's turn. */
export interface Numbering {
  /** The number in the name, given that the save counter will be `counter`. */
  number(counter: number): number
  /** The state file that is to be committed with `name`, a file name without suffix. */
  state(name: string): CheckpointState
  /** Values beside those of the objects. */
  readonly extra?: readonly BundleValue[]
  /** Shards of checkpoints that are gone, to be written over. */
  readonly spares?: SpareShards
  /** What remains to be done when the checkpoint is committed; nobody waits for it. */
  committed?(path: string): Steps<void>
}

/** `Checkpoint.save`: the state file knows the newest checkpoint only, as TensorFlow's. */
export const NEWEST: Numbering = {
  number: (counter) => counter,
  // Relative, so that the directory may be moved; TensorFlow reads it so since 1.14.
  state: (name) => ({
    modelCheckpointPath: name,
    allModelCheckpointPaths: [name],
    allModelCheckpointTimestamps: [],
  }),
}

export interface SaveRequest {
  readonly root: TrackableNode
  readonly counter: SaveCounter
  readonly queue: SaveQueue
  readonly plans: SavePlans
  readonly history: SaveHistory
  readonly prefix: string
  /** Number the checkpoint and name it in the state file; undefined: written as it is named. */
  readonly numbering: Numbering | undefined
  readonly options: CheckedSaveOptions
}

/** Everything up to the first wait happens in the call itself: the state is taken there. */
export function* saveObjects(request: SaveRequest, sync: boolean): Steps<string> {
  const { root, counter, queue, prefix, numbering, options } = request
  const operation = new Operation(options, sync)
  return yield* operation.run(function* () {
    const watch = new SaveWatch()
    if (sync) queue.checkIdle(prefix)
    else queue.checkRoom(prefix)
    const plan = request.plans.take(root, numbering?.extra ?? [], options.bundle)
    const { bundle } = plan
    const expected = counter.value + 1
    if (numbering !== undefined) setCounter(plan, expected)
    // Now: the working directory may be another one when it is this save's turn.
    const absolute = resolve(prefix)
    const { directory } = splitPrefix(absolute)
    const isIdle = sync || queue.isIdle(directory)
    const isSettled = sync || queue.isFree
    const writing = beginWriting(request, { operation, plan, directory, isIdle, isSettled })
    try {
      writing.fill()
      watch.called()
      return yield* queue.run(directory, sync, operation.aborted, function* () {
        operation.check()
        // Only now, in turn: a save that failed before this one has burnt no number.
        const count = counter.value + 1
        const suffix = numbering === undefined ? '' : `-${String(numbering.number(count))}`
        const path = prefix + suffix
        const committed = absolute + suffix
        if (numbering !== undefined && count !== expected) correctCounter(plan, writing, count)
        const state = numbering?.state(splitPrefix(committed).base)
        const { shards, delta } = yield* writing.shards()
        const written = yield* writeBundle(operation, {
          prefix: committed,
          bundle,
          shards,
          options: options.bundle,
          delta,
          state,
        })
        plan.keep()
        if (numbering !== undefined) counter.value = count
        writing.committed(committed, written)
        watch.tell(options.onReport, { path, bundle, delta, written, reason: writing.reason })
        const afterwards = [
          () => written.removeReplaced(),
          () => numbering?.committed?.(path) ?? nothing(),
        ]
        if (!sync) return { result: path, after: () => quietly(afterwards) }
        for (const steps of afterwards) {
          ignoreFailure(() => {
            runSync(steps())
          })
        }
        return { result: path }
      })
    } finally {
      yield* writing.end()
      if (!sync && options.snapshot === 'copy') keepStagingForNow()
    }
  })
}

/** Chooses how a save gets from the arrays to the disk. */
function beginWriting(
  { options, numbering, history }: SaveRequest,
  begun: Pick<WritingRequest, 'operation' | 'plan' | 'directory' | 'isIdle' | 'isSettled'>,
): Writing {
  const { incremental } = options
  const isTracked = incremental?.detect === 'track' && isTrackingAvailable()
  // A blocking save returns when it has read the arrays: it copies them only for the next one.
  const isLive = begun.operation.sync && (incremental === undefined || isTracked)
  const mode = isLive ? 'none' : options.snapshot
  const request = { ...begun, mode, options: options.bundle, spares: numbering?.spares }
  if (incremental === undefined) return new PlainWriting(request, history)
  if (isTracked) return trackWriting(request, history, incremental)
  return new CompareWriting(request, history, incremental)
}

/** Key of the save counter's value. */
export const COUNTER_KEY: string = valueKey(SAVE_COUNTER, VARIABLE_VALUE)

/** Of the same size, so that it has the same place. */
function setCounter({ bundle, numberOf }: SavePlan, count: number): void {
  const number = numberOf(COUNTER_KEY)
  if (number >= 0) bundle.change(number, int64Value(COUNTER_KEY, count))
}

/** The same when the arrays have been taken. */
function correctCounter({ numberOf }: SavePlan, writing: Writing, count: number): void {
  const number = numberOf(COUNTER_KEY)
  if (number >= 0) writing.setHead(number, int64Value(COUNTER_KEY, count))
}

/** The checkpoint is safe by now; files that could not be removed are the next save's to remove. */
async function quietly(all: readonly (() => Steps<void>)[]): Promise<void> {
  for (const steps of all) await runAsync(steps()).catch(() => undefined)
}

function* nothing(): Steps<void> {
  return undefined
}

function ignoreFailure(body: () => void): void {
  try {
    body()
  } catch {
    // As above.
  }
}
