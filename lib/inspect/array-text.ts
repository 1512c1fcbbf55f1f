/**
 * Arrays as NumPy prints them: nested brackets, the middle of a large array left out, lines of 75
 * columns. Source: numpy/_core/arrayprint.py, `_array2string` and `_formatArray`.
 *
 * @module
 */
import { dtypeInfo, type DType } from '../array/dtype.js'
import type { Complex, NdArray } from '../array/ndarray.js'
import type { StringTensor } from '../bundle/read/strings.js'
import { FloatFormat, scalarText, type FloatFormatOptions } from './number-texts.js'

export interface ArrayTextOptions {
  /** Elements from which on only the edges are shown. Default 1000. */
  readonly threshold?: number
  /** Elements at each end of an axis. Default 3. */
  readonly edge?: number
  /** Columns of a line. Default 75. */
  readonly width?: number
}

type Shown = NdArray | StringTensor
const GAP = Symbol('…')
type Index = number | typeof GAP

/** @throws CheckpointError CKPT_CORRUPT if the bytes are not right */
export function arrayText(array: Shown, options: ArrayTextOptions = {}): string {
  const { threshold = 1000, edge = 3, width = 75 } = options
  const { shape } = array
  const abbreviated = array.size > threshold
  const axes = shape.map((length) => indices(length, abbreviated ? edge : Infinity))
  const format = formatOf(array, axes)
  if (shape.length === 0) return format([]).trim()
  if (array.size === 0) return '[]'
  return bracketed(axes, [], format, width)
}

function indices(length: number, edge: number): Index[] {
  const all = (from: number, to: number): number[] =>
    Array.from({ length: to - from }, (_, i) => from + i)
  if (length <= 2 * edge) return all(0, length)
  return [...all(0, edge), GAP, ...all(length - edge, length)]
}

/** Every index that is shown. */
function* shownIndices(
  axes: readonly Index[][],
  index: readonly number[] = [],
): Generator<number[]> {
  const axis = axes[index.length]
  if (axis === undefined) {
    yield [...index]
    return
  }
  for (const i of axis) if (i !== GAP) yield* shownIndices(axes, [...index, i])
}

type Format = (index: readonly number[]) => string

function bracketed(
  axes: readonly Index[][],
  index: readonly number[],
  format: Format,
  width: number,
): string {
  const axis = axes[index.length] ?? []
  const depth = index.length + 1
  if (depth < axes.length) {
    const parts = axis.map((i) =>
      i === GAP ? '...' : bracketed(axes, [...index, i], format, width),
    )
    // As many line feeds as axes are to come: planes stand apart from one another.
    const separator = '\n'.repeat(axes.length - depth) + ' '.repeat(depth)
    return `[${parts.join(separator)}]`
  }
  return `[${lines(axis, index, format, width, depth).join(`\n${' '.repeat(depth)}`)}]`
}

function lines(
  axis: readonly Index[],
  index: readonly number[],
  format: Format,
  width: number,
  indent: number,
): string[] {
  const all: string[] = []
  let line = ''
  // NumPy leaves room for the closing brackets.
  const room = width - indent - Math.max(1, indent)
  for (const i of axis) {
    const word = i === GAP ? '...' : format([...index, i])
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && longer.length > room) {
      all.push(line.trimEnd())
      line = word
    } else line = longer
  }
  return [...all, line]
}

/** Measures all elements that are shown, so that they get columns. */
function formatOf(array: Shown, axes: readonly Index[][]): Format {
  const shown = [...shownIndices(axes)]
  if (!('stride' in array)) return (index) => bytesText(array.get(...index))
  const values = shown.map((index) => array.get(...index) as unknown)
  if (array.dtype === 'void') return (index) => bytesText(array.get(...index) as never)
  if (array.dtype === 'bool') return padded(array, values, (value) => (value ? 'True' : 'False'))
  if (dtypeInfo(array.dtype).lanes === 2) return complexFormat(array, values as Complex[])
  if (!/float/.test(array.dtype)) return padded(array, values, String)
  const options = floatsOf(array.dtype)
  if (array.shape.length === 0) {
    return () => scalarText(array.get() as number, options.round)
  }
  const format = new FloatFormat(values as number[], options)
  return (index) => format.text(array.get(...index) as number)
}

function padded(array: NdArray, values: unknown[], textOf: (value: unknown) => string): Format {
  // NumPy leaves room for a False where there is none.
  const least = array.dtype === 'bool' && array.shape.length > 0 ? 5 : 0
  const width = values.reduce<number>((max, value) => Math.max(max, textOf(value).length), least)
  return (index) => textOf(array.get(...index)).padStart(width)
}

function complexFormat(array: NdArray, values: readonly Complex[]): Format {
  const options = floatsOf(array.dtype)
  const reals = values.map(({ re }) => re)
  const imaginaries = values.map(({ im }) => im)
  const real = new FloatFormat(reals, options)
  const imaginary = new FloatFormat(imaginaries, { ...options, plus: true })
  return (index) => {
    const { re, im } = array.get(...index) as unknown as Complex
    const text = imaginary.text(im)
    const end = text.trimEnd().length
    return `${real.text(re)}${text.slice(0, end)}j${text.slice(end)}`
  }
}

/** Digits that a dtype can tell, NumPy's `finfo.precision`, tell what is large. */
function floatsOf(dtype: DType): FloatFormatOptions {
  const { codec } = dtypeInfo(dtype)
  if (codec !== undefined) {
    const cutoff = dtype === 'float16' ? 1e3 : 1e8
    return { round: (value) => codec.decode(codec.encode(value)), cutoff }
  }
  if (dtype === 'float32' || dtype === 'complex64') {
    return { round: Math.fround, cutoff: 1e6 }
  }
  return { round: (value) => value, cutoff: 1e8 }
}

const ESCAPES: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  13: '\\r',
  39: "\\'",
  92: '\\\\',
}

/** As Python shows bytes, which also keeps them from doing anything to a terminal. */
function bytesText(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte) => {
    if (ESCAPES[byte] !== undefined) return ESCAPES[byte]
    const isPlain = byte >= 32 && byte < 127
    return isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
  })
  return `b'${text.join('')}'`
}
