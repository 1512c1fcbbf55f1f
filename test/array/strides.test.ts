import fc from 'fast-check'
import t from 'tap'
import {
  cStrides,
  extentOf,
  fortranStrides,
  gather,
  isCContiguous,
  isFortranContiguous,
  sizeOf,
} from '../../lib/array/strides.js'

interface Strided {
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  readonly offset: number
  /** Elements of the memory behind it. */
  readonly length: number
}

const axis = fc.record({
  length: fc.integer({ min: 0, max: 4 }),
  step: fc.integer({ min: -7, max: 7 }),
})

/** Any strided array inside its memory, with room before and behind it. */
const strided = fc
  .record({
    axes: fc.array(axis, { maxLength: 5 }),
    before: fc.integer({ min: 0, max: 3 }),
    behind: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ axes, before, behind }): Strided => {
    let low = 0
    let high = 0
    for (const { length, step } of axes) {
      const reach = Math.max(length - 1, 0) * step
      low += Math.min(reach, 0)
      high += Math.max(reach, 0)
    }
    return {
      shape: axes.map(({ length }) => length),
      stride: axes.map(({ step }) => step),
      offset: before - low,
      length: before + (high - low) + 1 + behind,
    }
  })

/** Memory positions in C order, by recursion over the axes. */
function positions({ shape, stride, offset }: Strided): number[] {
  const [length, ...inner] = shape
  if (length === undefined) return [offset]
  const [step = 0, ...steps] = stride
  return Array.from({ length }, (_, i) => i).flatMap((i) =>
    positions({ shape: inner, stride: steps, offset: offset + i * step, length: 0 }),
  )
}

t.test('sizes', (t) => {
  t.equal(sizeOf([]), 1)
  t.equal(sizeOf([3, 4]), 12)
  t.equal(sizeOf([3, 0, 2 ** 40]), 0)
  t.end()
})

t.test('strides of contiguous arrays', (t) => {
  t.strictSame(cStrides([2, 3, 4]), [12, 4, 1])
  t.strictSame(fortranStrides([2, 3, 4]), [1, 2, 6])
  t.strictSame(cStrides([]), [])
  t.strictSame(cStrides([3, 0, 2]), [2, 2, 1])
  t.end()
})

t.test('contiguity looks past axes of one element and arrays of none', (t) => {
  t.ok(isCContiguous([2, 3], [3, 1]))
  t.notOk(isCContiguous([2, 3], [1, 2]))
  t.ok(isFortranContiguous([2, 3], [1, 2]))
  t.notOk(isFortranContiguous([2, 3], [3, 1]))
  t.ok(isCContiguous([5], [1]) && isFortranContiguous([5], [1]))
  t.ok(isCContiguous([1, 3], [-99, 1]) && isFortranContiguous([1, 3], [-99, 1]))
  t.ok(isCContiguous([], []) && isFortranContiguous([], []))
  t.ok(isCContiguous([0, 5], [7, 9]) && isFortranContiguous([0, 5], [7, 9]))
  t.notOk(isCContiguous([5], [2]))
  t.notOk(isCContiguous([5], [-1]))
  t.notOk(isCContiguous([5], [0]))
  t.end()
})

t.test('contiguity is what the positions say', (t) => {
  fc.assert(
    fc.property(strided, (array) => {
      const { shape, stride, offset } = array
      const inOrder = positions(array).every((position, i) => position === offset + i)
      t.equal(isCContiguous(shape, stride), inOrder)
      const reversed = { shape: [...shape].reverse(), stride: [...stride].reverse() }
      const inFortranOrder = positions({ ...array, ...reversed }).every(
        (position, i) => position === offset + i,
      )
      t.equal(isFortranContiguous(shape, stride), inFortranOrder)
    }),
  )
  t.end()
})

t.test('the extent is the first and the last position', (t) => {
  fc.assert(
    fc.property(strided, (array) => {
      const all = positions(array)
      const extent = extentOf(array.shape, array.stride, array.offset)
      const expected =
        all.length === 0 ? undefined : { first: Math.min(...all), last: Math.max(...all) }
      t.strictSame(extent, expected)
    }),
  )
  t.end()
})

t.test('gather gives the elements in C order, for every width', (t) => {
  const widths = [1, 2, 3, 4, 5, 8, 12, 16]
  fc.assert(
    fc.property(strided, fc.constantFrom(...widths), (array, itemsize) => {
      const data = Uint8Array.from({ length: array.length * itemsize }, (_, i) => i * 31)
      const expected = positions(array).flatMap((position) => [
        ...data.subarray(position * itemsize, (position + 1) * itemsize),
      ])
      t.strictSame([...gather({ ...array, data, itemsize })], expected)
    }),
    { numRuns: 500 },
  )
  t.end()
})

t.test('gather keeps the bits of every NaN', (t) => {
  const bits = Uint32Array.of(0x7fc00000, 0x7fa00001, 0xffc12345, 0x7f800001, 0x80000000, 1)
  const data = new Float32Array(bits.buffer)
  const reversed = gather({ data, shape: [6], stride: [-1], offset: 5, itemsize: 4 })
  t.strictSame([...new Uint32Array(reversed.buffer)], [...bits].reverse())
  t.end()
})

t.test('gather reads from a view inside a larger buffer', (t) => {
  const data = new Float64Array(new ArrayBuffer(80), 16, 6)
  data.set([0, 1, 2, 3, 4, 5])
  const bytes = gather({ data, shape: [3, 2], stride: [1, 3], offset: 0, itemsize: 8 })
  t.strictSame([...new Float64Array(bytes.buffer)], [0, 3, 1, 4, 2, 5])
  t.end()
})
