// Every bit of a small checkpoint flipped, every length tried: a restore gives the exact content or
// one of our errors, and never half of anything.
import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import t, { type Test } from 'tap'
import {
  Checkpoint,
  ndarray,
  NumpyState,
  openCheckpointSync,
  zeros,
  type NdArray,
  type ReadOptions,
} from '../../lib/index.js'
import { indexPath, shardPath } from '../../lib/bundle/names.js'
import { answerOf, problemsOf, restoreFails } from './expect'

/** Elements that no other array has. */
const ARRAYS: Readonly<Record<string, () => NdArray>> = {
  x: () => ndarray(Float64Array.of(0.5, -2, NaN)),
  y: () => ndarray(Int32Array.of(7, 8, 9, 10, 11, 12), [2, 3]),
  scalar: () => ndarray(BigInt64Array.of(-5n), []),
  empty: () => zeros([0, 4], 'float32'),
}

/** Two shards; the arrays are few and small, so that every byte counts. */
function saveSmall(directory: string, count = 1): string {
  const state = new NumpyState()
  for (const [name, make] of Object.entries(ARRAYS)) state[name] = make()
  const checkpoint = new Checkpoint({ state })
  let path = ''
  for (let i = 0; i < count; i++) {
    path = checkpoint.saveSync(join(directory, 'ckpt'), { maxShardBytes: 300, alignment: 1 })
  }
  return path
}

function contentOf(state: NumpyState): string {
  const parts = Object.keys(state)
    .sort()
    .map((name) => {
      const { data, dtype, shape } = state[name] as NdArray
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')
      return `${name} ${dtype} [${shape.join()}] ${bytes}`
    })
  return parts.join('\n')
}

/** The content, or undefined if the restore was refused properly. */
function restored(t: Test, prefix: string, options: ReadOptions = {}): string | undefined {
  const state = new NumpyState()
  const checkpoint = new Checkpoint({ state })
  try {
    checkpoint.restoreSync(prefix, options)
  } catch (error) {
    answerOf(error)
    if (Object.keys(state).length > 0) t.fail('half restored')
    return undefined
  }
  try {
    return contentOf(state)
  } catch (error) {
    // At the first use of an array, which is when a lazy restore finds out.
    if (options.verify !== 'lazy') throw error
    answerOf(error)
    return undefined
  }
}

const filesOf = (prefix: string, shards: number): string[] => [
  indexPath(prefix),
  ...Array.from({ length: shards }, (_, shard) => shardPath(prefix, shard, shards)),
]

const shardsOf = (prefix: string): number => {
  const numbers = openCheckpointSync(prefix)
    .variables()
    .map(({ shard }) => shard)
  return Math.max(...numbers) + 1
}

/** `same`: where a flip changes nothing, in the parts of the index that no reader reads. */
interface Sweep {
  tried: number
  refused: number
  same: number
}

function check(t: Test, prefix: string, expected: string, what: string, sweep: Sweep): void {
  sweep.tried++
  const content = restored(t, prefix)
  if (content === undefined) sweep.refused++
  else if (content === expected) sweep.same++
  else t.fail(`${what} gives other content: ${content}`)
}

t.test('a flip of any bit is refused or does not matter', (t) => {
  const prefix = saveSmall(t.testdir())
  const shards = shardsOf(prefix)
  t.ok(shards > 1)
  const expected = restored(t, prefix) ?? ''
  for (const path of filesOf(prefix, shards)) {
    const sweep: Sweep = { tried: 0, refused: 0, same: 0 }
    const bytes = readFileSync(path)
    // In place: replacing the file ten thousand times would wait for the disk each time.
    const fd = openSync(path, 'r+')
    for (const [at, byte] of bytes.entries()) {
      for (let bit = 0; bit < 8; bit++) {
        writeSync(fd, Buffer.of(byte ^ (1 << bit)), 0, 1, at)
        const what = `bit ${String(bit)} of byte ${String(at)} of ${path}`
        check(t, prefix, expected, what, sweep)
        if (bit === at % 8) checkProblems(t, prefix, what)
      }
      writeSync(fd, Buffer.of(byte), 0, 1, at)
    }
    closeSync(fd)
    t.ok(sweep.refused > sweep.same, `${basename(path)}: ${JSON.stringify(sweep)}`)
    if (path.includes('.data-')) t.equal(sweep.same, 0, 'every bit of a data file counts')
  }
  t.equal(restored(t, prefix), expected)
  t.end()
})

