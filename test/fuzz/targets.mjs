// What is fuzzed: seeds, changes, and what may come of an input.
//
// `run` throws if anything came of it but an answer: the content or a CheckpointError. `code` tells
// which files of lib/ an input should reach. `budget` is measured by loop.mjs.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { mutateDirectory, pack, unpack, writeInto } from './directory.mjs'
import * as formatFiles from './format-files.mjs'
import { openAll } from './open-all.mjs'
import { mutateMessage } from './messages.mjs'
import { mutateBytes, mutateText } from './mutate.mjs'
import { checkpoints, indexes, jsons, messages, npys, states } from './seeds.mjs'
import { entriesOf, mutateEntries, packTable, seal } from './tables.mjs'
import { toy } from './toy.mjs'

const require = createRequire(import.meta.url)
const { isCheckpointError } = require('../../lib')
const { parseIndex } = require('../../lib/bundle/read/index-file.js')
const codecs = require('../../lib/bundle/messages.js')
const { formatCheckpointState, parseCheckpointState } = require('../../lib/bundle/state-file.js')
const { readTable } = require('../../lib/bundle/table/reader.js')
const { TableWriter } = require('../../lib/bundle/table/writer.js')
const { encodeNpyHeader, npyDataOffset, parseNpyHeader } = require('../../lib/formats/npy.js')
const { parseJson } = require('../../lib/trackables/json-value.js')

/** The result, or undefined where one of our errors was the answer. */
export function answered(body) {
  try {
    return body()
  } catch (error) {
    if (isCheckpointError(error)) return undefined
    throw error
  }
}

function same(a, b, what) {
  if (!isDeepStrictEqual(a, b)) throw new Error(`${what} gives something else`)
}

function runTable(input) {
  // No Buffer, whose parts are Buffers as well and so not equal to those of others.
  const bytes = new Uint8Array(input)
  const entries = answered(() => readTable(bytes, 'x.index'))
  const index = answered(() => parseIndex(bytes, 'x.index'))
  if (entries === undefined) {
    if (index !== undefined) throw new Error('an index without a table')
    return
  }
  // What was read can be written, and is then the same: keys are in order, and all is in memory.
  const writer = new TableWriter()
  for (const { key, value } of entries) writer.add(key, value)
  same(readTable(writer.finish(), 'y.index'), entries, 'the table written again')
  if (index !== undefined) for (const [key] of index.entries) index.entries.get(key)
}

const CODECS = [
  { decode: codecs.decodeEntry, encode: codecs.encodeEntry, name: ['k', 'x.index'] },
  { decode: codecs.decodeHeader, encode: codecs.encodeHeader, name: ['x.index'] },
  { decode: codecs.decodeObjectGraph, encode: codecs.encodeObjectGraph, name: ['x.data'] },
]

