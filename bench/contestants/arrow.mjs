/** apache-arrow: an IPC file with one record batch of one column for each array. */
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { anyOf, tooLargeToRead, tooManyArrays } from './common.mjs'

const tooMany = tooManyArrays(200_000, 'a record batch for each of so many arrays takes minutes')

const COLUMN = 'array'

const save = {
  name: 'apache-arrow, IPC file',
  kind: 'save',
  peer: 'node',
  every: 2,
  package: 'apache-arrow',
  promises: 'durable',
  memory: 1.2,
  saves: 2,
  refuses: tooMany,
  async open(state) {
    const arrow = await import('apache-arrow')
    return { save: (directory) => write(arrow, state, join(directory, 'state')) }
  },
}

async function write(arrow, state, path) {
  const { Field, Float32, RecordBatch, RecordBatchFileWriter, Schema, Struct, makeData } = arrow
  const schema = new Schema([new Field(COLUMN, new Float32(), false)])
  const type = new Struct(schema.fields)
  const writer = new RecordBatchFileWriter()
  const chunks = writer[Symbol.asyncIterator]()
  const handle = await open(path, 'w')
  const written = writeChunks(handle, chunks)
  for (const { data } of state) {
    const column = makeData({ type: new Float32(), length: data.length, data })
    writer.write(
      new RecordBatch(schema, makeData({ type, length: data.length, children: [column] })),
    )
  }
  writer.finish()
  await written
  await handle.sync()
  await handle.close()
}

async function writeChunks(handle, chunks) {
  for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) {
    for (let at = 0; at < chunk.byteLength;) {
      at += (await handle.write(chunk, at)).bytesWritten
    }
  }
}

const restore = {
  name: 'apache-arrow, read IPC file',
  kind: 'restore',
  peer: 'node',
  every: 2,
  package: 'apache-arrow',
  promises: 'private, writable',
  limit: 'pread',
  format: save.name,
  restores: 1,
  refuses: anyOf(tooMany, tooLargeToRead),
  async open() {
    const { tableFromIPC } = await import('apache-arrow')
    let batches
    return {
      async restore(directory) {
        batches = tableFromIPC(await readFile(join(directory, 'state'))).batches
      },
      arrays: () => batches.map(({ data }) => data.children[0].values),
    }
  },
}

export default [save, restore]
