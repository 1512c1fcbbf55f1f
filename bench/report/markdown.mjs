/** Markdown tables and the numbers in them. */
import { median } from './figures.mjs'

export function table(header, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |\n`
  const rule = header.map((_, i) => (i === 0 ? '---' : '---:'))
  return line(header) + line(rule) + rows.map(line).join('')
}

const digits = (value) => (value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3)

export const number = (value) => value.toFixed(digits(Math.abs(value)))

/** Median (min–max). */
export function spread(values) {
  if (values === undefined || values.length === 0 || values.some((value) => value === undefined)) {
    return '–'
  }
  const middle = number(median(values))
  if (values.length === 1) return middle
  return `${middle} (${number(Math.min(...values))}–${number(Math.max(...values))})`
}

export const middle = (values) =>
  values === undefined || values.some((value) => value === undefined) ? '–' : number(median(values))

/** Gigabytes (10^9) a second. */
export const rate = (bytes, milliseconds) => number(bytes / 1e6 / median(milliseconds))

export const mebibytes = (bytes) =>
  bytes.some((value) => value === undefined) ? '–' : String(Math.round(median(bytes) / 2 ** 20))
