/**
 * NumPy's `.npy` format, versions 1, 2 and 3: the bytes that `numpy.save` writes.
 *
 * ```text
 * 93 'NUMPY' major minor  header length (LE16 in version 1, else LE32)  header  data
 * ```
 * The header is a Python dict of `descr`, `fortran_order` and `shape`, padded with spaces and ended
 * by a newline. Source: numpy/lib/format.py.
 *
 * @module
 */
import type { NpyDescr } from '../array/descr.js'
import { dtypeOfNpy, type DTypeInfo } from '../array/dtype.js'
import { sizeOf } from '../array/strides.js'
import { CheckpointError, corrupt } from '../errors.js'
import {
  DescrError,
  descrItemsize,
  dtypeOfStructure,
  formatDescr,
  formatShape,
  MAX_RANK,
  toDescr,
  toShape,
} from './npy-descr.js'
import { parsePythonLiteral } from './python-literal.js'

const MAGIC = Buffer.from('\x93NUMPY', 'latin1')

/** Since NumPy 1.14: the data begins at a multiple of this. numpy/lib/format.py, ARRAY_ALIGN. */
const ARRAY_ALIGN = 64

export interface NpyHeader {
  readonly descr: NpyDescr
  readonly fortranOrder: boolean
  readonly shape: readonly number[]
}

export interface ParsedNpy extends NpyHeader {
  readonly version: 1 | 2 | 3
  /** Offset of the data behind the start of the magic, in bytes. */
  readonly dataOffset: number
  /** Bytes of one element. */
  readonly itemsize: number
  /** Bytes of all elements. */
  readonly dataLength: number
  /** Our dtype; undefined for text, dates, structures and other types that are carried as bytes. */
  readonly info: DTypeInfo | undefined
  /** True if the elements (of a known dtype) are big-endian. */
  readonly bigEndian: boolean
}

/**
 * Magic, version, length and header, all that stands before the data. As NumPy up to 1.23 writes
 * it; later ones leave room for the first axis to grow, which changes nothing for ordinary arrays.
 *
 * @throws RangeError for more axes than NumPy reads
 */
export function encodeNpyHeader(header: NpyHeader): Uint8Array {
  const { descr, fortranOrder, shape } = header
  if (shape.length > MAX_RANK) {
    const limit = `NumPy takes at most ${String(MAX_RANK)}`
    throw new RangeError(`an array of ${String(shape.length)} axes has no .npy: ${limit}`)
  }
  const order = fortranOrder ? 'True' : 'False'
  const text = `{'descr': ${formatDescr(descr)}, 'fortran_order': ${order}, 'shape': ${formatShape(shape)}, }`
  // Latin-1 is what versions 1 and 2 can hold.
  if (!/^[\0-\xff]*$/.test(text)) return frame(3, Buffer.from(text, 'utf8'))
  const latin1 = Buffer.from(text, 'latin1')
  return paddedLength(1, latin1.length) <= 0xffff ? frame(1, latin1) : frame(2, latin1)
}

const lengthBytes = (version: 1 | 2 | 3): 2 | 4 => (version === 1 ? 2 : 4)

/** The header's length: at least one space of padding, a whole 64 where it is aligned already. */
function paddedLength(version: 1 | 2 | 3, textLength: number): number {
  const fixed = MAGIC.length + 2 + lengthBytes(version)
  const length = textLength + 1
  return length + ARRAY_ALIGN - ((fixed + length) % ARRAY_ALIGN)
}

function frame(version: 1 | 2 | 3, text: Buffer): Uint8Array {
  const length = paddedLength(version, text.length)
  const start = MAGIC.length + 2 + lengthBytes(version)
  const bytes = Buffer.alloc(start + length, ' ')
  MAGIC.copy(bytes)
  bytes[6] = version
  bytes[7] = 0
  bytes.writeUIntLE(length, 8, lengthBytes(version))
  text.copy(bytes, start)
  bytes[bytes.length - 1] = 0x0a
  return bytes
}

/** Bytes that `parseNpyHeader` needs at most to tell how long a header is. */
export const NPY_PREAMBLE = 12

/**
 * Length of all that stands before the data, from the first `NPY_PREAMBLE` bytes (fewer when the
 * file is shorter).
 *
 * @throws CheckpointError CKPT_CORRUPT if it is no `.npy`; CKPT_UNSUPPORTED for `.npz` and pickles
 */
