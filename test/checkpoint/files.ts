/** What the tests of checkpoints share. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Checkpoint, NumpyState, type ArrayInput, type NdArray } from '../../lib/index.js'

export type Arrays = Record<string, ArrayInput>

/** A state of these arrays. */
export const stateOf = (arrays: Arrays): NumpyState<Arrays> =>
  Object.assign(new NumpyState<Arrays>(), arrays)

/** A state without arrays: what a restore makes in it are NdArrays. */
export const emptyState = (): NumpyState<Record<string, NdArray>> => new NumpyState()

/** Names of the files below a directory, sorted; none if it is missing. */
export function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()
  } catch {
    return []
  }
}

/** Name and content of each file, for comparing directories. */
export const contentsOf = (directory: string): [string, string][] =>
  readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }): [string, string] => [name, readFileSync(join(directory, name), 'hex')])
    .sort()

/** Saves arrays under the name `arrays`. */
export async function saved(prefix: string, arrays: Arrays): Promise<string> {
  return new Checkpoint({ arrays: stateOf(arrays) }).save(prefix)
}

/** Flips a bit of the first place of `bytes` in a file. */
export function flip(path: string, bytes: Uint8Array): void {
  const file = readFileSync(path)
  const at = file.indexOf(bytes)
  if (at < 0) throw new Error(`'${path}' does not hold the bytes that were to be changed`)
  file.writeUInt8(file.readUInt8(at) ^ 1, at)
  writeFileSync(path, file)
}

/** Waits until a condition holds; tells what it waited for when the time is up. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`)
    await new Promise(setImmediate)
  }
}
