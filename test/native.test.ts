import { readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  Aborted,
  createSnapshot,
  checksum,
  counts,
  crc32c,
  crc32cImplementation,
  createJob,
  loadRanges,
  takeLoaded,
  lockDirectory,
  mapView,
  openMappings,
  readMapped,
  removeFiles,
  type Mapping,
} from '../lib/native.js'

const bytes = (text: string): Buffer => Buffer.from(text)

const map = (path: string): Mapping => {
  const [mapping] = openMappings([path], true) as Mapping[]
  if (mapping === undefined) throw new Error('nothing was mapped')
  return mapping
}

t.test('known checksums', (t) => {
  const vectors: [Uint8Array, number][] = [
    [bytes(''), 0],
    [bytes('a'), 0xc1d04330],
    [bytes('123456789'), 0xe3069283],
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ]
  for (const [data, crc] of vectors) t.equal(crc32c(data), crc)
  t.equal(crc32c(bytes('56789'), crc32c(bytes('1234'))), 0xe3069283, 'continues a seed')
  t.match(crc32cImplementation(), /^(avx512|sse4\.2|arm64|portable)$/)
  t.end()
})

t.test('a mapping is private, writable and outlives its file', async (t) => {
  const dir = t.testdir({ data: '0123456789abcdef' })
  const path = join(dir, 'data')
  const mapping = map(path)
  t.equal(mapping.size, 16)
  const view = mapView(mapping, 8, 4)
  t.equal(Buffer.from(view).toString(), '89ab')
  new Uint8Array(view)[0] = 0x78
  t.equal(readFileSync(path, 'utf8'), '0123456789abcdef')
  const copy = Buffer.alloc(3)
  // From the file while that is open, then from the mapping.
  readMapped(mapping, 8, copy)
  t.equal(copy.toString(), '89a')
  mapping.closeFile()
  mapping.closeFile()
  readMapped(mapping, 8, copy)
  t.equal(copy.toString(), 'x9a')
  await removeFiles([path, join(dir, 'not-there')], false)
  t.throws(() => statSync(path))
  t.equal(Buffer.from(view).toString(), 'x9ab')
})

t.test('a mapped file that has become shorter is corrupt where it is read', (t) => {
  const path = join(t.testdir({ data: '0123456789abcdef' }), 'data')
  const mapping = map(path)
  truncateSync(path, 4)
  t.throws(
    () => {
      readMapped(mapping, 2, Buffer.alloc(8))
    },
    { code: 'CKPT_CORRUPT', details: { path, reason: 'bounds' } },
  )
  t.end()
})

t.test('ranges outside a mapping are refused', (t) => {
  const mapping = map(join(t.testdir({ data: '0123456789' }), 'data'))
  for (const [offset, length] of [
    [0, 11],
    [10, 1],
    [-1, 1],
    [2 ** 53, 1],
    [0.5, 1],
    [NaN, 1],
  ] as const) {
    t.throws(() => mapView(mapping, offset, length))
    t.throws(() => {
      mapping.readInto(offset, new Uint8Array(length))
    })
  }
  t.end()
})

t.test('one missing file fails all mappings', async (t) => {
  const dir = t.testdir({ a: 'a' })
  const paths = [join(dir, 'a'), join(dir, 'b')]
  const details = { path: join(dir, 'b') }
  t.throws(() => openMappings(paths, true), { code: 'CKPT_NOT_FOUND', details })
  await t.rejects(Promise.resolve(openMappings(paths, false)), { code: 'CKPT_NOT_FOUND', details })
})

t.test('checksums of mapped and of loaded ranges are the same', async (t) => {
  const path = join(t.testdir({ data: '0123456789' }), 'data')
  const rows = Float64Array.from(
    [
      [0, 0, 9, 0],
      [0, 5, 5, crc32c(bytes('01234'))],
      [0, 3, 0, 77],
    ].flat(),
  )
  const expected = [crc32c(bytes('012345678')), crc32c(bytes('0123456789')), 77]
  for (const sync of [true, false]) {
    const job = createJob()
    t.strictSame([...(await checksum(job, [map(path)], rows, 2, sync))], expected)
    t.equal(job.done, 14)
    const loaded = await loadRanges(createJob(), [path], rows, 2, sync)
    t.strictSame([...loaded.checksums], expected)
    t.strictSame(
      [0, 1, 2].map((row) => Buffer.from(takeLoaded(loaded, row)).toString()),
      ['012345678', '56789', ''],
    )
  }
})

t.test('a cancelled job ends its step as aborted', async (t) => {
  const path = join(t.testdir({ data: '0123456789' }), 'data')
  const job = createJob()
  t.notOk(job.cancelled)
  job.cancel()
  t.ok(job.cancelled)
  const rows = Float64Array.of(0, 0, 10, 0)
  const rejected = Promise.resolve(checksum(job, [map(path)], rows, 1, false))
  t.ok((await rejected.catch((error: unknown) => error)) instanceof Aborted)
  try {
    checksum(job, [map(path)], rows, 1, true)
    t.fail('was not aborted')
  } catch (error) {
    t.ok(error instanceof Aborted)
  }
})

t.test('a snapshot of any kind is given back', (t) => {
  const before = counts().snapshots
  const all = ['copy', 'none', 'fork'] as const
  const data = new Float64Array(4)
  const columns = {
    shardSizes: Float64Array.of(48),
    extents: Float64Array.of(0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 1, 0),
    heads: new Uint8Array(0),
    sources: [data, data.subarray(1, 3)],
  }
  for (const mode of all.slice(0, process.platform === 'linux' ? 3 : 2)) {
    const snapshot = createSnapshot(columns, mode)
    t.equal(snapshot.byteLength, 48)
    t.equal(counts().snapshots, before + 1)
    snapshot.fill()
    snapshot.release()
    snapshot.release()
    t.throws(() => {
      snapshot.fill()
    })
    t.equal(counts().snapshots, before)
  }
  const bad = { ...columns, shardSizes: Float64Array.of(47) }
  t.throws(() => createSnapshot(bad, 'copy'), /ends behind the end of its shard/)
  t.end()
})

t.test('a directory has one lock, which goes with its object or its release', async (t) => {
  const path = join(t.testdir(), 'a/b')
  const lock = lockDirectory(path)
  t.ok(statSync(path).isDirectory(), 'it is made')
  t.equal(lock.exclusive, true)
  t.throws(() => lockDirectory(path), { code: 'CKPT_BUSY', details: { path } })
  lock.release()
  lock.release()
  const make = (): void => {
    lockDirectory(path)
  }
  make()
  const deadline = Date.now() + 20_000
  while (counts().locks > 1 && Date.now() < deadline) {
    globalThis.gc?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  lockDirectory(path).release()
  t.throws(() => lockDirectory(join(path, '../../none\0')), TypeError)
})
