/**
 * The tree of objects that was saved last, remembered so that the next save can tell whether it is
 * the same one: then its names, its graph and the places of its values are the same, too.
 *
 * Nothing of the program is kept alive by it.
 *
 * @module
 */
import type { ValueForm } from '../bundle/write/forms.js'
import type { BundleValue } from '../bundle/write/values.js'
import { childPath, valueKey } from './keys.js'
import type { Leaves, NodeValue, TrackableNode } from './node.js'
import type { MadeValues, Visit } from './walk.js'

/** An object as it was; arrays of states are no spots of their own, but leaves of their state's. */
interface Spot {
  readonly identity: WeakRef<object>
  readonly path: string | undefined
  readonly leaves: WeakRef<Leaves> | undefined
  readonly names: readonly string[]
  /** Of each child its spot. */
  readonly children: readonly number[]
  readonly values: readonly { readonly attribute: string; readonly fullName: string | undefined }[]
}

/** Whose values come next: those of a spot, or of its leaves. */
interface Run {
  readonly spot: number
  readonly isOfLeaves: boolean
}

/** The values of a tree that is as it was. */
export interface TakenAgain {
  /** In order. */
  readonly sources: ArrayBufferView[]
  /** Values without arrays, by their number: they have to be made anew each time. */
  readonly changed: Map<number, BundleValue>
}

export class SavedTree {
  readonly #spots: readonly Spot[]
  readonly #runs: readonly Run[]
  readonly #forms: readonly (ValueForm | undefined)[]

  private constructor(
    spots: readonly Spot[],
    runs: readonly Run[],
    forms: readonly (ValueForm | undefined)[],
  ) {
    this.#spots = spots
    this.#runs = runs
    this.#forms = forms
  }

  /**
   * @param values of the objects, in order
   * @returns undefined for what cannot be remembered so: slot variables, and values that are saved
   *   together
   */
  static of(visits: readonly Visit[], values: readonly BundleValue[]): SavedTree | undefined {
    if (visits.some(({ node }) => node.slots !== undefined || node.together !== undefined)) return
    const [spots, runs]: [Spot[], Run[]] = [[], []]
    /** By visit: its spot, or that of the state whose leaf it is. */
    const spotOf = new Int32Array(visits.length)
    const isLeaf = new Uint8Array(visits.length)
    for (const [id, visit] of visits.entries()) {
      if (isLeaf[id] === 1) {
        const spot = spotOf[id] ?? 0
        const last = runs.at(-1)
        if (last?.spot !== spot || !last.isOfLeaves) runs.push({ spot, isOfLeaves: true })
        continue
      }
      const spot = (spotOf[id] = spots.length)
      runs.push({ spot, isOfLeaves: false })
      spots.push(spotFor(visit))
      if (visit.leaves === undefined) continue
      for (const { nodeId } of visit.children) {
        spotOf[nodeId] = spot
        isLeaf[nodeId] = 1
      }
    }
    for (const [id, { children }] of visits.entries()) {
      const spot = spots[spotOf[id] ?? 0]
      if (isLeaf[id] === 1 || spot === undefined || spot.leaves !== undefined) continue
      // Filled in now: children come behind their parents.
      const list = spot.children as number[]
      for (const { nodeId } of children) list.push(spotOf[nodeId] ?? 0)
    }
    return new SavedTree(
      spots,
      runs,
      values.map(({ form }) => form),
    )
  }

  /**
   * The values as they are now.
   *
   * @param made gets the values that are made anew, so that none is made twice in a save
   * @returns undefined unless objects, names, dtypes and shapes are those of before
   * @throws what the objects throw, as a walk over them does
   */
  takeAgain(root: TrackableNode, save: object, made: MadeValues): TakenAgain | undefined {
    const leaves: (Leaves | undefined)[] = []
    const nodes = this.#nodesNow(root, leaves)
    if (nodes === undefined) return undefined
    const taken: TakenAgain = { sources: [], changed: new Map() }
    let number = 0
    for (const { spot, isOfLeaves } of this.#runs) {
      const node = nodes[spot]
      const known = this.#spots[spot]
      if (node === undefined || known === undefined) return undefined
      const next = isOfLeaves
        ? this.#takeLeaves(node, leaves[spot], known.path, number, taken)
        : this.#takeValues(node, known, number, taken, save, made)
      if (next === undefined) return undefined
      number = next
    }
    return taken
  }

