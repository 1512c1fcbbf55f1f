/**
 * Writes `.safetensors`.
 *
 * @module
 */
import { byUtf8 } from '../bundle/names.js'
import { CheckpointError } from '../errors.js'
import {
  encodeSafetensorsHeader,
  METADATA_KEY,
  safetensorsName,
  type SafetensorsTensor,
} from '../formats/safetensors.js'
import type { Steps } from '../twin.js'
import type { OutputFile } from './output.js'
import type { Scratch, TensorStream } from './tensor.js'

export function* writeSafetensors(
  file: OutputFile,
  tensors: readonly TensorStream[],
  metadata: Readonly<Record<string, string>>,
  path: string,
  scratch: Scratch,
): Steps<void> {
  // Wide elements first, so that all lie aligned without holes, which the format forbids; then by
  // name. So does the format's own library: safetensors/src/tensor.rs, `prepare`.
  const order = tensors.toSorted((a, b) => b.itemsize - a.itemsize || byUtf8(a.name, b.name))
  yield* file.append(encodeSafetensorsHeader(order.map(toEntry), metadata, path))
  for (const tensor of order) yield* tensor.stream(scratch, (piece) => file.append(piece))
}

/** @throws CheckpointError CKPT_UNSUPPORTED for a dtype or a name that the format does not have */
function toEntry({ name, key, dtype, shape, byteLength }: TensorStream): SafetensorsTensor {
  const type = safetensorsName(dtype)
  if (type !== undefined && name !== METADATA_KEY) return { name, type, shape, byteLength }
  const feature = type === undefined ? `dtype ${dtype}` : `the name ${METADATA_KEY}`
  const wayOut = type === undefined ? "leave it out by 'filter'" : "give it another one by 'rename'"
  const message = `'${key}' has ${feature}, which .safetensors does not hold; ${wayOut}`
  throw new CheckpointError('CKPT_UNSUPPORTED', message, { feature, key })
}
