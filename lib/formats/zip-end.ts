/**
 * The end of a zip, which tells where its directory is. Layout: zip.ts.
 *
 * @module
 */
import { CheckpointError, corrupt } from '../errors.js'
import { IN_ZIP64, SIGNATURES, SIZES } from './zip.js'

/** A file of random access. `read` gives exactly the bytes, which are inside `size`. */
export interface RandomAccess {
  readonly path: string
  readonly size: number
  read(offset: number, length: number): Buffer
}

/** The comment behind the end record: its length has 16 bits. */
const MAX_COMMENT = 0xffff

export interface Directory {
  readonly count: number
  readonly offset: number
  readonly size: number
}

/** @throws CheckpointError CKPT_CORRUPT; CKPT_UNSUPPORTED for several volumes */
export function readEnd(file: RandomAccess): Directory {
  const { path } = file
  const length = Math.min(file.size, SIZES.end + MAX_COMMENT)
  const start = file.size - length
  const tail = file.read(start, length)
  for (let at = length - SIZES.end; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== SIGNATURES.end) continue
    // A comment may hold the signature: the real record's comment ends where the file does.
    if (tail.readUInt16LE(at + 20) !== length - at - SIZES.end) continue
    return checkEnd(file, start + at, tail.subarray(at))
  }
  throw bad(path, 'it has no end record: it is no zip, or it is cut off')
}

function checkEnd(file: RandomAccess, at: number, end: Buffer): Directory {
  const { path } = file
  const before =
    at >= SIZES.locator64 ? file.read(at - SIZES.locator64, SIZES.locator64) : undefined
  const has64 = before?.readUInt32LE(0) === SIGNATURES.locator64
  const found = has64 ? readEnd64(file, at - SIZES.locator64, before) : readEnd32(end, path)
  const { offset, size, recordAt = at } = found
  // Nothing may lie between: what stands there is read by some and not by others.
  if (offset + size !== recordAt) throw bad(path, 'its directory does not end at its end record')
  return found
}

type End = Directory & { readonly recordAt?: number }

function readEnd32(end: Buffer, path: string): End {
  const [disk, firstDisk] = [end.readUInt16LE(4), end.readUInt16LE(6)]
  const [onDisk, count] = [end.readUInt16LE(8), end.readUInt16LE(10)]
  if (disk !== 0 || firstDisk !== 0 || onDisk !== count) throw volumes(path)
  const [size, offset] = [end.readUInt32LE(12), end.readUInt32LE(16)]
  if (size === IN_ZIP64 || offset === IN_ZIP64) {
    throw bad(path, 'it lacks the zip64 record that its end record points to')
  }
  return { count, size, offset }
}

function readEnd64(file: RandomAccess, locatorAt: number, locator: Buffer): End {
  const { path } = file
  const recordAt = toNumber(locator.readBigUInt64LE(8), path)
  if (locator.readUInt32LE(4) !== 0 || locator.readUInt32LE(16) > 1) throw volumes(path)
  if (recordAt > locatorAt - SIZES.end64) throw bad(path, 'its zip64 record leaves the file')
  const record = file.read(recordAt, SIZES.end64)
  if (record.readUInt32LE(0) !== SIGNATURES.end64) throw bad(path, 'it has no zip64 record')
  const length = toNumber(record.readBigUInt64LE(4), path)
  if (recordAt + 12 + length !== locatorAt) throw bad(path, 'its zip64 record has a wrong length')
  if (record.readUInt32LE(16) !== 0 || record.readUInt32LE(20) !== 0) throw volumes(path)
  const [onDisk = 0, count = 0, size = 0, offset = 0] = [0, 1, 2, 3].map((i) =>
    toNumber(record.readBigUInt64LE(24 + 8 * i), path),
  )
  if (onDisk !== count) throw volumes(path)
  return { count, size, offset, recordAt }
}

/** @throws CheckpointError CKPT_CORRUPT beyond 2^53-1 */
export const toNumber = (value: bigint, path: string): number => {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw bad(path, 'a number in it is beyond all sizes', 'bounds')
  return number
}

export const bad = (
  path: string,
  what: string,
  reason: 'bounds' | 'framing' | 'inconsistent' = 'framing',
): CheckpointError => corrupt(`'${path}' cannot be read as a zip: ${what}`, reason, { path })

export function unsupported(path: string, feature: string, key?: string): CheckpointError {
  const where = key === undefined ? '' : ` of member '${key}'`
  const message = `${feature}${where} in '${path}' is not supported`
  const details = key === undefined ? { feature, path } : { feature, path, key }
  return new CheckpointError('CKPT_UNSUPPORTED', message, details)
}

export const volumes = (path: string): CheckpointError =>
  unsupported(path, 'a zip of several volumes')
