/**
 * A restore that is decided but not done.
 *
 * @module
 */
import type { SlotVariableReference } from '../bundle/messages.js'
import type { Extent } from '../bundle/read/extent.js'
import type { Assignment, TrackableNode } from './node.js'

/** A saved object and one of the program that was found to be it. */
export interface Binding {
  readonly id: number
  readonly node: TrackableNode
}

/** An object that takes values. */
export interface Taking extends Binding {
  readonly assignment: Assignment
  /** Of one of the values, for errors. */
  readonly key: string
}

/** Where the program has, or lacks, a child that was saved. */
export interface Edge {
  readonly parent: TrackableNode
  readonly name: string
  readonly id: number
  readonly child: TrackableNode | undefined
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
  readonly edges: Edge[]
  slots: readonly WaitingSlot[]
  /** Objects of groups that are not complete: what has come so far. */
  parts: readonly Binding[]
}

/** The bytes that a plan is about, to be checked or loaded before it is carried out. */
export const extentsOf = ({ takings }: Plan): Extent[] =>
  takings.flatMap(({ assignment }) => [...assignment.extents])
