// Variables through files: what is saved at which moment, and what a restore makes of it.
import { join } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { DTYPES } from '../../lib/array/dtype.js'
import { checkInput } from '../../lib/array/input.js'
import { gather } from '../../lib/array/strides.js'
import { bytesOf, viewAs } from '../../lib/array/typed-arrays.js'
import {
  Checkpoint,
  loadVariable,
  NdArray,
  ndarray,
  Variable,
  zeros,
  type ArrayInput,
  type TypedArray,
} from '../../lib/index.js'
import { flip } from '../checkpoint/files'

const KEY = 'v/.ATTRIBUTES/VARIABLE_VALUE'

const write = (dir: string, v: Variable): string =>
  new Checkpoint({ v }).writeSync(join(dir, 'ckpt'))

/** Restores into a variable what another one saves. */
function through(dir: string, from: Variable, to: Variable): unknown {
  new Checkpoint({ v: to }).readSync(write(dir, from)).assertConsumed()
  return to.value
}

const variable = (...args: unknown[]): Variable => new Variable(...(args as [number]))

t.test('scalars come back as what the program made them of', (t) => {
  const dir = t.testdir()
  const cases: [unknown, unknown, string | undefined][] = [
    [1.5, 0, undefined],
    [-3n, 0n, undefined],
    [true, false, undefined],
    [7, 0, 'int64'],
    [7, 0n, 'int64'],
    [2n ** 64n - 1n, 0n, 'uint64'],
    [7n, 0, 'uint8'],
    [NaN, 0, 'bfloat16'],
    [-0, 1, 'float32'],
    [-Infinity, 1, 'float16'],
    [Number.MIN_VALUE, 1, 'float64'],
    [-8, 0n, 'int4'],
    [zeros([]), 5, 'float64'],
  ]
  for (const [saved, fresh, dtype] of cases) {
    const value = through(dir, variable(saved, dtype), variable(fresh, dtype))
    t.equal(typeof value, typeof fresh)
    // By digits: a number and a bigint may be the same integer.
    const expected = saved instanceof NdArray ? 0 : saved
    t.equal(
      Object.is(value, -0) ? '-0' : String(value),
      Object.is(expected, -0) ? '-0' : String(expected),
    )
  }
  const array = through(dir, new Variable(4), new Variable(zeros([]) as ArrayInput as NdArray))
  t.equal((array as NdArray).get(), 4)
  t.end()
})

t.test('an integer that no number holds is a mismatch', (t) => {
  const dir = t.testdir()
  for (const value of [2n ** 53n, -(2n ** 63n), 2n ** 63n - 1n]) {
    const mine = new Variable(5, 'int64')
    t.throws(() => through(dir, new Variable(value), mine), {
      code: 'CKPT_MISMATCH',
      details: { key: KEY, expected: 'a safe integer', found: String(value) },
      message: /which no number holds exactly; make the variable with a bigint$/,
    })
    t.equal(mine.value, 5)
  }
  t.equal(through(dir, new Variable(2n ** 53n - 1n), new Variable(0, 'int64')), 2 ** 53 - 1)
  t.end()
})

t.test('another dtype or shape is a mismatch that says both sides, and changes nothing', (t) => {
  const dir = t.testdir()
  const cases: [Variable, Variable, string, string][] = [
    [variable(1), variable(1, 'float32'), 'float32 []', 'float64 []'],
    [variable(1), variable(1n), 'int64 []', 'float64 []'],
    [variable(zeros([2])), variable(zeros([3])), 'float64 [3]', 'float64 [2]'],
    [variable(zeros([2])), variable(zeros([2, 1])), 'float64 [2, 1]', 'float64 [2]'],
    [variable(zeros([2])), variable(new Float32Array(2)), 'float32 [2]', 'float64 [2]'],
    [variable(zeros([1])), variable(1), 'float64 []', 'float64 [1]'],
    [variable(new Uint8Array(1)), variable(new Uint8Array(1), 'bool'), 'bool [1]', 'uint8 [1]'],
  ]
  for (const [from, to, expected, found] of cases) {
    const other = new Variable(3)
    const path = new Checkpoint({ v: from, a: new Variable(4) }).writeSync(join(dir, 'ckpt'))
    const { value } = to
    t.throws(() => new Checkpoint({ v: to, a: other }).readSync(path), {
      code: 'CKPT_MISMATCH',
      details: { key: KEY, expected, found },
      message: / is \w+ \[.*\] in the program and \w+ \[.*\] in the checkpoint; give the/,
    })
    t.equal(to.value, value)
    t.equal(other.value, 3)
  }
  t.end()
})

