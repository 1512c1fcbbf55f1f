/**
 * What a checkpoint or a file holds.
 *
 * @module
 */
import { globPattern } from '../convert/select.js'
import {
  Scratch,
  type SourceEntry,
  type TensorSource,
  type TensorStream,
} from '../convert/tensor.js'
import { runSync } from '../twin.js'
import { statisticsOf, type Statistics } from './statistics.js'

export interface ListedTensor {
  readonly name: string
  readonly key: string
  readonly dtype: string
  readonly shape: readonly number[]
  /** Of the elements; of strings, of their content. */
  readonly byteLength: number
  readonly statistics?: Statistics
}

/** Whether a name or a key fits one of the globs; without globs all do. */
export function accepting(globs: readonly string[]): (name: string, key: string) => boolean {
  const patterns = globs.map(globPattern)
  return (name, key) =>
    patterns.length === 0 || patterns.some((pattern) => pattern.test(name) || pattern.test(key))
}

export interface ContentsOptions {
  readonly globs?: readonly string[]
  readonly statistics?: boolean
  /** Bytes: of all that is read, what has been. */
  readonly onProgress?: (progress: { done: number; total: number }) => void
}

/** @throws CheckpointError for a tensor that cannot be read */
export function contentsOf(source: TensorSource, options: ContentsOptions = {}): ListedTensor[] {
  const accepts = accepting(options.globs ?? [])
  const tensors = source.entries.filter(({ name, key }) => accepts(name, key)).map(open)
  if (options.statistics !== true) return tensors.map(listed)
  const scratch = new Scratch()
  // Each is read twice.
  const total = 2 * tensors.reduce((sum, { byteLength }) => sum + byteLength, 0)
  let done = 0
  const onBytes = (bytes: number): void => {
    done += bytes
    options.onProgress?.({ done, total })
  }
  return tensors.map((tensor) => {
    return { ...listed(tensor), statistics: runSync(statisticsOf(tensor, scratch, { onBytes })) }
  })
}

const open = (entry: SourceEntry): TensorStream => entry.open()

const listed = ({ name, key, dtype, shape, byteLength }: TensorStream): ListedTensor => {
  return { name, key, dtype, shape: [...shape], byteLength }
}
