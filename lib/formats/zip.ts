/**
 * The zip container, as far as `.npz` needs it: members that are stored or deflated, with sizes and
 * offsets of 64 bits where 32 do not hold them. Source: PKWARE's APPNOTE.TXT 6.3.10, whose sections
 * are named below; what Python's `zipfile` writes and reads decides where it leaves a choice.
 *
 * Own code, since no library tells where the bytes of a member lie, which is what mapping them needs,
 * or lets a member's bytes begin at a multiple of 64. What is hard in a zip, DEFLATE, is zlib's.
 *
 * ```text
 * { local header  name  extra  data } …  { central entry  name  extra } …  [zip64 end  locator]  end
 * ```
 *
 * @module
 */

/** Sections 4.3.7, 4.3.12, 4.3.14, 4.3.15 and 4.3.16. */
export const SIGNATURES = {
  local: 0x04034b50,
  central: 0x02014b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
  end: 0x06054b50,
} as const

/** Bytes of the parts that every record has. */
export const SIZES = { local: 30, central: 46, end64: 56, locator64: 20, end: 22 } as const

/** Section 4.4.5. */
export const STORED = 0
export const DEFLATED = 8

/** In the place of a number that stands in the zip64 field of the extras. */
export const IN_ZIP64 = 0xffffffff
export const COUNT_IN_ZIP64 = 0xffff

/** Section 4.5.3. */
export const ZIP64_FIELD = 0x0001

/** Section 4.4.4: the name is UTF-8. */
export const UTF8_NAME = 0x800

/** A field of zeros that nobody reads, by the name that Android's zipalign gave it. */
const PADDING_FIELD = 0xd935

/** Version of the format: 4.5 is the first with zip64. */
const VERSION = 20
const VERSION_ZIP64 = 45

/** 1980-01-01, the first day of the format: as NumPy, so that equal arrays make equal files. */
const FIRST_DAY = 0x21

/** Unix, read and write for the owner: as `zipfile` writes members that are made in memory. */
const MADE_BY_UNIX = 3 << 8
const MODE = (0o600 << 16) >>> 0

/** A member as it is about to be written, or as its central entry will tell. */
export interface ZipMember {
  readonly name: string
  readonly method: typeof STORED | typeof DEFLATED
  readonly crc: number
  /** Bytes in the file, and once they are inflated. */
  readonly compressedSize: number
  readonly size: number
  /** Of the local header. */
  readonly offset: number
  /** True if the local header has room for sizes of 64 bits. */
  readonly zip64: boolean
}

const isAscii = (name: string): boolean => /^[\0-\x7f]*$/.test(name)

const uint64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function field(id: number, content: Uint8Array): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16LE(id, 0)
  head.writeUInt16LE(content.length, 2)
  return Buffer.concat([head, content])
}

/** Version, flags, method, time, date, checksum and sizes: what both headers have in common. */
function common(member: ZipMember, isLarge: boolean, hideSizes: boolean): Buffer {
  const bytes = Buffer.alloc(22)
  bytes.writeUInt16LE(isLarge ? VERSION_ZIP64 : VERSION, 0)
  bytes.writeUInt16LE(isAscii(member.name) ? 0 : UTF8_NAME, 2)
  bytes.writeUInt16LE(member.method, 4)
  bytes.writeUInt16LE(FIRST_DAY, 8)
  bytes.writeUInt32LE(member.crc, 10)
  bytes.writeUInt32LE(hideSizes ? IN_ZIP64 : member.compressedSize, 14)
  bytes.writeUInt32LE(hideSizes ? IN_ZIP64 : member.size, 18)
  return bytes
}

/**
 * What stands before the data of a member.
 *
 * @param alignment the data begins at a multiple of this, by a field of zeros
 */
export function encodeLocalHeader(member: ZipMember, alignment: number): Buffer {
  const name = Buffer.from(member.name)
  const { zip64, size, compressedSize } = member
  const sizes = zip64
    ? field(ZIP64_FIELD, Buffer.concat([uint64(size), uint64(compressedSize)]))
    : Buffer.alloc(0)
  const end = member.offset + SIZES.local + name.length + sizes.length
  const gap = (alignment - (end % alignment)) % alignment
  // A field takes four bytes at least.
  const padding = gap === 0 ? 0 : gap < 4 ? gap + alignment : gap
  const extra =
    padding === 0 ? sizes : Buffer.concat([sizes, field(PADDING_FIELD, Buffer.alloc(padding - 4))])
  const head = Buffer.alloc(4)
  head.writeUInt32LE(SIGNATURES.local)
  const lengths = Buffer.alloc(4)
  lengths.writeUInt16LE(name.length, 0)
  lengths.writeUInt16LE(extra.length, 2)
  return Buffer.concat([head, common(member, zip64, zip64), lengths, name, extra])
}

/** An entry of the central directory. */
export function encodeCentralEntry(member: ZipMember): Buffer {
  const name = Buffer.from(member.name)
  const { size, compressedSize, offset } = member
  const large = size >= IN_ZIP64 || compressedSize >= IN_ZIP64
  const numbers = [
    ...(large ? [size, compressedSize] : []),
    ...(offset >= IN_ZIP64 ? [offset] : []),
  ]
  const extra =
    numbers.length === 0 ? Buffer.alloc(0) : field(ZIP64_FIELD, Buffer.concat(numbers.map(uint64)))
  const head = Buffer.alloc(6)
  head.writeUInt32LE(SIGNATURES.central)
  head.writeUInt16LE(MADE_BY_UNIX | (member.zip64 ? VERSION_ZIP64 : VERSION), 4)
  const rest = Buffer.alloc(18)
  rest.writeUInt16LE(name.length, 0)
  rest.writeUInt16LE(extra.length, 2)
  rest.writeUInt32LE(MODE, 10)
  rest.writeUInt32LE(Math.min(offset, IN_ZIP64), 14)
  const needsZip64 = member.zip64 || numbers.length > 0
  return Buffer.concat([head, common(member, needsZip64, large), rest, name, extra])
}

/** The records at the end. `offset` and `size` are those of the central directory. */
export function encodeEnd(count: number, offset: number, size: number): Buffer {
  const end = Buffer.alloc(SIZES.end)
  end.writeUInt32LE(SIGNATURES.end, 0)
  end.writeUInt16LE(Math.min(count, COUNT_IN_ZIP64), 8)
  end.writeUInt16LE(Math.min(count, COUNT_IN_ZIP64), 10)
  end.writeUInt32LE(Math.min(size, IN_ZIP64), 12)
  end.writeUInt32LE(Math.min(offset, IN_ZIP64), 16)
  if (count < COUNT_IN_ZIP64 && size < IN_ZIP64 && offset < IN_ZIP64) return end
  const record = Buffer.alloc(SIZES.end64)
  record.writeUInt32LE(SIGNATURES.end64, 0)
  // Of what follows this field.
  record.writeBigUInt64LE(BigInt(SIZES.end64 - 12), 4)
  record.writeUInt16LE(VERSION_ZIP64, 12)
  record.writeUInt16LE(VERSION_ZIP64, 14)
  for (const [i, value] of [count, count, size, offset].entries()) {
    record.writeBigUInt64LE(BigInt(value), 24 + 8 * i)
  }
  const locator = Buffer.alloc(SIZES.locator64)
  locator.writeUInt32LE(SIGNATURES.locator64, 0)
  locator.writeBigUInt64LE(BigInt(offset + size), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([record, locator, end])
}
