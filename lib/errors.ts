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
  /** There is no such file, or no such key in the checkpoint. */
  CKPT_NOT_FOUND: {
    /** The missing file; with `key`, the checkpoint. */
    path: string
    /** The tensor that was asked for. */
    key?: string
  }
  /** The files do not hold what they should. */
  CKPT_CORRUPT: {
    /** What is wrong with them. */
    reason: CorruptReason
    /** The file. */
    path?: string
    /** The tensor. */
    key?: string
  }
  /** The checkpoint has something else under the name that the program restores. */
  CKPT_MISMATCH: {
    /** The name in the checkpoint, or the one that it would have there. */
    key: string
    /** Dtype and shape that the program's object needs. */
    expected: string
    /** Dtype and shape that the checkpoint has. */
    found: string
  }
  /** No buffer of that size can be made. */
  CKPT_TOO_LARGE: {
    /** What was needed. */
    bytes: number
    /** The most there can be here. */
    limit: number
    /** The file. */
    path?: string
    /** The tensor. */
    key?: string
  }
  /** Something that was begun earlier has to end first, or a directory has another owner. */
  CKPT_BUSY: {
    /** What was to be saved or restored, or the directory. */
    path: string
  }
  /** The reader, the file or the manager was closed before it was used. */
  CKPT_CLOSED: {
    /** Its checkpoint, file or directory. */
    path: string
  }
  /** The input is sound as far as it was read, but it uses a feature that this version does not have. */
  CKPT_UNSUPPORTED: {
    /** Which one. */
    feature: string
    /** The file. */
    path?: string
    /** The tensor. */
    key?: string
  }
  /** A system call failed. */
  CKPT_IO: {
    /** Negative, as in Node's own system errors. */
    errno: number
    /** Its constant, as `ENOSPC`. */
    name: string
    /** The call. */
    syscall: string
    /** The file or directory. */
    path?: string
  }
}

/** Which failure: what programs match on. */
export type ErrorCode = keyof ErrorDetails

// Symbol.for, not a class check: an application may hold two copies of this package (two versions,
// or one in a worker's own node_modules) and errors cross between them.
const BRAND = Symbol.for('ndcheckpoint.CheckpointError')

/**
 * A failure that is not the caller's mistake: match on `code`, never on `message`. `cause` is the error
 * below it, where there was one. Misuse (a wrong type, a bad range) throws `TypeError` or `RangeError`
 * instead, and an abort rejects with `signal.reason`.
 *
 * ```js
 * try {
 *   await checkpoint.save('run/ckpt')
 * } catch (error) {
 *   if (!isCheckpointError(error, 'CKPT_IO')) throw error
 *   console.error(`not saved: ${error.details.name} in ${error.details.syscall}`)
 * }
 * ```
 */
export class CheckpointError<C extends ErrorCode = ErrorCode> extends Error {
  /** The same for every code. */
  override readonly name: string = 'CheckpointError'
  /** Stable: a code is never renamed without a major version. */
  readonly code: C
  /** What failed on what, by the code: see `ErrorDetails`. Frozen. */
  readonly details: Readonly<ErrorDetails[C]>

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true })
  }

  /**
   * For the package itself, and for tests of programs that handle its errors.
   *
   * @param code which failure
   * @param message for people; may change at any time
   * @param details what each code carries
   */
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
