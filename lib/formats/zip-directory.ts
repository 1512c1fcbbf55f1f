/**
 * Reads the directory of a zip. Nothing in it is believed before it is checked: members lie inside
 * the file, one behind the other, and what their local headers say is what the directory says.
 * Layout: zip.ts.
 *
 * @module
 */
import { CheckpointError } from '../errors.js'
import {
  COUNT_IN_ZIP64,
  DEFLATED,
  IN_ZIP64,
  SIGNATURES,
  SIZES,
  STORED,
  UTF8_NAME,
  ZIP64_FIELD,
  type ZipMember,
} from './zip.js'
import { bad, readEnd, toNumber, unsupported, volumes, type RandomAccess } from './zip-end.js'

/** A member whose place in the file is known. */
export interface FoundMember extends ZipMember {
  /** Of the data. */
  readonly dataOffset: number
}

/** A directory is read whole. This one has room for two million arrays. */
const MAX_DIRECTORY = 2 ** 28

/** DEFLATE makes no more than 1,032 bytes of one. */
const MAX_RATIO = 1032

/** Flags of section 4.4.4 that change how bytes are read. */
const ENCRYPTED = 0x1
const SIZES_BEHIND = 0x8
const PATCHED = 0x20
const STRONGLY_ENCRYPTED = 0x40
const MASKED_HEADERS = 0x2000

/**
 * All members, in the order of the directory.
 *
 * @throws CheckpointError CKPT_CORRUPT; CKPT_UNSUPPORTED for encryption, several volumes and methods
 *   other than stored and deflated; CKPT_TOO_LARGE
 */
export function readDirectory(file: RandomAccess): FoundMember[] {
  const { path } = file
  const { count, offset, size } = readEnd(file)
  if (size > MAX_DIRECTORY) {
    const message = `the zip directory of '${path}' has ${String(size)} bytes`
    throw new CheckpointError('CKPT_TOO_LARGE', message, {
      bytes: size,
      limit: MAX_DIRECTORY,
      path,
    })
  }
  // The least that an entry takes, before anything is made for each of them.
  if (count * SIZES.central > size) throw bad(path, 'its directory is shorter than its entries')
  const bytes = file.read(offset, size)
  const members: ZipMember[] = []
  const names = new Set<string>()
  let at = 0
  while (members.length < count) {
    const entry = readEntry(bytes, at, path)
    if (names.has(entry.member.name)) {
      throw bad(path, `it has two members '${entry.member.name}'`, 'inconsistent')
    }
    names.add(entry.member.name)
    members.push(entry.member)
    at = entry.next
  }
  if (at !== size) throw bad(path, 'its directory is longer than its entries')
  return locate(file, members, offset)
}

function readEntry(bytes: Buffer, at: number, path: string): { member: ZipMember; next: number } {
  const left = bytes.length - at
  if (left < SIZES.central || bytes.readUInt32LE(at) !== SIGNATURES.central) {
    throw bad(path, 'its directory is damaged')
  }
  const u16 = (field: number): number => bytes.readUInt16LE(at + field)
  const u32 = (field: number): number => bytes.readUInt32LE(at + field)
  const nameEnd = SIZES.central + u16(28)
  const extraEnd = nameEnd + u16(30)
  const end = extraEnd + u16(32)
  if (end > left) throw bad(path, 'an entry of its directory is cut off')
  const flags = u16(8)
  const name = readName(bytes.subarray(at + SIZES.central, at + nameEnd), flags, path)
  const method = checkReadable(flags, u16(10), name, path)
  if (u16(34) !== 0 && u16(34) !== COUNT_IN_ZIP64) throw volumes(path)
  const extra = bytes.subarray(at + nameEnd, at + extraEnd)
  // In this order, and only those that the entry itself does not hold: section 4.5.3.
  const [size = 0, compressedSize = 0, offset = 0] = withZip64(
    [u32(24), u32(20), u32(42)],
    extra,
    name,
    path,
  )
  const member = { name, method, crc: u32(16), compressedSize, size, offset, zip64: false }
  checkSizes(member, path)
  return { member, next: at + end }
}

