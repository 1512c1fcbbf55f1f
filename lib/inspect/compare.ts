/**
 * Two tensors of one dtype and shape, element by element: as `numpy.allclose`, but that an element is
 * equal to one of the same bits. A copy of a checkpoint is equal to it, whatever is NaN in it.
 *
 * @module
 */
import { dtypeInfo, type DType } from '../array/dtype.js'
import type { NdArray } from '../array/ndarray.js'
import { gather, isCContiguous } from '../array/strides.js'
import type { StringTensor } from '../bundle/read/strings.js'
import { inCOrder } from '../convert/blocks.js'
import type { Scratch, SourceTensor } from '../convert/tensor.js'
import type { Steps } from '../twin.js'
import { decoderOf, isBig, isNumeric, type Numbers } from './numbers.js'

export interface Tolerance {
  /** Elements are equal if their bits are, or if |a - b| <= atol + rtol * |b|. */
  readonly rtol: number
  readonly atol: number
  /** Any NaN is equal to any other, not only to one of the same bits. */
  readonly equalNan: boolean
}

export interface Comparison {
  readonly elements: number
  /** Elements that are not equal. */
  readonly changed: number
  /** Of these, elements of which one or both are NaN. */
  readonly nan: number
  /** Of all elements whose difference is finite, 0 for those that are equal; 0 if there are none. */
  readonly maxDifference: number
  readonly meanDifference: number
}

class Differences {
  #elements = 0
  #changed = 0
  #nan = 0
  #max = 0
  #sum = 0
  #finite = 0
  readonly #tolerance: Tolerance

  constructor(tolerance: Tolerance) {
    this.#tolerance = tolerance
  }

  /** Elements that are known to be equal. */
  addEqual(count: number): void {
    this.#elements += count
    this.#finite += count
  }

  /** Neither is NaN. */
  addNumbers(a: number, b: number): void {
    this.#elements++
    // Infinities of one sign: their difference is NaN.
    if (a === b) this.#finite++
    else this.#addDifference(Math.abs(a - b), Math.abs(b))
  }