  /**
   * The objects of all spots; undefined unless they hang together as they did. What an object does
   * when its value is asked for changes the tree too late for this save.
   */
  #nodesNow(root: TrackableNode, all: (Leaves | undefined)[]): TrackableNode[] | undefined {
    const nodes = [root]
    for (const [i, spot] of this.#spots.entries()) {
      const node = nodes[i]
      if (node === undefined || node.identity !== spot.identity.deref()) return undefined
      if (node.slots !== undefined || node.together !== undefined) return undefined
      const leaves = node.leaves?.()
      if (leaves !== spot.leaves?.deref()) return undefined
      all.push(leaves)
      if (leaves === undefined && !this.#areChildren(node, spot, nodes)) return undefined
    }
    return nodes
  }

  /** Adds to `nodes` those that are met for the first time. */
  #areChildren(node: TrackableNode, spot: Spot, nodes: TrackableNode[]): boolean {
    let count = 0
    for (const [name, child] of node.children()) {
      if (name !== spot.names[count]) return false
      const id = spot.children[count++] ?? 0
      if (id === nodes.length) nodes.push(child)
      else if (nodes[id]?.identity !== child.identity) return false
    }
    return count === spot.names.length
  }

  #takeLeaves(
    node: TrackableNode,
    leaves: Leaves | undefined,
    path: string | undefined,
    first: number,
    taken: TakenAgain,
  ): number | undefined {
    const { arrays, names } = leaves ?? NO_LEAVES
    let number = first
    for (let i = 0; i < arrays.length; i++) {
      const form = this.#forms[number++]
      if (form === undefined) return undefined
      const array = arrays[i]
      const source = array?.again(form) ?? encodeLeaf(node, names[i] ?? '', array, path, form)
      if (source === undefined) return undefined
      taken.sources.push(source)
    }
    return number
  }

  #takeValues(
    node: TrackableNode,
    spot: Spot,
    first: number,
    { sources, changed }: TakenAgain,
    save: object,
    made: MadeValues,
  ): number | undefined {
    let count = 0
    for (const value of node.values()) {
      const known = spot.values[count]
      const form = this.#forms[first + count]
      if (value.attribute !== known?.attribute || value.fullName !== known.fullName)
        return undefined
      const source = form === undefined ? undefined : value.again?.(form)
      if (source === undefined) {
        const key = valueKey(spot.path, value.attribute)
        const encoded = value.encode(key, save)
        made.set(key, { identity: node.identity, value: encoded })
        if (encoded.form !== form || encoded.slices !== undefined) return undefined
        if (form === undefined) changed.set(first + count, encoded)
        else if (encoded.source !== undefined) sources.push(encoded.source)
      } else sources.push(source)
      count++
    }
    return count === spot.values.length ? first + count : undefined
  }
}

const NO_LEAVES: Leaves = { names: [], arrays: [] }

/** Of an array that is another one than before, or is to be gathered; undefined if its form differs. */
function encodeLeaf(
  node: TrackableNode,
  name: string,
  array: object | undefined,
  path: string | undefined,
  form: ValueForm,
): ArrayBufferView | undefined {
  const value = array && node.leafValue?.(name, array)
  const encoded = value?.encode(valueKey(childPath(path, name), value.attribute), NO_SAVE)
  return encoded?.form === form ? encoded.source : undefined
}

/** Arrays need none. */
const NO_SAVE = {}

function spotFor({ node, path, children, leaves }: Visit): Spot {
  const isState = leaves !== undefined
  return {
    identity: new WeakRef(node.identity),
    path,
    leaves: isState ? new WeakRef(leaves) : undefined,
    names: isState ? [] : children.map(({ localName }) => localName),
    children: [],
    values: Array.from(node.values(), ({ attribute, fullName }: NodeValue) => {
      return { attribute, fullName }
    }),
  }
}
