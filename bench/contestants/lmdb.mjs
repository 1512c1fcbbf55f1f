/** lmdb: a key-value store in a mapped file; each array is a value. */
import { join } from 'node:path'
import { bytesOf, floatsOf, keyOf } from './common.mjs'
import { sizeOf } from '../workloads/state.mjs'

async function opener() {
  const { open } = await import('lmdb')
  return (directory, options) =>
    open({ path: join(directory, 'state'), encoding: 'binary', ...options })
}

const asBuffer = (array) => {
  const { buffer, byteOffset, byteLength } = bytesOf(array)
  return Buffer.from(buffer, byteOffset, byteLength)
}

const largeValue = (specs) =>
  specs.some(({ shape }) => 4 * sizeOf(shape) > 2 ** 31) ? 'a value has less than 2 GiB' : undefined

const save = {
  name: 'lmdb, put all',
  kind: 'save',
  peer: 'node',
  every: 2,
  package: 'lmdb',
  promises: 'atomic, durable',
  memory: 2.2,
  saves: 2,
  refuses: largeValue,
  async open(state) {
    const open = await opener()
    return {
      async save(directory) {
        const database = open(directory)
        const done = database.batch(() => {
          for (const array of state) database.put(keyOf(array), asBuffer(array.data))
        })
        await done
        await database.flushed
        await database.close()
      },
    }
  },
}

const restore = {
  name: 'lmdb, get all',
  kind: 'restore',
  peer: 'node',
  every: 2,
  package: 'lmdb',
  promises: 'private, writable',
  limit: 'pread',
  format: save.name,
  memory: 1.2,
  restores: 1,
  refuses: largeValue,
  async open(specs) {
    const open = await opener()
    let database
    let arrays
    return {
      restore(directory) {
        database = open(directory, { readOnly: true })
        arrays = specs.map((spec) => floatsOf(database.get(keyOf(spec))))
      },
      arrays: () => arrays,
      close: () => database.close(),
    }
  },
}

export default [save, restore]
