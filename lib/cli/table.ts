/**
 * Aligned columns without lines around them.
 *
 * @module
 */
import { stripVTControlCharacters } from 'node:util'
import Table from 'cli-table3'

export interface Column {
  readonly title: string
  /** Default: left. */
  readonly align?: 'left' | 'right'
  /** May be cut where the terminal is too narrow; one column at most, and not a coloured one. */
  readonly flexible?: boolean
}

const GAP = '  '
const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .map((name) => [name, '']),
)

const widthOf = (text: string): number => Array.from(stripVTControlCharacters(text)).length

/** Keeps both ends: of a long name they tell most. */
export function cut(text: string, width: number): string {
  const characters = Array.from(text)
  if (characters.length <= width) return text
  const tail = Math.floor((width - 1) / 2)
  const head = Math.max(0, width - 1 - tail)
  return [...characters.slice(0, head), '…', ...characters.slice(characters.length - tail)].join('')
}

/** @param width of the terminal; undefined: as wide as it is */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string {
  const fitted = width === undefined ? rows : fit(columns, rows, width)
  const table = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align = 'left' }) => align),
    chars: { ...NO_LINES, middle: GAP },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  table.push(...fitted.map((row) => [...row]))
  const lines = table.toString().split('\n')
  return lines.map((line) => line.trimEnd()).join('\n')
}

const MIN_WIDTH = 12

function fit(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly (readonly string[])[] {
  const flexible = columns.findIndex((column) => column.flexible)
  const widths = columns.map(({ title }, i) =>
    rows.reduce((max, row) => Math.max(max, widthOf(row[i] ?? '')), title.length),
  )
  const total = widths.reduce((sum, each) => sum + each, GAP.length * (columns.length - 1))
  if (flexible < 0 || total <= width) return rows
  const room = Math.max(MIN_WIDTH, (widths[flexible] ?? 0) - (total - width))
  return rows.map((row) => row.map((text, i) => (i === flexible ? cut(text, room) : text)))
}
