/**
 * A slice of a tensor: which axes go down and to the right, and where on the others it is.
 *
 * @module
 */
import type { JSX } from 'preact'
import type { Slice, TensorItem } from '../wire.js'
import { Chart, LEGEND } from './chart.js'
import type { Theme } from './colours.js'
import { shapeText } from './format.js'
import { Heatmap, HeatmapPlace, type Measures, type Range } from './heatmap.js'
import { AnswerBox, Panel } from './panel.js'
import type { SliceRoute } from './route.js'
import { useAnswer } from './use-answer.js'

const CELLS = 512
/** Pixels of the chart of a vector. */
const HEIGHT = 300

export interface SlicePanelProps {
  readonly checkpoint: string
  readonly tensor: TensorItem
  readonly route: SliceRoute
  readonly theme: Theme
  readonly version: string
  /** A slider has many places, of which the way back should have one: it replaces. */
  readonly onRoute: (route: SliceRoute, replaces?: boolean) => void
}

interface Axes {
  readonly row: number
  readonly column: number
  readonly index: readonly number[]
}

/** What an address leaves open, or has wrong: the last two axes, at the start of the others. */
function axesOf(shape: readonly number[], route: SliceRoute): Axes {
  const rank = shape.length
  const isAxis = (axis: number | undefined): axis is number => axis !== undefined && axis in shape
  const column = isAxis(route.column) ? route.column : rank - 1
  const other = column === rank - 1 ? rank - 2 : rank - 1
  const row = isAxis(route.row) && route.row !== column ? route.row : other
  const index = shape.map((length, axis) =>
    Math.min(Math.max(0, route.index?.[axis] ?? 0), length - 1),
  )
  return { row: rank === 1 ? -1 : row, column, index }
}

export function SlicePanel({
  checkpoint,
  tensor,
  route,
  theme,
  version,
  onRoute,
}: SlicePanelProps): JSX.Element {
  const { shape, key } = tensor
  const { row, column, index } = axesOf(shape, route)
  const [rows, columns] = [fitting(route.rows, shape[row]), fitting(route.columns, shape[column])]
  const question = { checkpoint, key, row, column, index, cells: row === -1 ? 1024 : CELLS }
  const zoom = { ...(rows && { rows }), ...(columns && { columns }) }
  const answered = useAnswer('slice', { ...question, ...zoom }, { keeps: true, version })
  const base = { row, column, index }
  const others = shape.flatMap((length, axis) =>
    axis === row || axis === column ? [] : [{ axis, length }],
  )
  const isZoomed = rows !== undefined || columns !== undefined
  const place =
    row === -1 ? (
      <div style={{ height: `${String(HEIGHT + LEGEND)}px` }} />
    ) : (
      <HeatmapPlace
        measures={measuresOf(rows ?? [0, shape[row] ?? 1], columns ?? [0, shape[column] ?? 1])}
      />
    )
  const note = answered.answer === undefined ? '' : noteOf(answered.answer, row === -1)
  return (
    <Panel title={row === -1 ? 'Values' : 'Slice'} note={note} wide>
      <div class="controls">
        {shape.length > 1 && (
          <>
            <AxisChoice
              label="down"
              shape={shape}
              axis={row}
              onAxis={(axis) =>
                onRoute({ ...base, row: axis, column: axis === column ? row : column })
              }
            />
            <AxisChoice
              label="right"
              shape={shape}
              axis={column}
              onAxis={(axis) =>
                onRoute({ ...base, column: axis, row: axis === row ? column : row })
              }
            />
          </>
        )}
        {others.map(({ axis, length }) => (
          <IndexSlider
            key={axis}
            axis={axis}
            length={length}
            at={index[axis] ?? 0}
            onAt={(at) => onRoute({ ...base, index: index.with(axis, at), ...zoom }, true)}
          />
        ))}
        {isZoomed && (
          <button type="button" onClick={() => onRoute(base)}>
            All of it
          </button>
        )}
        {!isZoomed && row !== -1 && <span class="hint">drag over a part to enlarge it</span>}
      </div>
      <AnswerBox answered={answered} placeholder={place}>
        {(slice) =>
          row === -1 ? (
            <LineOf slice={slice} theme={theme} label={`values of ${tensor.name}`} />
          ) : (
            <Heatmap
              {...{ slice, theme }}
              label={`heat map of ${tensor.name}, ${shapeText(shape)}`}
              onZoom={(to: Range, across: Range) => {
                onRoute({ ...base, rows: to, columns: across })
              }}
            />
          )
        }
      </AnswerBox>
    </Panel>
  )
}

