/**
 * Arrays as nested lists.
 *
 * @module
 */
import type { Complex, NdArray } from '../array/ndarray.js'
import type { StringTensor } from '../bundle/read/strings.js'

/** More would be a document that hardly any program reads. */
export const MAX_ELEMENTS = 10_000_000

/**
 * Numbers as they are, bool as true and false, complex numbers as `[re, im]`; strings as text, or as
 * `{ base64 }` where they are no UTF-8. Bytes of structures are `{ base64 }` too.
 *
 * @throws RangeError if there are more than `MAX_ELEMENTS`
 */
export function nestedValues(array: NdArray | StringTensor): unknown {
  if (array.size > MAX_ELEMENTS) {
    const size = `${array.size} elements`
    throw new RangeError(`${size} are too many for --json; convert it to .npy, or leave out --json`)
  }
  return nested(array.shape, [], valueOf(array))
}

function nested(
  shape: readonly number[],
  index: readonly number[],
  value: (index: readonly number[]) => unknown,
): unknown {
  const length = shape[index.length]
  if (length === undefined) return value(index)
  return Array.from({ length }, (_, i) => nested(shape, [...index, i], value))
}

function valueOf(array: NdArray | StringTensor): (index: readonly number[]) => unknown {
  if (!('stride' in array)) return (index) => textOrBytes(array.get(...index))
  const at = (index: readonly number[]): unknown => array.get(...index)
  if (array.dtype === 'bool') return (index) => Boolean(at(index))
  if (array.dtype === 'void') return (index) => base64(at(index) as Uint8Array)
  if (!array.dtype.startsWith('complex')) return at
  return (index) => {
    const { re, im } = at(index) as Complex
    return [re, im]
  }
}

const base64 = (bytes: Uint8Array): object => ({ base64: Buffer.from(bytes).toString('base64') })

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOrBytes(bytes: Uint8Array): unknown {
  try {
    return utf8.decode(bytes)
  } catch {
    return base64(bytes)
  }
}
