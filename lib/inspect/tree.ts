/**
 * Names with slashes as a tree.
 *
 * @module
 */

export interface TreeLine<T> {
  /** With the branches before it. */
  readonly label: string
  /** Absent for what only has others below it. */
  readonly item?: T
}

interface Branch<T> {
  readonly below: Map<string, Branch<T>>
  item?: T
}

/** One line for each part of the names, in the order in which they come first. */
export function treeLines<T>(items: readonly T[], nameOf: (item: T) => string): TreeLine<T>[] {
  const root: Branch<T> = { below: new Map() }
  for (const item of items) {
    let branch = root
    for (const part of nameOf(item).split('/')) {
      const next: Branch<T> = branch.below.get(part) ?? { below: new Map() }
      branch.below.set(part, next)
      branch = next
    }
    branch.item = item
  }
  return linesOf(root, '')
}

// Not recursive in the depth of the names, which a file may choose: the stack holds what is to come.
function linesOf<T>(root: Branch<T>, indent: string): TreeLine<T>[] {
  const lines: TreeLine<T>[] = []
  const waiting = childrenOf(root, indent)
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { label, below, branch } = next
    lines.push(branch.item === undefined ? { label } : { label, item: branch.item })
    waiting.push(...childrenOf(branch, below))
  }
  return lines
}

/** Last first, to be taken from the end. */
function childrenOf<T>(
  { below }: Branch<T>,
  indent: string,
): { label: string; below: string; branch: Branch<T> }[] {
  return Array.from(below, ([part, branch], i) => {
    const isLast = i === below.size - 1
    return {
      label: `${indent}${isLast ? '└─ ' : '├─ '}${part}`,
      below: `${indent}${isLast ? '   ' : '│  '}`,
      branch,
    }
  }).reverse()
}
