/**
 * Anything that holds tensors, opened by its path.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { indexPath } from '../bundle/names.js'
import { openCheckpointSync } from '../bundle/read/open.js'
import type { CheckpointReader } from '../bundle/read/reader.js'
import { checkpointSource } from '../convert/checkpoint-source.js'
import { formatOf, type Format } from '../convert/formats.js'
import { openSource } from '../convert/open-source.js'
import type { TensorSource } from '../convert/tensor.js'
import { runSync } from '../twin.js'

export interface Opened {
  /** Absolute: the file, or the prefix. */
  readonly path: string
  readonly format: Format
  readonly source: TensorSource
  /** Of a checkpoint. */
  readonly reader?: CheckpointReader
}

/**
 * The prefix that a path stands for: shells complete the names of files, `ckpt-1.index` or
 * `ckpt-1.data-00000-of-00001`.
 */
export function prefixOf(path: string): string {
  const prefix = /^(.*[^/])\.(?:index|data-\d{5,}-of-\d{5,})$/s.exec(path)?.[1]
  return prefix !== undefined && existsSync(indexPath(prefix)) ? prefix : path
}

/**
 * Opens a checkpoint (a prefix, a directory, one of its files) or a file of another format, by its
 * name. To be closed.
 *
 * @throws CheckpointError CKPT_NOT_FOUND, CKPT_CORRUPT, CKPT_UNSUPPORTED, CKPT_IO
 */
export function openAny(path: string): Opened {
  const absolute = resolve(path)
  // A directory or a prefix may have a name that ends as that of a file.
  const format = existsSync(indexPath(absolute)) ? 'checkpoint' : formatOf(absolute)
  if (format !== 'checkpoint') {
    return { path: absolute, format, source: runSync(openSource(absolute, format, true)) }
  }
  const reader = openCheckpointSync(prefixOf(absolute))
  return { path: reader.path, format, source: checkpointSource(reader, true), reader }
}
