/**
 * Failures of the system and of the addon as errors of ours. Nothing else converts errors.
 *
 * @module
 */
import { constants } from 'node:os'
import { getSystemErrorName } from 'node:util'
import { CheckpointError, corrupt, isCheckpointError } from './errors.js'

/** What the addon throws and rejects with: `Status` of native/core/status.h. */
interface NativeFailure extends Error {
  status: 'io' | 'aborted' | 'corrupt' | 'too-large' | 'invalid'
  /** Positive; 0 when no system call failed. */
  osErrno: number
  syscall: string
  path: string
  bytes: number
  limit: number
}

/** Thrown when `Job.cancel` stopped a step; callers turn it into `signal.reason`. Never public. */
export class Aborted extends Error {}

const DISK_FAILED = 'the disk failed: check it; save elsewhere, or restore another checkpoint'

/** The way out of a system error, for the ones that users meet. */
const WAY_OUT: Readonly<Record<string, string>> = {
  ENOMEM: "free some memory; a save needs less with snapshot: 'none' or 'fork'",
  ENOSPC: 'free some space or save elsewhere; earlier checkpoints are intact',
  EDQUOT: 'the quota is used up; earlier checkpoints are intact',
  EACCES: 'check the permissions of the directory',
  EPERM: 'check the permissions of the directory',
  EROFS: 'the file system is read-only, perhaps since its disk failed; save elsewhere',
  ENOTDIR: 'a file stands where a directory should be',
  EISDIR: 'a directory stands where a file should be',
  EEXIST: 'another process writes the same prefix; give each its own',
  EMFILE: 'too many open files; raise the limit (ulimit -n)',
  ENFILE: 'the system has too many open files',
  EFBIG: 'a file may not grow that large here (ulimit -f, or the file system)',
  ENAMETOOLONG: 'choose a shorter prefix',
  ELOOP: 'a symbolic link leads to itself',
  EIO: DISK_FAILED,
  EUCLEAN: DISK_FAILED,
  EBADMSG: DISK_FAILED,
  ENODATA: DISK_FAILED,
  ECHILD: 'the process that held the arrays was killed; save again',
}

/** Linux's "structure needs cleaning", of file systems that found themselves damaged. */
const EUCLEAN = 117

/** libuv, which Node asks, has no names for some: EDQUOT, ECHILD, ESTALE. */
function nameOf(errno: number): string {
  const name = getSystemErrorName(-errno)
  if (/^E[A-Z\d]+$/.test(name)) return name
  if (errno === EUCLEAN && process.platform === 'linux') return 'EUCLEAN'
  return Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? name
}

/** What a disk that fails answers to a read, and what stands in the place of a file but is none. */
const UNREADABLE: ReadonlySet<string> = new Set([
  ...['EIO', 'EUCLEAN', 'EBADMSG', 'ENODATA'],
  ...['EISDIR', 'ELOOP', 'EINVAL', 'ENXIO'],
])

/** A file that nobody can read, as it is; not one that only this process cannot. */
export const isUnreadable = (error: unknown): boolean =>
  isCheckpointError(error, 'CKPT_IO') && UNREADABLE.has(error.details.name)

/** A failed system call as `CKPT_IO`; a missing file as `CKPT_NOT_FOUND`. */
export function ioError(
  osErrno: number,
  syscall: string,
  path: string,
  cause?: unknown,
): CheckpointError {
  const errno = -Math.abs(osErrno)
  const name = nameOf(-errno)
  const options = cause === undefined ? undefined : { cause }
  if (syscall === 'flock' && name === 'EAGAIN') return busy(path, options)
  if (name === 'ENOENT' && syscall === 'open') {
    return new CheckpointError('CKPT_NOT_FOUND', `no file ${quote(path)}`, { path }, options)
  }
  const advice = WAY_OUT[name]
  // Memory, threads and processes have none.
  const where = path === '' ? '' : ` of ${quote(path)}`
  const message = `${syscall}${where} failed: ${name}${advice ? ` (${advice})` : ''}`
  return new CheckpointError('CKPT_IO', message, { errno, name, syscall, path }, options)
}

function busy(path: string, options: ErrorOptions | undefined): CheckpointError {
  const message =
    `directory ${quote(path)} has a CheckpointManager already, in this process or another one; ` +
    'close that one, or give each a directory of its own (readers need no manager)'
  return new CheckpointError('CKPT_BUSY', message, { path }, options)
}

/**
 * Node's own `fs` errors as ours; anything else unchanged.
 *
 * @param where the path, which Node leaves out where it knows only a descriptor
 */
export function fromNodeError(error: unknown, where = ''): unknown {
  if (!(error instanceof Error) || !('errno' in error) || typeof error.errno !== 'number') {
    return error
  }
  const { errno, syscall, path } = error as NodeJS.ErrnoException
  return ioError(errno ?? 0, syscall ?? 'read', path ?? where, error)
}

/** What the addon threw as ours; anything else unchanged. */
export function fromAddonError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  // The C++ exception, by its text.
  if (error.message === 'std::bad_alloc')
    return ioError(constants.errno.ENOMEM, 'malloc', '', error)
  if (!('status' in error)) return error
  const failure = error as NativeFailure
  switch (failure.status) {
    case 'aborted':
      return new Aborted()
    case 'io':
      // An error born on a thread has no JavaScript stack; the new one has this caller's.
      return ioError(failure.osErrno, failure.syscall, failure.path, failure)
    case 'too-large': {
      const { bytes, limit } = failure
      return new CheckpointError('CKPT_TOO_LARGE', failure.message, { bytes, limit })
    }
    case 'corrupt':
      return corrupt(failure.message, 'bounds', { path: failure.path }, { cause: failure })
    case 'invalid':
      return new RangeError(failure.message)
  }
}

function quote(path: string): string {
  return `'${path}'`
}
