// Checkpoints that real TensorFlow wrote, compared with what TensorFlow reads from them.
import t from 'tap'
import {
  latestCheckpoint,
  listVariables,
  loadVariable,
  NdArray,
  openCheckpoint,
  openCheckpointSync,
  StringTensor,
  type ReadOptions,
} from '../../lib/index.js'
import { arrayBytes, sha256, toHex } from './bytes'
import {
  readFixtures,
  type ExpectedBytes,
  type ExpectedCheckpoint,
  type ExpectedVariable,
} from './expected'

const ACCESS: ReadOptions[] = (['map', 'load'] as const).flatMap((mode) =>
  (['eager', 'lazy', 'off'] as const).map((verify) => ({ mode, verify })),
)

/** At most this many bytes stand in expected.json as they are. */
const HEX_LIMIT = 64

const describeBytes = (bytes: Uint8Array): ExpectedBytes => ({
  sha256: sha256(bytes),
  ...(bytes.length <= HEX_LIMIT && { hex: toHex(bytes) }),
})

/** A value as expected.json describes it, `.npy` contents aside. */
function describeValue(key: string, value: NdArray | StringTensor): ExpectedVariable {
  const { dtype } = value
  const shape = [...value.shape]
  if (!(value instanceof StringTensor)) {
    return { key, dtype, shape, ...describeBytes(arrayBytes(value)) }
  }
  const strings = Array.from(value, (element) => ({
    ...(element.length > HEX_LIMIT && { length: element.length }),
    ...describeBytes(element),
  }))
  return { key, dtype, shape, strings }
}

/** `.npy` contents are compared where they are restored: fixtures-restore.test.ts. */
const withoutNpy = (variable: ExpectedVariable): ExpectedVariable => {
  const { key, dtype, shape, sha256, hex, strings } = variable
  if (strings !== undefined) return { key, dtype, shape, strings }
  return { key, dtype, shape, sha256: sha256 ?? '', ...(hex !== undefined && { hex }) }
}

const describe = ({ variables }: ExpectedCheckpoint): unknown[] =>
  variables.map(({ key, dtype, shape }) => ({ key, dtype, shape }))

for (const { name, directory, latest, checkpoints } of readFixtures()) {
  t.test(`${name}: the newest checkpoint`, (t) => {
    t.equal(latestCheckpoint(directory), latest)
    const newest = checkpoints.find(({ prefix }) => prefix === latest)
    if (newest === undefined) {
      t.throws(() => openCheckpointSync(directory), { code: 'CKPT_NOT_FOUND' })
    } else {
      const expected = newest.variables.map(({ key, shape }) => [key, shape])
      t.strictSame(listVariables(directory), expected, 'a directory stands for it')
    }
    t.end()
  })

  for (const checkpoint of checkpoints) {
    const { prefix, variables, graph } = checkpoint
    const base = `${name}/${prefix.slice(directory.length + 1)}`

    t.test(`${base}: keys, dtypes, shapes, objects and checksums`, async (t) => {
      const reader = await openCheckpoint(prefix)
      t.equal(reader.path, prefix)
      const listed = reader.variables()
      t.strictSame(
        listed.map(({ key, dtype, shape }) => ({ key, dtype, shape })),
        describe(checkpoint),
      )
      t.strictSame(reader.objectGraph, graph)
      const bytes = listed.reduce((sum, { byteLength }) => sum + byteLength, 0)
      for (const report of [await reader.verify(), reader.verifySync()]) {
        t.strictSame(report.problems, [])
        t.equal(report.ok, true)
        t.equal(report.tensors, variables.length)
        t.ok(report.bytes <= bytes, 'no byte is checked twice')
      }
      await reader.close()
    })

    for (const options of ACCESS) {
      const how = `mode ${String(options.mode)}, verify ${String(options.verify)}`
      t.test(`${base}: every value, ${how}`, async (t) => {
        const reader = await openCheckpoint(prefix, options)
        const values = variables.map(({ key }) => [key, reader.get(key)] as const)
        // What was handed out outlives the reader.
        await reader.close()
        const found = values.map(([key, value]) => describeValue(key, value))
        t.strictSame(found, variables.map(withoutNpy))
      })
    }

    t.test(`${base}: every value by loadVariable`, (t) => {
      const found = variables.map(({ key }) => describeValue(key, loadVariable(prefix, key)))
      t.strictSame(found, variables.map(withoutNpy))
      t.end()
    })
  }
}

t.test('a partitioned tensor is assembled, whichever way it was cut', async (t) => {
  const slices = readFixtures().find(({ name }) => name === 'slices')
  const reader = await openCheckpoint(slices?.checkpoints[0]?.prefix ?? '')
  const keys = reader.variables().map(({ key }) => key)
  t.ok(keys.includes('grid') && keys.includes('rows/complex128'))
  t.notOk(
    keys.some((key) => key.includes('\0')),
    'the slices themselves are not listed',
  )
  const { copied } = reader.stats
  const grid = reader.get('grid')
  t.ok(grid instanceof NdArray && grid.data.length === 100 * 3 * 80)
  t.equal(reader.stats.copied, copied + 1, 'into new memory')
})
