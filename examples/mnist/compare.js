/**
 * Are two checkpoints the same, bit for bit?
 *
 *   node examples/mnist/compare.js PREFIX_A PREFIX_B
 *
 * Exit status: 0 the same, 1 different, 2 usage.
 *
 * @module
 */
'use strict'

const { createHash } = require('node:crypto')
const { openCheckpoint } = require('ndcheckpoint')

/** What the demo's checkpoints consist of, by the beginning of the key. The rest: save counter, object graph. */
const PARTS = {
  weights: 'model/',
  "Adam's m": 'optimizer/m/',
  "Adam's v": 'optimizer/v/',
  step: 'progress/step/',
  'data order': 'progress/order/',
  'place in the data': 'progress/position/',
  'random state': 'progress/random/',
  'everything else': '',
}

/**
 * @typedef {object} Comparison
 * @property {{ part: string, keys: number, bytes: number, different: string[] }[]} parts
 * @property {boolean} identical
 * @property {string[]} digests sha256 over the keys, dtypes, shapes and bytes of each
 * @property {number} bytes in total
 */

/**
 * Compares all keys of two checkpoints: dtype, shape and every byte. An array of a NumpyState is a
 * `.npy` file inside a string, so the dtype and shape it has for NumPy are compared with its bytes.
 *
 * @param {string} first prefix or directory
 * @param {string} second
 * @returns {Promise<Comparison>}
 */
async function compareCheckpoints(first, second) {
  const readers = [await openCheckpoint(first), await openCheckpoint(second)]
  const names = readers.flatMap((reader) => reader.variables().map(({ key }) => key))
  const keys = [...new Set(names)].sort()
  const hashes = readers.map(() => createHash('sha256'))
  const parts = Object.keys(PARTS).map((part) => ({ part, keys: 0, bytes: 0, different: [] }))
  for (const key of keys) {
    const [a, b] = readers.map((reader) => contents(reader, key))
    const part = parts.find((candidate) => key.startsWith(PARTS[candidate.part]))
    part.keys++
    part.bytes += a?.bytes.length ?? 0
    if (a === undefined || b === undefined) part.different.push(`${key}: only in one of the two`)
    else if (a.type !== b.type) part.different.push(`${key}: ${a.type} and ${b.type}`)
    else if (!a.bytes.equals(b.bytes))
      part.different.push(`${key}: ${countBytes(a.bytes, b.bytes)}`)
    for (const [i, value] of [a, b].entries()) {
      if (value === undefined) continue
      hashes[i].update(`${key} ${value.type} ${value.bytes.length}\n`).update(value.bytes)
    }
  }
  for (const reader of readers) await reader.close()
  const identical = keys.length > 0 && parts.every(({ different }) => different.length === 0)
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
  return { parts, identical, digests: hashes.map((hash) => hash.digest('hex')), bytes }
}

/** @returns {{ type: string, bytes: Buffer } | undefined} */
function contents(reader, key) {
  if (!reader.has(key)) return undefined
  const tensor = reader.get(key)
  const type = `${tensor.dtype} [${tensor.shape}]`
  if (Symbol.iterator in tensor) {
    // Strings: the lengths belong to the contents.
    const strings = Array.from(tensor)
    const lengths = Buffer.from(`${strings.map((string) => string.length)}\n`)
    return { type, bytes: Buffer.concat([lengths, ...strings]) }
  }
  const { buffer, byteOffset, byteLength } = tensor.data
  return { type, bytes: Buffer.from(buffer, byteOffset, byteLength) }
}

function countBytes(a, b) {
  if (a.length !== b.length) return `${a.length} and ${b.length} bytes`
  const count = a.reduce((sum, byte, i) => sum + (byte === b[i] ? 0 : 1), 0)
  return `${count} of ${a.length} bytes differ`
}

/**
 * @param {Comparison} comparison
 * @returns {string[]} lines for a reader
 */
function describeComparison({ parts, identical, digests }) {
  const lines = parts
    .filter(({ keys }) => keys > 0)
    .flatMap(({ part, keys, bytes, different }) => {
      const size = `${keys} ${keys === 1 ? 'entry' : 'entries'}, ${bytes.toLocaleString('en')} bytes`
      const verdict = different.length === 0 ? 'identical' : 'DIFFERENT'
      const line = `${part.padEnd(18)} ${verdict}   ${size}`
      return [line, ...different.map((difference) => `  ${difference}`)]
    })
  const [a, b] = digests.map((digest) => digest.slice(0, 16))
  lines.push(`${'sha256'.padEnd(18)} ${identical ? `${a}… of both` : `${a}… and ${b}…`}`)
  return lines
}

async function main([first, second, ...rest]) {
  if (second === undefined || rest.length > 0) {
    console.error('usage: node compare.js PREFIX_A PREFIX_B')
    process.exitCode = 2
    return
  }
  const comparison = await compareCheckpoints(first, second)
  console.log(describeComparison(comparison).join('\n'))
  console.log(
    comparison.identical ? 'The checkpoints are bit-identical.' : 'The checkpoints DIFFER.',
  )
  process.exitCode = comparison.identical ? 0 : 1
}

if (require.main === module) void main(process.argv.slice(2))

module.exports = { PARTS, compareCheckpoints, describeComparison }
