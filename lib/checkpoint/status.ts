/**
 * What a restore did. TensorFlow's load status objects (python/checkpoint/checkpoint.py,
 * `CheckpointLoadStatus`).
 *
 * @module
 */
import { inspect, type InspectOptions } from 'node:util'
import { CheckpointError } from '../errors.js'
import type { Matches, RestoredValue } from './matches.js'

/** So many values are shown by an error; `missingInProgram` and its like list all. */
const SHOWN = 10

/**
 * Returned by `restore` and `read`. It tells how things are when it is asked: objects that are
 * attached later are restored then.
 *
 * The lists complain of nothing; the assertions throw CheckpointError CKPT_MISMATCH, and return the status
 * for chaining.
 */
export class RestoreStatus {
  /** The prefix that was restored; null if there was none to restore. */
  readonly path: string | null
  readonly #matches: Matches | undefined

  /** @internal */
  constructor(path: string | null, matches: Matches | undefined) {
    this.path = path
    this.#matches = matches
  }

  /** Number of values (arrays, variables, states, the save counter) that objects took. */
  get restored(): number {
    return this.#matches?.count ?? 0
  }

  /** Values of the checkpoint that objects of the program took. */
  get matched(): RestoredValue[] {
    return this.#matches?.matched() ?? []
  }

  /** Values that the checkpoint has and no object of the program took. */
  get missingInProgram(): RestoredValue[] {
    return this.#matches?.missingInProgram() ?? []
  }

  /**
   * Values of the program, as it is now, that the checkpoint does not have.
   *
   * @throws TypeError as `save`, if the program holds what cannot be saved
   */
  get missingInCheckpoint(): RestoredValue[] {
    return this.#matches?.missingInCheckpoint() ?? []
  }

  /**
   * All of the checkpoint was restored, and all of the program: nothing is missing on either side.
   *
   * @throws CheckpointError CKPT_MISMATCH naming what is missing
   */
  assertConsumed(): this {
    const missing = this.#use().missingInProgram()
    if (missing.length > 0) {
      throw this.#mismatch('has', missing, 'which no object of the program took')
    }
    return this.assertExistingObjectsMatched()
  }

  /**
   * All of the program was restored; the checkpoint may have more.
   *
   * @throws CheckpointError CKPT_MISMATCH naming what the checkpoint lacks
   */
  assertExistingObjectsMatched(): this {
    const missing = this.#use().missingInCheckpoint()
    if (missing.length === 0) return this
    throw this.#mismatch('lacks', missing, 'which the program has')
  }

  /**
   * Something was restored: more than the root object matched.
   *
   * @throws CheckpointError CKPT_MISMATCH
   */
  assertNontrivialMatch(): this {
    if (this.#use().isNontrivial) return this
    const { path } = this
    const message = `nothing but the root object matched in checkpoint '${path ?? ''}'; were the objects saved under other names?`
    const found = 'the root object only'
    throw new CheckpointError('CKPT_MISMATCH', message, { key: '', expected: 'objects', found })
  }

  /**
   * Says that the program wants only a part of the checkpoint. TensorFlow warns otherwise; here
   * nothing is ever printed, so that this changes nothing but what a reader of the program knows.
   */
  expectPartial(): this {
    return this
  }

  /**
   * Fills objects that were attached where that cannot be seen: pushed into a plain array, put into a
   * plain object, or named by a `[trackable]()` method since. Attached to a `Checkpoint`, a
   * `Trackable`, a `List` or a `Mapping` they were filled at once, so that nothing is left to be done.
   *
   * In TensorFlow this runs what a restore has left pending in graph mode.
   *
   * @throws CheckpointError as `restore`, for an object that does not fit: it and those after it stay
   *   as they were; CKPT_MISMATCH if the path was null
   */
  runRestoreOps(): this {
    this.#use().fillNewcomers()
    return this
  }

  /**
   * The same as `runRestoreOps`; without a checkpoint (a path of null) it leaves all objects as the
   * program has initialized them.
   */
  initializeOrRestore(): this {
    this.#matches?.fillNewcomers()
    return this
  }

  #use(): Matches {
    if (this.#matches !== undefined) return this.#matches
    const message = 'no checkpoint was given (the path was null), so nothing was restored'
    const details = { key: '', expected: 'a checkpoint', found: 'null' }
    throw new CheckpointError('CKPT_MISMATCH', message, details)
  }

  #mismatch(verb: 'has' | 'lacks', values: readonly RestoredValue[], which: string): Error {
    const [first = { key: '', dtype: '', shape: [] }] = values
    const shown = values.slice(0, SHOWN).map(show).join(', ')
    const more = values.length > SHOWN ? ` and ${String(values.length - SHOWN)} more` : ''
    const message = `checkpoint '${this.path ?? ''}' ${verb} ${shown}${more}, ${which}`
    const one = `${first.dtype} [${first.shape.join(', ')}]`
    const [expected, found] = verb === 'has' ? ['nothing', one] : [one, 'nothing']
    return new CheckpointError('CKPT_MISMATCH', message, { key: first.key, expected, found })
  }

  static {
    Object.defineProperty(this.prototype, inspect.custom, {
      value(this: RestoreStatus, _depth: number, options: InspectOptions): string {
        const { path, restored, missingInProgram } = this
        const missingInCheckpoint = shownOf(() => this.missingInCheckpoint)
        const shown = { path, restored, missingInProgram, missingInCheckpoint }
        return `RestoreStatus ${inspect(shown, { ...options, depth: 2, maxArrayLength: SHOWN })}`
      },
    })
  }
}

/** What is shown must be shown: a program may hold by now what cannot be saved. */
function shownOf(list: () => RestoredValue[]): unknown {
  try {
    return list()
  } catch (error) {
    return String(error)
  }
}

const show = ({ key, dtype, shape }: RestoredValue): string =>
  `'${key}' (${dtype} [${shape.join(', ')}])`
