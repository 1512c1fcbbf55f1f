/**
 * Checkpoint: saves and restores a tree of objects. TensorFlow's `tf.train.Checkpoint`
 * (python/checkpoint/checkpoint.py).
 *
 * @module
 */
import { resolve } from 'node:path'
import { inspect } from 'node:util'
import { byUtf8, checkPath, checkPrefix, type PathInput } from '../bundle/names.js'
import { meansSavedModel, savedModelPrefix } from '../bundle/read/saved-model.js'
import { attach } from '../graph/deferred.js'
import { NO_VALUES, NODE, type TrackableNode } from '../graph/node.js'
import { nodeOf } from '../graph/trackable.js'
import { track, trackedEntries, trackedValue, type Tracking } from '../trackables/tracked.js'
import { runAsync, runSync, type Steps } from '../twin.js'
import { SAVE_COUNTER, SaveCounter } from './counter.js'
import { sameName, withRoot, type Edge } from './edges.js'
import { SaveHistory } from './incremental/history.js'
import { checkSaveOptions, type SaveOptions } from './options.js'
import { SaveQueue } from './queue.js'
import { restoreObjects } from './restore.js'
import { checkRestoreOptions, type RestoreOptions } from './restore-options.js'
import { SavePlans } from './save-plan.js'
import { COUNTER_KEY, NEWEST, saveObjects, type Numbering } from './save.js'
import { RestoreStatus } from './status.js'

/** @internal */
export const MANAGED_SAVE: unique symbol = Symbol('ndcheckpoint.managedSave')

/** @internal */
export const FORGET: unique symbol = Symbol('ndcheckpoint.forget')

/** The edge from an object to itself when it is the root of a Checkpoint. */
const ROOT = 'root'

const TRACKING: Tracking = {
  checkName: checkChildName,
  check: (name, value) => {
    nodeOf(value, name)
  },
  find: (name, value) => nodeOf(value, name),
}

