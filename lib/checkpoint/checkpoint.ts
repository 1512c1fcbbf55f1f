/**
 * Checkpoint: saves and restores a tree of objects. TensorFlow's `tf.train.Checkpoint`
 * (python/checkpoint/checkpoint.py).
 *
 * @module
 */
import { resolve } from 'node:path'
import { inspect } from 'node:util'
import { loadMessages } from '../bundle/messages.js'
import { checkPath, checkPrefix, type PathInput } from '../bundle/names.js'
import { checkReadOptions, type ReadOptions } from '../bundle/read/open.js'
import { NODE, nodeOf, type TrackableNode } from '../graph/trackable.js'
import { runAsync, runSync, type Steps } from '../twin.js'
import { SAVE_COUNTER, SaveCounter } from './counter.js'
import { checkSaveOptions, type SaveOptions } from './options.js'
import { SaveQueue } from './queue.js'
import { restoreObjects } from './restore.js'
import { NEWEST, saveObjects, type Numbering } from './save.js'
import { RestoreStatus } from './status.js'

/** @internal */
export const MANAGED_SAVE: unique symbol = Symbol('ndcheckpoint.managedSave')

class CheckpointBase {
  readonly #counter = new SaveCounter()
  readonly #queue = new SaveQueue()
  /** Names in the order of tracking; where the save counter stands among them. */
  #counterAt = Infinity

  constructor(children: object = {}) {
    if (typeof children !== 'object' || (children as unknown) === null) {
      throw new TypeError(`children must be an object, got ${inspect(children)}`)
    }
    // Tens of milliseconds once: here, while the program starts, not in its first save.
    loadMessages()
    const named = Object.entries(children)
    // TensorFlow tracks keyword arguments in the order of their names' code points, which is that
    // of their UTF-8 bytes.
    named.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    for (const [name, child] of named) {
      checkChildName(name)
      nodeOf(child, name)
      Object.defineProperty(this, name, {
        value: child,
        writable: true,
        enumerable: true,
        configurable: true,
      })
    }
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
   * @param prefix path without number and suffix; without `[`, `]`, `\`
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
   * @param path prefix that `save` or TensorFlow returned; null restores nothing
   * @throws CheckpointError CKPT_NOT_FOUND, CKPT_CORRUPT, CKPT_MISMATCH, CKPT_UNSUPPORTED, CKPT_IO;
   *   `signal.reason` if aborted
   */
  async restore(path: PathInput | null, options: ReadOptions = {}): Promise<RestoreStatus> {
    return runAsync(this.#restore(path, options, true, false))
  }

  /** The blocking twin of `restore`. CKPT_BUSY while a save is unfinished. */
  restoreSync(path: PathInput | null, options: ReadOptions = {}): RestoreStatus {
    return runSync(this.#restore(path, options, true, true))
  }

  /** As `restore`, but without creating the save counter: for what `write` wrote. */
  async read(path: PathInput | null, options: ReadOptions = {}): Promise<RestoreStatus> {
    return runAsync(this.#restore(path, options, false, false))
  }

  /** The blocking twin of `read`. */
  readSync(path: PathInput | null, options: ReadOptions = {}): RestoreStatus {
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
      prefix,
      numbering,
      options: checked,
    }
    return yield* saveObjects(request, sync)
  }

  *#restore(
    path: PathInput | null,
    options: ReadOptions,
    createCounter: boolean,
    sync: boolean,
  ): Steps<RestoreStatus> {
    const prefix = path === null ? null : checkPath(path, 'path')
    const checked = checkReadOptions(options, 'eager')
    if (sync) this.#queue.checkIdle(prefix ?? '')
    // Now: the working directory may be another one when it is this restore's turn.
    const absolute = prefix === null ? null : resolve(prefix)
    // After the saves before it, so that it does not change what they are about to number.
    const restored = yield* this.#queue.run(undefined, sync, undefined, () =>
      this.#read(absolute, checked, sync),
    )
    if (createCounter) this.#createCounter()
    return new RestoreStatus(prefix, restored)
  }

  *#read(
    prefix: string | null,
    options: ReturnType<typeof checkReadOptions>,
    sync: boolean,
  ): Steps<{ result: number }> {
    if (prefix === null) return { result: 0 }
    return { result: yield* restoreObjects(this[NODE](), prefix, options, sync) }
  }

  #createCounter(): void {
    if (this.#counter.created) return
    this.#counter.created = true
    this.#counterAt = Object.keys(this).length
  }

  /** @internal */
  [NODE](): TrackableNode {
    const children = this as unknown as Readonly<Record<string, unknown>>
    return {
      identity: this,
      values: () => [],
      restore: () => undefined,
      children: () => this.#edges(),
      child: (name) => {
        if (name === SAVE_COUNTER) return this.#counter
        return Object.hasOwn(this, name) ? nodeOf(children[name], name) : undefined
      },
    }
  }

  #edges(): (readonly [string, TrackableNode])[] {
    const edges = Object.entries(this).map(([name, child]) => {
      checkChildName(name)
      return [name, nodeOf(child, name)] as const
    })
    const all: (readonly [string, TrackableNode])[] = edges
    if (this.#counter.created) all.splice(this.#counterAt, 0, [SAVE_COUNTER, this.#counter])
    return all
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

/**
 * A tree of objects that is saved and restored as one. Children become properties:
 * `new Checkpoint({ model }).model`. A child is a `NumpyState`, another `Checkpoint`, or a plain
 * object or array of them; more may be set as properties later.
 *
 * @throws TypeError naming a child that cannot be saved
 */
export type Checkpoint<T extends object = object> = CheckpointBase & T

interface CheckpointConstructor {
  new <T extends object = object>(children?: T): Checkpoint<T>
  readonly prototype: CheckpointBase
}

export const Checkpoint: CheckpointConstructor = CheckpointBase as unknown as CheckpointConstructor
