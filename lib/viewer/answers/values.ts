/**
 * The first and last values of a tensor as text. What a file holds may be of any size, and the page
 * shows some lines.
 *
 * @module
 */
import type { NdArray } from '../../array/ndarray.js'
import type { StringTensor } from '../../bundle/read/strings.js'
import { arrayText } from '../../inspect/array-text.js'
import type { Values } from '../wire.js'

/** Elements at each end of an axis, and of all axes together. */
const EDGE = 3
const MAX_SHOWN = 10_000
/** Bytes of a string, or of a structure. */
const MAX_BYTES = 400

type Shown = NdArray | StringTensor

export function valuesOf(array: Shown): Values {
  const count = array.size > 1000 ? array.shape.map((length) => Math.min(length, 2 * EDGE)) : []
  const shown = count.reduce((product, length) => product * length, 1)
  if (shown > MAX_SHOWN) return { text: `${array.shape.length} axes are too many to print` }
  const isText = !('stride' in array) || array.dtype === 'void'
  return { text: arrayText(isText ? cut(array) : array, { edge: EDGE }) }
}

/** The same with the beginning of each element. */
function cut(array: Shown): Shown {
  const get = (...index: number[]): Uint8Array => {
    const bytes = array.get(...index) as Uint8Array
    if (bytes.length <= MAX_BYTES) return bytes
    return Buffer.concat([bytes.subarray(0, MAX_BYTES), Buffer.from(' …')])
  }
  return new Proxy(array, {
    get: (target, name) => (name === 'get' ? get : (Reflect.get(target, name, target) as unknown)),
  })
}
