/**
 * A rectangle of a tensor as so many cells as a picture has. Only the pages of the file that it lies
 * on are read.
 *
 * @module
 */
import { dtypeInfo } from '../../array/dtype.js'
import type { NdArray } from '../../array/ndarray.js'
import { decoderOf, isBig, isNumeric, magnitudes } from '../../inspect/numbers.js'
import type { Slice, SliceAsk } from '../wire.js'
import type { Place } from './opened.js'

const MAX_CELLS = 1024
/** Elements that are read for one picture; of more only some of each cell are. */
const MAX_ELEMENTS = 4_000_000

type Range = readonly [from: number, to: number]

/** @throws RangeError for what the tensor does not have; it names the part of the question */
export function sliceOf(place: Place, ask: SliceAsk): Slice {
  const array = place.read(ask.checkpoint, ask.key)
  if (!('stride' in array) || !isNumeric(array.dtype)) {
    throw new RangeError(`'${ask.key}' of dtype ${array.dtype} has no numbers`)
  }
  const { rows, columns, start, cells } = checked(array.shape, ask)
  const [rowSteps, columnSteps] = [cutsOf(rows, cells), cutsOf(columns, cells)]
  const size = lengthOf(rows) * lengthOf(columns)
  const samples = size <= MAX_ELEMENTS ? Infinity : 2
  const stride = { row: array.stride[ask.row] ?? 0, column: array.stride[ask.column] ?? 0 }
  const base = array.offset + dot(start, array.stride)
  const read = lineReader(array, samples === Infinity)
  const values = new Float64Array((rowSteps.length - 1) * (columnSteps.length - 1))
  fill(values, rowSteps, columnSteps, samples, (row) =>
    read(base + row * stride.row, stride.column, columns),
  )
  const isExact = values.length === size
  const how = isExact ? 'exact' : samples === Infinity ? 'mean' : 'sampled'
  const cellRows = rowSteps.length - 1
  const cellColumns = columnSteps.length - 1
  return { rows, columns, cellRows, cellColumns, how, values: base64(values), ...rangeOf(values) }
}

const lengthOf = ([from, to]: Range): number => to - from
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0)
const base64 = ({ buffer, byteLength }: Float64Array): string =>
  Buffer.from(buffer, 0, byteLength).toString('base64')

/** Everything of a question comes from outside. */
function checked(
  shape: readonly number[],
  ask: SliceAsk,
): { rows: Range; columns: Range; start: number[]; cells: number } {
  const { row, column, index, cells } = ask
  if (!Number.isInteger(cells) || cells < 1 || cells > MAX_CELLS) {
    throw new RangeError(`cells must be from 1 to ${MAX_CELLS}, got ${String(cells)}`)
  }
  const isAxis = (axis: number): boolean => Number.isInteger(axis) && axis in shape
  if (!isAxis(column)) throw new RangeError(`column must be an axis, got ${String(column)}`)
  if ((row !== -1 && !isAxis(row)) || row === column) {
    throw new RangeError(`row must be -1 or another axis than column, got ${String(row)}`)
  }
  const start = shape.map((length, axis) => {
    if (axis === row || axis === column) return 0
    const at = index[axis] ?? 0
    if (Number.isInteger(at) && at >= 0 && at < length) return at
    throw new RangeError(`index[${axis}] must be within the axis of ${length}, got ${String(at)}`)
  })
  const rows = row === -1 ? ([0, 1] as const) : within(ask.rows, shape[row] ?? 0, 'rows')
  return { rows, columns: within(ask.columns, shape[column] ?? 0, 'columns'), start, cells }
}

function within(range: Range | undefined, length: number, what: string): Range {
  if (range === undefined) return [0, length]
  const [from, to] = range
  const isWhole = Number.isInteger(from) && Number.isInteger(to)
  if (isWhole && from >= 0 && from < to && to <= length) return [from, to]
  throw new RangeError(`${what} must be within the axis of ${length}, got ${String(range)}`)
}

/** Where each cell begins, and where the last one ends. */
function cutsOf([from, to]: Range, cells: number): number[] {
  const length = to - from
  const count = Math.min(length, cells)
  return Array.from({ length: count + 1 }, (_, i) => from + Math.floor((i * length) / count))
}

/** Elements of a line by their place on it. */
type Line = (at: number) => number

function fill(
  values: Float64Array,
  rows: readonly number[],
  columns: readonly number[],
  samples: number,
  lineAt: (row: number) => Line,
): void {
  const width = columns.length - 1
  const [sums, counts] = [new Float64Array(width), new Uint32Array(width)]
  for (let r = 0; r + 1 < rows.length; r++) {
    sums.fill(0)
    counts.fill(0)
    for (const row of spread(rows[r] ?? 0, rows[r + 1] ?? 0, samples)) {
      const line = lineAt(row)
      for (let c = 0; c < width; c++) {
        for (const at of spread(columns[c] ?? 0, columns[c + 1] ?? 0, samples)) {
          const value = line(at)
          if (!Number.isFinite(value)) continue
          sums[c] = (sums[c] ?? 0) + value
          counts[c] = (counts[c] ?? 0) + 1
        }
      }
    }
    for (let c = 0; c < width; c++) values[r * width + c] = (sums[c] ?? 0) / (counts[c] ?? 0)
  }
}

/** All places from `from` on before `to`, or so many that are spread evenly. */
function* spread(from: number, to: number, samples: number): Generator<number> {
  const length = to - from
  if (length <= samples) for (let at = from; at < to; at++) yield at
  else for (let i = 0; i < samples; i++) yield from + Math.floor(((i + 0.5) * length) / samples)
}

/**
 * Decodes a line at once if all of it is wanted, or little is not; else one element at a time: those
 * between may lie on pages that nobody asked for.
 */
function lineReader(
  array: NdArray,
  wantsAll: boolean,
): (start: number, stride: number, columns: Range) => Line {
  const { dtype, data, itemsize } = array
  const decode = decoderOf(dtype)
  const isComplex = dtypeInfo(dtype).lanes === 2
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const numbersOf = (piece: Uint8Array): ArrayLike<number> => {
    const numbers = decode(piece)
    if (isBig(numbers)) return Array.from(numbers, Number)
    return isComplex ? magnitudes(numbers) : numbers
  }
  return (start, stride, [from, to]) => {
    const isDense = stride === 1 && (wantsAll || to - from <= MAX_CELLS)
    if (!isDense) {
      return (at) => {
        const first = (start + at * stride) * itemsize
        return numbersOf(bytes.subarray(first, first + itemsize))[0] ?? NaN
      }
    }
    const first = (start + from) * itemsize
    const line = numbersOf(bytes.subarray(first, first + (to - from) * itemsize))
    return (at) => line[at - from] ?? NaN
  }
}

function rangeOf(values: Float64Array): { min?: number; max?: number } {
  let [min, max] = [Infinity, -Infinity]
  for (const value of values) {
    if (!Number.isFinite(value)) continue
    min = Math.min(min, value)
    max = Math.max(max, value)
  }
  return min > max ? {} : { min, max }
}
