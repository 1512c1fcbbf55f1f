/**
 * Floating-point formats that JavaScript has no typed array for: bits to number and back. Encoding
 * rounds to nearest, ties to even, as NumPy and ml_dtypes do.
 *
 * @module
 */

export interface Minifloat {
  readonly exponentBits: number
  readonly mantissaBits: number
  readonly bias: number
  /**
   * What the top codes mean. `ieee`: infinities and NaNs. `fn`: finite and one NaN, all ones.
   * `fnuz`: finite, unsigned zero, the NaN where -0 would be. `finite`: numbers only.
   */
  readonly kind: 'ieee' | 'fn' | 'fnuz' | 'finite'
}

const format = (
  exponentBits: number,
  mantissaBits: number,
  bias: number,
  kind: Minifloat['kind'],
): Minifloat => ({ exponentBits, mantissaBits, bias, kind })

export const FLOAT16: Minifloat = format(5, 10, 15, 'ieee')
export const BFLOAT16: Minifloat = format(8, 7, 127, 'ieee')
export const FLOAT8_E5M2: Minifloat = format(5, 2, 15, 'ieee')
export const FLOAT8_E4M3FN: Minifloat = format(4, 3, 7, 'fn')
export const FLOAT8_E4M3FNUZ: Minifloat = format(4, 3, 8, 'fnuz')
export const FLOAT8_E4M3B11FNUZ: Minifloat = format(4, 3, 11, 'fnuz')
export const FLOAT8_E5M2FNUZ: Minifloat = format(5, 2, 16, 'fnuz')
export const FLOAT4_E2M1FN: Minifloat = format(2, 1, 1, 'finite')

/** Bits of the largest finite magnitude. */
function largest(f: Minifloat): number {
  const all = 2 ** (f.exponentBits + f.mantissaBits) - 1
  if (f.kind === 'ieee') return all - 2 ** f.mantissaBits
  return f.kind === 'fn' ? all - 1 : all
}

const signBit = (f: Minifloat): number => 2 ** (f.exponentBits + f.mantissaBits)

function notANumber(f: Minifloat): number {
  switch (f.kind) {
    case 'ieee':
      // Quiet: the top bit of the mantissa.
      return largest(f) + 1 + 2 ** (f.mantissaBits - 1)
    case 'fn':
      return signBit(f) - 1
    case 'fnuz':
      return signBit(f)
    case 'finite':
      throw new RangeError('NaN has no value in this dtype')
  }
}

export function decode(f: Minifloat, bits: number): number {
  const sign = signBit(f)
  const magnitude = bits & (sign - 1)
  const negative = (bits & sign) !== 0
  if (f.kind === 'fnuz' && negative && magnitude === 0) return NaN
  if (magnitude > largest(f)) {
    if (f.kind === 'ieee' && magnitude === largest(f) + 1) return negative ? -Infinity : Infinity
    return NaN
  }
  const step = 2 ** f.mantissaBits
  const exponent = Math.floor(magnitude / step)
  const mantissa = magnitude % step
  const value =
    exponent === 0
      ? mantissa * 2 ** (1 - f.bias - f.mantissaBits)
      : (step + mantissa) * 2 ** (exponent - f.bias - f.mantissaBits)
  return negative ? -value : value
}

export function encode(f: Minifloat, value: number): number {
  if (Number.isNaN(value)) return notANumber(f)
  const sign = value < 0 || Object.is(value, -0) ? signBit(f) : 0
  const magnitude = roundMagnitude(f, Math.abs(value))
  if (magnitude > largest(f)) {
    if (f.kind === 'ieee') return sign + largest(f) + 1
    // As ml_dtypes: without infinities an overflow is NaN, and without NaN it saturates.
    return f.kind === 'finite' ? sign + largest(f) : notANumber(f) + (f.kind === 'fn' ? sign : 0)
  }
  return f.kind === 'fnuz' && magnitude === 0 ? 0 : sign + magnitude
}

const scratch = new DataView(new ArrayBuffer(8))

/** Exponent e with 2^e <= a < 2^(e+1), for normal a; less is enough for the rest. */
function exponentOf(a: number): number {
  scratch.setFloat64(0, a)
  return ((scratch.getUint16(0) >> 4) & 0x7ff) - 1023
}

/** Code of the nearest magnitude; codes above `largest` mean overflow. */
function roundMagnitude(f: Minifloat, a: number): number {
  if (a === Infinity) return Infinity
  const exponent = Math.max(exponentOf(a), 1 - f.bias)
  // Exact: a division by a power of two. At most 2^(mantissaBits + 1), so ties are seen exactly.
  const scaled = a / 2 ** (exponent - f.mantissaBits)
  const floor = Math.floor(scaled)
  const rest = scaled - floor
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 === 1)
  const units = floor + (up ? 1 : 0)
  // The codes of a format are consecutive, so a carry into the exponent needs no special case.
  return (exponent + f.bias - 1) * 2 ** f.mantissaBits + units
}
