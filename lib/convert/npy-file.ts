/**
 * `.npy` files as sources, and the arrays in a `.npz`.
 *
 * @module
 */
import { basename } from 'node:path'
import { corrupt } from '../errors.js'
import { NPY_PREAMBLE, npyDataOffset, parseNpyHeader, type ParsedNpy } from '../formats/npy.js'
import { NPY_SUFFIX } from '../formats/npz.js'
import type { Steps } from '../twin.js'
import { FileTensor } from './file-tensor.js'
import { MappedFile, type Bytes } from './mapped-file.js'
import type { TensorSource } from './tensor.js'

/**
 * A header is a line of text; 64 KiB is what version 1 holds, and a structure of thousands of fields
 * takes a few of these.
 */
export const MAX_NPY_HEADER: number = 2 ** 24

/**
 * The header of a `.npy`.
 *
 * @param head gives its first bytes, at most as many as there are
 * @param size bytes of all of it
 */
export function readNpyHeader(
  head: (length: number) => Buffer,
  size: number,
  key: string,
): { npy: ParsedNpy; header: Buffer } {
  const dataOffset = npyDataOffset(head(Math.min(NPY_PREAMBLE, size)), key)
  if (dataOffset > size || dataOffset > MAX_NPY_HEADER) {
    throw corrupt(`array '${key}' ends inside its .npy header`, 'bounds', { key })
  }
  const header = head(dataOffset)
  return { npy: parseNpyHeader(header, size, key), header }
}

/** @param bytes those of the elements */
export function npyFileTensor(name: string, key: string, npy: ParsedNpy, bytes: Bytes): FileTensor {
  const { info, shape, fortranOrder, bigEndian, descr, itemsize } = npy
  const parts = { name, key, shape, bytes, fortranOrder, bigEndian }
  return info === undefined
    ? new FileTensor({ ...parts, dtype: 'void', descr, itemsize })
    : new FileTensor({ ...parts, dtype: info.name })
}

/** One array, named as its file. */
export function* openNpyFile(path: string, sync: boolean): Steps<TensorSource> {
  const file = yield* MappedFile.open(path, sync)
  try {
    const name = basename(path, NPY_SUFFIX)
    const { npy } = readNpyHeader((length) => file.read(0, length), file.size, name)
    // Bytes behind the data are ignored, as numpy.load does.
    const bytes = file.part(npy.dataOffset, npy.dataLength, name)
    const open = (): FileTensor => npyFileTensor(name, name, npy, bytes)
    return {
      entries: [{ name, key: name, isMinor: false, open }],
      metadata: {},
      close: () => {
        file.close()
      },
    }
  } catch (error) {
    file.close()
    throw error
  }
}
