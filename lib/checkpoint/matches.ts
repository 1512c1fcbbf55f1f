/**
 * What a restore found and what it did not, seen at any time after it.
 *
 * @module
 */
import type { CheckpointReader } from '../bundle/read/reader.js'
import { attachAll } from '../graph/deferred.js'
import { PY_STATE, PY_STATE_OLD, valueKey } from '../graph/keys.js'
import type { TrackableNode, ValueInfo } from '../graph/node.js'
import { arrayInState } from '../graph/python-state.js'
import type { Restoration } from '../graph/restoration.js'
import { reach } from '../graph/walk.js'
import { SaveCounter } from './counter.js'

/** A value of the checkpoint or of the program. */
export interface RestoredValue {
  /** As in the checkpoint, or as it would be there. */
  readonly key: string
  /** Of the array, where a string holds one (`.npy`). */
  readonly dtype: string
  /** Length of each axis. */
  readonly shape: readonly number[]
}

export class Matches {
  readonly #restoration: Restoration
  readonly #reader: CheckpointReader
  readonly #root: () => TrackableNode
  readonly #wanted: (key: string) => boolean

  /**
   * @param reader open, at least its mappings
   * @param wanted tells of a key whether it was to be restored
   */
  constructor(
    restoration: Restoration,
    reader: CheckpointReader,
    root: () => TrackableNode,
    wanted: (key: string) => boolean,
  ) {
    this.#restoration = restoration
    this.#reader = reader
    this.#root = root
    this.#wanted = wanted
  }

  /** True if more was found than the root and the save counter, which every Checkpoint has. */
  get isNontrivial(): boolean {
    return this.#restoration.bound.some(
      (node, id) => node !== undefined && id !== 0 && !(node instanceof SaveCounter),
    )
  }

  get count(): number {
    return this.#restoration.count
  }

  /** Fills objects that came unnoticed, and those that come by filling them. */
  fillNewcomers(): void {
    let isAny = true
    while (isAny) {
      isAny = false
      for (const { node } of reach(this.#root())) isAny = attachAll(node) || isAny
    }
  }

  matched(): RestoredValue[] {
    return this.#saved((key) => this.#restoration.restored.has(key))
  }

  missingInProgram(): RestoredValue[] {
    return this.#saved((key) => !this.#restoration.restored.has(key))
  }

  /** Each value of the checkpoint for which `which` holds, once. */
  #saved(which: (key: string) => boolean): RestoredValue[] {
    const values = new Map<string, RestoredValue>()
    for (const { attributes } of this.#restoration.graph.nodes) {
      for (const { name, checkpointKey: key } of attributes) {
        if (!values.has(key) && which(key)) values.set(key, { key, ...this.#describe(key, name) })
      }
    }
    return [...values.values()]
  }

  /** The save counter is not missed: `write` does not save it, and nothing is lost by that. */
  missingInCheckpoint(): RestoredValue[] {
    return reach(this.#root()).flatMap(({ node, path }) => {
      if (node instanceof SaveCounter) return []
      return Array.from(node.values(), (value) => ({
        key: valueKey(path, value.attribute),
        isThere: this.#restoration.gave(node.identity, value.attribute),
        value,
      }))
        .filter(({ key, isThere }) => !isThere && this.#wanted(key))
        .map(({ key, value }) => ({ key, ...copy(value.describe()) }))
    })
  }

  #describe(key: string, attribute: string): ValueInfo {
    const isState = attribute === PY_STATE || attribute === PY_STATE_OLD
    const array = isState ? arrayInState(this.#reader, key) : undefined
    const { dtype, shape } = array ?? this.#reader.describe(key) ?? { dtype: 'unknown', shape: [] }
    return { dtype, shape: [...shape] }
  }
}

const copy = ({ dtype, shape }: ValueInfo): ValueInfo => ({ dtype, shape: [...shape] })
