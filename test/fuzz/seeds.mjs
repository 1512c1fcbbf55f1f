// Files that are whole: what TensorFlow wrote for the tests of interoperation.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { entriesOf } from './tables.mjs'

const require = createRequire(import.meta.url)
const { openCheckpointSync } = require('../../lib')
const { encodeNpyHeader } = require('../../lib/formats/npy.js')

const here = dirname(fileURLToPath(import.meta.url))
const fixtures = join(here, '../interop/fixtures/tf')

/** Larger ones have nothing that smaller ones lack. */
const LARGEST = 2 ** 14

const directories = () =>
  readdirSync(fixtures, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(fixtures, name))

const filesOf = (directory, pattern) =>
  readdirSync(directory)
    .filter((name) => pattern.test(name))
    .map((name) => join(directory, name))

/** All index files. */
export const indexes = () =>
  directories().flatMap((directory) =>
    filesOf(directory, /\.index$/).map((path) => readFileSync(path)),
  )

/** Messages, behind a byte that tells which: 0 an entry, 1 a header, 2 an object graph. */
export function messages() {
  const found = []
  for (const directory of directories()) {
    for (const path of filesOf(directory, /\.index$/)) {
      for (const [i, { value }] of entriesOf(readFileSync(path)).entries()) {
        found.push(Buffer.from([i === 0 ? 1 : 0, ...value]))
      }
      const reader = openCheckpointSync(path.slice(0, -'.index'.length))
      if (!reader.has('_CHECKPOINTABLE_OBJECT_GRAPH')) continue
      const [graph] = reader.get('_CHECKPOINTABLE_OBJECT_GRAPH')
      if (graph.length < LARGEST) found.push(Buffer.from([2, ...graph]))
    }
  }
  return found
}

const header = (text) => {
  const bytes = Buffer.alloc(10 + text.length)
  bytes.write(`\x93NUMPY\x01\0`, 'latin1')
  bytes.writeUInt16LE(text.length, 8)
  bytes.write(text, 10, 'latin1')
  return bytes
}

/** Files of NumPy's, with a few elements. */
export function npys() {
  const descrs = ['<f8', '>f4', '|u1', '|S5', '<U3', '<M8[ns]', '|V7', '<c16', '|b1']
  const plain = descrs.map((descr, i) =>
    encodeNpyHeader({ descr, fortranOrder: i % 2 === 0, shape: [1, 2].slice(0, i % 3) }),
  )
  const structure = [
    ['a', '<f8'],
    [['title', 'b'], [['c', '<i2', [2, 3]]]],
  ]
  const made = encodeNpyHeader({ descr: structure, fortranOrder: false, shape: [1] })
  const texts = [
    `{"descr": "<f8", 'fortran_order': False, 'shape': (1L,), }\n`,
    `{'descr': [('\\x41\\u0042\\U00000043\\104', '<i8'), ('b' 'c', '|u1', (2,))], 'fortran_order': True, 'shape': ()}\n`,
  ]
  return [...plain, made, ...texts.map(header)].map((bytes) =>
    Buffer.concat([bytes, Buffer.alloc(64)]),
  )
}

/** State files. */
export const states = () => [
  ...directories().flatMap((directory) =>
    filesOf(directory, /^checkpoint$/).map((path) => readFileSync(path)),
  ),
  Buffer.from(
    `# a comment\nmodel_checkpoint_path: 'a' "b"; all_model_checkpoint_paths: ["\\x41\\101\\u00e9\\U0001f4be", "c",]\n` +
      'all_model_checkpoint_timestamps: [1.5e3, -inf, nan, 0.1f] last_preserved_timestamp: -.5',
  ),
]

/** Texts of a JsonState. */
export const jsons = () =>
  ['{"a":[1,-2.5e3,true,null],"__proto__":{"b":"\\u00e9\\"\\\\"}}', '[[[[]]]]', '9007199254740993']
    .concat(['1e400', '"\\ud800"', '{"a":1,"a":2}'])
    .map((text) => Buffer.from(text))

/** Whole directories of small checkpoints: their names and contents. */
export const checkpoints = () =>
  directories()
    .map((directory) =>
      filesOf(directory, /^checkpoint$|\.index$|\.data-/)
        // Of a manager's only the newest.
        .filter((path) => !/ckpt-[34]\./.test(path))
        .map((path) => ({ name: path.slice(directory.length + 1), bytes: readFileSync(path) })),
    )
    .filter((files) => files.reduce((sum, { bytes }) => sum + bytes.length, 0) < LARGEST)
