/**
 * Files of other formats as sources, by their format.
 *
 * @module
 */
import type { Steps } from '../twin.js'
import type { FileFormat } from './formats.js'
import { openNpyFile } from './npy-file.js'
import { openNpzFile } from './npz-file.js'
import { openSafetensorsFile } from './safetensors-file.js'
import type { TensorSource } from './tensor.js'
import { openTfjsFile } from './tfjs-file.js'

const OPENERS = {
  npy: openNpyFile,
  npz: openNpzFile,
  safetensors: openSafetensorsFile,
  tfjs: openTfjsFile,
} as const

/** @param path absolute */
export const openSource = (path: string, format: FileFormat, sync: boolean): Steps<TensorSource> =>
  OPENERS[format](path, sync)
