import t from 'tap'
import { chooseLinks, Delta } from '../../../lib/bundle/write/delta.js'
import { Places, type PlacedFile } from '../../../lib/bundle/write/places.js'
import { PlannedBundle } from '../../../lib/bundle/write/planned-bundle.js'
import { int64Value, tensorValue } from '../../../lib/bundle/write/values.js'

const OPTIONS = { alignment: 64, maxShardBytes: Infinity }
const LIMITS = { maxDeadRatio: 0.5, maxLinks: 16 }

const file = (path: string, size: number): PlacedFile => {
  return { path, identity: BigUint64Array.of(1n, 2n, BigInt(size), 3n), isSynced: true }
}

/** Arrays of so many bytes, and a counter. */
function bundleOf(...sizes: number[]): PlannedBundle {
  const values = sizes.map((size, i) =>
    tensorValue(`v${String(i)}`, 'uint8', [size], new Uint8Array(size)),
  )
  return PlannedBundle.of([...values, int64Value('counter', 1)], OPTIONS)
}

/** Places of values by file number; -1: nowhere. */
function placesOf(bundle: PlannedBundle, files: PlacedFile[], shards: number[]): Places {
  const places = new Places(bundle.count, files)
  for (const [value, shard] of shards.entries()) {
    if (shard >= 0) places.set(value, shard, 1000 * value, value + 100)
  }
  return places
}

t.test('files of which most is in use are linked', (t) => {
  const bundle = bundleOf(640, 640, 640, 640)
  const choose = (files: PlacedFile[], shards: number[], limits = LIMITS): number[] =>
    chooseLinks(bundle, placesOf(bundle, files, shards), OPTIONS, limits)
  t.strictSame(choose([file('a', 1280), file('b', 1280)], [0, 0, 1, 1]), [0, 1])
  t.strictSame(choose([file('a', 1280), file('b', 1280)], [0, -1, 1, 1]), [0, 1], 'just half')
  t.strictSame(choose([file('a', 1281), file('b', 1280)], [0, -1, 1, 1]), [1], 'less than half')
  t.strictSame(choose([file('a', 1280), file('b', 1280)], [0, 0, -1, -1]), [0], 'one of no use')
  t.strictSame(choose([], []), [])
  const strict = { maxDeadRatio: 0, maxLinks: 16 }
  t.strictSame(choose([file('a', 640), file('b', 2000)], [0, 1, 1, 1], strict), [0])
  t.end()
})

t.test('what is lost by alignment is not dead', (t) => {
  const bundle = bundleOf(4, 4, 4)
  const places = placesOf(bundle, [file('a', 192)], [0, 0, 0])
  t.strictSame(chooseLinks(bundle, places, OPTIONS, { maxDeadRatio: 0, maxLinks: 1 }), [0])
  t.end()
})

t.test('of too many files those with most in them are linked', (t) => {
  const bundle = bundleOf(100, 300, 200, 400)
  const files = [file('a', 100), file('b', 300), file('c', 200), file('d', 400)]
  const places = placesOf(bundle, files, [0, 1, 2, 3])
  const choose = (maxLinks: number): number[] =>
    chooseLinks(bundle, places, OPTIONS, { maxDeadRatio: 0.5, maxLinks })
  t.strictSame(choose(2), [1, 3], 'in their order')
  t.strictSame(choose(3), [1, 2, 3])
  t.strictSame(choose(0), [])
  t.end()
})

t.test('a state of several data files may link as many more', (t) => {
  const values = [0, 1, 2, 3].map((i) =>
    tensorValue(`v${String(i)}`, 'uint8', [64], new Uint8Array(64)),
  )
  const bundle = PlannedBundle.of(values, { alignment: 64, maxShardBytes: 64 })
  const files = ['a', 'b', 'c', 'd'].map((path) => file(path, 64))
  const places = placesOf(bundle, files, [0, 1, 2, 3])
  const limits = { maxDeadRatio: 0.5, maxLinks: 1 }
  t.strictSame(chooseLinks(bundle, places, OPTIONS, limits), [0, 1, 2, 3])
  t.end()
})

t.test('links come first, then what is written', (t) => {
  const bundle = bundleOf(640, 100, 640, 64)
  const files = [file('a', 640), file('b', 10), file('c', 640)]
  const places = placesOf(bundle, files, [2, -1, 0, 1, -1])
  const delta = new Delta(bundle, places, [0, 2], OPTIONS)
  t.strictSame(
    delta.links.map(({ path }) => path),
    ['a', 'c'],
  )
  // v3 lies in a file that is not linked.
  t.strictSame(delta.written, [1, 3, 4])
  t.equal(delta.fileCount, 3)
  t.equal(delta.byteLength, 100 + 64 + 8)
  t.equal(delta.linkedBytes, 1280)
  t.strictSame([...delta.partRows()], [0, 0, 1, 0, 128, 3, 0, 192, 4])
  const crcs = Uint32Array.of(7, 8, 9)
  const later = delta.places([file('x', 640), file('y', 640), file('z', 200)], crcs)
  t.strictSame([...later.shards], [1, 2, 0, 2, 2])
  t.strictSame([...later.offsets], [0, 0, 2000, 128, 192])
  t.strictSame([...later.crcs], [100, 7, 102, 8, 9])
  t.end()
})

t.test('nothing is written if nothing has changed', (t) => {
  const bundle = bundleOf(64)
  const places = placesOf(bundle, [file('a', 200)], [0, 0])
  const delta = new Delta(bundle, places, [0], OPTIONS)
  t.strictSame(delta.written, [])
  t.equal(delta.fileCount, 1)
  t.equal(delta.byteLength, 0)
  t.end()
})

t.test('places', (t) => {
  const bundle = bundleOf(64, 64)
  const places = placesOf(bundle, [file('a', 200)], [0, 0, 0])
  const rest = places.only(Uint8Array.of(1, 0, 1))
  t.strictSame([...rest.shards], [0, -1, 0])
  t.strictSame([...rest.offsets], [0, 0, 2000])
  places.forget(2)
  t.strictSame([...places.shards], [0, 0, -1])
  t.end()
})
