/**
 * SavedModels: directories of a program and the values of its variables. The values are a checkpoint
 * of their own. TensorFlow python/saved_model/path_helpers.py.
 *
 * @module
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { indexPath } from '../names.js'

// TensorFlow python/saved_model/constants.py
const PROGRAMS = ['saved_model.pb', 'saved_model.pbtxt']

/** The checkpoint of the SavedModel in a directory. */
export const savedModelPrefix = (directory: string): string =>
  join(directory, 'variables', 'variables')

export const isSavedModel = (directory: string): boolean =>
  PROGRAMS.some((name) => existsSync(join(directory, name)))

/** Whether a path that is to be restored stands for a SavedModel. A checkpoint of its name comes first. */
export const meansSavedModel = (path: string): boolean =>
  !existsSync(indexPath(path)) && isSavedModel(path)
