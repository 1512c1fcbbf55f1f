/**
 * The header of a `.safetensors` file. Rules and limits: the README of huggingface/safetensors,
 * section "Format", and `Metadata::validate` of its safetensors/src/tensor.rs.
 *
 * ```text
 * length of the header (LE64, at most 100 MB)  header  data
 * ```
 * The header is a JSON object that begins with `{` and may end in spaces: of each tensor its `dtype`,
 * `shape` and `data_offsets` [begin, end) into the data, and `__metadata__`, strings by name. The
 * tensors fill the data without holes and without overlap.
 *
 * @module
 */
import type { DType } from '../array/dtype.js'
import { sizeOf } from '../array/strides.js'
import { CheckpointError, corrupt } from '../errors.js'
import { duplicateKey } from './json-keys.js'

/** Bytes of the header's length. */
export const LENGTH_BYTES = 8

/** tensor.rs, MAX_HEADER_SIZE. */
export const MAX_HEADER = 100_000_000

export const METADATA_KEY = '__metadata__'

/** The data begins at a multiple of this, so that the first tensor can be mapped: tensor.rs has 8. */
const ALIGNMENT = 64

/** Bits of an element and our dtype; without one the tensor is known but cannot be read. */
interface Kind {
  readonly bits: number
  readonly dtype?: DType
}

/** tensor.rs, enum Dtype. */
const KINDS: Readonly<Record<string, Kind>> = {
  BOOL: { bits: 8, dtype: 'bool' },
  F4: { bits: 4 },
  F6_E2M3: { bits: 6 },
  F6_E3M2: { bits: 6 },
  U8: { bits: 8, dtype: 'uint8' },
  I8: { bits: 8, dtype: 'int8' },
  F8_E5M2: { bits: 8, dtype: 'float8_e5m2' },
  F8_E4M3: { bits: 8, dtype: 'float8_e4m3fn' },
  F8_E8M0: { bits: 8 },
  F8_E4M3FNUZ: { bits: 8, dtype: 'float8_e4m3fnuz' },
  F8_E5M2FNUZ: { bits: 8, dtype: 'float8_e5m2fnuz' },
  I16: { bits: 16, dtype: 'int16' },
  U16: { bits: 16, dtype: 'uint16' },
  F16: { bits: 16, dtype: 'float16' },
  BF16: { bits: 16, dtype: 'bfloat16' },
  I32: { bits: 32, dtype: 'int32' },
  U32: { bits: 32, dtype: 'uint32' },
  F32: { bits: 32, dtype: 'float32' },
  C64: { bits: 64, dtype: 'complex64' },
  F64: { bits: 64, dtype: 'float64' },
  I64: { bits: 64, dtype: 'int64' },
  U64: { bits: 64, dtype: 'uint64' },
}

const BY_DTYPE = new Map<string, string>(
  Object.entries(KINDS).flatMap(([name, { dtype }]) =>
    dtype === undefined ? [] : [[dtype, name]],
  ),
)

/** The format's name of a dtype; undefined if it has none. */
export const safetensorsName = (dtype: string): string | undefined => BY_DTYPE.get(dtype)

export interface SafetensorsEntry {
  readonly name: string
  /** The format's own name, as `BF16`. */
  readonly type: string
  readonly dtype: DType | undefined
  readonly shape: readonly number[]
  /** Into the data, in bytes. */
  readonly begin: number
  readonly end: number
}

