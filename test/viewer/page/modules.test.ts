// What the page computes without a browser: addresses, trees, colours, texts.
import fc from 'fast-check'
import t from 'tap'
import type * as Colours from '../../../lib/viewer/page/colours.js'
import type * as Formats from '../../../lib/viewer/page/format.js'
import type * as Routes from '../../../lib/viewer/page/route.js'
import type * as Trees from '../../../lib/viewer/page/tree.js'
import type { TensorItem } from '../../../lib/viewer/wire.js'

const load = <T>(name: string): Promise<T> =>
  import(`../../../lib/viewer/page/${name}.js`) as Promise<T>

const item = (name: string, bytes: number): TensorItem => {
  return { name, key: name, dtype: 'float32', shape: [bytes / 4], bytes, numeric: true }
}

t.test('every view has an address, and every address its view', async (t) => {
  const { hashOf, routeOf } = await load<typeof Routes>('route')
  const part = fc
    .string({
      unit: fc.oneof(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
        fc.constantFrom('\udcff', '\\', '%', '?', '#', '&', ' '),
      ),
      minLength: 1,
      maxLength: 8,
    })
    .filter((s) => !s.includes('/'))
  const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
  const range = fc.tuple(fc.nat(99), fc.integer({ min: 100, max: 999 }))
  const slice = fc.record(
    {
      row: fc.integer({ min: -1, max: 5 }),
      column: fc.nat(5),
      index: fc.array(fc.nat(9), { minLength: 1, maxLength: 4 }),
      rows: range,
      columns: range,
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  const plain = { noNullPrototype: true }
  const route = fc.oneof(
    fc.record({ view: fc.constant('run' as const), tensor: name }, plain),
    fc.record({ view: fc.constant('checkpoint' as const), checkpoint: part, below: name }, plain),
    fc.record(
      { view: fc.constant('tensor' as const), checkpoint: part, tensor: name, slice },
      plain,
    ),
  )
  fc.assert(
    fc.property(route, (each) => {
      t.strictSame(routeOf(hashOf(each), undefined), each)
    }),
  )
  t.strictSame(routeOf('', undefined), { view: 'run' })
  t.strictSame(routeOf('#/', 'ckpt-1'), { view: 'checkpoint', checkpoint: 'ckpt-1', below: '' })
  const odd = '#/a/at/b?row=x&index=1,y&rows=5-2&columns=3'
  t.strictSame(routeOf(odd, undefined), { view: 'tensor', checkpoint: 'a', tensor: 'b', slice: {} })
  t.match(routeOf('#/%', undefined), { checkpoint: '%' })
  t.match(routeOf('#/a/at/', undefined), { view: 'tensor', tensor: '' })
})

t.test('a tree of names', async (t) => {
  const { branchAt, matching, rowsOf, treeOf } = await load<typeof Trees>('tree')
  const tensors = [item('a/x', 8), item('a/y/z', 40), item('b', 100), item('b/c', 4)]
  const root = treeOf(tensors)
  t.match(root, { bytes: 152, tensors: 4, children: [{ label: 'b', bytes: 104 }, { label: 'a' }] })
  const odd = treeOf([item('/first', 4), item('', 8), item('x//y', 4)])
  const paths = rowsOf(odd, () => true).flatMap(({ path, tensor }) => (tensor ? [path] : []))
  t.strictSame(paths.sort(), ['', '/first', 'x//y'])
  t.match(branchAt(root, 'a/y'), { bytes: 40, tensors: 1, depth: 2 })
  t.equal(branchAt(root, ''), root)
  t.equal(branchAt(root, 'a/nothing'), undefined)
  const rows = (open: (path: string) => boolean): string[] =>
    rowsOf(root, open).map(({ path }) => path)
  t.strictSame(
    rows(() => false),
    ['b', 'a'],
  )
  t.strictSame(
    rows((path) => path === 'a'),
    ['b', 'a', 'a/y', 'a/x'],
  )
  t.strictSame(
    rows(() => true),
    ['b', 'b/c', 'a', 'a/y', 'a/y/z', 'a/x'],
  )
  t.strictSame(
    matching(tensors, ' Z float ').map(({ name }) => name),
    ['a/y/z'],
  )
  t.equal(matching(tensors, ''), tensors)
})

t.test('a tree of any depth and width', async (t) => {
  const { rowsOf, treeOf } = await load<typeof Trees>('tree')
  const deep = treeOf([
    item('x/'.repeat(20_000) + 'end', 4),
    item('x/'.repeat(20_000) + 'other', 4),
  ])
  t.strictSame([deep.tensors, deep.bytes], [2, 8])
  const rows = rowsOf(deep, () => true)
  t.equal(rows.length, 102)
  const wide = treeOf(Array.from({ length: 200_000 }, (_, i) => item(`w/${i}`, 4)))
  t.equal(rowsOf(wide, () => true).length, 200_001)
})

t.test('colours', async (t) => {
  const { paint, scaleOf } = await load<typeof Colours>('colours')
  const at = (min: number, max: number, value: number): number[] => {
    const pixel = new Uint8ClampedArray(4)
    paint(scaleOf(min, max, 'light'), value, pixel, 0)
    return [...pixel]
  }
  t.strictSame(at(-1, 3, 0), [246, 246, 244, 255], 'zero is the ground')
  t.match(scaleOf(-1, 3, 'dark'), { from: -3, to: 3 })
  const [red = 0, , blue = 0] = at(-1, 3, 3)
  t.ok(red > 2 * blue, 'what is positive is red')
  const [cold = 0, , sea = 0] = at(-1, 3, -3)
  t.ok(sea > 2 * cold, 'what is negative is blue')
  t.strictSame(at(0, 1, NaN)[3], 0)
  t.strictSame(at(0, 1, 9), at(0, 1, 1))
  t.match(scaleOf(2, 2, 'light'), { from: 1, to: 3 })
  t.equal(at(-3.4e38, -3.4e38, -3.4e38)[3], 255, 'one value only, however large')
  t.not(at(-1.7e308, 1.7e308, 1.7e308).join(), at(-1.7e308, 1.7e308, 0).join())
})

t.test('texts', async (t) => {
  const { ageText, bytesText, countText, numberText, shapeText } =
    await load<typeof Formats>('format')
  t.strictSame([0, 999, 1000, 1234567, 1e15].map(bytesText), [
    '0 B',
    '999 B',
    '1.00 kB',
    '1.23 MB',
    '1.00 PB',
  ])
  t.strictSame([12, 124_439_808].map(countText), ['12', '124 M'])
  const numbers = [0, -1, 0.123456, 1e-9, 12345678, null, undefined]
  t.strictSame(numbers.map(numberText), ['0', '−1', '0.1235', '1.000e−9', '1.235e7', '–', '–'])
  t.strictSame([[], [3], [3, 4]].map(shapeText), ['scalar', '3', '3 × 4'])
  t.strictSame(
    [0, 5, 65, 7200, 1e6, 1e9].map((age) => ageText(0, age)),
    ['now', '5 s ago', '1 min ago', '2 h ago', '11 d ago', '31 y ago'],
  )
})
