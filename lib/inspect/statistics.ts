/**
 * What the numbers of a tensor are like, computed piece by piece, so that memory is a small constant.
 *
 * @module
 */
import { dtypeInfo, type DType } from '../array/dtype.js'
import type { Scratch, TensorStream } from '../convert/tensor.js'
import type { Steps } from '../twin.js'
import { decoderOf, isBig, isNumeric, magnitudes, type Numbers } from './numbers.js'

/** Of complex numbers by magnitude; NaN and infinities are counted and otherwise left out. */
export interface Statistics {
  /** Elements, all of them. */
  readonly count: number
  readonly nan: number
  readonly infinite: number
  /** Exact, of 64-bit integers as bigint; absent if no element is finite, or none is a number. */
  readonly min?: number | bigint
  readonly max?: number | bigint
  readonly mean?: number
  /** Of the population, as `numpy.std`. */
  readonly std?: number
  /** Finite elements in equal parts of the range from min to max. */
  readonly histogram?: readonly number[]
}

/** Bars of a histogram that stands in a line of text. */
export const BINS = 10

/** Moments of numbers that come in pieces. */
export class Moments {
  count = 0
  nan = 0
  infinite = 0
  min: number | bigint = Infinity
  max: number | bigint = -Infinity
  #finite = 0
  #mean = 0
  /** Sum of squared distances from the mean. */
  #squares = 0

  add(numbers: Numbers): void {
    this.count += numbers.length
    if (isBig(numbers)) this.#addBig(numbers)
    else this.#addFloats(numbers)
  }

  #addBig(numbers: ArrayLike<bigint>): void {
    const floats = new Float64Array(numbers.length)
    let [min, max] = [this.min, this.max]
    for (let i = 0; i < numbers.length; i++) {
      const value = numbers[i] ?? 0n
      if (value < min) min = value
      if (value > max) max = value
      floats[i] = Number(value)
    }
    this.#merge(floats, floats.length)
    this.min = min
    this.max = max
  }

  #addFloats(numbers: ArrayLike<number>): void {
    let [min, max] = [this.min, this.max]
    let [nan, infinite] = [0, 0]
    for (let i = 0; i < numbers.length; i++) {
      const value = numbers[i] ?? 0
      if (value - value !== 0) {
        if (Number.isNaN(value)) nan++
        else infinite++
        continue
      }
      if (value < min) min = value
      if (value > max) max = value
    }
    this.min = min
    this.max = max
    this.nan += nan
    this.infinite += infinite
    this.#merge(numbers, numbers.length - nan - infinite)
  }

  /**
   * Two passes over the piece, which is in the cache, then Chan's sum of two parts: no loss of digits
   * however many pieces there are.
   */
  #merge(numbers: ArrayLike<number>, finite: number): void {
    if (finite === 0) return
    let sum = 0
    for (let i = 0; i < numbers.length; i++) {
      const value = numbers[i] ?? 0
      if (value - value === 0) sum += value
    }
    const mean = sum / finite
    let squares = 0
    for (let i = 0; i < numbers.length; i++) {
      const value = numbers[i] ?? 0
      if (value - value === 0) squares += (value - mean) ** 2
    }
    const total = this.#finite + finite
    const delta = mean - this.#mean
    this.#squares += squares
    // Not for the first: a square may be infinite, and nothing of it NaN.
    if (this.#finite > 0) this.#squares += delta * delta * ((this.#finite * finite) / total)
    this.#mean += (delta * finite) / total
    this.#finite = total
  }

  result(): Statistics {
    const { count, nan, infinite, min, max } = this
    if (this.#finite === 0) return { count, nan, infinite }
    const std = Math.sqrt(this.#squares / this.#finite)
    return { count, nan, infinite, min, max, mean: this.#mean, std }
  }
}

/** Counts numbers in equal parts of a range that is known. */
export class Histogram {
  readonly counts: number[]
  readonly #min: number
  readonly #width: number

  constructor(min: number, max: number, bins: number) {
    this.counts = new Array<number>(bins).fill(0)
    // Halves: the range of float64 is wider than float64 can tell.
    this.#min = min / 2
    this.#width = max / 2 - min / 2
  }

  add(numbers: Numbers): void {
    const { counts } = this
    const last = counts.length - 1
    for (let i = 0; i < numbers.length; i++) {
      const value = Number(numbers[i] ?? 0)
      if (value - value !== 0) continue
      const part = this.#width === 0 ? 0 : (value / 2 - this.#min) / this.#width
      const bin = Math.min(last, Math.floor(part * counts.length))
      counts[bin] = (counts[bin] ?? 0) + 1
    }
  }
}

export interface StatisticsOptions {
  /** Hears of each piece that was read. */
  readonly onBytes?: (bytes: number) => void
  /** Default `BINS`. */
  readonly bins?: number
}

/**
 * Reads a tensor twice, since the bars of a histogram are known when its range is. The bytes are
 * checked, as far as the format has checksums.
 *
 * @throws CheckpointError CKPT_CORRUPT, CKPT_IO
 */
export function* statisticsOf(
  tensor: TensorStream,
  scratch: Scratch,
  { onBytes, bins = BINS }: StatisticsOptions = {},
): Steps<Statistics> {
  const statistics = yield* summaryOf(tensor, scratch, onBytes)
  const { min, max } = statistics
  if (min === undefined || max === undefined) return statistics
  const histogram = new Histogram(Number(min), Number(max), bins)
  yield* pass(tensor, scratch, onBytes, (numbers) => {
    histogram.add(numbers)
  })
  return { ...statistics, histogram: histogram.counts }
}

/** The same without the histogram, for which a tensor is read once. */
export function* summaryOf(
  tensor: TensorStream,
  scratch: Scratch,
  onBytes?: (bytes: number) => void,
): Steps<Statistics> {
  const { dtype, shape } = tensor
  if (!isNumeric(dtype)) {
    return { count: shape.reduce((size, length) => size * length, 1), nan: 0, infinite: 0 }
  }
  const moments = new Moments()
  yield* pass(tensor, scratch, onBytes, (numbers) => {
    moments.add(numbers)
  })
  return moments.result()
}

function pass(
  tensor: TensorStream,
  scratch: Scratch,
  onBytes: ((bytes: number) => void) | undefined,
  take: (numbers: Numbers) => void,
): Steps<void> {
  const decode = magnitudesOf(tensor.dtype as DType)
  return tensor.stream(scratch, function* (piece) {
    take(decode(piece))
    onBytes?.(piece.length)
  })
}

function magnitudesOf(dtype: DType): (piece: Uint8Array) => Numbers {
  const decode = decoderOf(dtype)
  if (dtypeInfo(dtype).lanes === 1) return decode
  return (piece) => magnitudes(decode(piece) as ArrayLike<number>)
}