export interface SafetensorsHeader {
  /** In the order of the data. */
  readonly entries: readonly SafetensorsEntry[]
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * Length of the header, from the first bytes of a file.
 *
 * @param size bytes of the file
 * @throws CheckpointError CKPT_CORRUPT, CKPT_TOO_LARGE
 */
export function headerLength(bytes: Buffer, size: number, path: string): number {
  if (bytes.length < LENGTH_BYTES) throw bad(path, 'it is shorter than a header', 'bounds')
  const length = Number(bytes.readBigUInt64LE())
  // Before the limit: nearly any other file begins with a huge number.
  if (length > size - LENGTH_BYTES) throw bad(path, 'its header leaves the file', 'bounds')
  if (length > MAX_HEADER) {
    const message = `the header of '${path}' has ${String(length)} bytes`
    throw new CheckpointError('CKPT_TOO_LARGE', message, { bytes: length, limit: MAX_HEADER, path })
  }
  return length
}

/**
 * @param bytes of the header
 * @param dataLength bytes behind it
 * @throws CheckpointError CKPT_CORRUPT if it breaks a rule of the format
 */
export function parseSafetensorsHeader(
  bytes: Buffer,
  dataLength: number,
  path: string,
): SafetensorsHeader {
  const { [METADATA_KEY]: metadata, ...tensors } = parseObject(bytes, path)
  const entries = Object.entries(tensors).map(([name, value]) => toEntry(name, value, path))
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let end = 0
  for (const entry of entries) {
    if (entry.begin !== end) {
      const what = entry.begin < end ? 'overlaps another one' : 'leaves a hole before it'
      throw bad(path, `tensor '${entry.name}' ${what}`, 'inconsistent', entry.name)
    }
    end = entry.end
  }
  if (end !== dataLength) {
    const sizes = `${String(end)} bytes of ${String(dataLength)}`
    throw bad(path, `its tensors take ${sizes} behind the header`, 'bounds')
  }
  return { entries, metadata: checkMetadata(metadata, path) }
}

function parseObject(bytes: Buffer, path: string): Record<string, unknown> {
  // A byte order mark or a space would be read by some and not by others.
  if (bytes[0] !== 0x7b) throw bad(path, "its header does not begin with '{'")
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const value = JSON.parse(text) as Record<string, unknown>
    const key = duplicateKey(text)
    if (key === undefined) return value
    throw bad(path, `its header has '${key}' twice`, 'inconsistent', key)
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause
    const what = cause instanceof Error ? cause.message : String(cause)
    throw corrupt(`the header of '${path}' is no JSON: ${what}`, 'framing', { path }, { cause })
  }
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0

function toEntry(name: string, value: unknown, path: string): SafetensorsEntry {
  const { dtype: type, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>
  if (typeof type !== 'string' || !Array.isArray(shape) || !Array.isArray(offsets)) {
    throw bad(path, `tensor '${name}' lacks dtype, shape or data_offsets`, 'framing', name)
  }
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined
  if (kind === undefined) {
    const feature = `dtype ${type}`
    const message = `tensor '${name}' of '${path}' has ${feature}, which is not known`
    throw new CheckpointError('CKPT_UNSUPPORTED', message, { feature, path, key: name })
  }
  const [begin, end] = offsets as unknown[]
  if (!shape.every(isCount) || !isCount(begin) || !isCount(end) || offsets.length !== 2) {
    throw bad(path, `shape or offsets of '${name}' are no counts`, 'framing', name)
  }
  const bits = sizeOf(shape) * kind.bits
  if (!Number.isSafeInteger(bits) || bits % 8 !== 0 || end - begin !== bits / 8) {
    const told = `${String(end - begin)} bytes for ${type} [${shape.join(', ')}]`
    throw bad(path, `tensor '${name}' has ${told}`, 'inconsistent', name)
  }
  return { name, type, dtype: kind.dtype, shape, begin, end }
}

function checkMetadata(value: unknown, path: string): Record<string, string> {
  if (value === undefined) return {}
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isMap || Object.values(value).some((text) => typeof text !== 'string')) {
    throw bad(path, `its ${METADATA_KEY} does not map strings to strings`)
  }
  return value as Record<string, string>
}

const bad = (
  path: string,
  what: string,
  reason: 'bounds' | 'framing' | 'inconsistent' = 'framing',
  key?: string,
): CheckpointError => {
  const where = key === undefined ? { path } : { path, key }
  return corrupt(`'${path}' breaks the rules of safetensors: ${what}`, reason, where)
}

/** A tensor to be written; the data has them in the order of the header. */
export interface SafetensorsTensor {
  readonly name: string
  readonly type: string
  readonly shape: readonly number[]
  readonly byteLength: number
}

/**
 * All that stands before the data.
 *
 * @throws CheckpointError CKPT_TOO_LARGE if no reader would take the header
 */
export function encodeSafetensorsHeader(
  tensors: readonly SafetensorsTensor[],
  metadata: Readonly<Record<string, string>>,
  path: string,
): Buffer {
  let end = 0
  const members = tensors.map(({ name, type, shape, byteLength }) => {
    const begin = end
    end += byteLength
    const entry = { dtype: type, shape, data_offsets: [begin, end] }
    // By hand: an object would put names like '2' first, and lose '__proto__'.
    return `${JSON.stringify(name)}:${JSON.stringify(entry)}`
  })
  if (Object.keys(metadata).length > 0) {
    members.unshift(`"${METADATA_KEY}":${JSON.stringify(metadata)}`)
  }
  const text = Buffer.from(`{${members.join(',')}}`)
  const length = Math.ceil((LENGTH_BYTES + text.length) / ALIGNMENT) * ALIGNMENT - LENGTH_BYTES
  if (length > MAX_HEADER) {
    const message = `the names of '${path}' make a header of ${String(length)} bytes; split the file`
    throw new CheckpointError('CKPT_TOO_LARGE', message, { bytes: length, limit: MAX_HEADER, path })
  }
  const bytes = Buffer.alloc(LENGTH_BYTES + length, ' ')
  bytes.writeBigUInt64LE(BigInt(length))
  text.copy(bytes, LENGTH_BYTES)
  return bytes
}
