/**
 * A chart by uPlot, in the colours of the page and as wide as there is room.
 *
 * @module
 */
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import uPlot, { type AlignedData, type Axis, type Options, type Series } from 'uplot'
import type { Theme } from './colours.js'
import { numberText } from './format.js'

export interface Line {
  readonly label: string
  readonly values: readonly (number | null | undefined)[]
  /** Number of one of the page's colours. */
  readonly colour: number
  readonly as?: 'line' | 'bars'
  /** The share of its place that a bar takes. Default 0.6. */
  readonly barWidth?: number
  readonly text?: (value: number) => string
}

export interface ChartProps {
  /** For those who do not see it. */
  readonly label: string
  readonly x: readonly number[]
  readonly lines: readonly Line[]
  readonly height: number
  readonly theme: Theme
  /** What x is. Default `at`. */
  readonly xLabel?: string
  /** Texts at the x axis. */
  readonly xText?: (value: number) => string
  readonly yText?: (value: number) => string
  /** Ticks of x are whole numbers. */
  readonly whole?: boolean
  readonly fromZero?: boolean
  readonly onPick?: (index: number) => void
}

/** 1, 2, 5, 10 and so on, as far as whole numbers go. */
const WHOLE_STEPS = Array.from({ length: 16 }, (_, i) => [1, 2, 5].map((n) => n * 10 ** i)).flat()

const FONT = '12px system-ui, sans-serif'

export function Chart(props: ChartProps): JSX.Element {
  const { label, height, x, lines, theme } = props
  const box = useRef<HTMLDivElement>(null)
  // A chart that stays as it is picks by what is current.
  const pick = useRef(props.onPick)
  pick.current = props.onPick
  const texts = x.map((value) => props.xText?.(value))
  useEffect(() => {
    const element = box.current
    if (element === null) return undefined
    const data: AlignedData = [[...x], ...lines.map(({ values }) => [...values])]
    const plot = new uPlot(optionsOf(props, element), data, element)
    const observer = new ResizeObserver(() => {
      plot.setSize({ width: element.clientWidth, height })
    })
    observer.observe(element)
    plot.over.addEventListener('click', () => {
      const { idx } = plot.cursor
      if (typeof idx === 'number') pick.current?.(idx)
    })
    return () => {
      observer.disconnect()
      plot.destroy()
    }
  }, [JSON.stringify([x, lines, texts]), theme, height])
  const style = { height: `${String(height + LEGEND)}px` }
  return <div class="chart" role="img" aria-label={label} ref={box} style={style} />
}

/** Pixels below the chart. */
export const LEGEND = 28

function optionsOf(props: ChartProps, element: HTMLElement): Options {
  const { height, lines, xText, yText, whole, fromZero, x } = props
  const colourOf = (name: string): string => getComputedStyle(element).getPropertyValue(name).trim()
  const axis: Axis = {
    stroke: colourOf('--quiet'),
    grid: { stroke: colourOf('--line'), width: 1 },
    ticks: { stroke: colourOf('--line'), width: 1, size: 4 },
    font: FONT,
  }
  const isBars = lines.some(({ as }) => as === 'bars')
  const step = (x[1] ?? 1) - (x[0] ?? 0)
  const [first = 0, last = 0] = [x[0], x.at(-1)]
  const pad = isBars || x.length === 1 ? Math.abs(step) / 2 || 0.5 : 0
  return {
    width: Math.max(element.clientWidth, 100),
    height,
    padding: [8, 12, 0, 0],
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    legend: { live: true },
    scales: {
      x: { time: false, range: [first - pad, last + pad] },
      y: { range: rangeOf(fromZero === true) },
    },
    axes: [
      {
        ...axis,
        size: 30,
        space: 76,
        ...(whole === true && { incrs: WHOLE_STEPS }),
        values: (_plot, ticks) => ticks.map((tick) => xText?.(tick) ?? numberText(tick)),
      },
      {
        ...axis,
        size: 64,
        values: (_plot, ticks) => ticks.map((tick) => (yText ?? numberText)(tick)),
      },
    ],
    series: [
      {
        label: props.xLabel ?? 'at',
        value: (_plot, value: number | null) =>
          value === null ? '–' : (xText?.(value) ?? numberText(value)),
      },
      ...lines.map((line) => seriesOf(line, colourOf, x.length)),
    ],
  }
}

const rangeOf =
  (fromZero: boolean) =>
  (_plot: uPlot, min: number | null, max: number | null): [number, number] => {
    const low = fromZero ? Math.min(0, min ?? 0) : (min ?? 0)
    const high = max ?? 1
    const room = (high - low || Math.abs(high) || 1) * 0.06
    return [fromZero && low === 0 ? 0 : low - room, high + room]
  }

function seriesOf(
  { label, colour, as = 'line', barWidth = 0.6, text }: Line,
  colourOf: (name: string) => string,
  count: number,
): Series {
  const stroke = colourOf(`--c${String(colour)}`)
  const common: Series = {
    label,
    value: (_plot, value: number | null | undefined) =>
      value === null || value === undefined ? '–' : (text ?? numberText)(value),
  }
  if (as === 'line') {
    return { ...common, stroke, width: 2, points: { show: count <= 60, size: 6, fill: stroke } }
  }
  const paths = uPlot.paths.bars?.({
    size: [barWidth, Infinity],
    radius: barWidth < 0.9 ? 0.15 : 0,
  })
  return { ...common, fill: stroke, width: 0, points: { show: false }, ...(paths && { paths }) }
}
