// Files of other formats, opened and read to the end. The first byte tells which.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { mutateBytes, mutateText } from './mutate.mjs'

const require = createRequire(import.meta.url)
const { isCheckpointError, ndarray, openTensorsSync, zeros } = require('../../lib')
const { exportNpzSync, exportSafetensorsSync, exportTfjsSync } = require('../../lib')

const FORMATS = ['npz', 'safetensors', 'tfjs']
const NPZ = 0
const SAFETENSORS = 1

/** Bytes of the weights beside a model.json. */
const WEIGHTS = 200

/** DEFLATE makes no more of a byte. */
const MAX_RATIO = 1032

const arrays = {
  a: zeros([2, 3], 'float32'),
  'b/c': ndarray(Int32Array.of(1, -2)),
  d: ndarray(Uint8Array.of(0, 1, 1), [3], { dtype: 'bool' }),
}

const MODELS = [
  [{ name: 'a', dtype: 'float32', shape: [50] }],
  [
    {
      name: 'a',
      dtype: 'float32',
      shape: [200],
      quantization: { dtype: 'uint8', scale: 2, min: 1 },
    },
  ],
  [{ name: 'a', dtype: 'float32', shape: [100], quantization: { dtype: 'float16' } }],
  [{ name: 's', dtype: 'string', shape: [50] }],
].map((weights) => JSON.stringify({ weightsManifest: [{ paths: ['w.bin'], weights }] }))

/** @param directory in which they are made */
export function seeds(directory) {
  mkdirSync(directory, { recursive: true })
  const made = []
  const add = (format, write, name, options) => {
    const path = join(directory, name)
    write(arrays, path, { durable: false, ...options })
    made.push(Buffer.from([format, ...readFileSync(path)]))
  }
  add(NPZ, exportNpzSync, 'a.npz')
  add(NPZ, exportNpzSync, 'b.npz', { compress: true })
  add(SAFETENSORS, exportSafetensorsSync, 'a.safetensors', { metadata: { x: 'y' } })
  add(2, exportTfjsSync, 'model.json')
  return [...made, ...MODELS.map((text) => Buffer.from([2, ...Buffer.from(text)]))]
}

const WORDS = ['{', '}', '[', ']', ':', ',', '"', '"dtype"', '"shape"', '"data_offsets"', '"F32"']
  .concat(['"BF16"', '"F4"', '0', '1', '-1', '1e99', '9007199254740991', 'null', '"a":{}', ' '])
  .concat([
    '"quantization"',
    '"scale"',
    '"uint16"',
    '"string"',
    '"w.bin"',
    '"../w"',
    '"__metadata__"',
  ])

export function mutate(bytes, random, other) {
  const format = bytes[0] % FORMATS.length
  const [rest, others] = [bytes.subarray(1), other.subarray(1)]
  const changed =
    format === NPZ
      ? mutateBytes(rest, random, others)
      : format === SAFETENSORS
        ? mutateSafetensors(rest, random, others)
        : mutateText(rest, random, others, WORDS)
  return Buffer.concat([bytes.subarray(0, 1), changed])
}

/** With a length that fits the header again, mostly. */
function mutateSafetensors(bytes, random, other) {
  const end = bytes.lastIndexOf('}') + 1
  if (end < 9) return mutateBytes(bytes, random, other)
  const header = Buffer.from(mutateText(bytes.subarray(8, end), random, other, WORDS))
  const length = Buffer.alloc(8)
  length.writeUInt32LE(random.chance(0.8) ? header.length : bytes.readUInt32LE(0))
  return Buffer.concat([length, header, bytes.subarray(end)])
}

/** @param directory in which the file is written */
export function run(bytes, directory) {
  const format = FORMATS[(bytes[0] ?? 0) % FORMATS.length]
  mkdirSync(directory, { recursive: true })
  const path = join(directory, `x.${format === 'tfjs' ? 'json' : format}`)
  writeFileSync(path, bytes.subarray(1))
  writeFileSync(join(directory, 'w.bin'), Buffer.alloc(WEIGHTS, 1))
  const limit = 4 * MAX_RATIO * (bytes.length + WEIGHTS)
  answer(() => {
    const file = openTensorsSync(path, { format })
    for (const name of file.names()) {
      answer(() => {
        const tensor = file.get(name)
        const size = 'data' in tensor ? tensor.data.byteLength : [...tensor].length
        if (size > limit) throw new Error(`${size} bytes of ${bytes.length}`)
      })
    }
    file.closeSync()
  })
}

function answer(body) {
  try {
    body()
  } catch (error) {
    if (!isCheckpointError(error)) throw error
  }
}
