/**
 * The tensors of a checkpoint as a tree of objects, with what each of them takes.
 *
 * @module
 */
import type { TensorItem } from '../wire.js'

export interface Branch {
  /** The last part of its name. */
  readonly label: string
  /** From the root on, with slashes; empty for the root. */
  readonly path: string
  readonly depth: number
  /** Largest first. */
  readonly children: readonly Branch[]
  readonly bytes: number
  readonly tensors: number
  readonly tensor?: TensorItem
}

interface Growing {
  readonly below: Map<string, Growing>
  tensor?: TensorItem
}

/** @param tensors with names that are unique */
export function treeOf(tensors: readonly TensorItem[]): Branch {
  const root: Growing = { below: new Map() }
  for (const tensor of tensors) {
    let branch = root
    for (const part of tensor.name.split('/')) {
      const next: Growing = branch.below.get(part) ?? { below: new Map() }
      branch.below.set(part, next)
      branch = next
    }
    branch.tensor = tensor
  }
  return grown(root, '', '', 0)
}

/** A name may be as deep as a file wants: past this the rest of it is one label. */
const MAX_DEPTH = 100

function grown(growing: Growing, label: string, path: string, depth: number): Branch {
  const { tensor } = growing
  const below = depth < MAX_DEPTH ? [...growing.below] : flat(growing)
  const children = below.map(([name, next]) =>
    grown(next, name, depth === 0 ? name : `${path}/${name}`, depth + 1),
  )
  children.sort((a, b) => b.bytes - a.bytes)
  const sum = (of: (branch: Branch) => number): number =>
    children.reduce((total, child) => total + of(child), 0)
  return {
    ...{ label, path, depth, children, ...(tensor && { tensor }) },
    bytes: (tensor?.bytes ?? 0) + sum(({ bytes }) => bytes),
    tensors: Number(tensor !== undefined) + sum((child) => child.tensors),
  }
}

function flat(growing: Growing): [string, Growing][] {
  const found: [string, Growing][] = []
  const waiting: [string, Growing][] = [...growing.below]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [name, { below, tensor }] = next
    if (tensor !== undefined) found.push([name, { below: new Map(), tensor }])
    for (const [part, child] of below) waiting.push([`${name}/${part}`, child])
  }
  return found
}

export function branchAt(root: Branch, path: string): Branch | undefined {
  if (path === '') return root
  let branch: Branch | undefined = root
  while (branch !== undefined && branch.path !== path) {
    branch = branch.children.find(
      (child) => path === child.path || path.startsWith(`${child.path}/`),
    )
  }
  return branch
}

/** The rows of a list that shows the branches which are open. */
export function rowsOf(root: Branch, isOpen: (path: string) => boolean): Branch[] {
  const rows: Branch[] = []
  const waiting = root.children.toReversed()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    rows.push(next)
    // One by one: there may be more of them than a call takes arguments.
    if (isOpen(next.path)) for (const child of next.children.toReversed()) waiting.push(child)
  }
  return rows
}

/** Those whose name has all of the words, with all that is above them. */
export function matching(tensors: readonly TensorItem[], query: string): readonly TensorItem[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return tensors
  return tensors.filter(({ name, dtype }) => {
    const text = `${name} ${dtype}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}