export function npyDataOffset(bytes: Uint8Array, key: string): number {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!start.subarray(0, 6).equals(MAGIC)) {
    if (start.toString('latin1', 0, 2) === 'PK') throw unsupported(key, 'a zip archive (.npz)')
    throw corrupt(`array '${key}' does not begin with the .npy magic`, 'framing', { key })
  }
  if (start.length < 8) {
    throw corrupt(`array '${key}' ends inside its .npy header`, 'bounds', { key })
  }
  const version = start[6] ?? 0
  if (version < 1 || version > 3 || start[7] !== 0) {
    throw unsupported(key, `.npy version ${String(version)}.${String(start[7])}`)
  }
  const width = version === 1 ? 2 : 4
  if (start.length < 8 + width) {
    throw corrupt(`array '${key}' ends inside its .npy header`, 'bounds', { key })
  }
  return 8 + width + start.readUIntLE(8, width)
}

function unsupported(key: string, feature: string): CheckpointError {
  const message = `array '${key}' is ${feature}, which is not read`
  return new CheckpointError('CKPT_UNSUPPORTED', message, { feature, key })
}

/**
 * Parses all that stands before the data.
 *
 * @param bytes exactly `npyDataOffset` bytes
 * @param available bytes of the whole `.npy`, header and data; more than needed is ignored
 * @param key name of the array, for errors
 * @throws CheckpointError CKPT_CORRUPT; CKPT_UNSUPPORTED for object arrays
 */
export function parseNpyHeader(bytes: Uint8Array, available: number, key: string): ParsedNpy {
  const dataOffset = npyDataOffset(bytes, key)
  const version = bytes[6] as 1 | 2 | 3
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    version === 3 ? 'utf8' : 'latin1',
    8 + lengthBytes(version),
    dataOffset,
  )
  const header = parseHeaderText(text, key)
  const dataLength = sizeOf(header.shape) * header.itemsize
  if (!Number.isSafeInteger(dataLength) || dataLength > available - dataOffset) {
    throw corrupt(
      `array '${key}' of shape [${header.shape.join(', ')}] needs ${String(dataLength)} bytes, ` +
        `but only ${String(available - dataOffset)} follow its header`,
      'bounds',
      { key },
    )
  }
  return { ...header, version, dataOffset, dataLength }
}

type HeaderText = Readonly<Omit<ParsedNpy, 'version' | 'dataOffset' | 'dataLength'>>

/** Headers seen of late: a state of many arrays has few different ones. */
const recent = new Map<string, HeaderText>()
const MAX_RECENT = 64

function parseHeaderText(text: string, key: string): HeaderText {
  const known = recent.get(text)
  if (known !== undefined) return known
  const header = parseNewHeaderText(text, key)
  if (text.length <= 1024) {
    if (recent.size >= MAX_RECENT) recent.clear()
    recent.set(text, header)
  }
  return header
}

function parseNewHeaderText(text: string, key: string): HeaderText {
  try {
    const dict = parsePythonLiteral(text)
    if (!(dict instanceof Map) || dict.size !== 3) {
      throw new DescrError('it is not a dict of three keys')
    }
    const descrValue = dict.get('descr')
    const fortranOrder = dict.get('fortran_order')
    const shapeValue = dict.get('shape')
    if (descrValue === undefined || typeof fortranOrder !== 'boolean' || shapeValue === undefined) {
      throw new DescrError('it lacks descr, fortran_order or shape')
    }
    if (typeof shapeValue === 'number') throw new DescrError('shape is not a tuple')
    const descr = toDescr(descrValue)
    const itemsize = descrItemsize(descr)
    const shape = toShape(shapeValue)
    return { descr, fortranOrder, shape, itemsize, ...knownDType(descr) }
  } catch (error) {
    if (error instanceof DescrError && error.unsupported) throw unsupported(key, error.message)
    if (!(error instanceof DescrError || error instanceof SyntaxError)) throw error
    const message = `array '${key}' has a malformed .npy header: ${error.message}`
    throw corrupt(message, 'framing', { key }, { cause: error })
  }
}

function knownDType(descr: NpyDescr): Pick<ParsedNpy, 'info' | 'bigEndian'> {
  if (typeof descr !== 'string') return { info: dtypeOfStructure(descr), bigEndian: false }
  const order = descr[0]
  const kind = descr.replace(/^[<>=|]/, '')
  const info = dtypeOfNpy(`<${kind}`) ?? dtypeOfNpy(`|${kind}`)
  return { info, bigEndian: order === '>' && (info?.itemsize ?? 1) > 1 }
}
