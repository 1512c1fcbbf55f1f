// What JavaScript does to arrays. What systems do to memory: native/test/page_tracker_memory_test.cc.
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { Checkpoint, ndarray, NumpyState, type NdArray } from '../../lib/index.js'
import {
  counts,
  createPageTracker,
  isTrackingAvailable,
  releaseTracker,
  scanPages,
  type PageTracker,
} from '../../lib/native.js'
import { collect, untilNothingLives } from '../fixtures/settle'

const skip = isTrackingAvailable() ? false : 'this system does not tell of written pages'

const LARGE = 300_000

const scan = (tracker: PageTracker, sources: readonly ArrayBufferView[]): string =>
  scanPages(tracker, sources).join('')

/** A tracker that has seen the arrays, and says so. */
function trackerOf(t: Test, sources: readonly ArrayBufferView[]): PageTracker {
  const tracker = createPageTracker()
  t.teardown(() => {
    releaseTracker(tracker)
  })
  t.equal(scan(tracker, sources), '0'.repeat(sources.length))
  t.equal(scan(tracker, sources), '1'.repeat(sources.length))
  return tracker
}

t.test('small arrays are compared on every system', (t) => {
  const arrays = [new Uint8Array(0), new Float32Array(3), new Float64Array(1000), new Int8Array(1)]
  const tracker = trackerOf(t, arrays)
  arrays[2]?.fill(1, 999)
  t.equal(scan(tracker, arrays), '1101')
  arrays[2]?.fill(1, 999)
  t.equal(scan(tracker, arrays), '1111', 'the same bytes')
  t.end()
})

t.test('arrays of many sizes and types', { skip }, (t) => {
  const arrays: ArrayBufferView[] = []
  for (const length of [1, 63, 65, 1000, 65_535, 65_536, 65_537, LARGE, 3_000_001]) {
    arrays.push(new Uint8Array(length), new Float64Array(length >> 3), new BigInt64Array(1))
    arrays.push(new DataView(new ArrayBuffer(length)), Buffer.alloc(length))
  }
  const tracker = trackerOf(t, arrays)
  for (const [i, array] of arrays.entries()) {
    if (array.byteLength === 0) continue
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    const last = bytes.length - 1
    bytes[last] = (bytes[last] ?? 0) + 1
    const clean = scanPages(tracker, arrays)
    t.equal(clean[i], 0)
    // A neighbour in the same page may be taken for written, but none of the small ones.
    const others = arrays.filter((other, k) => k !== i && clean[k] === 0)
    t.ok(others.every((other) => other.byteLength >= 65_536))
  }
  t.equal(scan(tracker, arrays), '1'.repeat(arrays.length))
  t.end()
})

t.test('views of one buffer', { skip }, (t) => {
  const all = new Float32Array(LARGE)
  const arrays = [all.subarray(0, 100_000), all.subarray(200_000), all, new DataView(all.buffer, 8)]
  const tracker = trackerOf(t, arrays)
  all[150_000] = 1
  t.equal(scan(tracker, arrays), '1100')
  all[299_999] = 1
  t.equal(scan(tracker, arrays), '1000')
  // Other objects for the same bytes are the same arrays.
  t.equal(scan(tracker, [all.subarray(0, 100_000), all.subarray(200_000), all.subarray(0)]), '111')
  t.end()
})

t.test('shared buffers, written by another thread', { skip }, async (t) => {
  // So large that it shares no page with anything: malloc gives it a mapping of its own.
  const large = new Int32Array(new SharedArrayBuffer(40 << 20))
  const small = new Int32Array(new SharedArrayBuffer(64))
  const tracker = createPageTracker()
  t.equal(scan(tracker, [large, small]), '00')
  t.equal(scan(tracker, [large, small]), '10', 'a small one may change while it is copied')
  const program = `
    const { workerData, parentPort } = require('node:worker_threads')
    parentPort.once('message', () => { workerData[200_000] = 7; parentPort.postMessage('') })`
  const worker = new Worker(program, { eval: true, workerData: large })
  const written = new Promise((resolve) => worker.once('message', resolve))
  t.equal(scan(tracker, [large, small]), '10')
  worker.postMessage('')
  await written
  await worker.terminate()
  t.equal(large[200_000], 7)
  t.equal(scan(tracker, [large, small]), '00')
  t.equal(scan(tracker, [large, small]), '10')
  releaseTracker(tracker)
})

