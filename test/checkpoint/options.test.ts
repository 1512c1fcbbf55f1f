import { inspect } from 'node:util'
import t from 'tap'
import { checkSaveOptions, type SaveOptions } from '../../lib/checkpoint/options.js'

const check = (options: unknown): ReturnType<typeof checkSaveOptions> =>
  checkSaveOptions(options as SaveOptions)

t.test('defaults', (t) => {
  t.strictSame(check({}), {
    snapshot: 'copy',
    bundle: {
      durable: true,
      alignment: 64,
      maxShardBytes: Infinity,
      sliceBytes: Infinity,
      writer: 'auto',
      maxBytesPerSecond: Infinity,
    },
    incremental: undefined,
    onReport: undefined,
  })
  const undefinedOptions = { snapshot: undefined, alignment: undefined, durable: undefined }
  t.match(check({ ...undefinedOptions, maxShardBytes: undefined, signal: undefined }), check({}))
  t.end()
})

t.test('incremental saves', (t) => {
  const standard = { detect: 'compare', maxDeadRatio: 0.5, maxLinks: 16, sliceBytes: Infinity }
  t.strictSame(check({ incremental: true }).incremental, standard)
  t.strictSame(check({ incremental: {} }).incremental, standard)
  t.equal(check({ incremental: false }).incremental, undefined)
  const given = { detect: 'track', maxDeadRatio: 0, maxLinks: 0, sliceBytes: 4096 } as const
  t.strictSame(check({ incremental: given }).incremental, given)
  t.equal(check({ incremental: given }).bundle.sliceBytes, 4096)
  const bad = (incremental: unknown): (() => unknown) => {
    return () => check({ incremental })
  }
  t.throws(bad(1), { name: 'TypeError', message: /options\.incremental must be a boolean or an/ })
  t.throws(bad(null), { name: 'TypeError', message: /options\.incremental must be/ })
  t.throws(bad({ detect: 'crc' }), /options\.incremental\.detect must be one of 'compare', 'track'/)
  t.throws(bad({ maxDeadRatio: 1.5 }), { name: 'RangeError', message: /from 0 to 1, got 1\.5/ })
  t.throws(bad({ maxDeadRatio: NaN }), { name: 'RangeError' })
  t.throws(bad({ maxDeadRatio: '1' }), { name: 'TypeError' })
  t.throws(bad({ maxLinks: -1 }), { name: 'RangeError', message: /maxLinks must be an integer/ })
  t.throws(bad({ maxLinks: 1.5 }), { name: 'RangeError' })
  t.throws(bad({ sliceBytes: 0 }), { name: 'RangeError', message: /sliceBytes must be a positive/ })
  t.end()
})

t.test('what is told is a function', (t) => {
  const onReport = (): void => undefined
  t.equal(check({ onReport }).onReport, onReport)
  t.throws(() => check({ onReport: 1 }), /options\.onReport must be a/)
  t.end()
})

t.test('what is given counts', (t) => {
  const { signal } = new AbortController()
  const onProgress = (): void => undefined
  t.match(check({ signal, onProgress, snapshot: 'none', durable: false }), {
    signal,
    onProgress,
    snapshot: 'none',
    bundle: { durable: false },
  })
  for (const alignment of [1, 2, 64, 4096, 65536]) {
    t.equal(check({ alignment }).bundle.alignment, alignment)
  }
  t.equal(check({ maxShardBytes: 1 }).bundle.maxShardBytes, 1)
  t.equal(check({ maxBytesPerSecond: 1e9 }).bundle.maxBytesPerSecond, 1e9)
  for (const writer of ['auto', 'map', 'direct', 'buffered'] as const) {
    t.equal(check({ writer }).bundle.writer, writer)
  }
  t.equal(check({ maxShardBytes: Infinity }).bundle.maxShardBytes, Infinity)
  t.end()
})

t.test('bad options are named', (t) => {
  const cases: [unknown, string, RegExp][] = [
    [null, 'TypeError', /^options must be an object, got null/],
    ['copy', 'TypeError', /^options must be an object, got 'copy'/],
    [{ snapshot: 'deep' }, 'TypeError', /^options.snapshot must be one of 'copy', 'fork', 'none'/],
    [{ snapshot: null }, 'TypeError', /^options.snapshot must be one of .*got null/],
    [{ writer: 'mmap' }, 'TypeError', /^options.writer must be one of 'auto', 'map', 'direct'/],
    [{ maxBytesPerSecond: 0 }, 'RangeError', /^options.maxBytesPerSecond must be a positive/],
    [{ durable: 1 }, 'TypeError', /^options.durable must be a boolean, got 1/],
    [{ alignment: '64' }, 'TypeError', /^options.alignment must be a number, got '64'/],
    [{ alignment: 0 }, 'RangeError', /^options.alignment must be/],
    [{ alignment: -64 }, 'RangeError', /^options.alignment must be/],
    [
      { alignment: 48 },
      'RangeError',
      /^options.alignment must be a power of two up to 65536, got 48/,
    ],
    [{ alignment: 131072 }, 'RangeError', /^options.alignment must be a power of two/],
    [{ alignment: Infinity }, 'RangeError', /^options.alignment/],
    [{ alignment: NaN }, 'RangeError', /^options.alignment/],
    [{ maxShardBytes: '1' }, 'TypeError', /^options.maxShardBytes must be a number, got '1'/],
    [
      { maxShardBytes: 0 },
      'RangeError',
      /^options.maxShardBytes must be a positive integer, got 0/,
    ],
    [{ maxShardBytes: 1.5 }, 'RangeError', /^options.maxShardBytes must be a positive integer/],
    [{ maxShardBytes: NaN }, 'RangeError', /^options.maxShardBytes must be a positive integer/],
    [{ signal: null }, 'TypeError', /^options.signal must be an AbortSignal, got null/],
    [{ signal: {} }, 'TypeError', /^options.signal must be an AbortSignal, got \{\}/],
    [{ signal: { aborted: true } }, 'TypeError', /^options.signal must be an AbortSignal/],
    [{ onProgress: 1 }, 'TypeError', /^options.onProgress must be a function, got 1/],
  ]
  for (const [options, name, message] of cases) {
    t.throws(() => check(options), { name, message }, inspect(options))
  }
  t.end()
})

t.test('a fork needs Linux', (t) => {
  const { platform } = process
  t.teardown(() => Object.defineProperty(process, 'platform', { value: platform }))
  Object.defineProperty(process, 'platform', { value: 'darwin', configurable: true })
  t.throws(() => check({ snapshot: 'fork' }), {
    code: 'CKPT_UNSUPPORTED',
    details: { feature: "snapshot: 'fork'" },
    message: /needs Linux; use 'copy' or 'none'$/,
  })
  Object.defineProperty(process, 'platform', { value: 'linux', configurable: true })
  t.equal(check({ snapshot: 'fork' }).snapshot, 'fork')
  t.end()
})
