import fc from 'fast-check'
import t from 'tap'
import * as minifloat from '../../lib/array/minifloat.js'
import { decode, encode, type Minifloat } from '../../lib/array/minifloat.js'

/** Every format by its name: bits of a code, and the number of NaN codes. */
const FORMATS: readonly [name: string, format: Minifloat, bits: number, nans: number][] = [
  ['float16', minifloat.FLOAT16, 16, 2 * 1023],
  ['bfloat16', minifloat.BFLOAT16, 16, 2 * 127],
  ['float8_e5m2', minifloat.FLOAT8_E5M2, 8, 6],
  ['float8_e4m3fn', minifloat.FLOAT8_E4M3FN, 8, 2],
  ['float8_e4m3fnuz', minifloat.FLOAT8_E4M3FNUZ, 8, 1],
  ['float8_e4m3b11fnuz', minifloat.FLOAT8_E4M3B11FNUZ, 8, 1],
  ['float8_e5m2fnuz', minifloat.FLOAT8_E5M2FNUZ, 8, 1],
  ['float4_e2m1fn', minifloat.FLOAT4_E2M1FN, 4, 0],
]

const codes = (bits: number): number[] => Array.from({ length: 2 ** bits }, (_, code) => code)

/** A code read from its binary digits, by the textbook. */
function reference(f: Minifloat, bits: number, code: number): number {
  const digits = code.toString(2).padStart(bits, '0')
  const sign = digits.startsWith('1') ? -1 : 1
  const exponent = parseInt(digits.slice(1, 1 + f.exponentBits), 2)
  const fraction = parseInt(digits.slice(1 + f.exponentBits), 2) / 2 ** f.mantissaBits
  const topExponent = exponent === 2 ** f.exponentBits - 1
  if (f.kind === 'ieee' && topExponent) return fraction === 0 ? sign * Infinity : NaN
  if (f.kind === 'fn' && topExponent && fraction === 1 - 2 ** -f.mantissaBits) return NaN
  if (f.kind === 'fnuz' && digits === '1'.padEnd(bits, '0')) return NaN
  if (exponent === 0) return sign * fraction * 2 ** (1 - f.bias)
  return sign * (1 + fraction) * 2 ** (exponent - f.bias)
}

/** Code of the nearest of all finite values, found by search; of two, the even one. */
function nearest(finite: readonly [code: number, value: number][], a: number): number {
  let low = 0
  let high = finite.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((finite[middle]?.[1] ?? 0) < a) low = middle + 1
    else high = middle
  }
  const [above, aboveValue] = finite[low] ?? [0, 0]
  const [below, belowValue] = finite[Math.max(low - 1, 0)] ?? [0, 0]
  const up = aboveValue - a
  const down = a - belowValue
  if (up !== down) return up < down ? above : below
  return above % 2 === 0 ? above : below
}

const positive = (f: Minifloat, bits: number): [code: number, value: number][] =>
  codes(bits - 1)
    .map((code): [number, number] => [code, reference(f, bits, code)])
    .filter(([, value]) => Number.isFinite(value))

