/** What several contestants need. */
import { open } from 'node:fs/promises'
import { payloadOf } from '../workloads/state.mjs'

export const bytesOf = ({ buffer, byteOffset, byteLength }) =>
  new Uint8Array(buffer, byteOffset, byteLength)

export const keyOf = ({ group, name }) => `${group}/${name}`

/** Elements of a file's bytes where they lie; copied if they lie where no Float32Array may begin. */
export function floatsOf(bytes) {
  const { buffer, byteOffset, byteLength } = bytes
  return byteOffset % 4 === 0
    ? new Float32Array(buffer, byteOffset, byteLength / 4)
    : new Float32Array(bytes.slice().buffer)
}

/** Syncs files that a library has written, and the directory that names them. */
export async function syncPaths(...paths) {
  for (const path of paths) {
    const handle = await open(path)
    await handle.sync()
    await handle.close()
  }
}

/** readFile gives one buffer. */
export const tooLargeToRead = (specs) =>
  payloadOf(specs) >= 2 ** 31 * 0.99 ? 'readFile reads less than 2 GiB' : undefined

export const tooManyArrays = (most, why) => (specs) => (specs.length > most ? why : undefined)

/** The first reason of several. */
export const anyOf =
  (...reasons) =>
  (specs) =>
    reasons.map((reason) => reason(specs)).find((reason) => reason !== undefined)
