/**
 * The one table of element types. Every other module asks here for widths, names and numbers.
 *
 * @module
 */
import type { Minifloat } from './minifloat.js'
import * as minifloat from './minifloat.js'

/** The typed arrays that hold elements. `Float16Array` joins where the runtime has it (Node 24). */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array

/**
 * Names of element types: NumPy's where NumPy has one, else TensorFlow's lower-case name. `void` is
 * NumPy's type of raw bytes; here it carries text, dates and structures, told apart by `descr`.
 */
export type DType =
  | 'bool'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float16'
  | 'bfloat16'
  | 'float32'
  | 'float64'
  | 'complex64'
  | 'complex128'
  | 'qint8'
  | 'quint8'
  | 'qint16'
  | 'quint16'
  | 'qint32'
  | 'float8_e5m2'
  | 'float8_e4m3fn'
  | 'float8_e4m3fnuz'
  | 'float8_e4m3b11fnuz'
  | 'float8_e5m2fnuz'
  | 'int4'
  | 'uint4'
  | 'int2'
  | 'uint2'
  | 'float4_e2m1fn'
  | 'void'

/** Name of a typed array's class: what `TypedArray[Symbol.toStringTag]` answers in any realm. */
export type ArrayClass =
  | 'Int8Array'
  | 'Uint8Array'
  | 'Uint8ClampedArray'
  | 'Int16Array'
  | 'Uint16Array'
  | 'Int32Array'
  | 'Uint32Array'
  | 'BigInt64Array'
  | 'BigUint64Array'
  | 'Float16Array'
  | 'Float32Array'
  | 'Float64Array'

export interface DTypeInfo {
  readonly name: DType
  /** Value of TensorFlow's DataType, core/framework/types.proto; 0: a bundle has no such type. */
  readonly tf: number
  /** Bytes of one element, in memory and in the data file; 0 for `void`, whose `descr` tells. */
  readonly itemsize: number
  /** Elements of `data` for one element of the array: 2 for complex numbers. */
  readonly lanes: 1 | 2
  /** Classes that `data` may have; the first is what we make. */
  readonly classes: readonly ArrayClass[]
  /** NumPy's descr, little-endian; absent where NumPy has no such type. */
  readonly npy?: string
  /** How `get` and `set` read the bits where the typed array does not do it. */
  readonly codec?: ElementCodec
}

/** Converts the stored bits of one element to a number and back. */
export interface ElementCodec {
  decode(bits: number): number
  encode(value: number): number
}

const signed = (bits: number): ElementCodec => {
  const shift = 32 - bits
  return {
    decode: (value) => (value << shift) >> shift,
    encode: (value) => value & ((1 << bits) - 1),
  }
}

const unsigned = (bits: number): ElementCodec => {
  const mask = (1 << bits) - 1
  return { decode: (value) => value & mask, encode: (value) => value & mask }
}

const float = (format: Minifloat): ElementCodec => ({
  decode: (bits) => minifloat.decode(format, bits),
  encode: (value) => minifloat.encode(format, value),
})

const truth: ElementCodec = { decode: (bits) => bits, encode: (value) => (value ? 1 : 0) }

const hasFloat16Array = 'Float16Array' in globalThis
const halfClasses: readonly ArrayClass[] = hasFloat16Array
  ? ['Float16Array', 'Uint16Array']
  : ['Uint16Array']

type Row = [
  name: DType,
  tf: number,
  itemsize: number,
  classes: readonly ArrayClass[],
  npy?: string | undefined,
  codec?: ElementCodec,
]

