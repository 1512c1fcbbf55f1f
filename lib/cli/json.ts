/**
 * Results as JSON, which has no NaN, no infinities and, in most readers, no integers past 2^53: those
 * are strings, as `"NaN"`, `"-Infinity"`, `"9223372036854775807"`.
 *
 * @module
 */

export const toJson = (value: unknown): string => JSON.stringify(value, plain, 2)

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return value
}
