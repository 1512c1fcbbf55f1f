// `.npz` that are damaged or made to do harm, and what is read of those that are not.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { encodeNpyHeader } from '../../lib/formats/npy.js'
import {
  DEFLATED,
  encodeCentralEntry,
  encodeEnd,
  encodeLocalHeader,
  STORED,
  type ZipMember,
} from '../../lib/formats/zip.js'
import {
  convertSync,
  exportNpzSync,
  isCheckpointError,
  ndarray,
  openTensorsSync,
  zeros,
  type NdArray,
  type TensorFile,
} from '../../lib/index.js'
import { counts } from '../../lib/native.js'

interface Forged {
  readonly name: string
  readonly content: Buffer
  /** In place of what deflating it gives; stored without. */
  readonly deflated?: Buffer
  readonly crc?: number
  readonly size?: number
}

/** A zip of any members, as they are told. */
function forge(members: readonly Forged[]): Buffer {
  const parts: Buffer[] = []
  const made: ZipMember[] = []
  let offset = 0
  const put = (bytes: Buffer): void => {
    parts.push(bytes)
    offset += bytes.length
  }
  for (const { name, content, deflated, crc = crc32(content), size = content.length } of members) {
    const data = deflated ?? content
    const method = deflated === undefined ? STORED : DEFLATED
    const sizes = { compressedSize: data.length, size }
    const member = { name, method, crc, ...sizes, offset, zip64: false } as const
    made.push(member)
    put(encodeLocalHeader(member, 1))
    put(data)
  }
  const start = offset
  for (const member of made) put(encodeCentralEntry(member))
  put(encodeEnd(made.length, start, offset - start))
  return Buffer.concat(parts)
}

const npy = (data: Uint8Array, shape: readonly number[] = [data.length]): Buffer =>
  Buffer.concat([encodeNpyHeader({ descr: '|u1', fortranOrder: false, shape }), data])

function open(t: Test, members: readonly Forged[]): TensorFile {
  const path = join(t.testdir(), 'a.npz')
  writeFileSync(path, forge(members))
  return openTensorsSync(path)
}

const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7) & 0xff))
const deflated = (content: Buffer): Forged => ({
  name: 'x.npy',
  content,
  deflated: deflateRawSync(content),
})

t.test('stored and deflated members, and what is no array', (t) => {
  const content = npy(bytes)
  const file = open(t, [
    deflated(content),
    { name: 'dir/y.npy', content },
    { name: 'read.me', content: Buffer.from('text') },
  ])
  t.strictSame(file.names(), ['x', 'dir/y'])
  for (const name of file.names())
    t.ok(bytes.equals((file.get(name) as NdArray).data as Uint8Array))
  t.throws(() => file.get('z'), { code: 'CKPT_NOT_FOUND', details: { key: 'z' } })
  t.end()
})

t.test('an empty archive', (t) => {
  const path = join(t.testdir(), 'a.npz')
  exportNpzSync({}, path)
  t.strictSame(openTensorsSync(path).tensors(), [])
  t.strictSame(readFileSync(path).length, 22)
  t.end()
})

const damaged = (t: Test, member: Forged, reason: string, message: RegExp): void => {
  const file = open(t, [member])
  const expected = { code: 'CKPT_CORRUPT', message, details: { reason, key: 'x' } }
  // Some of it is seen when the array is asked for, all of it before its elements are there.
  t.throws(() => (file.get('x') as NdArray).data, expected)
  t.throws(() => convertSync(file, join(t.testdirName, 'out')), expected)
}

t.test('a wrong checksum', (t) => {
  const content = npy(bytes)
  damaged(t, { name: 'x.npy', content, crc: 1 }, 'checksum', /checksum of member 'x'/)
  damaged(t, { ...deflated(content), crc: 1 }, 'checksum', /checksum of member 'x'/)
  t.end()
})

