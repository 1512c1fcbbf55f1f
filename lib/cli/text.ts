/**
 * Small texts for people: sizes, ages, names that may hold anything.
 *
 * @module
 */

import { relative } from 'node:path'

/** A path as a person would write it here: relative if it is below the working directory. */
export function pathText(path: string): string {
  const below = relative('', path)
  return harmless(below === '' || below.startsWith('..') ? path : below)
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** `24 B`, `1.23 kB`, `480 MB`: three digits, and powers of 1000 as in `ls --si`. */
export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  // 999.5 would be shown as 1000.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const text = unit === 0 ? String(Math.round(value)) : value.toPrecision(3)
  return `${text} ${UNITS[unit] ?? ''}`
}

const SPANS: readonly [seconds: number, one: string, many: string][] = [
  [365.25 * 86400, 'year', 'years'],
  [30.4375 * 86400, 'month', 'months'],
  [86400, 'day', 'days'],
  [3600, 'h', 'h'],
  [60, 'min', 'min'],
]

/** `3 min`, `2 days`: the largest unit of which there is one. */
export function durationText(seconds: number): string {
  for (const [length, one, many] of SPANS) {
    const count = Math.floor(seconds / length)
    if (count >= 1) return `${count} ${count === 1 ? one : many}`
  }
  return `${Math.floor(seconds)} s`
}

/** `3 min ago`. Clocks differ between machines: what is of the future is of now. */
export function ageText(seconds: number): string {
  return seconds < 1 ? 'now' : `${durationText(seconds)} ago`
}

/** A count with its noun. */
export const countText = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`

/**
 * Text that does nothing to a terminal: names come from files that anybody may have made, and a
 * control character could move the cursor or reorder what is shown.
 */
export const harmless = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16)
    return code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, '0')}`
  })

/** Four digits are enough to look at, of integers ten; all of them are in `--json`. */
export function numberText(value: number | bigint | undefined): string {
  if (value === undefined) return '-'
  const whole = typeof value === 'bigint' || Number.isInteger(value)
  const number = Number(value)
  const size = Math.abs(number)
  if (!Number.isFinite(number) || (whole && size < 1e10)) return String(value)
  const isPlain = size >= 1e-3 && size < 1e6
  return isPlain ? String(Number(number.toPrecision(4))) : number.toExponential(3)
}
