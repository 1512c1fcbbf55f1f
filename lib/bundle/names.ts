/**
 * Names of a checkpoint's files. Source: core/util/tensor_bundle/naming.cc.
 *
 * @module
 */
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'

/** A path as Node's `fs` takes it: a string or a `file:` URL. */
export type PathInput = string | URL

/** @throws TypeError naming `what` unless it is a path. */
export function checkPath(path: unknown, what: string): string {
  if (path instanceof URL) return fileURLToPath(path)
  if (typeof path !== 'string') {
    throw new TypeError(`${what} must be a string or a file URL, got ${inspect(path)}`)
  }
  if (path === '') throw new TypeError(`${what} must not be empty`)
  if (path.includes('\0')) throw new TypeError(`${what} must not hold a null byte`)
  return path
}

/**
 * Checks the prefix of a checkpoint to be written.
 *
 * @throws TypeError if it is no path; RangeError if TensorFlow could not restore from it
 */
export function checkPrefix(path: unknown): string {
  const prefix = checkPath(path, 'prefix')
  const bad = /[[\]\\]/.exec(prefix)
  if (bad !== null) {
    // TensorFlow looks for a checkpoint by glob: tensorflow/tensorflow issue 34290.
    throw new RangeError(
      `prefix '${prefix}' holds '${bad[0]}', which TensorFlow takes for a pattern: it could not ` +
        'restore the checkpoint; choose a path without [, ] and \\',
    )
  }
  // Resolved, `.` and `..` would become names beside the directory that was meant.
  if (/(^|\/)\.{0,2}$/.test(prefix)) {
    const example = `${prefix.replace(/\/$/, '')}/ckpt`
    throw new RangeError(`prefix '${prefix}' names a directory; add a name, as '${example}'`)
  }
  return prefix
}

export const indexPath = (prefix: string): string => `${prefix}.index`

const fiveDigits = (n: number): string => String(n).padStart(5, '0')

export const shardPath = (prefix: string, shard: number, count: number): string =>
  `${prefix}.data-${fiveDigits(shard)}-of-${fiveDigits(count)}`

/** Where the files of a prefix are, and what they are called there. */
export function splitPrefix(prefix: string): { directory: string; base: string } {
  const absolute = resolve(prefix)
  return { directory: dirname(absolute), base: basename(absolute) }
}

/** Data files of `base` among a directory's names, with the shard count that each name tells. */
export function shardFilesOf(
  base: string,
  names: readonly string[],
): { name: string; count: number }[] {
  const stem = `${base}.data-`
  return names.flatMap((name) => {
    if (!name.startsWith(stem)) return []
    const match = /^\d{5,}-of-(\d{5,})$/.exec(name.slice(stem.length))
    return match === null ? [] : [{ name, count: Number(match[1]) }]
  })
}

/** Names in the order of their UTF-8 bytes, which is that of their code points and that of an index. */
export const byUtf8 = (a: string, b: string): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b))
