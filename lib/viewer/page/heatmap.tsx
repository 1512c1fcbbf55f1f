/**
 * A rectangle of a tensor as a picture: one colour a cell, its value under the pointer, a part of it by
 * dragging.
 *
 * @module
 */
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Slice } from '../wire.js'
import { gradientOf, paint, scaleOf, type Scale, type Theme } from './colours.js'
import { numberText } from './format.js'

/** Pixels. */
const HEIGHT = 420
const MAX_CELL = 32
/** Of a picture with square cells. */
const MAX_ASPECT = 5

export type Range = readonly [number, number]

export interface HeatmapProps {
  readonly slice: Slice
  readonly theme: Theme
  readonly label: string
  readonly onZoom: (rows: Range, columns: Range) => void
}

/** What is known of a slice before it is there. */
export type Measures = Pick<Slice, 'rows' | 'columns' | 'cellRows' | 'cellColumns'>

/** As large as the picture that is to come. */
export function HeatmapPlace({ measures }: { readonly measures: Measures }): JSX.Element {
  return (
    <div class="heatmap">
      <div class="cells" style={sizeOf(measures)} />
      <p class="legend" />
    </div>
  )
}

interface Point {
  readonly row: number
  readonly column: number
}

export function Heatmap({ slice, theme, label, onZoom }: HeatmapProps): JSX.Element {
  const { cellRows, cellColumns, min, max } = slice
  const values = useMemo(() => floatsOf(slice.values), [slice])
  const scale = useMemo(() => scaleOf(min ?? 0, max ?? 0, theme), [min, max, theme])
  const canvas = useRef<HTMLCanvasElement>(null)
  const [over, setOver] = useState<Point>()
  const [from, setFrom] = useState<Point>()
  useEffect(() => {
    if (canvas.current !== null) draw(canvas.current, slice, values, scale)
  }, [slice, scale])
  const pointAt = (event: PointerEvent): Point => {
    const { left, top, width, height } = (
      event.currentTarget as HTMLElement
    ).getBoundingClientRect()
    const place = (at: number, length: number, count: number): number =>
      Math.max(0, Math.min(count - 1, Math.floor((at / length) * count)))
    return {
      row: place(event.clientY - top, height, cellRows),
      column: place(event.clientX - left, width, cellColumns),
    }
  }
  const finish = (): void => {
    if (from !== undefined && over !== undefined && isRectangle(from, over)) {
      onZoom(
        elements(slice.rows, cellRows, from.row, over.row),
        elements(slice.columns, cellColumns, from.column, over.column),
      )
    }
    setFrom(undefined)
  }
  const size = sizeOf(slice)
  const shown = from !== undefined && over !== undefined ? rectangle(from, over, slice) : undefined
  return (
    <div class="heatmap">
      <div
        class="cells"
        style={size}
        onPointerMove={(event) => {
          setOver(pointAt(event))
        }}
        onPointerDown={(event) => {
          if (event.button !== 0) return
          event.currentTarget.setPointerCapture(event.pointerId)
          setFrom(pointAt(event))
        }}
        onPointerUp={finish}
        onPointerCancel={() => {
          setFrom(undefined)
        }}
        onPointerLeave={() => {
          setOver(undefined)
        }}
      >
        <canvas ref={canvas} width={cellColumns} height={cellRows} role="img" aria-label={label} />
        {shown !== undefined && <div class="rubber" style={shown} />}
      </div>
      <Legend scale={scale} slice={slice} text={textOf(slice, values, over)} />
    </div>
  )
}

/** Cells are square where the picture is no strip then, and else fill the room. */
function sizeOf({ rows, columns, cellRows, cellColumns }: Measures): Record<string, string> {
  const aspect = (columns[1] - columns[0]) / (rows[1] - rows[0])
  const height = Math.min(HEIGHT, cellRows * MAX_CELL)
  const width = cellColumns * MAX_CELL
  if (aspect < 1 / MAX_ASPECT || aspect > MAX_ASPECT) {
    return { width: `min(100%, ${String(width)}px)`, height: `${String(height)}px` }
  }
  return {
    width: `min(100%, ${String(Math.min(width, height * aspect))}px)`,
    aspectRatio: String(aspect),
  }
}

function Legend({
  scale,
  slice,
  text,
}: {
  readonly scale: Scale
  readonly slice: Slice
  readonly text: string
}): JSX.Element {
  if (slice.min === undefined) return <p class="legend">no finite numbers here</p>
  return (
    <p class="legend">
      <span>{numberText(scale.from)}</span>
      <span class="gradient" style={{ background: gradientOf(scale) }} />
      <span>{numberText(scale.to)}</span>
      <output>{text}</output>
    </p>
  )
}

function floatsOf(base64: string): Float64Array {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  return new Float64Array(bytes.buffer)
}

function draw(canvas: HTMLCanvasElement, slice: Slice, values: Float64Array, scale: Scale): void {
  const context = canvas.getContext('2d')
  const image = context?.createImageData(slice.cellColumns, slice.cellRows)
  if (image === undefined) return
  values.forEach((value, i) => {
    paint(scale, value, image.data, 4 * i)
  })
  context?.putImageData(image, 0, 0)
}

const isRectangle = (a: Point, b: Point): boolean =>
  Math.abs(a.row - b.row) + Math.abs(a.column - b.column) > 0

/** Elements of the cells from `a` to `b`, both included. */
function elements([first, end]: Range, cells: number, a: number, b: number): Range {
  const at = (cell: number): number => first + Math.floor((cell * (end - first)) / cells)
  return [at(Math.min(a, b)), at(Math.max(a, b) + 1)]
}

function rectangle(a: Point, b: Point, { cellRows, cellColumns }: Slice): Record<string, string> {
  const percent = (cells: number, of: number): string => `${String((100 * cells) / of)}%`
  return {
    left: percent(Math.min(a.column, b.column), cellColumns),
    top: percent(Math.min(a.row, b.row), cellRows),
    width: percent(Math.abs(a.column - b.column) + 1, cellColumns),
    height: percent(Math.abs(a.row - b.row) + 1, cellRows),
  }
}

const HOW = { exact: '', mean: 'mean of ', sampled: 'mean of some of ' } as const

function textOf(slice: Slice, values: Float64Array, over: Point | undefined): string {
  if (over === undefined) return ''
  const { rows, columns, cellRows, cellColumns } = slice
  const value = values[over.row * cellColumns + over.column]
  if (value === undefined) return ''
  const text = ([from, to]: Range): string =>
    to - from === 1 ? String(from) : `${String(from)}…${String(to - 1)}`
  const row = text(elements(rows, cellRows, over.row, over.row))
  const column = text(elements(columns, cellColumns, over.column, over.column))
  return `${HOW[slice.how]}[${row}, ${column}] ${Number.isNaN(value) ? 'not finite' : numberText(value)}`
}
