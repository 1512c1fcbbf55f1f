/** Trees of variables, for restores whose outcome is looked at as a whole. */
import { Variable } from '../../lib/index.js'

export type Tree = Record<string, unknown>

/** Plain objects of variables: a number is the value of one. */
export function tree(shape: Tree): Tree {
  return Object.fromEntries(
    Object.entries(shape).map(([name, value]) => [
      name,
      typeof value === 'number' ? new Variable(value) : tree(value as Tree),
    ]),
  )
}

/** The values of a tree. */
export function valuesOf(objects: Tree): Tree {
  return Object.fromEntries(
    Object.entries(objects).map(([name, value]) => [
      name,
      value instanceof Variable ? (value as Variable).value : valuesOf(value as Tree),
    ]),
  )
}
