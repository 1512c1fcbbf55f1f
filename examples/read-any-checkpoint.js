/**
 * Reads a checkpoint that TensorFlow wrote, without knowing the program that wrote it.
 *
 *   node examples/read-any-checkpoint.js [PREFIX or DIR]
 *
 * Look at `variables`, which reads the index only, and at `get`, which gives a view of the mapped
 * file where alignment allows.
 */
'use strict'

const { join } = require('node:path')
const { inspect } = require('node:util')
const { isCheckpointError, openCheckpoint } = require('ndcheckpoint')

const DEFAULT = join(__dirname, '../test/interop/fixtures/tf/keras-adam/model-1')

async function main(path) {
  const reader = await openCheckpoint(path)
  const variables = reader.variables()
  for (const { key, dtype, shape } of variables) {
    console.log(dtype.padEnd(8), `[${shape.join(', ')}]`.padEnd(12), key)
  }

  // The largest numeric one, as an example.
  const numeric = variables.filter(({ dtype }) => dtype !== 'string' && dtype !== 'variant')
  const [largest] = numeric.sort((a, b) => b.byteLength - a.byteLength)
  if (largest !== undefined) console.log(`\n${largest.key}\n${inspect(reader.get(largest.key))}`)

  // Which objects were saved, and how they hang together.
  const root = reader.objectGraph?.nodes[0]
  if (root !== undefined) {
    console.log(
      `\nchildren of the root: ${root.children.map(({ localName }) => localName).join(', ')}`,
    )
  }
  const report = await reader.verify()
  console.log(`checksums: ${report.tensors} tensors, ${report.bytes} bytes, ok: ${report.ok}`)
  await reader.close() // arrays stay valid
}

main(process.argv[2] ?? DEFAULT).catch((error) => {
  // Match on `code`; everything else is a bug in this program.
  if (!isCheckpointError(error)) throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = 1
})
