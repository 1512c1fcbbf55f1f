/**
 * Small texts: sizes, numbers, times.
 *
 * @module
 */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** `24 B`, `1.23 kB`, `480 MB`: powers of 1000, as on the command line. */
export function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0]
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const text = unit === 0 ? String(Math.round(value)) : value.toPrecision(3)
  return `${text} ${UNITS[unit] ?? ''}`
}

const COUNTS = ['', 'k', 'M', 'G', 'T'] as const

/** `124.4 M`: how many numbers. */
export function countText(count: number): string {
  let [value, unit] = [count, 0]
  while (value >= 999.5 && unit < COUNTS.length - 1) {
    value /= 1000
    unit++
  }
  return unit === 0 ? String(count) : `${value.toPrecision(3)} ${COUNTS[unit] ?? ''}`
}

/** Four digits, which are enough to look at. */
export function numberText(value: number | null | undefined): string {
  if (value === undefined || value === null) return '–'
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value).replace('-', '−')
  const size = Math.abs(value)
  const isPlain = size >= 1e-3 && size < 1e6
  const text = isPlain ? String(Number(value.toPrecision(4))) : value.toExponential(3)
  return text.replace('e+', 'e').replaceAll('-', '−')
}

export const shapeText = (shape: readonly number[]): string =>
  shape.length === 0 ? 'scalar' : shape.join(' × ')

const SPANS: readonly [number, string][] = [
  [31557600, 'y'],
  [86400, 'd'],
  [3600, 'h'],
  [60, 'min'],
]

/** `3 min ago`; of what is of the future: `now`. */
export function ageText(time: number, now: number = Date.now() / 1000): string {
  const seconds = now - time
  for (const [length, unit] of SPANS) {
    if (seconds >= length) return `${String(Math.floor(seconds / length))} ${unit} ago`
  }
  return seconds < 1 ? 'now' : `${String(Math.floor(seconds))} s ago`
}

export const timeText = (time: number): string => new Date(time * 1000).toLocaleString()

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`
