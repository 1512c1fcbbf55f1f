/**
 * NumPy's description of an element type, as the value of `descr` in a `.npy` header.
 *
 * @module
 */

/** `'<f8'`, or a list of fields. */
export type NpyDescr = string | readonly NpyField[]

/** (name or (title, name), type[, shape of a sub-array]). */
export type NpyField =
  | readonly [name: string | readonly [title: string, name: string], descr: NpyDescr]
  | readonly [
      name: string | readonly [title: string, name: string],
      descr: NpyDescr,
      shape: readonly number[],
    ]
