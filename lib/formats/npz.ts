/**
 * NumPy's `.npz`: a zip of `.npy` members, named by the arrays. Source: numpy/lib/_npyio_impl.py,
 * `_savez`.
 *
 * @module
 */
import { CheckpointError, corrupt } from '../errors.js'

/** What `numpy.savez` appends to a name and `numpy.load` takes off it. */
export const NPY_SUFFIX = '.npy'

/**
 * Names that a program which unpacks the file would write outside of where it should. An array needs
 * none of these, so they are neither written nor read.
 */
const isTricky = (name: string): boolean => /[\0\\]|^\/|^[A-Za-z]:|(^|\/)\.\.(\/|$)/.test(name)

/**
 * The array that a member holds; undefined for a member that is none.
 *
 * @throws CheckpointError CKPT_CORRUPT for a name that leads out of the archive
 */
export function arrayNameOf(member: string, path: string): string | undefined {
  if (isTricky(member)) {
    const message = `'${path}' has a member '${member}', whose name leads out of the archive`
    throw corrupt(message, 'framing', { path, key: member })
  }
  return member.endsWith(NPY_SUFFIX) ? member.slice(0, -NPY_SUFFIX.length) : undefined
}

/** @throws CheckpointError CKPT_UNSUPPORTED for a name that no member may have */
export function memberNameOf(name: string): string {
  const member = `${name}${NPY_SUFFIX}`
  if (!isTricky(member) && Buffer.byteLength(member) <= 0xffff && name !== '') return member
  const feature = 'a name that is no path inside an archive'
  const message = `array '${name}' has ${feature}, which .npz does not hold; give it another one by 'rename'`
  throw new CheckpointError('CKPT_UNSUPPORTED', message, { feature, key: name })
}
