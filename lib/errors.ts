/**
 * Every failure that is not the caller's mistake.
 *
 * Match on `code`, never on `message`. Misuse (a wrong type, a bad range) throws `TypeError` or
 * `RangeError` instead, and an abort rejects with `signal.reason`.
 *
 * @module
 */

/** What is wrong with bytes that do not hold what they should. */
export type CorruptReason =
  /** A stored checksum differs from that of the bytes. */
  | 'checksum'
  /** A length, offset or count points outside its file or message. */
  | 'bounds'
  /** The bytes do not follow the format. */
  | 'framing'
  /** Two parts of the checkpoint contradict each other. */
  | 'inconsistent'

/** What each failure carries. `docs/errors.md` has one heading per key; a test compares the two. */
export interface ErrorDetails {
  CKPT_NOT_FOUND: { path: string; key?: string }
  CKPT_CORRUPT: { reason: CorruptReason; path?: string; key?: string }
  CKPT_MISMATCH: { key: string; expected: string; found: string }
  CKPT_TOO_LARGE: { bytes: number; limit: number; path?: string; key?: string }
  CKPT_BUSY: { path: string }
  CKPT_CLOSED: { path: string }
  CKPT_UNSUPPORTED: { feature: string; path?: string; key?: string }
  /** `errno` is negative, as in Node's own system errors; `name` is its constant, as `ENOSPC`. */
  CKPT_IO: { errno: number; name: string; syscall: string; path?: string }
}

export type ErrorCode = keyof ErrorDetails

// Symbol.for, not a class check: an application may hold two copies of this package (two versions,
// or one in a worker's own node_modules) and errors cross between them.
const BRAND = Symbol.for('ndcheckpoint.CheckpointError')

export class CheckpointError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name: string = 'CheckpointError'
  /** Stable: a code is never renamed without a major version. */
  readonly code: C
  readonly details: Readonly<ErrorDetails[C]>

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }

  constructor(code: C, message: string, details: ErrorDetails[C], options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.details = Object.freeze(details)
  }
}

type ErrorOf<C extends ErrorCode> = C extends ErrorCode ? CheckpointError<C> : never

/** True for our errors, from any copy of the package; with codes, narrows to those codes. */
export function isCheckpointError<C extends ErrorCode = ErrorCode>(
  error: unknown,
  ...codes: readonly C[]
): error is ErrorOf<C> {
  if (typeof error !== 'object' || error === null || !(BRAND in error)) return false
  return codes.length === 0 || codes.includes((error as unknown as CheckpointError<C>).code)
}

/** `CKPT_CORRUPT` in one line; readers of untrusted bytes throw nothing else about their content. */
export function corrupt(
  message: string,
  reason: CorruptReason,
  where: { path?: string; key?: string } = {},
  options?: ErrorOptions,
): CheckpointError<'CKPT_CORRUPT'> {
  return new CheckpointError('CKPT_CORRUPT', message, { reason, ...where }, options)
}
