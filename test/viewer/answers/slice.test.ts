// Cells of a slice against the elements that they stand for.
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { Checkpoint, ndarray, VariableState } from '../../../lib/index.js'
import { Place } from '../../../lib/viewer/answers/opened.js'
import { sliceOf } from '../../../lib/viewer/answers/slice.js'
import type { Slice, SliceAsk } from '../../../lib/viewer/wire.js'

const keyOf = (name: string): string => `arrays/${name}/.ATTRIBUTES/VARIABLE_VALUE`

const cellsOf = ({ values }: Slice): number[] => {
  const bytes = Uint8Array.from(Buffer.from(values, 'base64'))
  return [...new Float64Array(bytes.buffer)]
}

const arrays = new VariableState()
arrays['matrix'] = ndarray(
  Float32Array.from({ length: 24 }, (_, i) => i),
  [4, 6],
)
arrays['cube'] = ndarray(
  Int32Array.from({ length: 24 }, (_, i) => i),
  [2, 3, 4],
)
arrays['vector'] = new Float64Array([1, NaN, 3, Infinity, 5])
arrays['wide'] = new BigInt64Array([1n, -(2n ** 40n)])
arrays['complex'] = ndarray(new Float32Array([3, 4, 6, 8]), [2], { dtype: 'complex64' })
arrays['half'] = ndarray(new Uint16Array([0x3f80, 0xc000]), [2], { dtype: 'bfloat16' })
arrays['large'] = ndarray(
  Float32Array.from({ length: 3000 * 1500 }, (_, i) => Math.floor(i / 1500)),
  [3000, 1500],
)
arrays['scalar'] = ndarray(new Float32Array([7]), [])

const directory = t.testdir()
new Checkpoint({ arrays }).writeSync(join(directory, 'ckpt'))
const place = new Place(join(directory, 'ckpt'))

const slice = (name: string, rest: Partial<SliceAsk>): Slice =>
  sliceOf(place, {
    ...{ checkpoint: 'ckpt', key: keyOf(name), row: 0, column: 1, index: [], cells: 512 },
    ...rest,
  })

t.test('every element where there is room', async (t) => {
  const found = slice('matrix', {})
  t.match(found, { rows: [0, 4], columns: [0, 6], cellRows: 4, cellColumns: 6, how: 'exact' })
  t.match(found, { min: 0, max: 23 })
  t.strictSame(cellsOf(found), [...Array(24).keys()])
})

t.test('a part, and axes the other way round', async (t) => {
  const part = slice('matrix', { rows: [1, 3], columns: [2, 4] })
  t.strictSame(cellsOf(part), [8, 9, 14, 15])
  const turned = slice('matrix', { row: 1, column: 0, rows: [4, 6], columns: [0, 2] })
  t.strictSame(cellsOf(turned), [4, 10, 5, 11])
})

t.test('places on the other axes', async (t) => {
  t.strictSame(cellsOf(slice('cube', { row: 1, column: 2, index: [1, 9, 9] })), [
    ...Array.from({ length: 12 }, (_, i) => 12 + i),
  ])
  t.strictSame(
    cellsOf(slice('cube', { row: 0, column: 1, index: [0, 0, 3] })),
    [3, 7, 11, 15, 19, 23],
  )
})

t.test('means of cells, without what is not finite', async (t) => {
  const found = slice('matrix', { cells: 2 })
  t.match(found, { cellRows: 2, cellColumns: 2, how: 'mean' })
  t.strictSame(cellsOf(found), [4, 7, 16, 19])
  const vector = slice('vector', { row: -1, column: 0, cells: 512 })
  t.match(vector, { cellRows: 1, cellColumns: 5, min: 1, max: 5 })
  t.strictSame(cellsOf(vector), [1, NaN, 3, NaN, 5])
  t.strictSame(cellsOf(slice('vector', { row: -1, column: 0, cells: 2 })), [1, 4])
})

t.test('integers, complex and small numbers', async (t) => {
  const line = { row: -1, column: 0 }
  t.strictSame(cellsOf(slice('wide', line)), [1, -(2 ** 40)])
  t.strictSame(cellsOf(slice('complex', line)), [5, 10])
  t.strictSame(cellsOf(slice('half', line)), [1, -2])
})

t.test('of a large one some elements of each cell', async (t) => {
  const found = slice('large', { cells: 100 })
  t.match(found, { cellRows: 100, cellColumns: 100, how: 'sampled' })
  const cells = cellsOf(found)
  t.ok(cells.every((value, i) => Math.abs(value - (30 * Math.floor(i / 100) + 14.5)) <= 15))
  t.equal(slice('large', { rows: [0, 1000], cells: 100 }).how, 'mean')
})

t.test('what a tensor does not have', async (t) => {
  const bad: [string, Partial<SliceAsk>, RegExp][] = [
    ['matrix', { column: 2 }, /column/],
    ['matrix', { row: 1 }, /row/],
    ['matrix', { row: -2 }, /row/],
    ['matrix', { rows: [2, 5] }, /rows/],
    ['matrix', { rows: [2, 2] }, /rows/],
    ['matrix', { columns: [-1, 2] }, /columns/],
    ['matrix', { columns: [0, 1.5] }, /columns/],
    ['cube', { row: 1, column: 2, index: [2, 0, 0] }, /index\[0\]/],
    ['cube', { row: 1, column: 2, index: ['x' as never] }, /index\[0\]/],
    ...[0, -1, 1025, 1.5, NaN, undefined, '9'].map((cells): [string, Partial<SliceAsk>, RegExp] => {
      return ['matrix', { cells: cells as number }, /cells/]
    }),
    ['scalar', { row: -1, column: 0 }, /column/],
  ]
  for (const [name, ask, message] of bad) t.throws(() => slice(name, ask), { message })
})

t.test('any part in any number of cells', async (t) => {
  const range = (length: number): fc.Arbitrary<[number, number]> =>
    fc
      .tuple(fc.nat(length - 1), fc.nat(length - 1))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b) + 1])
  fc.assert(
    fc.property(range(4), range(6), fc.integer({ min: 1, max: 8 }), (rows, columns, cells) => {
      const found = slice('matrix', { rows, columns, cells })
      const sizes = [rows, columns].map(([from, to]) => Math.min(to - from, cells))
      t.strictSame([found.cellRows, found.cellColumns], sizes)
      const all = cellsOf(found)
      const inside = (value: number): boolean =>
        value >= 6 * rows[0] + columns[0] && value <= 6 * (rows[1] - 1) + columns[1] - 1
      return all.length === found.cellRows * found.cellColumns && all.every(inside)
    }),
  )
})
