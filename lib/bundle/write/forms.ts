/**
 * What arrays have in common that differ only in their keys and bytes: a state of many arrays has few
 * of these, so that each is made once.
 *
 * @module
 */
import { DT_STRING } from '../../array/dtype.js'
import type { CheckedInput } from '../../array/input.js'
import { isCContiguous, isFortranContiguous, sizeOf } from '../../array/strides.js'
import { encodeNpyHeader } from '../../formats/npy.js'
import { descrOfDType } from '../../formats/npy-descr.js'
import { crc32c } from '../../native.js'
import { mask } from '../masked-crc.js'
import { lengthBytes } from '../string-length.js'
import { varintLength, writeVarint } from '../varint.js'

/** Of a value: all but its key and the bytes of its array. Shared and never changed. */
export interface ValueForm {
  /** TensorFlow's DataType. */
  readonly dtype: number
  readonly shape: readonly number[]
  readonly head: Uint8Array
  readonly seed: number
}

/** How the elements lie: in C order, in Fortran order and not C order, or neither. */
export type MemoryOrder = 'c' | 'fortran' | 'strided'

export function memoryOrder({ shape, stride }: CheckedInput): MemoryOrder {
  if (isCContiguous(shape, stride)) return 'c'
  return isFortranContiguous(shape, stride) ? 'fortran' : 'strided'
}

/** Forms made of late, by all that they depend on. */
const recent = new Map<string, ValueForm>()
const MAX_RECENT = 1024

function remembered(key: string, make: () => ValueForm): ValueForm {
  const known = recent.get(key)
  if (known !== undefined) return known
  const form = make()
  if (recent.size >= MAX_RECENT) recent.clear()
  recent.set(key, form)
  return form
}

/**
 * The head of a scalar string of `start` followed by `rest` bytes more: varint length, masked
 * checksum of the length, `start`.
 */
export function stringHead(start: Uint8Array, rest: number): { head: Uint8Array; seed: number } {
  const length = start.length + rest
  const digits = varintLength(length)
  const head = Buffer.allocUnsafe(digits + 4 + start.length)
  writeVarint(head, 0, length)
  const lengthCrc = crc32c(lengthBytes(length))
  head.writeUInt32LE(mask(lengthCrc), digits)
  head.set(start, digits + 4)
  // The varint itself is not covered; the fixed-width length is, then the checksum as stored.
  return { head, seed: crc32c(head.subarray(digits), lengthCrc) }
}

const SCALAR: readonly number[] = Object.freeze([])

/** Of a scalar string that holds what `numpy.save` writes. */
export function npyForm(array: CheckedInput, fortranOrder: boolean): ValueForm {
  const { info, shape, descr, itemsize } = array
  const make = (): ValueForm => {
    const header = encodeNpyHeader({ descr: descr ?? descrOfDType(info), fortranOrder, shape })
    return { dtype: DT_STRING, shape: SCALAR, ...stringHead(header, sizeOf(shape) * itemsize) }
  }
  // Text, dates and structures are told apart by more than the name.
  if (descr !== undefined) return make()
  return remembered(`${fortranOrder ? 'npy f' : 'npy c'} ${info.name} ${shape.join()}`, make)
}

const NO_BYTES = new Uint8Array(0)

/** Of a tensor of fixed-width elements. */
export const tensorForm = (tf: number, shape: readonly number[]): ValueForm =>
  remembered(`tensor ${String(tf)} ${shape.join()}`, () => ({
    dtype: tf,
    shape: Object.freeze([...shape]),
    head: NO_BYTES,
    seed: 0,
  }))