function readName(bytes: Buffer, flags: number, path: string): string {
  const name = bytes.toString('utf8')
  if ((flags & UTF8_NAME) === 0 && !/^[\0-\x7f]*$/.test(name)) {
    throw unsupported(path, 'names in a code page')
  }
  if (!Buffer.from(name).equals(bytes)) throw bad(path, 'a name is not UTF-8')
  return name
}

function checkReadable(
  flags: number,
  method: number,
  name: string,
  path: string,
): typeof STORED | typeof DEFLATED {
  if ((flags & (ENCRYPTED | STRONGLY_ENCRYPTED | MASKED_HEADERS)) !== 0) {
    throw unsupported(path, 'encryption', name)
  }
  if ((flags & PATCHED) !== 0) throw unsupported(path, 'patched data', name)
  if (method !== STORED && method !== DEFLATED) {
    throw unsupported(path, `compression method ${String(method)}`, name)
  }
  return method
}

function withZip64(values: number[], extra: Buffer, name: string, path: string): number[] {
  if (!values.includes(IN_ZIP64)) return values
  const large = zip64Field(extra, name, path)
  let next = 0
  return values.map((value) => {
    if (value !== IN_ZIP64) return value
    if (large === undefined || next + 8 > large.length) {
      throw bad(path, `member '${name}' lacks its sizes of 64 bits`)
    }
    const number = toNumber(large.readBigUInt64LE(next), path)
    next += 8
    return number
  })
}

function zip64Field(extra: Buffer, name: string, path: string): Buffer | undefined {
  let at = 0
  while (at + 4 <= extra.length) {
    const end = at + 4 + extra.readUInt16LE(at + 2)
    if (end > extra.length) throw bad(path, `an extra field of member '${name}' is cut off`)
    if (extra.readUInt16LE(at) === ZIP64_FIELD) return extra.subarray(at + 4, end)
    at = end
  }
  return undefined
}

function checkSizes({ name, method, size, compressedSize }: ZipMember, path: string): void {
  if (method === STORED && size !== compressedSize) {
    throw bad(path, `stored member '${name}' has two sizes`, 'inconsistent')
  }
  if (size > compressedSize * MAX_RATIO) {
    const claim = `${String(size)} bytes of ${String(compressedSize)}`
    throw bad(path, `member '${name}' claims ${claim}, which DEFLATE cannot do`, 'inconsistent')
  }
}

/** Finds the data of each member; none may overlap another, or a small file could claim any amount. */
function locate(file: RandomAccess, members: ZipMember[], directoryAt: number): FoundMember[] {
  const order = [...members].sort((a, b) => a.offset - b.offset)
  const found = new Map<ZipMember, FoundMember>()
  for (const [i, member] of order.entries()) {
    const limit = order[i + 1]?.offset ?? directoryAt
    const dataOffset = dataOffsetOf(file, member, limit)
    found.set(member, { ...member, dataOffset })
  }
  return members.flatMap((member) => found.get(member) ?? [])
}

function dataOffsetOf(file: RandomAccess, member: ZipMember, limit: number): number {
  const { path } = file
  const { name, offset, compressedSize } = member
  if (offset + SIZES.local > limit) throw overlaps(path, name)
  const header = file.read(offset, SIZES.local)
  if (header.readUInt32LE(0) !== SIGNATURES.local) {
    throw bad(path, `member '${name}' does not begin where the directory says`)
  }
  const nameLength = header.readUInt16LE(26)
  const dataOffset = offset + SIZES.local + nameLength + header.readUInt16LE(28)
  if (dataOffset + compressedSize > limit) throw overlaps(path, name)
  const stored = file.read(offset + SIZES.local, nameLength)
  const flags = header.readUInt16LE(6)
  const sizes = [header.readUInt32LE(18), header.readUInt32LE(22)]
  const isSame =
    stored.equals(Buffer.from(name)) &&
    header.readUInt16LE(8) === member.method &&
    ((flags & SIZES_BEHIND) !== 0 ||
      (header.readUInt32LE(14) === member.crc &&
        (sizes[0] === compressedSize || sizes[0] === IN_ZIP64) &&
        (sizes[1] === member.size || sizes[1] === IN_ZIP64)))
  if (!isSame) throw bad(path, `member '${name}' and the directory disagree`, 'inconsistent')
  return dataOffset
}

const overlaps = (path: string, name: string): CheckpointError =>
  bad(path, `member '${name}' reaches into another one or out of the file`, 'bounds')