t.test('members that inflate to more or less than they claim', (t) => {
  const content = npy(bytes)
  const size = content.length
  damaged(t, { ...deflated(content), size: size + 1 }, 'inconsistent', /in 100129/)
  const longer = Buffer.concat([content, Buffer.alloc(5000)])
  const more = { ...deflated(longer), size, crc: crc32(content) }
  damaged(t, more, 'framing', /more than it should/)
  const shorter = { ...deflated(content.subarray(0, -3)), size }
  damaged(t, shorter, 'framing', /less than it should/)
  const cut = { ...deflated(content), deflated: deflateRawSync(content).subarray(0, -4) }
  damaged(t, cut, 'framing', /damaged/)
  const noise = { ...deflated(content), deflated: Buffer.alloc(2000, 0xff) }
  damaged(t, noise, 'framing', /damaged/)
  t.end()
})

t.test('headers that do not fit their members', (t) => {
  const at = (content: Buffer): Forged => ({ name: 'x.npy', content })
  damaged(t, at(npy(bytes, [bytes.length + 1])), 'bounds', /x/)
  damaged(t, at(npy(bytes, [10])), 'inconsistent', /x/)
  damaged(t, at(Buffer.from('text')), 'framing', /x/)
  damaged(t, at(Buffer.alloc(0)), 'framing', /x/)
  damaged(t, at(npy(bytes).subarray(0, 60)), 'bounds', /x/)
  const huge = Buffer.concat([npy(bytes).subarray(0, 6), Buffer.of(2, 0, 0, 0, 0, 0x7f), bytes])
  damaged(t, at(huge), 'bounds', /x/)
  t.end()
})

t.test('names that lead out of the archive', (t) => {
  for (const name of ['../x.npy', '/x.npy', 'a\\x.npy', 'a/../../x.npy', '../read.me']) {
    t.throws(() => open(t, [{ name, content: npy(bytes) }]), { code: 'CKPT_CORRUPT' }, name)
  }
  t.end()
})

t.test('object arrays, which are pickles', (t) => {
  const header = encodeNpyHeader({ descr: '|O', fortranOrder: false, shape: [1] })
  const file = open(t, [{ name: 'x.npy', content: Buffer.concat([header, Buffer.alloc(8)]) }])
  t.throws(() => file.get('x'), { code: 'CKPT_UNSUPPORTED', details: { key: 'x' } })
  t.end()
})

t.test('stored members are views of the file', (t) => {
  const path = join(t.testdir(), 'a.npz')
  const arrays = {
    a: zeros([3]),
    b: ndarray(new Float64Array(1000).fill(2)),
    c: zeros([1], 'int8'),
  }
  exportNpzSync(arrays, path)
  const { mappings } = counts()
  const file = openTensorsSync(path)
  t.equal(counts().mappings, mappings + 1)
  const b = file.get('b') as NdArray
  file.closeSync()
  t.equal(b.data[999], 2, 'valid after the file is closed')
  b.data[999] = 3
  t.equal((openTensorsSync(path).get('b') as NdArray).data[999], 2, 'stores do not reach the file')
  t.equal(readFileSync(path).indexOf(Buffer.from(b.data.buffer, 0, 16)) % 64, 0, 'aligned in it')
  t.end()
})

t.test('any byte of an archive may be another one', (t) => {
  const content = npy(bytes.subarray(0, 40))
  const good = forge([deflated(content), { name: 'y.npy', content }])
  const path = join(t.testdir(), 'a.npz')
  let refused = 0
  for (let at = 0; at < good.length; at++) {
    const changed = Buffer.from(good)
    changed[at] = (changed[at] ?? 0) ^ (1 << (at & 7))
    writeFileSync(path, changed)
    try {
      const file = openTensorsSync(path)
      for (const name of file.names()) {
        const { data } = file.get(name) as NdArray
        if (!bytes.subarray(0, 40).equals(data as Uint8Array)) t.fail(`byte ${String(at)}: ${name}`)
      }
    } catch (error) {
      if (!isCheckpointError(error, 'CKPT_CORRUPT', 'CKPT_UNSUPPORTED', 'CKPT_TOO_LARGE'))
        throw error
      refused++
    }
  }
  t.ok(refused > good.length / 2, `${String(refused)} of ${String(good.length)}`)
  t.end()
})
