// Texts and statistics of arrays beside NumPy's own.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { DTYPES, type DType } from '../../lib/array/dtype.js'
import { exportNpzSync, zeros, type NdArray } from '../../lib/index.js'
import { arrayText } from '../../lib/inspect/array-text.js'
import { contentsOf } from '../../lib/inspect/contents.js'
import { openAny } from '../../lib/inspect/open.js'
import { seeded } from '../fixtures/random'
import { findTensorFlow } from './tensorflow'

const found = findTensorFlow()
const skip = 'skip' in found ? found.skip : false

const PROGRAM = `
import json, sys
import numpy as np
np.seterr(all='ignore')
# From 2.4 on it depends on the dtype what number is large enough for an exponent.
is_new = tuple(map(int, np.__version__.split('.')[:2])) >= (2, 4)
told = {}
with np.load(sys.argv[1]) as file:
    for name in file.files:
        a = file[name]
        told[name] = {'text': str(a) if a.ndim and (is_new or a.dtype.kind in 'iub') else None}
        if a.size and a.dtype.kind in 'fiub':
            finite = a[np.isfinite(a)].astype(np.float64)
            told[name]['nan'] = int(np.isnan(a).sum())
            told[name]['inf'] = int(np.isinf(a).sum())
            if finite.size:
                told[name]['numbers'] = [repr(float(f())) for f in (finite.min, finite.max, finite.mean, finite.std)]
print(json.dumps(told))
`

interface Told {
  readonly text: string | null
  readonly nan?: number
  readonly inf?: number
  readonly numbers?: readonly string[]
}

const SHAPES = [[], [0], [1], [7], [40], [3, 4], [2, 3, 2], [1500], [60, 30], [2, 40, 20], [9, 0]]
const DIGITS = [0, 1, 3, 9]

/** Arrays of many sizes, scales and numbers of digits, some with NaN and infinities. */
function samples(dtypes: readonly DType[]): Record<string, NdArray> {
  const random = seeded(7)
  const all: Record<string, NdArray> = {}
  for (const dtype of dtypes) {
    for (const [s, shape] of SHAPES.entries()) {
      for (const digits of DIGITS) {
        const array = zeros(shape, dtype)
        const scale = 10 ** Math.floor(random() * 8 - 4)
        const special = random() < 0.2
        fill(array, () =>
          special && random() < 0.1 ? oneOf(random) : number(random, digits, scale),
        )
        all[`${dtype}_${s}_${digits}`] = array
      }
    }
  }
  return all
}

const oneOf = (random: () => number): number =>
  [NaN, Infinity, -Infinity, -0][Math.floor(random() * 4)] ?? NaN

const number = (random: () => number, digits: number, scale: number): number =>
  Number((random() * 20 - 8).toFixed(digits)) * scale

function fill(array: NdArray, value: () => number): void {
  const { data } = array
  const isBits = array.dtype === 'float16' && !('Float16Array' in globalThis)
  for (let i = 0; i < data.length; i++) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
      const integer = Math.trunc(value())
      data[i] = Number.isFinite(integer) ? BigInt(integer) : 1n
    } else if (array.dtype === 'bool') data[i] = value() > 0 ? 1 : 0
    // Halves between 2^-9 and 64, of either sign, NaN and infinities.
    else data[i] = isBits ? Math.abs(Math.trunc(value() * 1e6)) % 0x5400 : value()
  }
}

void t.test('arrays are written and measured as NumPy does', { skip }, async (t) => {
  if ('skip' in found) return
  const file = join(t.testdir(), 'samples.npz')
  const dtypes = DTYPES.filter(({ npy }) => npy !== undefined).map(({ name }) => name)
  const arrays = samples(dtypes)
  exportNpzSync(arrays, file)
  const output = execFileSync(found.python, ['-c', PROGRAM, file], { maxBuffer: 2 ** 28 })
  const told = JSON.parse(output.toString()) as Record<string, Told>
  const opened = openAny(file)
  const listed = contentsOf(opened.source, { statistics: true })
  opened.source.close()
  t.equal(listed.length, Object.keys(arrays).length)
  for (const { name, statistics } of listed) {
    const array = arrays[name]
    const numpy = told[name]
    if (array === undefined || numpy === undefined || statistics === undefined) {
      t.fail(name)
      continue
    }
    if (numpy.text !== null) t.equal(arrayText(array), numpy.text, name)
    if (numpy.nan === undefined) continue
    t.strictSame([statistics.nan, statistics.infinite], [numpy.nan, numpy.inf], name)
    const { min, max, mean, std } = statistics
    for (const [i, value] of [min, max, mean, std].entries()) {
      const wanted = Number(numpy.numbers?.[i] ?? NaN)
      const size = Math.max(Math.abs(Number(max)), Math.abs(Number(min)))
      if (value === undefined) t.equal(numpy.numbers, undefined)
      else t.ok(Math.abs(Number(value) - wanted) <= 1e-9 * size, `${name} ${i}`)
    }
  }
})
