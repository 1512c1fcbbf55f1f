/** h5wasm: the HDF5 library as WebAssembly; a dataset for each array. */
import { join } from 'node:path'
import { keyOf, syncPaths, tooManyArrays } from './common.mjs'
import { payloadOf, sizeOf } from '../workloads/state.mjs'

const tooMany = tooManyArrays(20_000, 'so many datasets take minutes')

/** Memory of WebAssembly ends at 4 GiB, and each dataset passes through it. */
const tooLarge = (specs) =>
  specs.some(({ shape }) => 4 * sizeOf(shape) > 2 ** 31 - 2 ** 20)
    ? 'a dataset has less than 2 GiB'
    : payloadOf(specs) > 2 ** 32
      ? 'it is not for files of more than 4 GiB'
      : undefined

const refuses = (specs) => tooMany(specs) ?? tooLarge(specs)

async function load() {
  const h5wasm = (await import('h5wasm/node')).default
  await h5wasm.ready
  return h5wasm
}

const save = {
  name: 'h5wasm',
  kind: 'save',
  peer: 'node',
  every: 2,
  package: 'h5wasm/node',
  promises: 'durable',
  memory: 2.2,
  saves: 2,
  refuses,
  async open(state) {
    const { File } = await load()
    return {
      async save(directory) {
        const path = join(directory, 'state.h5')
        const file = new File(path, 'w')
        const groups = {}
        for (const array of state) {
          groups[array.group] ??= file.create_group(array.group)
          const [name, data] = [array.name.replaceAll('/', '.'), array.data]
          groups[array.group].create_dataset({ name, data, shape: array.shape, dtype: '<f4' })
        }
        file.flush()
        file.close()
        await syncPaths(path, directory)
      },
    }
  },
}

const restore = {
  name: 'h5wasm, read',
  kind: 'restore',
  peer: 'node',
  every: 2,
  package: 'h5wasm/node',
  promises: 'private, writable',
  limit: 'pread',
  format: save.name,
  memory: 2.2,
  restores: 1,
  refuses,
  async open(specs) {
    const { File } = await load()
    let arrays
    return {
      restore(directory) {
        const file = new File(join(directory, 'state.h5'), 'r')
        arrays = specs.map(
          ({ group, name }) => file.get(keyOf({ group, name: name.replaceAll('/', '.') })).value,
        )
        file.close()
      },
      arrays: () => arrays,
    }
  },
}

export default [save, restore]
