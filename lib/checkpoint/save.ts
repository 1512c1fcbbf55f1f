/**
 * Saves objects: takes their state at the call, writes it in turn.
 *
 * @module
 */
import { resolve } from 'node:path'
import { encodeObjectGraph } from '../bundle/messages.js'
import { splitPrefix } from '../bundle/names.js'
import type { CheckpointState } from '../bundle/state-file.js'
import { Operation } from '../bundle/operation.js'
import { OBJECT_GRAPH_KEY } from '../bundle/read/reader.js'
import { int64Value, stringValue, type BundleValue } from '../bundle/write/values.js'
import { replaceValue, takeBundle, type TakenBundle } from '../bundle/write/take.js'
import {
  discardShards,
  startShards,
  writeBundle,
  type ComingShards,
} from '../bundle/write/write-bundle.js'
import { valueKey, VARIABLE_VALUE } from '../graph/keys.js'
import type { TrackableNode } from '../graph/node.js'
import { walk } from '../graph/walk.js'
import type { SpareShards } from '../native.js'
import { runAsync, runSync, wait, type Steps } from '../twin.js'
import { SAVE_COUNTER, type SaveCounter } from './counter.js'
import type { CheckedSaveOptions } from './options.js'
import type { SaveQueue } from './queue.js'

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
    if (sync) queue.checkIdle(prefix)
    else queue.checkRoom(prefix)
    // Now: the working directory may be another one when it is this save's turn.
    const absolute = resolve(prefix)
    const { directory } = splitPrefix(absolute)
    const expected = counter.value + 1
    const values = takeValues(root, numbering?.extra)
    // A blocking save returns after it has read the arrays, so it need not copy them.
    const mode = sync ? 'none' : options.snapshot
    const taken = takeBundle(
      numbering === undefined ? values : withCounter(values, expected),
      options.bundle,
      mode,
    )
    const start = (bundle: TakenBundle): ComingShards =>
      startShards(operation, directory, bundle, options.bundle, numbering?.spares)
    // Copies go to the disk while later arrays are being copied.
    let early = !sync && queue.isIdle(directory) ? start(taken) : undefined
    try {
      taken.snapshot.fill()
      return yield* queue.run(directory, sync, operation.aborted, function* () {
        operation.check()
        // Only now, in turn: a save that failed before this one has burnt no number.
        const count = counter.value + 1
        const suffix = numbering === undefined ? '' : `-${String(numbering.number(count))}`
        const path = prefix + suffix
        const renumbered = numbering !== undefined && count !== expected
        const bundle = renumbered ? replaceValue(taken, counterValue(count)) : taken
        const shards = early ?? start(bundle)
        early = undefined
        const removeReplaced = yield* writeBundle(operation, {
          prefix: absolute + suffix,
          bundle,
          shards,
          options: options.bundle,
          state: numbering?.state(splitPrefix(absolute + suffix).base),
        })
        if (numbering !== undefined) counter.value = count
        const afterwards = [removeReplaced, () => numbering?.committed?.(path) ?? nothing()]
        if (!sync) return { result: path, after: () => quietly(afterwards) }
        for (const steps of afterwards) {
          ignoreFailure(() => {
            runSync(steps())
          })
        }
        return { result: path }
      })
    } finally {
      if (early !== undefined) yield* wait(discardShards(operation, early))
      taken.snapshot.release()
    }
  })
}

function takeValues(root: TrackableNode, extra: readonly BundleValue[] = []): BundleValue[] {
  const { values, graph } = walk(root)
  // The graph last, as TensorFlow writes it.
  return [...values, ...extra, stringValue(OBJECT_GRAPH_KEY, encodeObjectGraph(graph))]
}

const COUNTER_KEY = valueKey(SAVE_COUNTER, VARIABLE_VALUE)

const counterValue = (number: number): BundleValue => int64Value(COUNTER_KEY, number)

const withCounter = (values: readonly BundleValue[], number: number): BundleValue[] =>
  values.map((value) => (value.key === COUNTER_KEY ? counterValue(number) : value))

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
