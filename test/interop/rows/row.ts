// A row of trackables.test.ts: the objects of TensorFlow and those of ours that are the same.
import { Checkpoint, type NdArray } from '../../../lib/index.js'
import { parent, type Leaves, type TrackableNode } from '../leaves'

export interface Row {
  readonly name: string
  /** Values that we save again may have other bytes, which stand for the same. */
  readonly isText?: true
  /** What TensorFlow has. */
  readonly tree: readonly TrackableNode[]
  /** What we have. */
  build(leaves: Leaves): Program
}

/** Before and after `attach` it can be restored: what comes later takes its values then. */
export interface Program {
  readonly root: Checkpoint
  readonly attach: () => void
}

export type Arrays = Record<string, NdArray>

/** A program whose objects are children of the root. */
export const program = (children: object, then: () => void = () => undefined): Program => {
  const root = new Checkpoint()
  const attach = (): void => {
    Object.assign(root, children)
    then()
  }
  return { root, attach }
}

/** The root's children, one leaf each. */
export function flat(leaves: Record<string, TrackableNode>): TrackableNode[] {
  const names = Object.keys(leaves)
  return [
    parent('checkpoint', ...names.map((name, i): [string, number] => [name, i + 1])),
    ...Object.values(leaves),
  ]
}

/** A tree whose root has one child, with leaves for its own. */
export function below(kind: string, leaves: Record<string, TrackableNode>): TrackableNode[] {
  const names = Object.keys(leaves)
  return [
    parent('checkpoint', ['it', 1]),
    parent(kind, ...names.map((name, i): [string, number] => [name, i + 2])),
    ...Object.values(leaves),
  ]
}

/** Puts the arrays of leaves into a state. */
export function fill(leaves: Leaves, into: Arrays, first: number, names: readonly string[]): void {
  for (const [i, name] of names.entries()) {
    into[name] = leaves.array(first + i, () => into[name] as NdArray)
  }
}
