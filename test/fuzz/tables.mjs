// Changes to index files that leave their checksums right, so that what lies behind them is reached.
import { createRequire } from 'node:module'
import { mutateBytes } from './mutate.mjs'
import { varint } from './messages.mjs'

const require = createRequire(import.meta.url)
const { mask } = require('../../lib/bundle/masked-crc.js')
const { crc32c } = require('../../lib/native.js')
const { readTable } = require('../../lib/bundle/table/reader.js')
const { decodeHandle, TABLE_MAGIC } = require('../../lib/bundle/table/format.js')
const { VarintCursor } = require('../../lib/bundle/varint.js')

const TRAILER = 5
const FOOTER = 48

/** Gives a block its checksum, if it lies in the file. */
function sealBlock(file, { offset, size }) {
  const end = offset + size
  if (end + TRAILER > file.length) return
  file.writeUInt32LE(mask(crc32c(file.subarray(offset, end + 1))), end + 1)
}

/** Offsets and sizes that the entries of an index block may be: any two numbers behind each other. */
function* handlesIn(block) {
  for (let at = 0; at + 4 < block.length;) {
    const cursor = new VarintCursor(block, at, block.length)
    const [, unshared, size] = [cursor.read(), cursor.read(), cursor.read()]
    if (size < 0) return
    const start = cursor.offset + unshared
    const handle = decodeHandle(new VarintCursor(block, start, start + size))
    if (handle !== undefined) yield handle
    at = start + size
  }
}

/** Puts the checksums of all blocks right again that can be found. */
export function seal(bytes) {
  const file = Buffer.from(bytes)
  if (file.length < FOOTER) return file
  const cursor = new VarintCursor(file, file.length - FOOTER, file.length - 8)
  decodeHandle(cursor)
  const index = decodeHandle(cursor)
  if (index === undefined || index.offset + index.size > file.length) return file
  for (const handle of handlesIn(file.subarray(index.offset, index.offset + index.size))) {
    sealBlock(file, handle)
  }
  sealBlock(file, index)
  return file
}

/** Raw snappy: literals, and copies where the last four bytes come again. */
function compress(bytes) {
  const parts = [varint(bytes.length)]
  let from = 0
  const flush = (to) => {
    for (; from < to; from += 60) {
      const part = bytes.subarray(from, Math.min(to, from + 60))
      parts.push(Buffer.of((part.length - 1) << 2), part)
    }
    from = to
  }
  for (let at = 4; at + 4 <= bytes.length; at++) {
    const back = at - bytes.lastIndexOf(bytes.subarray(at, at + 4), at - 1)
    if (back > at || back > 2047) continue
    flush(at)
    parts.push(Buffer.of(1 | ((back >> 8) << 5), back & 0xff))
    from = at += 4
  }
  flush(bytes.length)
  return Buffer.concat(parts)
}

function packBlock(entries, random, lies) {
  const parts = []
  const restarts = []
  let [at, last] = [0, Buffer.alloc(0)]
  for (const [i, { key, value }] of entries.entries()) {
    let shared = 0
    if (i % 16 === 0) restarts.push(at)
    else while (shared < last.length && last[shared] === key[shared]) shared++
    const numbers = [shared, key.length - shared, value.length]
    if (lies && random.chance(0.02)) numbers[random.below(3)] = random.number()
    const entry = Buffer.concat([...numbers.map((n) => varint(n)), key.subarray(shared), value])
    parts.push(entry)
    at += entry.length
    last = key
  }
  if (restarts.length === 0) restarts.push(0)
  if (lies && random.chance(0.1)) restarts[random.below(restarts.length)] = random.number()
  const tail = Buffer.alloc(4 * restarts.length + 4)
  for (const [i, offset] of restarts.entries()) tail.writeUInt32LE(offset % 2 ** 32, 4 * i)
  const count = lies && random.chance(0.05) ? random.number() % 2 ** 32 : restarts.length
  tail.writeUInt32LE(count, 4 * restarts.length)
  return Buffer.concat([...parts, tail])
}

/** A table of these entries, in blocks of random sizes, with few lies or none. */
export function packTable(entries, random, lies) {
  const blocks = []
  const handles = []
  let end = 0
  const add = (contents) => {
    const isPacked = random.chance(0.2)
    const stored = isPacked ? compress(contents) : contents
    const type = lies && random.chance(0.02) ? random.below(256) : isPacked ? 1 : 0
    const trailer = Buffer.alloc(TRAILER)
    trailer[0] = type
    trailer.writeUInt32LE(mask(crc32c(Buffer.concat([stored, trailer.subarray(0, 1)]))), 1)
    blocks.push(stored, trailer)
    const handle = [end, stored.length]
    end += stored.length + TRAILER
    return handle
  }
  for (let at = 0; at < entries.length;) {
    const count = 1 + random.below(random.chance(0.5) ? entries.length : 5)
    const part = entries.slice(at, at + count)
    handles.push({ key: part.at(-1).key, handle: add(packBlock(part, random, lies)) })
    at += count
  }
  if (lies && random.chance(0.1) && handles.length > 0) {
    random.pick(handles).handle[random.below(2)] = random.number()
  }
  const rows = handles.map(({ key, handle }) => {
    return { key, value: Buffer.concat(handle.map((n) => varint(n))) }
  })
  const footer = Buffer.alloc(FOOTER)
  const places = [...add(packBlock([], random, false)), ...add(packBlock(rows, random, lies))]
  if (lies && random.chance(0.05)) places[random.below(4)] = random.number()
  Buffer.concat(places.map((n) => varint(n))).copy(footer)
  Buffer.from(TABLE_MAGIC).copy(footer, FOOTER - 8)
  return Buffer.concat([...blocks, footer])
}

/** The entries of a table, or none if it cannot be read. */
export function entriesOf(bytes) {
  try {
    return readTable(bytes, 'x.index').map(({ key, value }) => {
      return { key: Buffer.from(key), value: Buffer.from(value) }
    })
  } catch {
    return []
  }
}

/** Changes the entries of a table, and packs them again. */
export function mutateEntries(entries, random, mutateValue) {
  const changed = [...entries]
  for (let left = 1 + random.below(3); left > 0; left--) {
    const at = random.below(changed.length)
    const { key, value } = changed[at] ?? { key: Buffer.alloc(0), value: Buffer.alloc(0) }
    if (random.chance(0.1)) changed.splice(at, 1)
    else if (random.chance(0.1)) changed.splice(random.below(changed.length), 0, { key, value })
    else if (random.chance(0.15)) changed[at] = { key: mutateBytes(key, random, value), value }
    else changed[at] = { key, value: mutateValue(value) }
  }
  // Mostly in order: what is not is refused before anything else is looked at.
  if (random.chance(0.9)) changed.sort((a, b) => Buffer.compare(a.key, b.key))
  return changed
}
