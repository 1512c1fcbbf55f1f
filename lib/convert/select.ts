/**
 * Which tensors are written, and under which names.
 *
 * @module
 */
import { inspect } from 'node:util'
import type { DType } from '../array/dtype.js'
import { cast, CASTS, isFloat } from './elements.js'
import type { SourceTensor, TensorSource, TensorStream } from './tensor.js'

/** A tensor in the eyes of a filter. */
export type Filter = string | readonly string[] | ((name: string, key: string) => boolean)

/** Which tensors are written, under which names and as which dtypes. */
export interface SelectOptions {
  /**
   * Which tensors: globs (`*` stays between two slashes, `**` does not, `?` is one character) of which
   * one has to fit the name or the key, or a function. Default: all but the save counter and the
   * texts of a checkpoint. The object graph is never one.
   */
  filter?: Filter
  /** Another name for each tensor that is written. Default: the name that it has. */
  rename?: (name: string, key: string) => string
  /**
   * Dtypes that are written as others: `float32`, `float64` or `int32`. `'float32'` makes all floats
   * float32, rounded to the nearest. Default: none.
   */
  cast?: 'float32' | Readonly<Partial<Record<DType, (typeof CASTS)[number]>>>
}

/** A tensor with the name that it is to get. */
export interface Selected {
  readonly name: string
  readonly tensor: SourceTensor
}

export interface Selection {
  readonly chosen: readonly Selected[]
  /** Keys that were left out. */
  readonly skipped: readonly string[]
}

/** @throws TypeError naming the option that is not what it should be */
export function checkSelectOptions({ filter, rename, cast: to }: SelectOptions): void {
  const isList = Array.isArray(filter) && filter.every((glob) => typeof glob === 'string')
  if (
    filter !== undefined &&
    typeof filter !== 'function' &&
    typeof filter !== 'string' &&
    !isList
  ) {
    throw new TypeError(`options.filter must be globs or a function, got ${inspect(filter)}`)
  }
  if (rename !== undefined && typeof rename !== 'function') {
    throw new TypeError(`options.rename must be a function, got ${inspect(rename)}`)
  }
  if (to === undefined || to === 'float32') return
  const targets: readonly unknown[] = CASTS
  if (typeof to !== 'object' || !Object.values(to).every((dtype) => targets.includes(dtype))) {
    const wanted = `'float32' or dtypes by dtype, each of ${CASTS.join(', ')}`
    throw new TypeError(`options.cast must be ${wanted}; got ${inspect(to)}`)
  }
}

/**
 * @throws TypeError if `rename` gives no name; RangeError if two tensors get the same one;
 *   CheckpointError for a tensor that cannot be read
 */
export function select(source: TensorSource, options: SelectOptions): Selection {
  const accepts = predicate(options.filter)
  const chosen: Selected[] = []
  const skipped: string[] = []
  const keys = new Map<string, string>()
  for (const entry of source.entries) {
    const { name, key } = entry
    if (accepts === undefined ? entry.isMinor : !accepts(name, key)) {
      skipped.push(key)
      continue
    }
    const given = options.rename === undefined ? name : rename(options.rename, name, key)
    const other = keys.get(given)
    if (other !== undefined) {
      throw new RangeError(`'${other}' and '${key}' would both be written as '${given}'`)
    }
    keys.set(given, key)
    chosen.push({ name: given, tensor: entry.open() })
  }
  return { chosen, skipped }
}

function rename(by: NonNullable<SelectOptions['rename']>, name: string, key: string): string {
  const given: unknown = by(name, key)
  if (typeof given === 'string') return given
  throw new TypeError(`options.rename must return a name for '${name}', got ${inspect(given)}`)
}

function predicate(
  filter: Filter | undefined,
): ((name: string, key: string) => boolean) | undefined {
  if (filter === undefined || typeof filter === 'function') return filter
  const patterns = (typeof filter === 'string' ? [filter] : filter).map(globPattern)
  return (name, key) => patterns.some((pattern) => pattern.test(name) || pattern.test(key))
}

/** A glob as a regular expression: `*`, `**` and `?`; all else stands for itself. */
export function globPattern(glob: string): RegExp {
  const source = glob.replace(/\*+|\?|[\\^$.|+()[\]{}/]/g, (token) => {
    if (token === '?') return '[^/]'
    if (token === '*') return '[^/]*'
    return token.startsWith('*') ? '.*' : `\\${token}`
  })
  return new RegExp(`^${source}$`, 's')
}

/** The tensor in the dtype that the options ask for. */
export function castAs(tensor: TensorStream, to: SelectOptions['cast']): TensorStream {
  const { dtype } = tensor
  if (to === undefined || dtype === 'string') return tensor
  if (typeof to === 'string') return isFloat(dtype) ? cast(tensor, to) : tensor
  const target = Object.hasOwn(to, dtype) ? to[dtype] : undefined
  return target === undefined ? tensor : cast(tensor, target)
}