function measuresOf(rows: Range, columns: Range): Measures {
  const cells = ([from, to]: Range): number => Math.min(CELLS, to - from)
  return { rows, columns, cellRows: cells(rows), cellColumns: cells(columns) }
}

/** A range of an address that the axis has. */
function fitting(range: Range | undefined, length: number | undefined): Range | undefined {
  if (range === undefined || length === undefined || range[1] > length) return undefined
  return range
}

function noteOf(slice: Slice, isVector: boolean): string {
  const { how, rows, columns, cellRows, cellColumns } = slice
  const text = ([from, to]: Range): string => `${String(from)}–${String(to - 1)}`
  const part = isVector ? `[${text(columns)}]` : `[${text(rows)}, ${text(columns)}]`
  if (how === 'exact') return `${part}, every element`
  const [down, right] = [(rows[1] - rows[0]) / cellRows, (columns[1] - columns[0]) / cellColumns]
  const size = (length: number): string => String(Number(length.toPrecision(3)))
  const each = isVector ? size(right) : `${size(down)} × ${size(right)}`
  return `${part}, a cell is the mean of ${how === 'mean' ? each : `some of ${each}`} elements`
}

interface AxisChoiceProps {
  readonly label: string
  readonly shape: readonly number[]
  readonly axis: number
  readonly onAxis: (axis: number) => void
}

function AxisChoice({ label, shape, axis, onAxis }: AxisChoiceProps): JSX.Element {
  return (
    <label>
      {label}{' '}
      <select
        value={axis}
        onChange={(event) => {
          onAxis(Number(event.currentTarget.value))
        }}
      >
        {shape.map((length, i) => (
          <option key={i} value={i}>
            axis {i} ({length})
          </option>
        ))}
      </select>
    </label>
  )
}

interface IndexSliderProps {
  readonly axis: number
  readonly length: number
  readonly at: number
  readonly onAt: (at: number) => void
}

function IndexSlider({ axis, length, at, onAt }: IndexSliderProps): JSX.Element {
  return (
    <label>
      axis {axis}{' '}
      <input
        type="range"
        min={0}
        max={length - 1}
        value={at}
        onInput={(event) => {
          onAt(Number(event.currentTarget.value))
        }}
      />{' '}
      <output>
        {at} of {length}
      </output>
    </label>
  )
}

function LineOf({
  slice,
  theme,
  label,
}: {
  readonly slice: Slice
  readonly theme: Theme
  readonly label: string
}): JSX.Element {
  const bytes = Uint8Array.from(atob(slice.values), (character) => character.charCodeAt(0))
  const values = Array.from(new Float64Array(bytes.buffer), (value) =>
    Number.isNaN(value) ? null : value,
  )
  const [from, to] = slice.columns
  const x = values.map((_, i) => from + Math.floor((i * (to - from)) / values.length))
  const line = {
    label: slice.how === 'exact' ? 'value' : 'mean',
    values,
    colour: 0,
    as: 'line',
  } as const
  return (
    <Chart
      {...{ label, theme, x, height: HEIGHT }}
      lines={[line]}
      xText={(at) => `[${String(at)}]`}
      whole
    />
  )
}