// On disk. Never renumber: TensorFlow core/framework/types.proto, enum DataType.
const ROWS: readonly Row[] = [
  ['float32', 1, 4, ['Float32Array'], '<f4'],
  ['float64', 2, 8, ['Float64Array'], '<f8'],
  ['int32', 3, 4, ['Int32Array'], '<i4'],
  ['uint8', 4, 1, ['Uint8Array', 'Uint8ClampedArray'], '|u1'],
  ['int16', 5, 2, ['Int16Array'], '<i2'],
  ['int8', 6, 1, ['Int8Array'], '|i1'],
  ['complex64', 8, 8, ['Float32Array'], '<c8'],
  ['int64', 9, 8, ['BigInt64Array'], '<i8'],
  ['bool', 10, 1, ['Uint8Array'], '|b1', truth],
  ['qint8', 11, 1, ['Int8Array']],
  ['quint8', 12, 1, ['Uint8Array']],
  ['qint32', 13, 4, ['Int32Array']],
  ['bfloat16', 14, 2, ['Uint16Array'], undefined, float(minifloat.BFLOAT16)],
  ['qint16', 15, 2, ['Int16Array']],
  ['quint16', 16, 2, ['Uint16Array']],
  ['uint16', 17, 2, ['Uint16Array'], '<u2'],
  ['complex128', 18, 16, ['Float64Array'], '<c16'],
  ['float16', 19, 2, halfClasses, '<f2', float(minifloat.FLOAT16)],
  ['uint32', 22, 4, ['Uint32Array'], '<u4'],
  ['uint64', 23, 8, ['BigUint64Array'], '<u8'],
  ['float8_e5m2', 24, 1, ['Uint8Array'], undefined, float(minifloat.FLOAT8_E5M2)],
  ['float8_e4m3fn', 25, 1, ['Uint8Array'], undefined, float(minifloat.FLOAT8_E4M3FN)],
  ['float8_e4m3fnuz', 26, 1, ['Uint8Array'], undefined, float(minifloat.FLOAT8_E4M3FNUZ)],
  ['float8_e4m3b11fnuz', 27, 1, ['Uint8Array'], undefined, float(minifloat.FLOAT8_E4M3B11FNUZ)],
  ['float8_e5m2fnuz', 28, 1, ['Uint8Array'], undefined, float(minifloat.FLOAT8_E5M2FNUZ)],
  // Less than a byte: unpacked, one byte an element, the value in the low bits.
  ['int4', 29, 1, ['Uint8Array'], undefined, signed(4)],
  ['uint4', 30, 1, ['Uint8Array'], undefined, unsigned(4)],
  ['int2', 31, 1, ['Uint8Array'], undefined, signed(2)],
  ['uint2', 32, 1, ['Uint8Array'], undefined, unsigned(2)],
  ['float4_e2m1fn', 33, 1, ['Uint8Array'], undefined, float(minifloat.FLOAT4_E2M1FN)],
  ['void', 0, 0, ['Uint8Array']],
]

/** DataType numbers whose values are not fixed-width elements. */
export const DT_STRING = 7
export const DT_VARIANT = 21

function toInfo([name, tf, itemsize, classes, npy, codec]: Row): DTypeInfo {
  const lanes = name.startsWith('complex') ? 2 : 1
  return Object.freeze({
    name,
    tf,
    itemsize,
    lanes,
    classes,
    ...(npy === undefined ? {} : { npy }),
    ...(codec === undefined ? {} : { codec }),
  })
}

const infos = ROWS.map(toInfo)
const byName = new Map<string, DTypeInfo>(infos.map((info) => [info.name, info]))
const byNumber = new Map(infos.filter((info) => info.tf > 0).map((info) => [info.tf, info]))
const byNpy = new Map(infos.flatMap((info) => (info.npy === undefined ? [] : [[info.npy, info]])))

export const DTYPES: readonly DTypeInfo[] = infos

/** The row of a name, or undefined. */
export const findDType = (name: string): DTypeInfo | undefined => byName.get(name)

/** The row of a name that is known to exist. */
export function dtypeInfo(name: DType): DTypeInfo {
  const info = byName.get(name)
  if (info === undefined) throw new TypeError(`unknown dtype '${name}'`)
  return info
}

/** The row of TensorFlow's DataType number; undefined for strings, variants and unknown ones. */
export const dtypeOfNumber = (tf: number): DTypeInfo | undefined => byNumber.get(tf)

/** The row of a little-endian NumPy descr such as `<f8`. */
export const dtypeOfNpy = (descr: string): DTypeInfo | undefined => byNpy.get(descr)

/** Name of a stored DataType for messages and listings, TensorFlow's lower-case names. */
export function dataTypeName(tf: number): string {
  if (tf === DT_STRING) return 'string'
  if (tf === DT_VARIANT) return 'variant'
  return byNumber.get(tf)?.name ?? `DataType(${String(tf)})`
}

// In the enum those of C's types; all others are the lower-case names in capitals.
const ENUM_NAMES: Readonly<Record<string, string>> = {
  float32: 'DT_FLOAT',
  float64: 'DT_DOUBLE',
  float16: 'DT_HALF',
}

/** Name of a stored DataType in TensorFlow's enum, as `DT_FLOAT`. */
export function dataTypeEnumName(tf: number): string {
  const name = dataTypeName(tf)
  return /\W/.test(name) ? name : (ENUM_NAMES[name] ?? `DT_${name.toUpperCase()}`)
}
