// The zip that is written, and the directory that is read of it. Members of gigabytes are made up: only
// their headers exist.
import fc from 'fast-check'
import t from 'tap'
import { isCheckpointError } from '../../lib/errors.js'
import {
  DEFLATED,
  encodeCentralEntry,
  encodeEnd,
  encodeLocalHeader,
  STORED,
  type ZipMember,
} from '../../lib/formats/zip.js'
import { readDirectory, type FoundMember } from '../../lib/formats/zip-directory.js'
import type { RandomAccess } from '../../lib/formats/zip-end.js'

/** A file of which only some parts are there; the rest is zeros. */
class Sparse implements RandomAccess {
  readonly path = '/a.npz'
  readonly #parts: { readonly at: number; readonly bytes: Buffer }[] = []
  size = 0

  put(bytes: Buffer, at = this.size): void {
    this.#parts.push({ at, bytes })
    this.size = Math.max(this.size, at + bytes.length)
  }

  read(offset: number, length: number): Buffer {
    if (offset < 0 || offset + length > this.size) throw new Error('read outside the file')
    const target = Buffer.alloc(length)
    for (let i = this.#find(offset); i < this.#parts.length; i++) {
      const { at, bytes } = this.#parts[i] as { at: number; bytes: Buffer }
      if (at >= offset + length) break
      const first = Math.max(at, offset)
      const last = Math.min(at + bytes.length, offset + length)
      if (first < last) bytes.copy(target, first - offset, first - at, last - at)
    }
    return target
  }

  /** The last part that begins at or before a place: each is behind the one before. */
  #find(offset: number): number {
    let [low, high] = [0, this.#parts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#parts[middle]?.at ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return Math.max(low, 0)
  }
}

interface Wanted {
  readonly name: string
  readonly size: number
  readonly compressedSize?: number
}

function write(wanted: readonly Wanted[], alignment = 64): { file: Sparse; members: ZipMember[] } {
  const file = new Sparse()
  const members = wanted.map(({ name, size, compressedSize }, i): ZipMember => {
    const member: ZipMember = {
      name,
      method: compressedSize === undefined ? STORED : DEFLATED,
      crc: i,
      compressedSize: compressedSize ?? size,
      size,
      offset: file.size,
      zip64: size >= 0xffffffff,
    }
    file.put(encodeLocalHeader(member, alignment))
    file.size += member.compressedSize
    return member
  })
  const offset = file.size
  for (const member of members) file.put(encodeCentralEntry(member))
  file.put(encodeEnd(members.length, offset, file.size - offset))
  return { file, members }
}

const plain = ({ name, method, crc, size, compressedSize, offset }: ZipMember): object => ({
  ...{ name, method, crc, size, compressedSize, offset },
})

t.test('what is written is found, with its data aligned', (t) => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  const wanted = fc.record({ name, size: fc.nat(300) })
  fc.assert(
    fc.property(
      fc.uniqueArray(wanted, { selector: ({ name }) => name }),
      fc.constantFrom(1, 16, 64),
      (list, alignment) => {
        const { file, members } = write(list, alignment)
        const found = readDirectory(file)
        t.strictSame(found.map(plain), members.map(plain))
        return found.every(({ dataOffset }) => dataOffset % alignment === 0)
      },
    ),
  )
  t.end()
})

t.test('sizes and offsets beyond 32 bits, and more members than 16 bits count', (t) => {
  const large = 2 ** 32
  for (const wanted of [
    [{ name: 'a', size: large }],
    [{ name: 'a', size: large - 1 }],
    [
      { name: 'a', size: 5 * large },
      { name: 'b', size: 3 },
    ],
    [
      { name: 'a', size: large * 500, compressedSize: large },
      { name: 'b', size: 9 * large },
    ],
    [
      { name: 'a', size: large - 100 },
      { name: 'b', size: 200 },
      { name: 'c', size: 1 },
    ],
    Array.from({ length: 65_535 }, (_, i) => ({ name: String(i), size: 0 })),
    Array.from({ length: 65_534 }, (_, i) => ({ name: String(i), size: 0 })),
  ]) {
    const { file, members } = write(wanted)
    const found = JSON.stringify(readDirectory(file).map(plain))
    t.ok(found === JSON.stringify(members.map(plain)), String(wanted.length))
  }
  t.end()
})

/** A zip of two members, all of it there. */
function small(): { bytes: Buffer; directoryAt: number; endAt: number } {
  const { file } = write([
    { name: 'a.npy', size: 10 },
    { name: 'b.npy', size: 20, compressedSize: 5 },
  ])
  const bytes = file.read(0, file.size)
  const endAt = bytes.length - 22
  return { bytes, directoryAt: bytes.readUInt32LE(endAt + 16), endAt }
}

function open(bytes: Buffer): FoundMember[] {
  const file = new Sparse()
  file.put(bytes)
  return readDirectory(file)
}

type Change = (bytes: Buffer, directoryAt: number, endAt: number) => Buffer | undefined

