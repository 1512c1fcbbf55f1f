/**
 * Elements of any dtype as numbers to compute with, a piece at a time.
 *
 * @module
 */
import { dtypeInfo, findDType, type DType } from '../array/dtype.js'
import { arrayClassOf, laneBytes, viewAs } from '../array/typed-arrays.js'

/** Numbers of a piece; of complex elements re and im, interleaved. */
export type Numbers = ArrayLike<number> | ArrayLike<bigint>

export type Decode = (piece: Uint8Array) => Numbers

/** True if the elements are numbers at all: those of `void` are texts, dates and structures. */
export const isNumeric = (dtype: string): dtype is Exclude<DType, 'void'> =>
  dtype !== 'void' && findDType(dtype) !== undefined

export const isBig = (numbers: Numbers): numbers is ArrayLike<bigint> =>
  typeof numbers[0] === 'bigint'

/** All codes of the small formats, by their bits: a table is ten times as fast as to decode. */
const tables = new Map<DType, Float64Array>()

function tableOf(dtype: DType): Float64Array | undefined {
  const { codec, itemsize } = dtypeInfo(dtype)
  if (codec === undefined) return undefined
  const known = tables.get(dtype)
  if (known !== undefined) return known
  const table = Float64Array.from({ length: 256 ** itemsize }, (_, bits) => codec.decode(bits))
  tables.set(dtype, table)
  return table
}

/** @param dtype numeric; pieces are whole elements, little-endian as the host */
export function decoderOf(dtype: DType): Decode {
  const info = dtypeInfo(dtype)
  const [name = 'Uint8Array'] = info.classes
  const lane = laneBytes(info)
  const table = tableOf(dtype)
  return (piece) => {
    const { buffer, byteOffset, byteLength } =
      piece.byteOffset % lane === 0 ? piece : Uint8Array.from(piece)
    const view = viewAs(name, buffer, byteOffset, byteLength)
    // A Float16Array has decoded its bits already.
    if (table === undefined || arrayClassOf(view) === 'Float16Array') return view
    return Float64Array.from(view as Uint8Array, (bits) => table[bits] ?? NaN)
  }
}

/** The magnitude of each complex element. */
export function magnitudes(lanes: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: lanes.length / 2 }, (_, i) =>
    Math.hypot(lanes[2 * i] ?? 0, lanes[2 * i + 1] ?? 0),
  )
}