t.test('an array that was collected and replaced is not clean', { skip }, async (t) => {
  const kept = new Float64Array(LARGE)
  const tracker = createPageTracker()
  const rows = (byte: number): ArrayBufferView[] => {
    const others = [1, 2, 3, 4].map(() => new Uint8Array(LARGE))
    // Nothing is written to some of them: what is new reads as zeros.
    if (byte !== 0) for (const other of others) other.fill(byte)
    return [kept, ...others]
  }
  scanPages(tracker, rows(1))
  for (let i = 0; i < 20; i++) {
    collect()
    await new Promise((resolve) => setImmediate(resolve))
    t.equal(scan(tracker, rows(i % 3)), '10000')
  }
  releaseTracker(tracker)
})

t.test('buffers that were transferred', { skip }, (t) => {
  const buffer = new ArrayBuffer(LARGE)
  const arrays = [new Uint8Array(buffer), new Uint8Array(LARGE)]
  const tracker = trackerOf(t, arrays)
  const moved = structuredClone(buffer, { transfer: [buffer] })
  t.equal(arrays[0]?.byteLength, 0)
  t.equal(scan(tracker, arrays), '01')
  t.equal(scan(tracker, arrays), '11', 'empty, as before')
  new Uint8Array(moved)[0] = 1
  t.equal(scan(tracker, [new Uint8Array(moved), new Uint8Array(0)]), '00')
  const view = new DataView(moved)
  structuredClone(moved, { transfer: [moved] })
  // Node.js 20 has an empty view there, others refuse it.
  let found = '0'
  try {
    found = scan(tracker, [view])
  } catch (error) {
    t.type(error, TypeError)
  }
  t.equal(found, '0')
  t.end()
})

const LENGTHS: Record<string, number> = { small: 100, a: 100_000, b: 200_000, c: 50_000 }

/** Restored arrays: small, a, b, c. */
async function restored(directory: string, mode: 'map' | 'load'): Promise<Float64Array[]> {
  const state = new NumpyState()
  for (const [name, length] of Object.entries(LENGTHS)) {
    state[name] = ndarray(Float64Array.from({ length }, (_, i) => i))
  }
  const path = await new Checkpoint({ state }).save(join(directory, 'ckpt'))
  const restore = new Checkpoint({ state: new NumpyState<Record<string, NdArray>>() })
  await restore.restore(path, { mode, verify: 'off' })
  return Object.keys(LENGTHS).map((name) => restore.state[name]?.data as Float64Array)
}

for (const mode of ['map', 'load'] as const) {
  t.test(`restored arrays (${mode})`, { skip }, async (t) => {
    const arrays = await restored(t.testdir(), mode)
    const tracker = trackerOf(t, arrays)
    for (const array of arrays) t.ok(array.every((value, i) => value === i))
    t.equal(scan(tracker, arrays), '1111', 'reading is no writing')
    for (let i = 0; i < 3; i++) {
      arrays[2]?.fill(i, 100_000, 100_001)
      t.equal(scan(tracker, arrays), '1101')
      t.equal(scan(tracker, arrays), '1111')
    }
  })
}

t.test('a tracker goes with its object or its release', async (t) => {
  await untilNothingLives()
  const tracker = createPageTracker()
  scanPages(tracker, [new Uint8Array(LARGE)])
  t.equal(counts().trackers, 1)
  releaseTracker(tracker)
  releaseTracker(tracker)
  t.equal(counts().trackers, 0)
  t.throws(() => scanPages(tracker, []), /released/)
  const make = (): void => {
    scanPages(createPageTracker(), [new Uint8Array(LARGE)])
  }
  make()
  await untilNothingLives()
  const other = createPageTracker()
  t.throws(() => scanPages(other, [1 as unknown as Uint8Array]), TypeError)
  t.throws(() => scanPages(other, undefined as unknown as Uint8Array[]), TypeError)
  releaseTracker(other)
})