t.test('a flipped bit is found out when arrays are loaded, and when they are used', (t) => {
  const prefix = saveSmall(t.testdir())
  const expected = restored(t, prefix)
  for (const options of [{ mode: 'load' }, { verify: 'lazy' }] as const) {
    for (const path of filesOf(prefix, shardsOf(prefix))) {
      const bytes = readFileSync(path)
      const fd = openSync(path, 'r+')
      for (const [at, byte] of bytes.entries()) {
        writeSync(fd, Buffer.of(byte ^ (1 << (at % 8))), 0, 1, at)
        const content = restored(t, prefix, options)
        const what = `byte ${String(at)} of ${path}`
        if (content !== undefined && content !== expected) t.fail(`${what} gives other content`)
        if (content === expected && path.includes('.data-')) t.fail(`${what} is not found out`)
        writeSync(fd, Buffer.of(byte), 0, 1, at)
      }
      closeSync(fd)
    }
    t.equal(restored(t, prefix, options), expected)
  }
  t.end()
})

/** What restoring refuses verification reports, and the other way round. */
function checkProblems(t: Test, prefix: string, what: string): void {
  const { codes } = problemsOf(prefix)
  const refused = restored(t, prefix) === undefined
  // Damage that restoring does not come by, as in the metaindex, is no problem of a tensor.
  if (refused && codes.length === 0) t.fail(`${what}: verification found nothing`)
}

t.test('a file cut at any length is refused', (t) => {
  const prefix = saveSmall(t.testdir())
  const shards = shardsOf(prefix)
  for (const path of filesOf(prefix, shards)) {
    const bytes = readFileSync(path)
    for (let length = bytes.length - 1; length >= 0; length--) {
      truncateSync(path, length)
      const code = restoreFails(t, prefix)
      if (code !== 'CKPT_CORRUPT') t.fail(`${path} of ${String(length)} bytes: ${String(code)}`)
      if (problemsOf(prefix).codes.length === 0) t.fail(`${path}: verification found nothing`)
    }
    writeFileSync(path, bytes)
    t.equal(restoreFails(t, prefix), undefined)
  }
  t.end()
})

t.test('bytes behind the end of a data file do not matter, behind the index they do', (t) => {
  const prefix = saveSmall(t.testdir())
  const shards = shardsOf(prefix)
  const expected = restored(t, prefix)
  for (const path of filesOf(prefix, shards)) {
    const bytes = readFileSync(path)
    writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(64, 0xa5)]))
    if (path.endsWith('.index')) t.equal(restoreFails(t, prefix), 'CKPT_CORRUPT')
    else t.equal(restored(t, prefix), expected)
    writeFileSync(path, bytes)
  }
  t.end()
})

t.test('shards in the wrong place are refused', (t) => {
  const directory = t.testdir()
  const prefix = saveSmall(directory)
  const shards = shardsOf(prefix)
  const [first = '', second = ''] = filesOf(prefix, shards).slice(1)
  const bytes = [readFileSync(first), readFileSync(second)] as const
  writeFileSync(first, bytes[1])
  writeFileSync(second, bytes[0])
  t.equal(restoreFails(t, prefix), 'CKPT_CORRUPT', 'swapped')
  t.ok(problemsOf(prefix).codes.length > 0)
  writeFileSync(first, bytes[0])
  t.equal(restoreFails(t, prefix), 'CKPT_CORRUPT', 'one of them twice')
  writeFileSync(second, bytes[1])
  t.equal(restoreFails(t, prefix), undefined)
  rmSync(second)
  t.equal(restoreFails(t, prefix), 'CKPT_NOT_FOUND', 'missing')
  const { report } = problemsOf(prefix)
  t.match(report?.problems, [{ code: 'CKPT_NOT_FOUND', path: second }])
  t.equal(report?.problems.length, 1, 'a missing file is one problem')
  t.end()
})

t.test('the shard of another checkpoint is refused', (t) => {
  const directory = t.testdir()
  const prefix = saveSmall(directory, 2)
  const other = join(directory, 'ckpt-1')
  const shards = shardsOf(prefix)
  t.equal(shardsOf(other), shards)
  let refused = 0
  for (let shard = 0; shard < shards; shard++) {
    const path = shardPath(prefix, shard, shards)
    const bytes = readFileSync(path)
    const foreign = readFileSync(shardPath(other, shard, shards))
    copyFileSync(shardPath(other, shard, shards), path)
    // The two differ in their save counter only: the other shards are the same bytes.
    const code = restoreFails(t, prefix)
    t.equal(code, foreign.equals(bytes) ? undefined : 'CKPT_CORRUPT')
    if (code !== undefined) refused++
    writeFileSync(path, bytes)
  }
  t.equal(refused, 1)
  t.end()
})