t.test(
  'arrays of any dtype and layout come back with their bits, in the kind they were',
  async (t) => {
    const dir = t.testdir()
    const arbitrary = fc.record({
      dtype: fc.constantFrom(...DTYPES.map(({ name }) => name).filter((name) => name !== 'void')),
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
      order: fc.constantFrom('c', 'fortran', 'stepped', 'typed'),
      seed: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    })
    fc.assert(
      fc.property(arbitrary, ({ dtype, shape, order, seed }) => {
        const size = shape.reduce((n, d) => n * d, 1)
        const { data } = zeros([2 * size], dtype)
        const bytes = bytesOf(data)
        for (let i = 0; i < bytes.length; i++) bytes[i] = (seed[i % 16] ?? 0) + (i >> 4)
        const c = zeros(shape, dtype).stride
        const stride = {
          c,
          typed: c,
          stepped: c.map((step) => 2 * step),
          fortran: [...zeros([...shape].reverse(), dtype).stride].reverse(),
        }[order]
        const isTyped = order === 'typed'
        const input = isTyped ? data : ndarray(data, shape, { dtype, stride })
        const fresh = isTyped
          ? viewAs(
              data.constructor.name as 'Int8Array',
              new ArrayBuffer(bytes.length),
              0,
              bytes.length,
            )
          : zeros(shape, dtype)
        const value = through(dir, variable(input, dtype), variable(fresh, dtype)) as ArrayInput
        const bits = (array: ArrayInput): string => {
          const checked = isTyped
            ? checkInput(ndarray(array as TypedArray, undefined, { dtype }))
            : checkInput(array)
          return Buffer.from(gather(checked)).toString('hex')
        }
        t.equal(bits(value), bits(input))
        t.equal(value.constructor, isTyped ? data.constructor : NdArray)
      }),
      { numRuns: 150 },
    )
  },
)

t.test('an array is saved as it is at the call, changed in place or replaced', async (t) => {
  const dir = t.testdir()
  const value = new Float32Array(2 ** 17).fill(1)
  const v = new Variable(value)
  const checkpoint = new Checkpoint({ v })
  const first = checkpoint.write(join(dir, 'a'))
  value.fill(2)
  v.value = new Float32Array(2 ** 17).fill(3)
  const second = checkpoint.write(join(dir, 'b'))
  v.value.fill(4)
  const [one, two] = [await first, await second].map((path) => loadVariable(path, KEY) as NdArray)
  t.strictSame([one?.get(0), one?.get(2 ** 17 - 1)], [1, 1])
  t.strictSame([two?.get(0), two?.get(2 ** 17 - 1)], [3, 3])
  const step = new Variable(1)
  const third = new Checkpoint({ v: step }).write(join(dir, 'c'))
  step.value = 9
  t.equal(loadVariable(await third, KEY).get(), 1)
})

t.test('a restore replaces the array and writes into none', (t) => {
  const dir = t.testdir()
  const v = new Variable(Float32Array.of(1, 2))
  const path = write(dir, v)
  const mine = v.value
  mine.fill(9)
  new Checkpoint({ v }).readSync(path)
  t.strictSame(mine, Float32Array.of(9, 9))
  t.strictSame(v.value, Float32Array.of(1, 2))
  t.equal(v.value, v.value, 'always the same object')
  v.value[0] = 5
  t.equal(v.value[0], 5, 'it may be changed')
  t.strictSame(loadVariable(path, KEY), ndarray(Float32Array.of(1, 2)), 'and the file stays')
  t.end()
})

t.test('an array that is no longer what it was is not saved', (t) => {
  const dir = t.testdir()
  const start = `variable '${KEY}' cannot be saved: its array is`
  const gone = new Variable(new Float32Array(2))
  structuredClone(gone.value, { transfer: [gone.value.buffer] })
  t.throws(() => write(dir, gone), new TypeError(`${start} float32 [0] now and was float32 [2]`))
  const Resizable = ArrayBuffer as unknown as new (
    n: number,
    o: object,
  ) => ArrayBuffer & { resize(n: number): void }
  const buffer = new Resizable(8, { maxByteLength: 64 })
  const tracking = new Variable(new Float32Array(buffer))
  buffer.resize(16)
  t.throws(
    () => write(dir, tracking),
    new TypeError(`${start} float32 [4] now and was float32 [2]`),
  )
  const parts = { data: new Float32Array(4), shape: [4] }
  const changed = variable(parts)
  parts.shape = [2]
  t.throws(() => write(dir, changed), new TypeError(`${start} float32 [2] now and was float32 [4]`))
  const array = new Variable(zeros([2]))
  structuredClone(array.value.data, { transfer: [array.value.data.buffer as ArrayBuffer] })
  t.throws(() => write(dir, array), {
    name: 'TypeError',
    message: /^variable 'v\/.*' cannot be saved: .*holds 0 elements$/,
  })
  gone.value = Float32Array.of(1, 2)
  t.equal((loadVariable(write(dir, gone), KEY) as NdArray).get(1), 2)
  t.end()
})

t.test('corrupt bytes: a scalar fails the restore, an array at its first use', (t) => {
  const dir = t.testdir({ scalar: {}, array: {} })
  const pi = Float64Array.of(Math.PI)
  for (const [name, saved, fresh] of [
    ['scalar', variable(Math.PI), variable(1)],
    ['array', variable(pi), variable(new Float64Array(1))],
  ] as const) {
    const path = write(join(dir, name), saved)
    flip(`${path}.data-00000-of-00001`, bytesOf(pi))
    const restore = new Checkpoint({ v: fresh })
    const error = { code: 'CKPT_CORRUPT', details: { key: KEY, reason: 'checksum' } }
    for (const mode of ['map', 'load'] as const)
      t.throws(() => restore.readSync(path, { mode }), error)
    const { value } = fresh
    if (typeof value === 'number') {
      t.throws(() => restore.readSync(path, { verify: 'lazy' }), error)
      t.equal(fresh.value, value)
    } else {
      restore.readSync(path, { verify: 'lazy' })
      for (let use = 0; use < 2; use++) t.throws(() => fresh.value, error)
      t.match(inspect(fresh), /^Variable float64 \[1\] <checksum does not match in 'v/)
      t.throws(() => write(dir, fresh), error)
    }
  }
  t.end()
})
