/**
 * Options of restores, checked.
 *
 * @module
 */
import { inspect } from 'node:util'
import { isPlainObject } from '../graph/trackable.js'
import { checkReadOptions, type CheckedReadOptions, type ReadOptions } from '../bundle/read/open.js'

/** Paths of objects in the checkpoint, with their paths in the program. */
export type Remap = Readonly<Record<string, string>>

/** How a restore reads, and what of the checkpoint it takes. `verify` is `eager` by default. */
export interface RestoreOptions extends ReadOptions {
  /**
   * Restores only values whose keys in the checkpoint begin with this, or with one of these, or for
   * which it returns true. All else keeps its value and counts as not asked for. The key of a slot
   * variable begins with the path of the variable that it belongs to: see `skipSlotVariables`.
   */
  filter?: string | readonly string[] | ((key: string) => boolean)
  /**
   * For what has another name now: `{ 'model/old': 'model/new' }`, from a path in the checkpoint to
   * one in the program, or a function from one to the other, which is asked for every object.
   * Everything below moves along, and what was at the new path goes. Parts of a path are escaped as
   * in keys: `..` is a dot, `.S` a slash.
   */
  remap?: Remap | ((path: string) => string)
  /** Leaves the slot variables of optimizers (momenta) as they are. Default false. */
  skipSlotVariables?: boolean
}

export interface CheckedRestoreOptions extends CheckedReadOptions {
  readonly passes: ((key: string) => boolean) | undefined
  readonly remap: Remap | ((path: string) => string) | undefined
  readonly skipSlotVariables: boolean
}

/** @throws TypeError naming the option that is not what it should be */
export function checkRestoreOptions(options: RestoreOptions): CheckedRestoreOptions {
  const checked = checkReadOptions(options, 'eager')
  const { skipSlotVariables = false, remap } = options
  if (typeof skipSlotVariables !== 'boolean') {
    const shown = inspect(skipSlotVariables)
    throw new TypeError(`options.skipSlotVariables must be a boolean, got ${shown}`)
  }
  checkRemap(remap)
  return { ...checked, passes: checkFilter(options.filter), remap, skipSlotVariables }
}

function checkFilter(filter: unknown): ((key: string) => boolean) | undefined {
  if (filter === undefined) return undefined
  if (typeof filter === 'function') return filter as (key: string) => boolean
  const prefixes: unknown[] = Array.isArray(filter) ? filter : [filter]
  if (!prefixes.every((prefix) => typeof prefix === 'string')) {
    const expected = 'a prefix of keys, an array of them, or a function'
    throw new TypeError(`options.filter must be ${expected}, got ${inspect(filter)}`)
  }
  return (key) => prefixes.some((prefix) => key.startsWith(prefix))
}

function checkRemap(remap: unknown): void {
  if (remap === undefined || typeof remap === 'function') return
  // Not a Map, whose entries would be passed over.
  const isRecord = typeof remap === 'object' && remap !== null && isPlainObject(remap)
  if (isRecord && Object.values(remap).every((path) => typeof path === 'string' && path !== '')) {
    return
  }
  const expected = 'an object of paths, from the checkpoint to the program, or a function'
  throw new TypeError(`options.remap must be ${expected}, got ${inspect(remap)}`)
}