for (const [name, f, bits, nans] of FORMATS) {
  t.test(`${name}: every code`, (t) => {
    let wrong = 0
    let notNumbers = 0
    for (const code of codes(bits)) {
      const value = decode(f, code)
      if (!Object.is(value, reference(f, bits, code))) wrong++
      if (Number.isNaN(value)) notNumbers++
      else if (encode(f, value) !== code) wrong++
    }
    t.equal(wrong, 0, 'decodes as the textbook says and encodes to itself')
    t.equal(notNumbers, nans, 'not a number')
    t.end()
  })

  t.test(`${name}: rounds to the nearest value, ties to even`, (t) => {
    const finite = positive(f, bits)
    let wrong = 0
    for (const [i, [code, value]] of finite.entries()) {
      const next = finite[i + 1]
      if (next === undefined) break
      const [nextCode, nextValue] = next
      const middle = (value + nextValue) / 2
      const even = code % 2 === 0 ? code : nextCode
      if (encode(f, middle) !== even) wrong++
      // The neighbours of the tie in float64.
      if (encode(f, middle * (1 - 2 ** -50)) !== code) wrong++
      if (encode(f, middle * (1 + 2 ** -50)) !== nextCode) wrong++
    }
    t.equal(wrong, 0)
    const largest = finite.at(-1)?.[1] ?? 0
    fc.assert(
      fc.property(fc.double({ min: 0, max: largest, noNaN: true }), (a) => {
        return encode(f, a) === nearest(finite, a)
      }),
      { numRuns: 2000 },
    )
    t.end()
  })

  t.test(`${name}: the sign is a bit of its own`, (t) => {
    const sign = 2 ** (bits - 1)
    for (const [code, value] of positive(f, bits)) {
      const unsignedZero = f.kind === 'fnuz' && code === 0
      if (encode(f, -value) !== (unsignedZero ? 0 : sign + code)) t.fail(`-${String(value)}`)
    }
    t.equal(encode(f, -0), f.kind === 'fnuz' ? 0 : sign)
    t.equal(encode(f, 0), 0)
    t.end()
  })

  t.test(`${name}: what is above the largest value`, (t) => {
    const finite = positive(f, bits)
    const [last = 0, largest = 0] = finite.at(-1) ?? []
    const step = largest - (finite.at(-2)?.[1] ?? 0)
    const overflowing = [largest + step, largest * 4, 1e300, Infinity]
    for (const value of overflowing) {
      const expected = f.kind === 'ieee' ? Infinity : f.kind === 'finite' ? largest : NaN
      t.ok(Object.is(decode(f, encode(f, value)), expected), String(value))
      t.ok(Object.is(decode(f, encode(f, -value)), -expected), String(-value))
    }
    t.equal(encode(f, largest + step * 0.499), last, 'rounds down to it')
    t.end()
  })

  t.test(`${name}: what is below the smallest value`, (t) => {
    const smallest = decode(f, 1)
    t.equal(encode(f, smallest / 2), 0, 'a tie goes to zero, the even code')
    t.equal(encode(f, (smallest / 2) * (1 + 2 ** -50)), 1)
    t.equal(encode(f, Number.MIN_VALUE), 0)
    t.end()
  })

  t.test(`${name}: not a number`, (t) => {
    if (f.kind === 'finite') {
      t.throws(() => encode(f, NaN), new RangeError('NaN has no value in this dtype'))
    } else {
      t.ok(Number.isNaN(decode(f, encode(f, NaN))))
    }
    t.end()
  })
}

t.test('known values', (t) => {
  const cases: [Minifloat, number, number][] = [
    [minifloat.FLOAT16, 0x3c00, 1],
    [minifloat.FLOAT16, 0x7bff, 65504],
    [minifloat.FLOAT16, 0x0001, 2 ** -24],
    [minifloat.FLOAT16, 0x3555, 0.333251953125],
    [minifloat.BFLOAT16, 0x3f80, 1],
    [minifloat.BFLOAT16, 0x4049, 3.140625],
    [minifloat.BFLOAT16, 0x7f7f, 3.3895313892515355e38],
    [minifloat.FLOAT8_E5M2, 0x7b, 57344],
    [minifloat.FLOAT8_E4M3FN, 0x7e, 448],
    [minifloat.FLOAT8_E4M3FNUZ, 0x7f, 240],
    [minifloat.FLOAT8_E4M3B11FNUZ, 0x7f, 30],
    [minifloat.FLOAT8_E5M2FNUZ, 0x7f, 57344],
    [minifloat.FLOAT4_E2M1FN, 0x7, 6],
    [minifloat.FLOAT4_E2M1FN, 0x1, 0.5],
  ]
  for (const [f, code, value] of cases) {
    t.equal(decode(f, code), value)
    t.equal(encode(f, value), code)
  }
  t.equal(encode(minifloat.FLOAT16, NaN), 0x7e00, 'the quiet NaN of NumPy')
  t.equal(encode(minifloat.BFLOAT16, NaN), 0x7fc0)
  t.end()
})

t.test('bfloat16 is the upper half of a float32', (t) => {
  const view = new DataView(new ArrayBuffer(4))
  let wrong = 0
  for (const code of codes(16)) {
    view.setUint32(0, code * 65536)
    if (!Object.is(decode(minifloat.BFLOAT16, code), view.getFloat32(0))) wrong++
  }
  t.equal(wrong, 0)
  t.end()
})
