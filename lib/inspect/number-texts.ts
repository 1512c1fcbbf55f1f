/**
 * Numbers as NumPy prints them: as few digits as tell them apart, aligned at the point. Source:
 * numpy/_core/arrayprint.py, FloatingFormat, with the default options.
 *
 * @module
 */

const PRECISION = 8

/** Whether a number of fewer digits is the same element of its dtype. */
export type IsSame = (a: number, b: number) => boolean

/** The shortest decimal that is read as the same element, as digits and exponent: 0.d1d2… × 10^e. */
function shortest(value: number, isSame: IsSame): number {
  for (let digits = 1; digits < 17; digits++) {
    const short = Number(value.toPrecision(digits))
    if (isSame(short, value)) return short
  }
  return value
}

/** Digits behind the point, trailing zeros left out. */
const fixedText = (value: number): string => value.toFixed(PRECISION).replace(/0+$/, '')

function exponentParts(value: number): { mantissa: string; exponent: string } {
  const [long = '', exponent = ''] = value.toExponential().split('e')
  const isLong = long.length > 2 + PRECISION
  const [mantissa = '', rounded = exponent] = isLong
    ? value.toExponential(PRECISION).split('e')
    : [long]
  const [, sign = '+', digits = '0'] = /^([+-])(\d+)$/.exec(rounded) ?? []
  const short = mantissa.includes('.') ? mantissa.replace(/0+$/, '') : `${mantissa}.`
  return { mantissa: short, exponent: sign + digits.padStart(2, '0') }
}

export interface FloatFormatOptions {
  readonly isSame: IsSame
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
    const isWide = max >= options.cutoff || min < 1e-4 || max / min > 1000
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

  #parts(value: number): { whole: string; fraction: string; exponent: string } {
    const short = Math.abs(shortest(value, this.#options.isSame))
    const { mantissa, exponent } = this.#exponential
      ? exponentParts(short)
      : { mantissa: fixedText(short), exponent: '' }
    const [whole = '', fraction = ''] = mantissa.split('.')
    return { whole: this.#sign(value) + whole, fraction, exponent }
  }

  text(value: number): string {
    if (!Number.isFinite(value)) {
      const name = this.#sign(value) + (Number.isNaN(value) ? 'nan' : 'inf')
      return name.padStart(this.#left + 1 + this.#rightWidth())
    }
    const { whole, fraction, exponent } = this.#parts(value)
    const left = whole.padStart(this.#left)
    if (!this.#exponential) return `${left}.${fraction.padEnd(this.#right)}`
    const digits = exponent.slice(1).padStart(this.#exponentDigits, '0')
    return `${left}.${fraction.padEnd(this.#right, '0')}e${exponent.charAt(0)}${digits}`
  }
}

/** A number that stands alone. */
export function scalarText(value: number, isSame: IsSame): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf'
  const text = Object.is(value, -0) ? '-0' : String(shortest(value, isSame))
  return /^-?\d+$/.test(text) ? `${text}.0` : text
}
