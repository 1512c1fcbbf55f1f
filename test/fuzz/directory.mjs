// A whole checkpoint directory as one input: its files behind each other, and a line of JSON that
// tells their names and lengths.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { mutateMessage } from './messages.mjs'
import { mutateBytes } from './mutate.mjs'
import { entriesOf, mutateEntries, packTable, seal } from './tables.mjs'

const require = createRequire(import.meta.url)
const { mask } = require('../../lib/bundle/masked-crc.js')
const { decodeEntry, encodeEntry } = require('../../lib/bundle/messages.js')
const { shardPath } = require('../../lib/bundle/names.js')
const { VarintCursor } = require('../../lib/bundle/varint.js')
const { crc32c } = require('../../lib/native.js')

export function pack(files) {
  const names = files.map(({ name, bytes }) => [name, bytes.length])
  const line = Buffer.from(`${JSON.stringify(names)}\n`)
  return Buffer.concat([line, ...files.map(({ bytes }) => bytes)])
}

/** None for what is no such input. Names stay in the directory. */
export function unpack(input) {
  const end = input.indexOf('\n')
  try {
    let at = end + 1
    return JSON.parse(input.toString('utf8', 0, end)).map(([name, length]) => {
      const bytes = input.subarray(at, (at += length))
      return {
        name: String(name)
          .replaceAll(/[^\w.-]/g, '_')
          .slice(0, 100),
        bytes,
      }
    })
  } catch {
    return []
  }
}

export function writeInto(directory, files) {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  for (const { name, bytes } of files) {
    if (!/^\.{0,2}$/.test(name)) writeFileSync(join(directory, name), bytes)
  }
}

/** An entry whose checksum is that of the bytes it names, if they are there. */
function sealEntry(value, prefix, files, count) {
  try {
    const entry = decodeEntry(value, '', '')
    const name = shardPath(prefix, entry.shard, count)
    const bytes = files.find((file) => file.name === name)?.bytes
    const content = bytes.subarray(entry.offset, entry.offset + entry.size)
    return Buffer.from(encodeEntry({ ...entry, crc: stringCrc(entry, content) }))
  } catch {
    return value
  }
}

/** Of strings the checksum covers each length as four bytes, not as the varint that is stored. */
function stringCrc({ dtype }, content) {
  const cursor = new VarintCursor(content, 0, content.length)
  const length = dtype === 7 ? cursor.read() : -1
  const start = cursor.offset
  if (length < 0 || length > 0xffffffff || start + 4 > content.length) return mask(crc32c(content))
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(length)
  const crc = crc32c(bytes)
  content.writeUInt32LE(mask(crc), start)
  return mask(crc32c(content.subarray(start, start + 4 + length), crc))
}

/** Changes a file without regard to the others. */
function mutateFile(files, random, other) {
  const at = random.below(files.length)
  const { name, bytes } = files[at]
  const changed = mutateBytes(bytes, random, other)
  files[at] = {
    name,
    bytes: name.endsWith('.index') && random.chance(0.8) ? seal(changed) : changed,
  }
}

/** Changes entries, or the data that they name, and puts the checksums right. */
function mutateMeaning(files, random, other) {
  const at = files.findIndex(({ name }) => name.endsWith('.index'))
  if (at < 0) return mutateFile(files, random, other)
  const { name, bytes } = files[at]
  const prefix = name.slice(0, -'.index'.length)
  let entries = entriesOf(bytes)
  if (entries.length === 0) return mutateFile(files, random, other)
  if (random.chance(0.5)) {
    entries = mutateEntries(entries, random, (value) => mutateMessage(value, random, other))
  } else mutateData(files, random, other)
  const count = Number(/-of-(\d+)$/.exec(files.find((file) => /data/.test(file.name))?.name)?.[1])
  const sealed = entries.map(({ key, value }) => ({
    key,
    value: key.length > 0 ? sealEntry(value, prefix, files, count || 1) : value,
  }))
  files[at] = { name, bytes: packTable(sealed, random, random.chance(0.1)) }
}

/** Anywhere, or in the header of an array. */
function placeIn(bytes, random) {
  const any = random.below(bytes.length)
  const magic = bytes.indexOf('NUMPY', any)
  return magic < 0 || random.chance(0.5) ? any : magic + random.below(100)
}

/** Keeps the length, so that what lies behind stays where the entries say. */
function mutateData(files, random, other) {
  const shards = files.filter(({ name }) => /\.data-/.test(name))
  if (shards.length === 0) return
  const shard = random.pick(shards)
  const at = placeIn(shard.bytes, random)
  const part = shard.bytes.subarray(at, at + 1 + random.below(200))
  const copy = Buffer.from(shard.bytes)
  const change = random.chance(0.3) ? mutateMessage : mutateBytes
  change(part, random, other).copy(copy, at)
  shard.bytes = copy
}

export function mutateDirectory(input, random, other) {
  const files = unpack(input)
  if (files.length === 0) return mutateBytes(input, random, other)
  // Checksums are put right in place.
  for (const file of files) file.bytes = Buffer.from(file.bytes)
  if (random.chance(0.02)) files.splice(random.below(files.length), 1)
  else if (random.chance(0.3)) mutateFile(files, random, other)
  else mutateMeaning(files, random, other)
  return pack(files)
}