  /** One of two elements is NaN, or both. */
  addNan(areBoth: boolean, areSame: boolean): void {
    if (areSame || (areBoth && this.#tolerance.equalNan)) {
      this.addEqual(1)
      return
    }
    this.#elements++
    this.#nan++
    this.#changed++
  }

  addBig(a: bigint, b: bigint): void {
    this.#elements++
    const size = b < 0n ? -b : b
    // The difference is exact before it is rounded.
    this.#addDifference(Number(a > b ? a - b : b - a), Number(size))
  }

  /** None of them is NaN. */
  addComplex(re: number, im: number, otherRe: number, otherIm: number): void {
    if (re === otherRe && im === otherIm) {
      this.addEqual(1)
      return
    }
    this.#elements++
    const [x, y] = [re === otherRe ? 0 : re - otherRe, im === otherIm ? 0 : im - otherIm]
    this.#addDifference(Math.hypot(x, y), Math.hypot(otherRe, otherIm))
  }

  /** Of what has no distance. */
  addChanged(): void {
    this.#elements++
    this.#changed++
  }

  #addDifference(difference: number, size: number): void {
    const { rtol, atol } = this.#tolerance
    // An infinite one is never close, whatever `rtol * Infinity` says.
    const isClose = Number.isFinite(size) && difference <= atol + rtol * size
    if (!isClose) this.#changed++
    if (!Number.isFinite(difference)) return
    this.#finite++
    this.#sum += difference
    if (difference > this.#max) this.#max = difference
  }

  result(): Comparison {
    return {
      elements: this.#elements,
      changed: this.#changed,
      nan: this.#nan,
      maxDifference: this.#max,
      meanDifference: this.#finite === 0 ? 0 : this.#sum / this.#finite,
    }
  }
}

/** @throws CheckpointError if one of them cannot be read */
export function* compareTensors(
  a: SourceTensor,
  b: SourceTensor,
  tolerance: Tolerance,
  scratch: Scratch,
): Steps<Comparison> {
  const differences = new Differences(tolerance)
  const array = a.read()
  if ('stride' in array) yield* compareArrays(array, b, differences, scratch)
  else compareStrings(array, b.strings?.() ?? (b.read() as StringTensor), differences)
  return differences.result()
}

function compareStrings(a: StringTensor, b: StringTensor, differences: Differences): void {
  const others = b[Symbol.iterator]()
  for (const string of a) {
    const other = others.next().value ?? new Uint8Array()
    if (Buffer.compare(string, other) === 0) differences.addEqual(1)
    else differences.addChanged()
  }
}

/** The second is streamed past the first, which is a view of its file as a rule. */
function* compareArrays(
  array: NdArray,
  b: SourceTensor,
  differences: Differences,
  scratch: Scratch,
): Steps<void> {
  const { dtype, itemsize } = array
  const bytesAt = inOrder(array)
  const compare = elementwise(dtype, itemsize, differences)
  let at = 0
  yield* inCOrder(b).stream(scratch, function* (piece) {
    compare(bytesAt(at, piece.length), piece)
    at += piece.length
  })
}

/** The bytes of an array in C order, by their place. */
function inOrder(array: NdArray): (at: number, length: number) => Uint8Array {
  const { data, shape, stride, offset, itemsize, dtype } = array
  const isPlain = isCContiguous(shape, stride)
  const whole = isPlain ? data : gather({ data, shape, stride, offset, itemsize })
  // `void` counts its elements as the others do.
  const start = whole.byteOffset + (isPlain ? offset * itemsize : 0)
  if (dtype === 'void' && itemsize === 0) return () => new Uint8Array()
  return (at, length) => new Uint8Array(whole.buffer, start + at, length)
}

function elementwise(
  dtype: DType,
  itemsize: number,
  differences: Differences,
): (a: Uint8Array, b: Uint8Array) => void {
  if (!isNumeric(dtype))
    return (a, b) => {
      compareBytes(a, b, itemsize, differences)
    }
  const decode = decoderOf(dtype)
  const isComplex = dtypeInfo(dtype).lanes === 2
  return (a, b) => {
    if (Buffer.compare(a, b) === 0) {
      differences.addEqual(a.length / itemsize)
      return
    }
    const areSame = (index: number): boolean => hasSameBits(a, b, index, itemsize)
    compareNumbers(decode(a), decode(b), isComplex, areSame, differences)
  }
}

const hasSameBits = (a: Uint8Array, b: Uint8Array, index: number, itemsize: number): boolean => {
  const [at, end] = [index * itemsize, (index + 1) * itemsize]
  return Buffer.compare(a.subarray(at, end), b.subarray(at, end)) === 0
}

function compareBytes(a: Uint8Array, b: Uint8Array, itemsize: number, to: Differences): void {
  for (let index = 0; index * itemsize < a.length; index++) {
    if (hasSameBits(a, b, index, itemsize)) to.addEqual(1)
    else to.addChanged()
  }
}

/** @param areSame whether elements have the same bits, by their index: numbers do not tell it of NaN */
function compareNumbers(
  a: Numbers,
  b: Numbers,
  isComplex: boolean,
  areSame: (index: number) => boolean,
  to: Differences,
): void {
  if (isBig(a)) {
    const others = b as ArrayLike<bigint>
    for (let i = 0; i < a.length; i++) to.addBig(a[i] ?? 0n, others[i] ?? 0n)
    return
  }
  const others = b as ArrayLike<number>
  if (isComplex) {
    compareComplex(a, others, areSame, to)
    return
  }
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] ?? 0, others[i] ?? 0]
    const [isNan, isOtherNan] = [Number.isNaN(x), Number.isNaN(y)]
    if (isNan || isOtherNan) to.addNan(isNan && isOtherNan, areSame(i))
    else to.addNumbers(x, y)
  }
}

function compareComplex(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  areSame: (index: number) => boolean,
  to: Differences,
): void {
  for (let i = 0; i < a.length; i += 2) {
    const [re, im] = [a[i] ?? 0, a[i + 1] ?? 0]
    const [otherRe, otherIm] = [b[i] ?? 0, b[i + 1] ?? 0]
    const isNan = Number.isNaN(re) || Number.isNaN(im)
    const isOtherNan = Number.isNaN(otherRe) || Number.isNaN(otherIm)
    if (isNan || isOtherNan) to.addNan(isNan && isOtherNan, areSame(i / 2))
    else to.addComplex(re, im, otherRe, otherIm)
  }
}