/** What the constructor returns is the object that sees its properties being set. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the children are its members
class Tracked {
  constructor() {
    return track(this, TRACKING)
  }
}

class CheckpointBase extends Tracked {
  /** Those of a Checkpoint that is the root of this one: it counts on, as in TensorFlow. */
  readonly #counter: SaveCounter
  readonly #queue: SaveQueue
  readonly #plans = new SavePlans([COUNTER_KEY])
  readonly #history = new SaveHistory()
  /** Names in the order of tracking; where the save counter stands among them. */
  #counterAt = Infinity
  /** Stands for the whole Checkpoint if it is given. */
  readonly #root: object | undefined

  constructor(children: object = {}) {
    super()
    if (typeof children !== 'object' || (children as unknown) === null) {
      throw new TypeError(`children must be an object, got ${inspect(children)}`)
    }
    const named = Object.entries(children)
    // TensorFlow tracks keyword arguments, `root` among them, in the order of their names' code points.
    named.sort(([a], [b]) => byUtf8(a, b))
    for (const [name, value] of named) {
      Object.defineProperty(this, name, {
        value: value as unknown,
        writable: name !== ROOT,
        enumerable: true,
        configurable: name !== ROOT,
      })
    }
    this.#root = trackedValue(this, ROOT) as object | undefined
    const same = this.#root instanceof CheckpointBase ? this.#root : undefined
    this.#counter = same === undefined ? new SaveCounter() : same.#counter
    this.#queue = same === undefined ? new SaveQueue() : same.#queue
    if (this.#root !== undefined) this.#adopt(nodeOf(this.#root, ROOT))
  }

  /** Checks the children beside those of the root, and gives them what a restore of it keeps. */
  #adopt(root: TrackableNode): void {
    for (const [name, { identity }] of root.children()) {
      if (name === SAVE_COUNTER && identity !== this.#counter.identity) throw sameName(name)
    }
    const edges = this.#edges(root)
    for (const [name, node] of edges) attach(root.identity, name, node)
  }

  /** Number of the last save, or of the one that was restored; 0 before the first. */
  get saveCounter(): number {
    return this.#counter.value
  }

  /**
   * Saves under the next number: `PREFIX-1`, `PREFIX-2` …, and names the checkpoint in the
   * directory's state file. Missing directories are made.
   *
   * The arrays may be changed as soon as the call has returned its promise: what is written is their
   * content at the call. The promise resolves when the checkpoint is durable. A save that fails or
   * is aborted leaves nothing behind, uses up no number and leaves earlier checkpoints intact.
   *
   * @param prefix path without number and suffix; without square brackets and backslashes
   * @returns the numbered prefix, which `restore` takes
   * @throws TypeError, RangeError for bad arguments or children; CheckpointError CKPT_IO (a full
   *   disk: `errno` ENOSPC), CKPT_BUSY if two saves are unfinished; `signal.reason` if aborted
   */
  async save(prefix: PathInput, options: SaveOptions = {}): Promise<string> {
    return runAsync(this.#save(prefix, options, NEWEST, false))
  }

  /** The blocking twin of `save`; copies nothing. CKPT_BUSY while a save is unfinished. */
  saveSync(prefix: PathInput, options: SaveOptions = {}): string {
    return runSync(this.#save(prefix, options, NEWEST, true))
  }

  /** As `save`, but to exactly this path: no number, no state file. Replaces what is there, at once. */
  async write(path: PathInput, options: SaveOptions = {}): Promise<string> {
    return runAsync(this.#save(path, options, undefined, false))
  }

  /** The blocking twin of `write`. */
  writeSync(path: PathInput, options: SaveOptions = {}): string {
    return runSync(this.#save(path, options, undefined, true))
  }

  /**
   * Restores what matches by name, by object graph. If anything fails the objects stay as they were.
   *
   * @param path prefix that `save` or TensorFlow returned, or the directory of a SavedModel; null
   *   restores nothing
   * @throws CheckpointError CKPT_NOT_FOUND, CKPT_CORRUPT, CKPT_MISMATCH, CKPT_UNSUPPORTED, CKPT_IO;
   *   `signal.reason` if aborted
   */
  async restore(path: PathInput | null, options: RestoreOptions = {}): Promise<RestoreStatus> {
    return runAsync(this.#restore(path, options, true, false))
  }

  /** The blocking twin of `restore`. CKPT_BUSY while a save is unfinished. */
  restoreSync(path: PathInput | null, options: RestoreOptions = {}): RestoreStatus {
    return runSync(this.#restore(path, options, true, true))
  }

  /** As `restore`, but without creating the save counter: for what `write` wrote. */
  async read(path: PathInput | null, options: RestoreOptions = {}): Promise<RestoreStatus> {
    return runAsync(this.#restore(path, options, false, false))
  }

  /** The blocking twin of `read`. */
  readSync(path: PathInput | null, options: RestoreOptions = {}): RestoreStatus {
    return runSync(this.#restore(path, options, false, true))
  }

  /** @internal A save whose name and state file somebody else decides: a CheckpointManager. */
  [MANAGED_SAVE](
    prefix: PathInput,
    options: SaveOptions,
    numbering: Numbering,
    sync: boolean,
  ): Steps<string> {
    return this.#save(prefix, options, numbering, sync)
  }

  /** @internal Gives up the memory that is kept for incremental saves, unless one is under way. */
  [FORGET](): void {
    if (this.#queue.isFree) this.#history.forget()
  }

  *#save(
    path: PathInput,
    options: SaveOptions,
    numbering: Numbering | undefined,
    sync: boolean,
  ): Steps<string> {
    const prefix = checkPrefix(path)
    const checked = checkSaveOptions(options)
    if (numbering !== undefined) this.#createCounter()
    const root = this[NODE]()
    const request = {
      root,
      counter: this.#counter,
      queue: this.#queue,
      plans: this.#plans,
      history: this.#history,
      prefix,
      numbering,
      options: checked,
    }
    return yield* saveObjects(request, sync)
  }

  *#restore(
    path: PathInput | null,
    options: RestoreOptions,
    createCounter: boolean,
    sync: boolean,
  ): Steps<RestoreStatus> {
    const prefix = path === null ? null : checkPath(path, 'path')
    const checked = checkRestoreOptions(options)
    if (sync) this.#queue.checkIdle(prefix ?? '')
    // Now: the working directory may be another one when it is this restore's turn.
    const absolute = prefix === null ? null : resolve(prefix)
    // After the saves before it, so that it does not change what they are about to number.
    const status = yield* this.#queue.run(undefined, sync, undefined, () =>
      this.#read(prefix, absolute, checked, sync),
    )
    if (createCounter) this.#createCounter()
    return status
  }

  *#read(
    given: string | null,
    absolute: string | null,
    options: ReturnType<typeof checkRestoreOptions>,
    sync: boolean,
  ): Steps<{ result: RestoreStatus }> {
    if (given === null || absolute === null) return { result: new RestoreStatus(null, undefined) }
    const isModel = meansSavedModel(absolute)
    const prefixAt = (path: string): string => (isModel ? savedModelPrefix(path) : path)
    const root = (): TrackableNode => this[NODE]()
    const matches = yield* restoreObjects(root, prefixAt(absolute), options, sync)
    this.#history.restored(prefixAt(absolute))
    return { result: new RestoreStatus(prefixAt(given), matches) }
  }

  #createCounter(): void {
    if (this.#counter.created) return
    this.#counter.created = true
    this.#counterAt = trackedEntries(this).length
  }

  /** @internal With a root its node, with the Checkpoint's children as further ones. */
  [NODE](): TrackableNode {
    const root = this.#root === undefined ? undefined : nodeOf(this.#root, ROOT)
    return {
      ...(root?.slots && { slots: root.slots }),
      ...(root?.together && { together: root.together }),
      identity: root?.identity ?? this,
      values: root === undefined ? NO_VALUES.values : () => root.values(),
      restore: (attributes, reader) => root?.restore(attributes, reader),
      children: () => this.#edges(root),
      child: (name) => {
        if (name === SAVE_COUNTER) return this.#counter
        const value = trackedValue(this, name)
        return value === undefined ? root?.child(name) : nodeOf(value, name)
      },
      renewed: () => this[NODE](),
    }
  }

  #edges(root: TrackableNode | undefined): readonly Edge[] {
    const edges = trackedEntries(this).map(([name, child]): Edge => [name, nodeOf(child, name)])
    if (this.#counter.created) edges.splice(this.#counterAt, 0, [SAVE_COUNTER, this.#counter])
    return withRoot(root, edges)
  }

  static {
    Object.defineProperty(this, 'name', { value: 'Checkpoint' })
  }
}

/** Methods are not overwritten, and the counter is ours. */
function checkChildName(name: string): void {
  if (name === SAVE_COUNTER || (name in CheckpointBase.prototype && name !== '__proto__')) {
    throw new TypeError(`a child of a Checkpoint cannot be named '${name}'; choose another name`)
  }
}

export type Checkpoint<T extends object = object> = CheckpointBase & T

interface CheckpointConstructor {
  new <T extends object = object>(children?: T): Checkpoint<T>
  readonly prototype: CheckpointBase
}

/**
 * A tree of objects that is saved and restored as one. Children become properties:
 * `new Checkpoint({ model }).model`; more may be set as properties later. A child is
 *
 * - one of this package: `NumpyState`, `Variable`, `VariableState`, `List`, `Mapping`, `JsonState`,
 *   another `Checkpoint` …
 * - an object of a class of yours: one that extends `Trackable`, that answers to the symbol
 *   `trackable`, or that has `serialize` and `deserialize`
 * - a plain object or array of such
 *
 * A child that is set after `restore` takes its saved values when it is set. `{ root: model }` saves
 * the model itself as the root, as TensorFlow's `Checkpoint(root=model)`, which `tf.Module`s and Keras
 * models are often saved by.
 *
 * @throws TypeError naming a child that cannot be saved
 *
 * @class
 */
export const Checkpoint: CheckpointConstructor = CheckpointBase as unknown as CheckpointConstructor
