/**
 * Small files and directories, read in either manner.
 *
 * @module
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  opendirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  type Stats,
} from 'node:fs'
import { open, opendir, readdir, stat, type FileHandle } from 'node:fs/promises'
import { constants as system } from 'node:os'
import { CheckpointError, isCheckpointError } from '../errors.js'
import { fromNodeError, ioError } from '../native.js'
import { wait, type Steps } from '../twin.js'

/**
 * The whole of a file that is expected to be small next to what it describes.
 *
 * @throws CheckpointError CKPT_NOT_FOUND, CKPT_IO, or CKPT_TOO_LARGE above `limit` bytes
 */
export function* readWhole(path: string, limit: number, sync: boolean): Steps<Uint8Array> {
  try {
    return sync ? readWholeSync(path, limit) : yield* wait(readWholeAsync(path, limit))
  } catch (error) {
    throw fromNodeError(error, path)
  }
}

// Opening a fifo must fail below, not wait for a writer, and a terminal must not become the one of
// this process. No effect on regular files.
const READ = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY

/** The size of an open file that is one to be read. */
function sizeToRead(stats: Stats, path: string, limit: number): number {
  if (stats.isDirectory()) throw ioError(system.errno.EISDIR, 'read', path)
  // A fifo or a device has no size and perhaps no end.
  if (!stats.isFile()) throw ioError(system.errno.EINVAL, 'read', path)
  const bytes = stats.size
  if (bytes <= limit) return bytes
  const message = `'${path}' has ${String(bytes)} bytes, more than the ${String(limit)} that are read`
  throw new CheckpointError('CKPT_TOO_LARGE', message, { bytes, limit, path })
}

function readWholeSync(path: string, limit: number): Uint8Array {
  const fd = openSync(path, READ)
  try {
    const size = sizeToRead(fstatSync(fd), path, limit)
    const bytes = new Uint8Array(size)
    let at = 0
    while (at < size) {
      const read = readSync(fd, bytes, at, size - at, at)
      if (read === 0) break
      at += read
    }
    return bytes.subarray(0, at)
  } finally {
    closeSync(fd)
  }
}

async function readWholeAsync(path: string, limit: number): Promise<Uint8Array> {
  let file: FileHandle | undefined
  try {
    file = await open(path, READ)
    const size = sizeToRead(await file.stat(), path, limit)
    const bytes = new Uint8Array(size)
    let at = 0
    while (at < size) {
      const { bytesRead } = await file.read(bytes, at, size - at, at)
      if (bytesRead === 0) break
      at += bytesRead
    }
    return bytes.subarray(0, at)
  } finally {
    await file?.close()
  }
}

/** Names in a directory; none if there is no such directory. */
export function* listDirectory(path: string, sync: boolean): Steps<string[]> {
  try {
    return sync ? readdirSync(path) : yield* wait(readdir(path))
  } catch (error) {
    if (isMissing(error)) return []
    throw fromNodeError(error, path)
  }
}

/** Some of the names in a directory, at most `limit`; none if it cannot be read. */
export function* listSome(path: string, limit: number, sync: boolean): Steps<string[]> {
  try {
    return sync ? listSomeSync(path, limit) : yield* wait(listSomeAsync(path, limit))
  } catch {
    return []
  }
}

function listSomeSync(path: string, limit: number): string[] {
  const names: string[] = []
  const directory = opendirSync(path)
  try {
    while (names.length < limit) {
      const entry = directory.readSync()
      if (entry === null) break
      names.push(entry.name)
    }
  } finally {
    directory.closeSync()
  }
  return names
}

async function listSomeAsync(path: string, limit: number): Promise<string[]> {
  const names: string[] = []
  // Closed by the loop, also when it ends early.
  for await (const { name } of await opendir(path)) {
    if (names.length >= limit) break
    names.push(name)
  }
  return names
}

/** True if the path is a directory; false if it is anything else or not there. */
export function* isDirectory(path: string, sync: boolean): Steps<boolean> {
  try {
    const stats = sync ? statSync(path) : yield* wait(stat(path))
    return stats.isDirectory()
  } catch (error) {
    if (isMissing(error)) return false
    throw fromNodeError(error, path)
  }
}

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY

/** Makes what was renamed and removed in a directory survive a power loss. */
export function* syncDirectory(path: string, sync: boolean): Steps<void> {
  try {
    if (sync) syncDirectorySync(path)
    else yield* wait(syncDirectoryAsync(path))
  } catch (error) {
    const converted = fromNodeError(error, path)
    // Some file systems have no such call for directories and order their metadata by themselves.
    const isOrdered =
      isCheckpointError(converted, 'CKPT_IO') &&
      converted.details.syscall === 'fsync' &&
      /^(EINVAL|EOPNOTSUPP|ENOTSUP)$/.test(converted.details.name)
    if (!isOrdered) throw converted
  }
}

function syncDirectorySync(path: string): void {
  const fd = openSync(path, DIRECTORY)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

async function syncDirectoryAsync(path: string): Promise<void> {
  const directory = await open(path, DIRECTORY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