t.test('what leads out of the file, or is read differently elsewhere, is refused', (t) => {
  const set16 = (at: number, value: number, base: 'local' | 'directory' | 'end'): Change => {
    return (bytes, directoryAt, endAt) => {
      const start = base === 'local' ? 0 : base === 'directory' ? directoryAt : endAt
      bytes.writeUInt16LE(value, start + at)
      return bytes
    }
  }
  const set32 = (at: number, value: number, base: 'local' | 'directory' | 'end'): Change => {
    return (bytes, directoryAt, endAt) => {
      const start = base === 'local' ? 0 : base === 'directory' ? directoryAt : endAt
      bytes.writeUInt32LE(value, start + at)
      return bytes
    }
  }
  const corrupt: Record<string, Change> = {
    'an empty file': () => Buffer.alloc(0),
    'no end': (bytes, _, endAt) => bytes.subarray(0, endAt),
    'a cut end': (bytes) => bytes.subarray(0, -1),
    'bytes behind the end': (bytes) => Buffer.concat([bytes, Buffer.of(0)]),
    'bytes before the first member': (bytes) => Buffer.concat([Buffer.alloc(9), bytes]),
    'a directory elsewhere': set32(16, 4, 'end'),
    'a directory beyond the file': set32(16, 2 ** 30, 'end'),
    'more entries than there are': (bytes, _, endAt) => {
      bytes.writeUInt16LE(3, endAt + 8)
      bytes.writeUInt16LE(3, endAt + 10)
      return bytes
    },
    'fewer entries': (bytes, _, endAt) => {
      bytes.writeUInt16LE(1, endAt + 8)
      bytes.writeUInt16LE(1, endAt + 10)
      return bytes
    },
    'zip64 without a record': set32(16, 0xffffffff, 'end'),
    'an entry without its signature': set32(0, 7, 'directory'),
    'a name beyond the directory': set16(28, 0xffff, 'directory'),
    'a size of 64 bits that is not there': set32(24, 0xffffffff, 'directory'),
    'two sizes of a stored member': set32(24, 11, 'directory'),
    'a member that reaches into the next': (bytes, directoryAt) => {
      bytes.writeUInt32LE(500, directoryAt + 20)
      bytes.writeUInt32LE(500, directoryAt + 24)
      return bytes
    },
    'a member that begins elsewhere': set32(42, 3, 'directory'),
    'a member beyond the file': set32(42, 2 ** 31, 'directory'),
    'another checksum before the member': set32(14, 99, 'local'),
    'another size before the member': set32(22, 99, 'local'),
    'another method before the member': set16(8, DEFLATED, 'local'),
    'another name before the member': (bytes) => {
      bytes[30] = 0x62
      return bytes
    },
    'one member twice': (bytes, directoryAt) => {
      bytes.copy(bytes, directoryAt + 51, directoryAt, directoryAt + 51)
      return bytes
    },
  }
  for (const [what, change] of Object.entries(corrupt)) {
    const { bytes, directoryAt, endAt } = small()
    t.throws(() => open(change(bytes, directoryAt, endAt) ?? bytes), { code: 'CKPT_CORRUPT' }, what)
  }
  const unsupported: Record<string, Change> = {
    encryption: set16(8, 1, 'directory'),
    'strong encryption': set16(8, 0x40, 'directory'),
    'another method': set16(10, 12, 'directory'),
    'a second volume': set16(4, 1, 'end'),
    'a member on another volume': set16(34, 1, 'directory'),
    'a name in a code page': (bytes, directoryAt) => {
      bytes[directoryAt + 46] = 0xe9
      return bytes
    },
  }
  for (const [what, change] of Object.entries(unsupported)) {
    const { bytes, directoryAt, endAt } = small()
    const expected = { code: 'CKPT_UNSUPPORTED' }
    t.throws(() => open(change(bytes, directoryAt, endAt) ?? bytes), expected, what)
  }
  t.end()
})

t.test('a member that claims more than DEFLATE can make is refused', (t) => {
  const { file } = write([{ name: 'bomb.npy', size: 2 ** 40, compressedSize: 1000 }])
  t.throws(() => readDirectory(file), { code: 'CKPT_CORRUPT', details: { reason: 'inconsistent' } })
  t.end()
})

t.test('a comment may hold the signature of an end', (t) => {
  const { bytes, endAt } = small()
  const comment = Buffer.concat([bytes.subarray(endAt), Buffer.alloc(40)])
  bytes.writeUInt16LE(comment.length, endAt + 20)
  t.equal(open(Buffer.concat([bytes, comment])).length, 2)
  t.end()
})

t.test('any byte of a zip may be another one', (t) => {
  const { bytes } = small()
  for (let at = 0; at < bytes.length; at++) {
    for (const value of [0, 1, 0x7f, 0x80, 0xff]) {
      const changed = Buffer.from(bytes)
      changed[at] = value
      try {
        for (const { dataOffset, compressedSize } of open(changed)) {
          if (dataOffset + compressedSize > bytes.length) t.fail(`byte ${String(at)}`)
        }
      } catch (error) {
        if (!isCheckpointError(error, 'CKPT_CORRUPT', 'CKPT_UNSUPPORTED', 'CKPT_TOO_LARGE'))
          throw error
      }
    }
  }
  t.end()
})
