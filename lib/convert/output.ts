/**
 * Files that come into being at once: written in a staging directory, synced, and renamed.
 *
 * @module
 */
import {
  constants,
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { open, rename, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncDirectory } from '../bundle/files.js'
import type { Operation } from '../bundle/operation.js'
import { staged } from '../bundle/staged.js'
import { fromNodeError, type Staging } from '../native.js'
import { wait, type Steps } from '../twin.js'

/**
 * Replaces one file by what `body` writes, at once.
 *
 * @param path absolute
 * @throws CheckpointError CKPT_IO; the path holds what it held before
 */
export function* replaceBy(
  operation: Operation,
  path: string,
  durable: boolean,
  body: (file: OutputFile) => Steps<void>,
): Steps<void> {
  const { sync } = operation
  const directory = dirname(path)
  yield* staged(operation, directory, durable, function* (staging) {
    const made = yield* writeFile(operation, staging, 'file', durable, body)
    operation.end()
    operation.check()
    yield* move(made, path, sync)
    if (durable) yield* syncDirectory(directory, sync)
    operation.settle()
  })
}

/** Writes a file of a staging directory. */
export function* writeFile(
  operation: Operation,
  staging: Staging,
  name: string,
  durable: boolean,
  body: (file: OutputFile) => Steps<void>,
): Steps<string> {
  const path = join(staging.path, name)
  const file = yield* OutputFile.create(path, operation)
  try {
    yield* body(file)
    yield* file.finish(durable)
  } finally {
    yield* file.close()
  }
  return path
}

export function* move(from: string, to: string, sync: boolean): Steps<void> {
  try {
    if (sync) renameSync(from, to)
    else yield* wait(rename(from, to))
  } catch (error) {
    // The path that the caller knows.
    const cause = error instanceof Error ? Object.assign(error, { path: to }) : error
    throw fromNodeError(cause, to)
  }
}

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL

/** Small writes are gathered up to this. */
const GATHERED = 2 ** 18

export class OutputFile {
  readonly #path: string
  readonly #operation: Operation
  readonly #file: FileHandle | number
  readonly #gathered = Buffer.allocUnsafeSlow(GATHERED)
  #pending = 0
  /** Bytes that were appended. */
  length = 0
  #isOpen = true

  private constructor(path: string, operation: Operation, file: FileHandle | number) {
    this.#path = path
    this.#operation = operation
    this.#file = file
  }

  static *create(path: string, operation: Operation): Steps<OutputFile> {
    try {
      const file = operation.sync
        ? openSync(path, FLAGS, 0o666)
        : yield* wait(open(path, FLAGS, 0o666))
      return new OutputFile(path, operation, file)
    } catch (error) {
      throw fromNodeError(error, path)
    }
  }

  *append(bytes: Uint8Array): Steps<void> {
    this.#operation.check()
    this.#operation.advance(bytes.length)
    if (bytes.length + this.#pending > GATHERED) yield* this.#flush()
    if (bytes.length >= GATHERED) yield* this.#write(bytes, this.length)
    else {
      this.#gathered.set(bytes, this.#pending)
      this.#pending += bytes.length
    }
    this.length += bytes.length
  }

  /** Leaves zeros up to an offset. */
  *skipTo(offset: number): Steps<void> {
    yield* this.#flush()
    this.length = offset
  }

  /** Writes over what was appended before. */
  *patch(bytes: Uint8Array, offset: number): Steps<void> {
    yield* this.#flush()
    yield* this.#write(bytes, offset)
  }

  *#flush(): Steps<void> {
    const count = this.#pending
    this.#pending = 0
    if (count > 0) yield* this.#write(this.#gathered.subarray(0, count), this.length - count)
  }

  *#write(bytes: Uint8Array, offset: number): Steps<void> {
    const file = this.#file
    try {
      for (let at = 0; at < bytes.length;) {
        const left = bytes.length - at
        if (typeof file === 'number') at += writeSync(file, bytes, at, left, offset + at)
        else at += (yield* wait(file.write(bytes, at, left, offset + at))).bytesWritten
      }
    } catch (error) {
      throw fromNodeError(error, this.#path)
    }
  }

  *finish(durable: boolean): Steps<void> {
    yield* this.#flush()
    const file = this.#file
    try {
      if (typeof file === 'number') {
        ftruncateSync(file, this.length)
        if (durable) fsyncSync(file)
      } else {
        yield* wait(file.truncate(this.length))
        if (durable) yield* wait(file.sync())
      }
    } catch (error) {
      throw fromNodeError(error, this.#path)
    }
  }

  *close(): Steps<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    if (typeof this.#file === 'number') closeSync(this.#file)
    else yield* wait(this.#file.close())
  }
}
