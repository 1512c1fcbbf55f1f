/**
 * Values of options.
 *
 * @module
 */

/** @throws RangeError naming the option */
export function positiveInteger(value: string, flag: string): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number > 0) return number
  throw new RangeError(`${flag} takes a positive integer, got '${value}'`)
}

/** Zero or more. */
export function tolerance(value: string, flag: string): number {
  const number = Number(value)
  if (value.trim() !== '' && Number.isFinite(number) && number >= 0) return number
  throw new RangeError(`${flag} takes a number that is not negative, got '${value}'`)
}

/** Of a port; 0 is any that is free. */
export function portNumber(value: string, flag: string): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && number < 2 ** 16) return number
  throw new RangeError(`${flag} takes a port, from 0 to 65535, got '${value}'`)
}
