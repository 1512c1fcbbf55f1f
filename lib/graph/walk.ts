/**
 * From objects to what a checkpoint holds of them: values with their keys, and the object graph.
 * Source: python/checkpoint/graph_view.py and save_util.py.
 *
 * @module
 */
import type {
  ObjectGraph,
  ObjectReference,
  SerializedTensor,
  SlotVariableReference,
} from '../bundle/messages.js'
import type { BundleValue } from '../bundle/write/values.js'
import { childPath, nameOfPath, slotPath, valueKey } from './keys.js'
import type { Leaves, TrackableNode } from './node.js'
import { checkSaved } from './together.js'

export interface SavedObjects {
  readonly visits: readonly Visit[]
  /** In node order: TensorFlow 1.13's order in the data file. */
  readonly values: BundleValue[]
  readonly graph: ObjectGraph
}

/** Values that have been made for a save already, by their keys, and the objects whose they are. */
export type MadeValues = Map<string, { readonly identity: object; readonly value: BundleValue }>

/** An object that was reached. */
export interface Visit {
  readonly node: TrackableNode
  /** Of the first discovery, which breadth-first is the shortest; undefined for the root. */
  readonly path: string | undefined
  readonly children: ObjectReference[]
  /** As they were when its children were visited. */
  readonly leaves: Leaves | undefined
  readonly slotVariables: SlotVariableReference[]
}

/**
 * All objects, breadth-first from the root, then the slot variables. Objects are numbered as they
 * are first seen; what is reached again, by another edge or in a cycle, is an edge to the number it
 * has.
 *
 * @throws TypeError for what cannot be saved
 */
export function reach(root: TrackableNode): Visit[] {
  const visits: Visit[] = []
  const ids = new Map<object, number>()
  const visit = (node: TrackableNode, path: string | undefined): number => {
    const id =
      visits.push({ node, path, children: [], leaves: node.leaves?.(), slotVariables: [] }) - 1
    ids.set(node.identity, id)
    return id
  }
  visit(root, undefined)
  // The list grows while it is walked.
  for (const { node, path, children } of visits) {
    for (const [localName, child] of node.children()) {
      requireText(localName)
      const nodeId = ids.get(child.identity) ?? visit(child, childPath(path, localName))
      children.push({ nodeId, localName })
    }
  }
  reachSlots(visits, ids, visit)
  return visits
}

/** For each optimizer and slot name, the variables that have the slot: all in order of numbers. */
function reachSlots(
  visits: readonly Visit[],
  ids: ReadonlyMap<object, number>,
  visit: (node: TrackableNode, path: string) => number,
): void {
  const objects = visits.slice()
  for (const { node: optimizer, path, slotVariables } of objects) {
    for (const slotName of optimizer.slots?.names() ?? []) {
      requireText(slotName)
      for (const [id, { node, path: variable }] of objects.entries()) {
        const slot = optimizer.slots?.get(node.identity, slotName)
        if (slot === undefined) continue
        if (ids.has(slot.identity)) throw sharedSlot(slotName, variable)
        const nodeId = visit(slot, slotPath(variable, path, slotName))
        slotVariables.push({ originalVariableNodeId: id, slotName, slotVariableNodeId: nodeId })
      }
    }
  }
}

function sharedSlot(name: string, variable: string | undefined): TypeError {
  return new TypeError(
    `the slot variable '${name}' of '${variable ?? ''}' cannot be saved: it is also another slot ` +
      'or a child of an object; keep it in one place',
  )
}

/**
 * @param made values that have been made for this save already, by their keys
 * @throws TypeError for what cannot be saved, or only under the key of something else
 */
export function walk(root: TrackableNode, save: object = {}, made?: MadeValues): SavedObjects {
  const values: BundleValue[] = []
  const keys = new Set<string>()
  const visits = reach(root)
  checkSaved(visits.map(({ node }) => node))
  const nodes = visits.map(({ node, path, children, slotVariables }) => {
    const attributes: SerializedTensor[] = []
    for (const value of node.values()) {
      const { attribute } = value
      const fullName = value.fullName ?? nameOfPath(path ?? '')
      const checkpointKey = valueKey(path, attribute)
      if (keys.has(checkpointKey)) throw sameKey(checkpointKey)
      keys.add(checkpointKey)
      const known = made?.get(checkpointKey)
      const isMade = known?.identity === node.identity
      values.push(isMade ? known.value : value.encode(checkpointKey, save))
      attributes.push({ name: attribute, fullName, checkpointKey })
    }
    return { children, attributes, slotVariables }
  })
  return { visits, values, graph: { nodes } }
}

/** TensorFlow's keys do not tell the root's own values from those of its child of no name. */
function sameKey(key: string): TypeError {
  return new TypeError(
    `two objects would be saved as '${key}': the root, which has a value itself, cannot have a ` +
      'child with an empty name that has one too; give the child a name',
  )
}

/** Two names that differ only in lone surrogates would be one key. */
function requireText(name: string): void {
  // Most names have none at all, paired or not, which is quicker to see.
  if (!/[\ud800-\udfff]/.test(name) || !/\p{Surrogate}/u.test(name)) return
  throw new TypeError(`the name ${JSON.stringify(name)} cannot be saved: it is not valid Unicode`)
}
