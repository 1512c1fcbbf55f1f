/**
 * `.safetensors` files as sources: every tensor is a view of the mapped file.
 *
 * @module
 */
import { CheckpointError } from '../errors.js'
import {
  headerLength,
  LENGTH_BYTES,
  parseSafetensorsHeader,
  type SafetensorsEntry,
} from '../formats/safetensors.js'
import type { Steps } from '../twin.js'
import { FileTensor } from './file-tensor.js'
import { MappedFile } from './mapped-file.js'
import type { SourceTensor, TensorSource } from './tensor.js'

export function* openSafetensorsFile(path: string, sync: boolean): Steps<TensorSource> {
  const file = yield* MappedFile.open(path, sync)
  try {
    const first = file.read(0, Math.min(LENGTH_BYTES, file.size))
    const length = headerLength(first, file.size, file.path)
    const start = LENGTH_BYTES + length
    const header = file.read(LENGTH_BYTES, length)
    const { entries, metadata } = parseSafetensorsHeader(header, file.size - start, file.path)
    return {
      entries: entries.map((entry) => ({
        name: entry.name,
        key: entry.name,
        isMinor: false,
        open: () => openTensor(file, start, entry),
      })),
      metadata,
      close: () => {
        file.close()
      },
    }
  } catch (error) {
    file.close()
    throw error
  }
}

function openTensor(file: MappedFile, start: number, entry: SafetensorsEntry): SourceTensor {
  const { name, type, dtype, shape, begin, end } = entry
  if (dtype === undefined) {
    const feature = `dtype ${type}`
    const message = `tensor '${name}' of '${file.path}' has ${feature}, which no array here can hold`
    const details = { feature, path: file.path, key: name }
    throw new CheckpointError('CKPT_UNSUPPORTED', message, details)
  }
  const bytes = file.part(start + begin, end - begin, name)
  return new FileTensor({ name, key: name, dtype, shape, bytes })
}
