/**
 * A checkpoint as a source: its variables, and the arrays of its `NumpyState`s.
 *
 * @module
 */
import { dtypeInfo, findDType, type DType } from '../array/dtype.js'
import type { NdArray } from '../array/ndarray.js'
import { laneBytes } from '../array/typed-arrays.js'
import { isFortranContiguous, isCContiguous, sizeOf } from '../array/strides.js'
import type { Extent } from '../bundle/read/extent.js'
import {
  OBJECT_GRAPH_KEY,
  type CheckpointReader,
  type VariableInfo,
} from '../bundle/read/reader.js'
import { subrange } from '../bundle/read/shards.js'
import type { StringTensor } from '../bundle/read/strings.js'
import { isCheckpointError } from '../errors.js'
import { crc32c, readMapped } from '../native.js'
import type { Steps } from '../twin.js'
import { swap } from './file-tensor.js'
import { namesOfKeys } from './tensor-names.js'
import {
  streamMemory,
  type Scratch,
  type Sink,
  type SourceEntry,
  type SourceTensor,
  type TensorSource,
} from './tensor.js'

/** Key of the counter that every numbered save has; it tells of the run, not of the model. */
const SAVE_COUNTER = 'save_counter/.ATTRIBUTES/VARIABLE_VALUE'

/** @param owns close the reader with the source */
export function checkpointSource(reader: CheckpointReader, owns: boolean): TensorSource {
  const variables = reader.variables().filter(({ key }) => key !== OBJECT_GRAPH_KEY)
  const names = namesOfKeys(variables.map(({ key }) => key))
  const entries = variables.map((info): SourceEntry => {
    const { key } = info
    const name = names.get(key) ?? key
    const open = (): SourceTensor => openValue(reader, info, name)
    return {
      name,
      key,
      open,
      // Strings are asked what they are: arrays of a NumpyState count, texts do not.
      get isMinor() {
        return key === SAVE_COUNTER || (findDType(info.dtype) === undefined && !isNpy(reader, info))
      },
    }
  })
  const close = (): void => {
    if (owns) reader.closeSync()
  }
  return { entries, metadata: {}, close }
}

/** True for a string that holds a `.npy`, also for one that is none any more: it is damaged then. */
function isNpy(reader: CheckpointReader, { key, dtype, shape }: VariableInfo): boolean {
  if (dtype !== 'string' || shape.length > 0) return false
  try {
    reader.getNpy(key)
    return true
  } catch (error) {
    if (isCheckpointError(error, 'CKPT_CORRUPT') && error.details.reason === 'framing') {
      // Checks what it reads: a damaged array must not be taken for a text and left out.
      reader.getBytes(key)
      return false
    }
    return !isCheckpointError(error, 'CKPT_MISMATCH')
  }
}

function openValue(reader: CheckpointReader, info: VariableInfo, name: string): SourceTensor {
  const { key } = info
  if (isNpy(reader, info)) {
    const extent = reader.getNpy(key)
    const { npy } = extent
    return new CheckpointTensor(
      name,
      key,
      extent.toArray(),
      [extent],
      npy.bigEndian,
      npy.dataLength,
    )
  }
  const { tensor, extents } = reader.tensor(key)
  if (!('stride' in tensor)) return stringsOf(name, key, tensor)
  const byteLength = sizeOf(tensor.shape) * tensor.itemsize
  return new CheckpointTensor(name, key, tensor, extents, reader.bigEndian, byteLength)
}

/** A tensor of strings, which are in memory or mapped already. */
export function stringsOf(name: string, key: string, strings: StringTensor): SourceTensor {
  const { shape } = strings
  let byteLength = 0
  for (const string of strings) byteLength += string.length
  return {
    ...{ name, key, dtype: strings.dtype as 'string', shape, itemsize: 0, byteLength },
    fortranOrder: false,
    read: () => strings,
    strings: () => strings,
    *stream(_scratch, sink) {
      for (const string of strings) yield* streamMemory(string, sink)
    },
  }
}

class CheckpointTensor implements SourceTensor {
  readonly name: string
  readonly key: string
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly itemsize: number
  readonly byteLength: number
  readonly fortranOrder: boolean
  declare readonly descr?: NonNullable<NdArray['descr']>
  readonly #array: NdArray
  readonly #extent: Extent | undefined
  readonly #bigEndian: boolean

  constructor(
    name: string,
    key: string,
    array: NdArray,
    extents: readonly Extent[],
    bigEndian: boolean,
    byteLength: number,
  ) {
    const { dtype, shape, stride, itemsize, descr } = array
    this.name = name
    this.key = key
    this.dtype = dtype
    this.shape = shape
    this.itemsize = itemsize
    this.byteLength = byteLength
    this.fortranOrder = !isCContiguous(shape, stride) && isFortranContiguous(shape, stride)
    if (descr !== undefined) this.descr = descr
    this.#array = array
    // A tensor in slices is put together in memory; others are streamed.
    const [only] = extents
    const isWhole = extents.length === 1 && only !== undefined && only.range.length >= byteLength
    this.#extent = isWhole ? only : undefined
    this.#bigEndian = bigEndian
  }

  read(): NdArray {
    return this.#array
  }

  *stream(scratch: Scratch, sink: Sink): Steps<void> {
    const extent = this.#extent
    if (extent === undefined) {
      yield* streamMemory(this.#array.data, sink)
      return
    }
    const lane = this.#bigEndian ? laneBytes(dtypeInfo(this.dtype)) : 1
    const { input } = scratch
    const { length } = extent.range
    let crc = extent.seed
    for (let at = 0; at < length; at += input.length) {
      const { shard, offset, length: left } = subrange(extent.range, at)
      const piece = input.subarray(0, Math.min(input.length, left))
      readMapped(shard.mapping, offset, piece)
      crc = crc32c(piece, crc)
      // Bytes behind the data of a .npy are in the checksum and nowhere else.
      const elements = piece.subarray(0, Math.max(0, this.byteLength - at))
      if (lane > 1) swap(elements, lane)
      if (elements.length > 0) yield* sink(elements)
    }
    extent.settle(crc)
  }
}
