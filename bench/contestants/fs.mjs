/**
 * What Node has built in: `fs.promises.writeFile` with `flush`, and `readFile`. The numbers only:
 * no names, no checksums, and nothing that makes a set of files whole or absent.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sizeOf } from '../workloads/state.mjs'
import { bytesOf, tooLargeToRead, tooManyArrays } from './common.mjs'

/** More requests than threads only queue up; libuv has four threads. */
const PARALLEL = 8

async function forEachParallel(count, body) {
  let next = 0
  const worker = async () => {
    while (next < count) await body(next++)
  }
  await Promise.all(Array.from({ length: Math.min(PARALLEL, count) }, worker))
}

const tooManyFiles = tooManyArrays(5000, 'a sync for each of so many files takes minutes')

const concatenated = {
  name: 'fs.writeFile, one file',
  kind: 'save',
  peer: 'node',
  saves: 2,
  memory: 2,
  promises: 'snapshot, durable',
  open: (state) => ({
    save(directory) {
      const whole = new Uint8Array(state.reduce((sum, { data }) => sum + data.byteLength, 0))
      let at = 0
      for (const { data } of state) {
        whole.set(bytesOf(data), at)
        at += data.byteLength
      }
      return writeFile(join(directory, 'state'), whole, { flush: true })
    },
  }),
}

const perArray = {
  name: 'fs.writeFile, file per array',
  kind: 'save',
  peer: 'node',
  saves: 2,
  promises: 'durable',
  refuses: tooManyFiles,
  open: (state) => ({
    save: (directory) =>
      forEachParallel(state.length, (i) =>
        writeFile(join(directory, String(i)), bytesOf(state[i].data), { flush: true }),
      ),
  }),
}

const readConcatenated = {
  name: 'fs.readFile, one file',
  kind: 'restore',
  peer: 'node',
  restores: 1,
  limit: 'pread',
  format: concatenated.name,
  promises: 'private, writable',
  refuses: tooLargeToRead,
  open(specs) {
    let arrays
    return {
      async restore(directory) {
        const { buffer, byteOffset } = await readFile(join(directory, 'state'))
        let at = byteOffset
        arrays = specs.map(({ shape }) => {
          const size = sizeOf(shape)
          at += 4 * size
          return new Float32Array(buffer, at - 4 * size, size)
        })
      },
      arrays: () => arrays,
    }
  },
}

const readPerArray = {
  name: 'fs.readFile, file per array',
  kind: 'restore',
  peer: 'node',
  restores: 1,
  limit: 'pread',
  format: perArray.name,
  promises: 'private, writable',
  refuses: tooManyFiles,
  open(specs) {
    const arrays = []
    return {
      restore: (directory) =>
        forEachParallel(specs.length, async (i) => {
          const { buffer, byteOffset, byteLength } = await readFile(join(directory, String(i)))
          arrays[i] = new Float32Array(buffer, byteOffset, byteLength / 4)
        }),
      arrays: () => arrays,
    }
  },
}

export default [concatenated, perArray, readConcatenated, readPerArray]
