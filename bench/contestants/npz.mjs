/** .npz as numpy.savez writes it: a zip of stored .npy files, by yazl and yauzl. */
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { anyOf, bytesOf, floatsOf, keyOf, syncPaths, tooManyArrays } from './common.mjs'
import { sizeOf } from '../workloads/state.mjs'

const tooMany = tooManyArrays(200_000, 'a stream for each of so many arrays takes minutes')

/** It refuses a buffer of 2^30 bytes, and the file has a header before the array. */
const tooLarge = (specs) =>
  specs.some(({ shape }) => 4 * sizeOf(shape) > 2 ** 30 - 4096)
    ? 'a member has less than 1 GiB'
    : undefined

/** https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0. */
function npy(data, shape) {
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`
  const length = Math.ceil((10 + description.length + 1) / 64) * 64
  const header = Buffer.alloc(10, '\x93NUMPY\x01\x00', 'latin1')
  header.writeUInt16LE(length - 10, 8)
  const text = `${description.padEnd(length - 11)}\n`
  return Buffer.concat([header, Buffer.from(text, 'latin1'), bytesOf(data)])
}

const save = {
  name: '.npz (yazl)',
  kind: 'save',
  peer: 'node',
  every: 2,
  package: 'yazl',
  promises: 'durable',
  memory: 2.2,
  saves: 2,
  refuses: anyOf(tooMany, tooLarge),
  async open(state) {
    const { ZipFile } = (await import('yazl')).default
    return {
      async save(directory) {
        const path = join(directory, 'state.npz')
        const zip = new ZipFile()
        for (const array of state) {
          zip.addBuffer(npy(array.data, array.shape), `${keyOf(array)}.npy`, { compress: false })
        }
        zip.end()
        await pipeline(zip.outputStream, createWriteStream(path))
        await syncPaths(path, directory)
      },
    }
  },
}

const restore = {
  name: '.npz (yauzl), read',
  kind: 'restore',
  peer: 'node',
  every: 2,
  package: 'yauzl',
  promises: 'private, writable',
  limit: 'pread',
  format: save.name,
  memory: 1.2,
  restores: 1,
  refuses: anyOf(tooMany, tooLarge),
  async open(specs) {
    const { open } = (await import('yauzl')).default
    const sizes = new Map(specs.map((spec) => [`${keyOf(spec)}.npy`, sizeOf(spec.shape)]))
    const arrays = new Map()
    return {
      async restore(directory) {
        const zip = await promisify(open)(join(directory, 'state.npz'), {
          lazyEntries: true,
          autoClose: true,
        })
        await forEachEntry(zip, async (entry, stream) => {
          const bytes = await contentOf(entry, stream)
          arrays.set(entry.fileName, floatsOf(bytes.subarray(-4 * sizes.get(entry.fileName))))
        })
      },
      arrays: () => specs.map((spec) => arrays.get(`${keyOf(spec)}.npy`)),
    }
  },
}

/** One after the other: they lie so in the file. */
function forEachEntry(zip, body) {
  const streamOf = promisify(zip.openReadStream.bind(zip))
  return new Promise((resolve, reject) => {
    zip.on('error', reject).on('end', resolve)
    zip.on('entry', (entry) => {
      streamOf(entry)
        .then((stream) => body(entry, stream))
        .then(() => zip.readEntry(), reject)
    })
    zip.readEntry()
  })
}

async function contentOf({ uncompressedSize }, stream) {
  // From an allocation of its own: the small ones of Node share one, at odd places.
  const bytes = new Uint8Array(uncompressedSize)
  let at = 0
  for await (const chunk of stream) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

export default [save, restore]
