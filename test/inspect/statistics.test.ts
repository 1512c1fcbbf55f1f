import t from 'tap'
import { DTYPES, type DType } from '../../lib/array/dtype.js'
import { ndarray, zeros, type NdArray } from '../../lib/index.js'
import { arraysSource } from '../../lib/convert/arrays-source.js'
import { Scratch } from '../../lib/convert/tensor.js'
import { Histogram, Moments, statisticsOf, type Statistics } from '../../lib/inspect/statistics.js'
import { runSync } from '../../lib/twin.js'
import { seeded } from '../fixtures/random'

function statistics(array: NdArray): Statistics {
  const [entry] = arraysSource({ x: array }).entries
  if (entry === undefined) throw new Error('no entry')
  return runSync(statisticsOf(entry.open(), new Scratch()))
}

/** The textbook, all numbers at once. */
function reference(all: readonly number[]): Statistics {
  const finite = all.filter(Number.isFinite)
  const nan = all.filter(Number.isNaN).length
  const counts = { count: all.length, nan, infinite: all.length - nan - finite.length }
  if (finite.length === 0) return counts
  const mean = finite.reduce((sum, x) => sum + x, 0) / finite.length
  const square = finite.reduce((sum, x) => sum + (x - mean) ** 2, 0) / finite.length
  const [min, max] = [Math.min(...finite), Math.max(...finite)]
  return { ...counts, min, max, mean, std: Math.sqrt(square) }
}

const near = (a: number | bigint | undefined, b: number | bigint | undefined): boolean =>
  a === b || Math.abs(Number(a) - Number(b)) <= 1e-9 * Math.max(Math.abs(Number(b)), 1e-300)

void t.test('all numeric dtypes, whatever bits they hold', async (t) => {
  const random = seeded(1)
  const numeric = DTYPES.map(({ name }) => name).filter((name) => name !== 'void')
  for (const dtype of numeric) {
    const array = zeros([300], dtype)
    const bytes = new Uint8Array(array.data.buffer)
    for (let i = 0; i < bytes.length; i++) bytes[i] = Math.floor(random() * 256)
    // Huge magnitudes overflow here as there; what is compared is what can be.
    if (dtype === 'bool') for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] ?? 0) & 1
    const values = Array.from({ length: 300 }, (_, i) => {
      const value: unknown = array.get(i)
      if (typeof value !== 'object' || value === null) return Number(value)
      const { re, im } = value as { re: number; im: number }
      return Math.hypot(re, im)
    })
    const [found, wanted] = [statistics(array), reference(values)]
    t.equal(found.count, wanted.count, dtype)
    t.equal(found.nan, wanted.nan, dtype)
    t.equal(found.infinite, wanted.infinite, dtype)
    t.ok(near(found.min, wanted.min) && near(found.max, wanted.max), dtype)
    if (Number.isFinite(wanted.std)) {
      t.ok(near(found.mean, wanted.mean) && near(found.std, wanted.std), dtype)
    }
    const counted = found.histogram?.reduce((sum, count) => sum + count, 0)
    t.equal(counted, 300 - found.nan - found.infinite, dtype)
  }
})

void t.test('more than one piece, and a mean that is large next to the spread', async (t) => {
  const data = Float64Array.from({ length: 300_000 }, (_, i) => 1e9 + (i % 10))
  const { mean, std, min, max, histogram } = statistics(ndarray(data))
  t.ok(Math.abs((mean ?? 0) - (1e9 + 4.5)) < 1e-6)
  t.ok(Math.abs((std ?? 0) - Math.sqrt(8.25)) < 1e-9)
  t.strictSame([min, max], [1e9, 1e9 + 9])
  t.strictSame(histogram, new Array(10).fill(30_000))
})

void t.test('64-bit integers are exact', async (t) => {
  const { min, max } = statistics(ndarray(BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n) + 1n)))
  t.strictSame([min, max], [2n ** 63n - 1n, -(2n ** 63n) + 1n].toReversed())
})

void t.test('nothing, nothing finite, one value, the widest range', async (t) => {
  t.strictSame(statistics(zeros([0, 3])), { count: 0, nan: 0, infinite: 0 })
  const none = statistics(ndarray(Float32Array.of(NaN, Infinity, -Infinity)))
  t.strictSame(none, { count: 3, nan: 1, infinite: 2 })
  t.match(statistics(ndarray(Float32Array.of(3, 3))), {
    ...{ min: 3, max: 3, mean: 3, std: 0 },
    histogram: [2, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  })
  const widest = statistics(ndarray(Float64Array.of(-Number.MAX_VALUE, Number.MAX_VALUE)))
  t.strictSame(widest.histogram, [1, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  t.equal(widest.std, Infinity)
})

void t.test('parts in any order have the moments of the whole', (t) => {
  const [whole, parts] = [new Moments(), new Moments()]
  const numbers = Float64Array.from({ length: 1000 }, (_, i) => Math.sin(i) * 2 ** (i % 20))
  whole.add(numbers)
  for (let i = 0; i < 1000; i += 77) parts.add(numbers.subarray(i, i + 77))
  t.ok(near(whole.result().mean, parts.result().mean))
  t.ok(near(whole.result().std, parts.result().std))
  const histogram = new Histogram(0, 10, 2)
  histogram.add([0, 5, 10, NaN])
  t.strictSame(histogram.counts, [1, 2])
  t.end()
})

void t.test('texts and structures have no numbers', async (t) => {
  const tensor = { dtype: 'void' as DType, shape: [2, 3] }
  const found = runSync(statisticsOf(tensor as never, new Scratch()))
  t.strictSame(found, { count: 6, nan: 0, infinite: 0 })
})
