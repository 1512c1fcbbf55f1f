/** Markdown tables and the numbers in them. */
import { measured, median } from './figures.mjs'

export function table(header, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |\n`
  const rule = header.map((_, i) => (i === 0 ? '---' : '---:'))
  return line(header) + line(rule) + rows.map(line).join('')
}

const digits = (value) => (value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3)

export const number = (value) => value.toFixed(digits(Math.abs(value)))

/** Median (min–max). */
export function spread(series) {
  const values = measured(series ?? [])
  if (values.length === 0) return '–'
  const middle = number(median(values))
  if (values.length === 1) return middle
  return `${middle} (${number(Math.min(...values))}–${number(Math.max(...values))})`
}

const ofMedian = (series, format) =>
  measured(series ?? []).length === 0 ? '–' : format(median(series))

export const middle = (series) => ofMedian(series, number)

/** Gigabytes (10^9) a second. */
export const rate = (bytes, milliseconds) =>
  ofMedian(milliseconds, (time) => number(bytes / 1e6 / time))

export const mebibytes = (series) =>
  ofMedian(series, (bytes) => String(Math.round(bytes / 2 ** 20)))
