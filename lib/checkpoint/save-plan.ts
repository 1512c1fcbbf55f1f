/**
 * What a Checkpoint keeps of its last save for the next one: in training the same arrays are saved
 * again and again, and nothing but their bytes and the counter has changed.
 *
 * @module
 */
import { encodeObjectGraph } from '../bundle/messages.js'
import { OBJECT_GRAPH_KEY } from '../bundle/read/reader.js'
import { PlannedBundle } from '../bundle/write/planned-bundle.js'
import type { BundleOptions } from '../bundle/write/write-bundle.js'
import { stringValue, type BundleValue } from '../bundle/write/values.js'
import type { TrackableNode } from '../graph/node.js'
import { SavedTree } from '../graph/saved-tree.js'
import { walk, type MadeValues } from '../graph/walk.js'

/** A save as it was planned at its call. */
export interface SavePlan {
  readonly bundle: PlannedBundle
  /** To be called when it is written: the next save begins from it. */
  readonly keep: () => void
  /** Number of the value with that key among the stored ones; -1 if there is none. */
  readonly numberOf: (key: string) => number
}

interface Kept {
  readonly tree: SavedTree
  readonly bundle: PlannedBundle
  readonly options: BundleOptions
  /** Keys of the values beside those of the objects, and the number of the first. */
  readonly extraKeys: readonly string[]
  readonly firstExtra: number
  readonly numbers: ReadonlyMap<string, number>
}

export class SavePlans {
  readonly #watched: readonly string[]
  #kept: Kept | undefined

  /** @param watched keys whose numbers may be asked for */
  constructor(watched: readonly string[]) {
    this.#watched = watched
  }

  /**
   * Takes the values of the objects as they are now.
   *
   * @param extra values beside those
   * @throws TypeError for what cannot be saved
   */
  take(root: TrackableNode, extra: readonly BundleValue[], options: BundleOptions): SavePlan {
    const save = {}
    const made: MadeValues = new Map()
    const again = this.#again(root, extra, options, save, made)
    if (again !== undefined) return again
    this.#kept = undefined
    const { values: own, graph, visits } = walk(root, save, made)
    // The graph last, as TensorFlow writes it.
    const values = [...own, ...extra, stringValue(OBJECT_GRAPH_KEY, encodeObjectGraph(graph))]
    const bundle = PlannedBundle.of(values, options)
    const numbers = new Map(
      this.#watched.map((key) => {
        const number = values.findIndex((value) => value.key === key)
        return [key, bundle.rowOf(number)]
      }),
    )
    const tree = SavedTree.of(visits, own)
    const extraKeys = extra.map(({ key }) => key)
    const firstExtra = own.length
    const keep = (): void => {
      if (tree === undefined || !bundle.isComplete) return
      const kept = bundle.withoutSources()
      this.#kept = { tree, bundle: kept, options, extraKeys, firstExtra, numbers }
    }
    return { bundle, keep, numberOf: (key) => numbers.get(key) ?? -1 }
  }

  #again(
    root: TrackableNode,
    extra: readonly BundleValue[],
    { alignment, maxShardBytes, sliceBytes }: BundleOptions,
    save: object,
    made: MadeValues,
  ): SavePlan | undefined {
    const kept = this.#kept
    if (kept === undefined) return undefined
    const { tree, options, extraKeys, firstExtra, numbers } = kept
    const isSame =
      options.alignment === alignment &&
      options.maxShardBytes === maxShardBytes &&
      options.sliceBytes === sliceBytes &&
      extraKeys.length === extra.length &&
      extra.every(({ key }, i) => key === extraKeys[i])
    const taken = isSame ? tree.takeAgain(root, save, made) : undefined
    if (taken === undefined) return undefined
    for (const [i, value] of extra.entries()) taken.changed.set(firstExtra + i, value)
    const bundle = kept.bundle.again(taken.sources, taken.changed)
    return bundle && { bundle, keep: () => undefined, numberOf: (key) => numbers.get(key) ?? -1 }
  }
}
