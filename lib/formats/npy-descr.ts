/**
 * NumPy's type descriptions: from a header's literal to a value, to text again, and their widths.
 *
 * @module
 */
import type { NpyDescr, NpyField } from '../array/descr.js'
import { findDType, type DTypeInfo } from '../array/dtype.js'
import { formatPythonString, type PythonValue } from './python-literal.js'

/** Why a header's `descr` is refused. */
export class DescrError extends Error {
  readonly unsupported: boolean

  constructor(message: string, unsupported = false) {
    super(message)
    this.unsupported = unsupported
  }
}

export function toDescr(value: PythonValue): NpyDescr {
  if (typeof value === 'string') return value
  if (isSequence(value) && !value.tuple) return value.items.map(toField)
  throw new DescrError('descr is neither a string nor a list of fields')
}

function toField(value: PythonValue): NpyField {
  if (!isSequence(value) || !value.tuple) throw new DescrError('a field is not a tuple')
  const [name, descr, shape] = value.items
  if (descr === undefined || value.items.length > 3) {
    throw new DescrError('a field is not (name, type[, shape])')
  }
  const named = toFieldName(name)
  if (shape === undefined) return [named, toDescr(descr)]
  return [named, toDescr(descr), toShape(shape)]
}

function toFieldName(name: PythonValue | undefined): NpyField[0] {
  if (typeof name === 'string') return name
  if (name !== undefined && isSequence(name) && name.tuple && name.items.length === 2) {
    const [title, inner] = name.items
    if (typeof title === 'string' && typeof inner === 'string') return [title, inner]
  }
  throw new DescrError('a field has no name')
}

/** NumPy's NPY_MAXDIMS since 2.0; 32 before. */
export const MAX_RANK = 64

/** A shape as it stands in a header: a tuple, or a bare integer for one axis in a field. */
export function toShape(value: PythonValue): number[] {
  const items = isSequence(value) && value.tuple ? value.items : [value]
  if (items.length > MAX_RANK) throw new DescrError(`shape has ${String(items.length)} axes`)
  return items.map((item) => {
    if (typeof item !== 'number' || item < 0) {
      throw new DescrError('shape is not a tuple of non-negative integers')
    }
    return item
  })
}

const isSequence = (value: PythonValue): value is Extract<PythonValue, { tuple: boolean }> =>
  typeof value === 'object' && value !== null && 'tuple' in value

/** Text of a descr as NumPy writes it. */
export function formatDescr(descr: NpyDescr): string {
  if (typeof descr === 'string') return formatPythonString(descr)
  return `[${descr.map(formatField).join(', ')}]`
}

function formatField([name, descr, shape]: NpyField): string {
  const named =
    typeof name === 'string'
      ? formatPythonString(name)
      : `(${formatPythonString(name[0])}, ${formatPythonString(name[1])})`
  const parts = [named, formatDescr(descr)]
  if (shape !== undefined) parts.push(formatShape(shape))
  return `(${parts.join(', ')})`
}

export function formatShape(shape: readonly number[]): string {
  return shape.length === 1 ? `(${String(shape[0])},)` : `(${shape.join(', ')})`
}

/**
 * Bytes of one element.
 *
 * @throws DescrError for Python objects (pickled, never loaded) and unknown types
 */
export function descrItemsize(descr: NpyDescr): number {
  if (typeof descr !== 'string') {
    let bytes = 0
    for (const [, type, shape = []] of descr) {
      bytes += descrItemsize(type) * shape.reduce((size, dimension) => size * dimension, 1)
    }
    if (!Number.isSafeInteger(bytes)) throw new DescrError('descr is too large')
    return bytes
  }
  const match = /^[<>|=]?([A-Za-z?])(\d*)(?:\[[^\]]*\])?$/.exec(descr)
  const [, kind, digits] = match ?? []
  if (kind === 'O') throw new DescrError('object arrays hold Python pickles and are refused', true)
  const count = digits === undefined || digits === '' ? undefined : Number(digits)
  const bytes = kindBytes(kind, count)
  if (bytes === undefined || !Number.isSafeInteger(bytes)) {
    throw new DescrError(`unknown type ${formatPythonString(descr)}`)
  }
  return bytes
}

function kindBytes(kind: string | undefined, count: number | undefined): number | undefined {
  switch (kind) {
    case '?':
      return 1
    case 'U':
      // UTF-32.
      return count === undefined ? undefined : 4 * count
    case 'M':
    case 'm':
      return 8
    case 'b':
    case 'i':
    case 'u':
    case 'f':
    case 'c':
    case 'S':
    case 'a':
    case 'V':
      return count
    default:
      return undefined
  }
}

/**
 * The `.npy` descr of a dtype. NumPy has no bfloat16, float8, int4 …; an array of those is written
 * as a structure of one field that bears the dtype's name and holds its bits, so that NumPy reads
 * it and nothing is lost: `a['bfloat16'].view(ml_dtypes.bfloat16)`.
 */
export function descrOfDType(info: DTypeInfo): NpyDescr {
  if (info.npy !== undefined) return info.npy
  return [[info.name, BITS[info.itemsize] ?? '|V0']]
}

const BITS: Readonly<Record<number, string>> = { 1: '|u1', 2: '<u2', 4: '<u4' }

/** The dtype that `descrOfDType` wrote as a structure, or undefined. */
export function dtypeOfStructure(descr: NpyDescr): DTypeInfo | undefined {
  if (typeof descr === 'string' || descr.length !== 1) return undefined
  const [name, type, shape] = descr[0] ?? []
  if (typeof name !== 'string' || typeof type !== 'string' || shape !== undefined) return undefined
  const info = findDType(name)
  if (info === undefined || info.npy !== undefined || BITS[info.itemsize] !== type) return undefined
  return info
}
