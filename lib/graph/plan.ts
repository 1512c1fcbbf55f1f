/**
 * A restore that is decided but not done.
 *
 * @module
 */
import type { ObjectReference, SlotVariableReference } from '../bundle/messages.js'
import type { Extent } from '../bundle/read/extent.js'
import type { Assignment, TrackableNode } from './node.js'

/** A saved object and one of the program that was found to be it. */
export interface Binding {
  readonly id: number
  readonly node: TrackableNode
  /** What it takes: decided, not done. */
  assignment?: Assignment | undefined
  /** Names of the attributes that it took, when that is done. */
  taken?: readonly string[] | undefined
}

/** An object that takes values. */
export interface Taking extends Binding {
  readonly assignment: Assignment
}

/** The children of an object that were saved, and those that the program has of them. */
export interface Edges {
  readonly parent: TrackableNode
  readonly saved: readonly ObjectReference[]
  /** One for each; undefined where the program lacks it. */
  readonly children: readonly (TrackableNode | undefined)[]
}

/** A slot variable of the graph, and the optimizer whose it is. */
export interface WaitingSlot {
  readonly optimizer: number
  readonly slot: SlotVariableReference
}

/** What objects will take, and for which of their children it is too early. Changes nothing yet. */
export interface Plan {
  /** Begins at an object that was attached after the restore. */
  readonly isLate: boolean
  /** The first is where it begins. */
  bindings: Binding[]
  readonly takings: Taking[]
  readonly edges: Edges[]
  slots: readonly WaitingSlot[]
  /** Objects of groups that are not complete: what has come so far. */
  parts: readonly Binding[]
}

/** The bytes that a plan is about, to be checked or loaded before it is carried out. */
export function extentsOf({ takings }: Plan): Extent[] {
  const all: Extent[] = []
  for (const { assignment } of takings) for (const extent of assignment.extents) all.push(extent)
  return all
}
