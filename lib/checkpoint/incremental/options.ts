/**
 * Options of saves that write only what has changed, checked.
 *
 * @module
 */
import { inspect } from 'node:util'
import { checkChoice } from '../../bundle/operation.js'
import type { LinkLimits } from '../../bundle/write/delta.js'

/** How a save finds what has changed, and when it writes anew what has not. */
export interface IncrementalOptions {
  /**
   * How it is found what has changed. Both are exact; a checksum never says that something is
   * unchanged.
   *
   * `compare` (default): each array is compared, byte for byte, with the copy that the last save made,
   * which is kept in memory (as much as the state), or with the data files of the checkpoint that was
   * saved or restored last.
   *
   * `track`: the kernel notes which pages of memory are written to (Linux 6.7 or later). Nothing is
   * compared and no copy is kept, but each page takes about a microsecond at its first write after a
   * save: for large states of which little changes. Arrays that change each time are left alone. What
   * is written by a device into memory that was pinned before (io_uring's fixed buffers, GPUs) is not
   * seen. Where the system does not offer it, arrays are compared.
   */
  detect?: 'compare' | 'track'
  /**
   * A data file of which more than this part is not in use any more is not linked again: what is left
   * in it is written anew. 0 … 1, default 0.5.
   */
  maxDeadRatio?: number
  /**
   * At most so many data files are linked, and as many more as a full save has beside its first (by
   * `maxShardBytes`); what is in others is written anew. Default 16.
   */
  maxLinks?: number
  /**
   * A tensor of more bytes is stored in slices of about so many, along its first axis, and only slices
   * that have changed are written. TensorFlow puts them together. They are restored by a copy, not in
   * place. Not for the arrays of a `NumpyState`, which are files in themselves, and not for dtypes
   * that TensorFlow cannot put together. Default: none is.
   */
  sliceBytes?: number
}

export interface CheckedIncremental extends LinkLimits {
  readonly detect: 'compare' | 'track'
  readonly sliceBytes: number
}

/** @throws TypeError or RangeError naming the option */
export function checkIncremental(value: unknown): CheckedIncremental | undefined {
  if (value === undefined || value === false) return undefined
  if (value !== true && (typeof value !== 'object' || value === null)) {
    const expected = 'a boolean or an object'
    throw new TypeError(`options.incremental must be ${expected}, got ${inspect(value)}`)
  }
  const options: IncrementalOptions = value === true ? {} : value
  const { maxDeadRatio = 0.5, maxLinks = 16, sliceBytes = Infinity } = options
  const detect = checkChoice(options.detect, 'incremental.detect', ['compare', 'track'], 'compare')
  const isRatio = (ratio: number): boolean => ratio >= 0 && ratio <= 1
  const isCount = (count: number): boolean => Number.isSafeInteger(count) && count >= 0
  const isSize = (size: number): boolean => size >= 1 && (size === Infinity || isCount(size))
  check(maxDeadRatio, 'maxDeadRatio', 'a number from 0 to 1', isRatio)
  check(maxLinks, 'maxLinks', 'an integer of 0 or more', isCount)
  check(sliceBytes, 'sliceBytes', 'a positive integer', isSize)
  return { detect, maxDeadRatio, maxLinks, sliceBytes }
}

function check(
  value: unknown,
  name: string,
  expected: string,
  isGood: (value: number) => boolean,
): void {
  const message = `options.incremental.${name} must be ${expected}, got ${inspect(value)}`
  if (typeof value !== 'number') throw new TypeError(message)
  if (!isGood(value)) throw new RangeError(message)
}
