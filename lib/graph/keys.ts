/**
 * Keys of values in a checkpoint: the path of edge names from the root, then the attribute.
 * Source: python/trackable/trackable_utils.py, escape_local_name and checkpoint_key.
 *
 * @module
 */

/** Doubles every dot, then writes each slash as `.S`, so that a name is one path element. */
export const escapeName = (name: string): string =>
  name.includes('.') || name.includes('/') ? name.replaceAll('.', '..').replaceAll('/', '.S') : name

/** Parts of a path, not escaped. */
export const namesOf = (path: string): string[] => path.split('/').map(unescapeName)

const unescapeName = (name: string): string =>
  name.replace(/\.([.S])/g, (_, escaped: string) => (escaped === 'S' ? '/' : '.'))

/** TensorFlow 1's name of a variable that has none but its path: it knows no escapes. */
export const nameOfPath = (path: string): string => namesOf(path).join('/')

/** Path of a child whose parent's path is `parent`; the root's path is undefined. */
export const childPath = (parent: string | undefined, name: string): string =>
  parent === undefined ? escapeName(name) : `${parent}/${escapeName(name)}`

export const valueKey = (path: string | undefined, attribute: string): string =>
  `${path ?? ''}/.ATTRIBUTES/${escapeName(attribute)}`

/** Value of Python state, NumPy arrays among it, since TensorFlow 1.12. */
export const PY_STATE = 'py_state'

/** Value of a NumpyState's array up to TensorFlow 1.11. */
export const PY_STATE_OLD = 'array'

/** Value of a variable. */
export const VARIABLE_VALUE = 'VARIABLE_VALUE'

/** Stands in every key of a slot variable and, with its dots, in no other. */
export const SLOT_MARK = '/.OPTIMIZER_SLOT/'

/** Path of a slot variable: below its variable, by its optimizer. The root's path is empty. */
export const slotPath = (
  variable: string | undefined,
  optimizer: string | undefined,
  name: string,
): string => `${variable ?? ''}${SLOT_MARK}${optimizer ?? ''}/${escapeName(name)}`