/** Negative numbers can be read, of dtypes and versions to come, and are never written. */
function encodable(body) {
  try {
    return body()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function runMessage(bytes) {
  const codec = CODECS[(bytes[0] ?? 0) % CODECS.length]
  const message = answered(() => codec.decode(bytes.subarray(1), ...codec.name))
  if (message === undefined) return
  const encoded = encodable(() => codec.encode(message))
  if (encoded === undefined) return
  const again = codec.decode(encoded, ...codec.name)
  same(again, message, 'the message encoded again')
}

function runNpy(bytes) {
  const offset = answered(() => npyDataOffset(bytes.subarray(0, 12), 'k'))
  if (offset === undefined || offset > bytes.length) return
  const npy = answered(() => parseNpyHeader(bytes.subarray(0, offset), bytes.length, 'k'))
  if (npy === undefined) return
  const elements = npy.shape.reduce((product, length) => product * length, 1)
  if (npy.dataLength !== elements * npy.itemsize) throw new Error('not the bytes of its shape')
  if (npy.dataOffset + npy.dataLength > bytes.length) throw new Error('more data than there are')
  const { descr, fortranOrder, shape } = npy
  const header = encodeNpyHeader({ descr, fortranOrder, shape })
  const again = parseNpyHeader(header, header.length + npy.dataLength, 'k')
  same(again.descr, descr, 'the header written again')
  same(again.shape, shape, 'the header written again')
}

function runState(bytes) {
  const state = answered(() => parseCheckpointState(bytes.toString('utf8'), 'checkpoint'))
  if (state === undefined) return
  const again = parseCheckpointState(formatCheckpointState(state), 'checkpoint')
  // Zero is not written.
  const { lastPreservedTimestamp = 0, ...rest } = state
  const { lastPreservedTimestamp: preserved = 0, ...others } = again
  same(others, rest, 'the state written again')
  if (preserved !== 0) same(preserved, lastPreservedTimestamp, 'the state written again')
}

function runJson(bytes) {
  const value = answered(() => parseJson(bytes, 'k'))
  if (value !== undefined) same(value, JSON.parse(bytes.toString('utf8')), 'the text')
}

const NPY_WORDS = ["'descr'", "'shape'", "'fortran_order'", 'True', 'False', 'None', '(', ')', '[']
  .concat([']', '{', '}', ',', ':', "'<f8'", "'|S3'", "'|O'", "'<M8[ns]'", "('a', '<f8')", '-1'])
  .concat(['\\x41', '\\u0041', '\\', '1L', '9007199254740991', "'", '"', ' ', '\n', '\0'])

const STATE_WORDS = ['model_checkpoint_path', 'all_model_checkpoint_paths', ':', '"', "'", '[', ']']
  .concat([
    'all_model_checkpoint_timestamps',
    'last_preserved_timestamp',
    ',',
    ';',
    '#',
    '\n',
    '\\',
  ])
  .concat(['\\x', '\\u', '\\U0010ffff', '\\ud83d\\ude00', '\\377', 'inf', 'nan', '1e308', '-', '.'])

const JSON_WORDS = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  'null',
  'true',
  '1e999',
  '-0',
  '0.1',
].concat(['9007199254740993', '"__proto__":', '\\u0000', '\\ud800'])

/** A length that fits the header again, mostly. */
function mutateNpy(bytes, random, other) {
  const changed = Buffer.from(mutateText(bytes, random, other, NPY_WORDS))
  const end = changed.lastIndexOf('\n')
  if (end > 10 && random.chance(0.8)) changed.writeUInt16LE((end - 9) & 0xffff, 8)
  return changed
}

function mutateTable(bytes, random, other) {
  if (random.chance(0.4)) return seal(mutateBytes(bytes, random, other))
  const entries = entriesOf(bytes)
  if (entries.length === 0) return mutateBytes(bytes, random, other)
  const mutateValue = (value) => mutateMessage(value, random, other)
  return packTable(mutateEntries(entries, random, mutateValue), random, random.chance(0.5))
}

function mutateTagged(bytes, random, other) {
  const message = mutateMessage(bytes.subarray(1), random, other.subarray(1))
  return Buffer.concat([bytes.subarray(0, 1), message])
}

let work

/** A directory of this process. */
function workDirectory() {
  if (work === undefined) {
    // In memory, where there is such a place.
    const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
    work = mkdtempSync(join(base, 'ndcheckpoint-fuzz-'))
    process.once('exit', () => rmSync(work, { recursive: true, force: true }))
  }
  return join(work, 'run')
}

async function runDirectory(bytes) {
  const directory = workDirectory()
  writeInto(directory, unpack(bytes))
  await openAll(directory)
}

export const TARGETS = {
  table: {
    seeds: indexes,
    mutate: mutateTable,
    run: runTable,
    code: /bundle\/(table|read\/index)/,
  },
  message: { seeds: messages, mutate: mutateTagged, run: runMessage, code: /bundle\/proto/ },
  npy: { seeds: npys, mutate: mutateNpy, run: runNpy, code: /lib\/formats/ },
  state: {
    seeds: states,
    mutate: (bytes, random, other) => mutateText(bytes, random, other, STATE_WORDS),
    run: runState,
    code: /bundle\/(proto\/text-format|state-file)/,
  },
  json: {
    seeds: jsons,
    mutate: (bytes, random, other) => mutateText(bytes, random, other, JSON_WORDS),
    run: runJson,
    code: /json-value/,
  },
  file: {
    seeds: () => formatFiles.seeds(workDirectory()),
    mutate: formatFiles.mutate,
    run: (bytes) => formatFiles.run(bytes, workDirectory()),
    code: /lib\/(formats|convert)/,
  },
  directory: {
    seeds: () => checkpoints().map(pack),
    mutate: mutateDirectory,
    run: runDirectory,
    code: /lib\/(bundle|graph|formats|views|manager\/re)/,
    isSlow: true,
  },
}

/** Of the tests of the fuzzer itself. */
export const HIDDEN = { toy }
