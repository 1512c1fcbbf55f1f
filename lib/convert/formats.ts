/**
 * The formats by their names.
 *
 * @module
 */
import { basename } from 'node:path'

/** `checkpoint` is TensorFlow's TensorBundle, under a prefix. */
export type Format = 'npy' | 'npz' | 'safetensors' | 'tfjs' | 'checkpoint'

/** A file of tensors. */
export type FileFormat = Exclude<Format, 'checkpoint'>

export const FORMATS: readonly Format[] = ['npy', 'npz', 'safetensors', 'tfjs', 'checkpoint']

/**
 * The format that a path is named for: `.npy`, `.npz`, `.safetensors`, `model.json` (or another `.json`);
 * anything else is the prefix of a checkpoint, or its directory.
 */
export function formatOf(path: string): Format {
  const [, ending = ''] = /\.([a-z]+)$/.exec(basename(path)) ?? []
  if (ending === 'json') return 'tfjs'
  const formats: readonly string[] = FORMATS
  return formats.includes(ending) && ending !== 'checkpoint' && ending !== 'tfjs'
    ? (ending as Format)
    : 'checkpoint'
}
