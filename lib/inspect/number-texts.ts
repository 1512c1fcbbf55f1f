/**
 * Numbers as NumPy prints them: as few digits as tell them apart, aligned at the point. Source:
 * numpy/_core/arrayprint.py, FloatingFormat, with the default options.
 *
 * @module
 */

const PRECISION = 8

/** The nearest element of a dtype. */
export type Round = (value: number) => number

/** So many digits; of two that are as near the even one, where JavaScript takes the larger. */
function toEven(value: number, digits: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential(digits + 30).split('e')
  const isTie = new RegExp(`^\\d\\.?\\d{${digits - 1}}50+$`).test(mantissa)
  const kept = mantissa.slice(0, digits === 1 ? 1 : digits + 1)
  if (isTie && /[02468]$/.test(kept)) return `${kept}e${exponent}`
  return value.toExponential(digits - 1)
}

/** The decimal of fewest digits that is read as the same element. */
function shortest(value: number, round: Round): number {
  for (let digits = 1; digits < 17; digits++) {
    const short = Number(toEven(value, digits))
    if (round(short) === value) return short
  }
  return value
}

/** Digits behind the point, trailing zeros left out. What is cut is cut of the value itself. */
function fixedText(value: number, short: number): string {
  const [, exponent = '0'] = short.toExponential().split('e')
  const digits = PRECISION + 1 + Number(exponent)
  const isCut = digits > 0 && Number(short.toFixed(PRECISION)) !== short
  const kept = isCut ? Number(toEven(value, digits)) : short
  return kept.toFixed(PRECISION).replace(/0+$/, '')
}

interface Scientific {
  readonly mantissa: string
  /** With its sign, of at least two digits. */
  readonly exponent: string
}

function scientific(text: string): Scientific {
  const [mantissa = '', exponent = ''] = text.split('e')
  const [, sign = '+', digits = '0'] = /^([+-])(\d+)$/.exec(exponent) ?? []
  return { mantissa, exponent: sign + digits.padStart(2, '0') }
}

/** @param least digits behind the point; those that are not needed to tell it are of the value itself */
function exponentParts(value: number, short: number, least: number): Scientific {
  const { length } = (short.toExponential().split('e')[0]?.split('.') ?? [])[1] ?? ''
  if (length >= least && length <= PRECISION) {
    const { mantissa, exponent } = scientific(short.toExponential())
    return { mantissa: mantissa.includes('.') ? mantissa : `${mantissa}.`, exponent }
  }
  const digits = 1 + Math.min(PRECISION, Math.max(least, length))
  const { mantissa, exponent } = scientific(toEven(value, digits))
  return { mantissa: length > PRECISION ? mantissa.replace(/0+$/, '') : mantissa, exponent }
}

export interface FloatFormatOptions {
  readonly round: Round
  /** Magnitude from which on numbers have exponents. */
  readonly cutoff: number
  /** Also positive numbers have a sign: imaginary parts. */
  readonly plus?: boolean
}

/** How all numbers of an array are written, which depends on all of them. */
export class FloatFormat {
  readonly #options: FloatFormatOptions
  readonly #exponential: boolean
  #left = 0
  #right = 0
  #exponentDigits = 0

  constructor(values: readonly number[], options: FloatFormatOptions) {
    this.#options = options
    const finite = values.filter(Number.isFinite)
    let [min, max] = [Infinity, 0]
    for (const value of finite) {
      if (value !== 0) min = Math.min(min, Math.abs(value))
      max = Math.max(max, Math.abs(value))
    }
    // In the dtype, as NumPy compares: 0.0001 is not less than the nearest element to it.
    const { round, cutoff } = options
    const isWide = max >= cutoff || min < round(1e-4) || round(max / min) > 1000
    this.#exponential = max > 0 && isWide
    for (const value of finite) this.#measure(value)
    if (finite.length < values.length) this.#makeRoom(values)
  }

  #measure(value: number): void {
    const { whole, fraction, exponent } = this.#parts(value)
    this.#left = Math.max(this.#left, whole.length)
    this.#right = Math.max(this.#right, fraction.length)
    this.#exponentDigits = Math.max(this.#exponentDigits, exponent.length - 1)
  }

  /** For `nan` and `inf`, at the left. */
  #makeRoom(values: readonly number[]): void {
    const isSigned = this.#options.plus === true || values.includes(-Infinity)
    this.#left = Math.max(this.#left, (isSigned ? 4 : 3) - 1 - this.#rightWidth())
  }

  #rightWidth(): number {
    return this.#right + (this.#exponential ? this.#exponentDigits + 2 : 0)
  }

  #sign(value: number): string {
    if (value < 0 || Object.is(value, -0)) return '-'
    return this.#options.plus === true ? '+' : ''
  }

  #parts(value: number, least = 0): { whole: string; fraction: string; exponent: string } {
    const size = Math.abs(value)
    const short = shortest(size, this.#options.round)
    const { mantissa, exponent } = this.#exponential
      ? exponentParts(size, short, least)
      : { mantissa: fixedText(size, short), exponent: '' }
    const [whole = '', fraction = ''] = mantissa.split('.')
    return { whole: this.#sign(value) + whole, fraction, exponent }
  }

  text(value: number): string {
    if (!Number.isFinite(value)) {
      const name = this.#sign(value) + (Number.isNaN(value) ? 'nan' : 'inf')
      return name.padStart(this.#left + 1 + this.#rightWidth())
    }
    const { whole, fraction, exponent } = this.#parts(value, this.#right)
    const left = whole.padStart(this.#left)
    if (!this.#exponential) return `${left}.${fraction.padEnd(this.#right)}`
    const digits = exponent.slice(1).padStart(this.#exponentDigits, '0')
    return `${left}.${fraction.padEnd(this.#right, '0')}e${exponent.charAt(0)}${digits}`
  }
}

/** A number that stands alone. */
export function scalarText(value: number, round: Round): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf'
  const text = Object.is(value, -0) ? '-0' : String(shortest(value, round))
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}
