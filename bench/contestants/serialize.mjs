/** V8's own serialization: one object with all arrays, as structured clone writes it. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { keyOf } from './common.mjs'
import { payloadOf } from '../workloads/state.mjs'

/** Its buffer grows by doubling, and one of 2 GiB is no Buffer any more. */
const tooLarge = (specs) =>
  payloadOf(specs) >= 2 ** 31 * 0.99 ? 'v8.serialize makes less than 2 GiB' : undefined

const save = {
  name: 'v8.serialize',
  kind: 'save',
  peer: 'node',
  every: 2,
  promises: 'snapshot, durable',
  memory: 4,
  saves: 2,
  refuses: tooLarge,
  open: (state) => ({
    save(directory) {
      const object = Object.fromEntries(state.map((array) => [keyOf(array), array.data]))
      return writeFile(join(directory, 'state'), serialize(object), { flush: true })
    },
  }),
}

const restore = {
  name: 'v8.deserialize',
  kind: 'restore',
  peer: 'node',
  every: 2,
  promises: 'private, writable',
  limit: 'pread',
  format: save.name,
  memory: 2,
  restores: 1,
  refuses: tooLarge,
  open(specs) {
    let object
    return {
      async restore(directory) {
        object = deserialize(await readFile(join(directory, 'state')))
      },
      arrays: () => specs.map((spec) => object[keyOf(spec)]),
    }
  },
}

export default [save, restore]
