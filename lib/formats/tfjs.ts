/**
 * TensorFlow.js' `model.json`: the part of it that tells where weights are, `weightsManifest`. Source:
 * tfjs-core/src/io/types.ts, `WeightsManifestConfig`, and io_utils.ts, `decodeWeight`.
 *
 * Each group lists files (`paths`, beside the model.json), whose bytes one behind the other are those
 * of its weights one behind the other, little-endian, in C order, without gaps. A string is its
 * length (LE32) and its bytes. A quantized weight has a number `q` for each element, which means `q *
 * scale + min`, or a half for each float32.
 *
 * @module
 */
import type { DType } from '../array/dtype.js'
import { sizeOf } from '../array/strides.js'
import { CheckpointError, corrupt } from '../errors.js'

/** tfjs-core/src/io/types.ts, DTYPE_VALUE_SIZE_MAP, of what `decodeWeight` takes. */
const BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, complex64: 8 }
const QUANTIZED_BYTES: Readonly<Record<string, number>> = { uint8: 1, uint16: 2, float16: 2 }

/** Bytes of a string's length. */
export const STRING_LENGTH = 4

/** What the converter of TensorFlow.js writes at most into one file. */
export const SHARD_BYTES: number = 4 * 1024 * 1024

/** A `model.json` is text about weights; graphs of hundreds of megabytes do not exist. */
export const MAX_MODEL_JSON: number = 2 ** 28

export interface Quantization {
  readonly dtype: 'uint8' | 'uint16' | 'float16'
  readonly scale: number
  readonly min: number
}

export interface TfjsWeight {
  readonly name: string
  /** Of the values that it stands for. */
  readonly dtype: Extract<DType, 'float32' | 'int32' | 'bool' | 'complex64'> | 'string'
  readonly shape: readonly number[]
  readonly quantization: Quantization | undefined
  /** Bytes in the files; undefined for strings, which tell by themselves. */
  readonly byteLength: number | undefined
}

export interface TfjsGroup {
  /** File names beside the model.json, with `/` between parts. */
  readonly paths: readonly string[]
  readonly weights: readonly TfjsWeight[]
}

/** True for a dtype that a weight has as it is; strings are of no fixed width. */
export const isTfjsDType = (dtype: string): boolean => Object.hasOwn(BYTES, dtype)

/** @throws CheckpointError CKPT_CORRUPT, CKPT_UNSUPPORTED */
export function parseManifest(bytes: Uint8Array, path: string): TfjsGroup[] {
  const model = parseJson(bytes, path)
  const manifest = isObject(model) ? model['weightsManifest'] : undefined
  if (!Array.isArray(manifest)) throw bad(path, 'it has no weightsManifest')
  const names = new Set<string>()
  const files = new Set<string>()
  return manifest.map((group: unknown) => {
    const { paths, weights } = isObject(group) ? group : {}
    if (!Array.isArray(paths) || !Array.isArray(weights)) {
      throw bad(path, 'a group has no paths or no weights')
    }
    return {
      paths: paths.map((name: unknown) => unique(checkFileName(name, path), files, path)),
      weights: weights.map((weight: unknown) => {
        const checked = toWeight(weight, path)
        unique(checked.name, names, path)
        return checked
      }),
    }
  })
}

function parseJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause)
    throw corrupt(`'${path}' is no JSON: ${what}`, 'framing', { path }, { cause })
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function unique(name: string, seen: Set<string>, path: string): string {
  if (seen.has(name)) throw bad(path, `it names '${name}' twice`, 'inconsistent', name)
  seen.add(name)
  return name
}

/** Only files beside the model.json or below: a model from elsewhere must not name any others. */
function checkFileName(name: unknown, path: string): string {
  const isBad = (text: string): boolean => /[\0\\:]|^\/|^$|(^|\/)\.{0,2}(\/|$)/.test(text)
  if (typeof name !== 'string' || isBad(name)) {
    throw bad(path, `weights file ${JSON.stringify(name)} is not below it`)
  }
  return name
}

function toWeight(value: unknown, path: string): TfjsWeight {
  const { name, dtype, shape, quantization } = isObject(value) ? value : {}
  if (typeof name !== 'string' || typeof dtype !== 'string' || !Array.isArray(shape)) {
    throw bad(path, 'a weight lacks name, dtype or shape')
  }
  const counts = shape.every((length) => Number.isSafeInteger(length) && Number(length) >= 0)
  const size = sizeOf(shape as number[])
  if (!counts || !Number.isSafeInteger(size * 8)) {
    throw bad(path, `the shape of '${name}' is none`, 'framing', name)
  }
  if (dtype !== 'string' && !isTfjsDType(dtype)) throw unsupported(path, name, `dtype ${dtype}`)
  const checked = quantization === undefined ? undefined : toQuantization(quantization, name, path)
  if (checked !== undefined) checkQuantized(dtype, checked, name, path)
  const width = checked === undefined ? BYTES[dtype] : QUANTIZED_BYTES[checked.dtype]
  return {
    name,
    dtype: dtype as TfjsWeight['dtype'],
    shape: shape as number[],
    quantization: checked,
    byteLength: width === undefined ? undefined : size * width,
  }
}

function toQuantization(value: unknown, name: string, path: string): Quantization {
  const { dtype, scale = 1, min = 0 } = isObject(value) ? value : {}
  if (typeof dtype !== 'string' || !Object.hasOwn(QUANTIZED_BYTES, dtype)) {
    throw unsupported(path, name, `quantization ${JSON.stringify(dtype)}`)
  }
  const needsScale = dtype !== 'float16' && !(isObject(value) && 'scale' in value && 'min' in value)
  if (needsScale || typeof scale !== 'number' || typeof min !== 'number') {
    throw bad(path, `the quantization of '${name}' lacks scale or min`, 'framing', name)
  }
  return { dtype: dtype as Quantization['dtype'], scale, min }
}

function checkQuantized(dtype: string, { dtype: by }: Quantization, name: string, path: string) {
  if (dtype === 'float32' || (dtype === 'int32' && by !== 'float16')) return
  throw unsupported(path, name, `quantization of ${dtype} by ${by}`)
}

const bad = (
  path: string,
  what: string,
  reason: 'framing' | 'inconsistent' = 'framing',
  key?: string,
): CheckpointError => {
  const where = key === undefined ? { path } : { path, key }
  return corrupt(`'${path}' is no model.json of TensorFlow.js: ${what}`, reason, where)
}

function unsupported(path: string, key: string, feature: string): CheckpointError {
  const message = `weight '${key}' of '${path}' has ${feature}, which TensorFlow.js does not load`
  return new CheckpointError('CKPT_UNSUPPORTED', message, { feature, path, key })
}

/** A weight as `model.json` tells of it; a half is a float32 that is quantized by float16. */
export function manifestWeight(name: string, dtype: string, shape: readonly number[]): object {
  if (dtype !== 'float16') return { name, shape, dtype }
  return { name, shape, dtype: 'float32', quantization: { dtype, original_dtype: 'float32' } }
}

/** Text of a `model.json` of one group. `rest`: its other members, such as `modelTopology`. */
export const formatModelJson = (
  paths: readonly string[],
  weights: readonly object[],
  rest: Readonly<Record<string, unknown>>,
): string => JSON.stringify({ ...rest, weightsManifest: [{ paths, weights }] })
