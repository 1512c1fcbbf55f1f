// Changes to bytes whose meaning nobody looks at.
import { INTERESTING } from './random.mjs'

/** Inputs do not grow without end. */
export const LARGEST = 2 ** 16

const splice = (bytes, at, removed, inserted) =>
  Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)])

function flip(bytes, random) {
  const copy = Buffer.from(bytes)
  if (copy.length > 0) copy[random.below(copy.length)] ^= 1 << random.below(8)
  return copy
}

function setByte(bytes, random) {
  const copy = Buffer.from(bytes)
  if (copy.length > 0) {
    const value = random.chance(0.5) ? random.pick(INTERESTING) : random.below(256)
    copy[random.below(copy.length)] = value
  }
  return copy
}

function setInteger(bytes, random) {
  const copy = Buffer.from(bytes)
  const width = random.pick([2, 4])
  if (copy.length < width) return copy
  const at = random.below(copy.length - width + 1)
  const value = random.pick(INTERESTING) % 2 ** (8 * width)
  copy.writeUIntLE(value, at, width)
  return copy
}

function insert(bytes, random) {
  const count = 1 + random.below(random.chance(0.1) ? 300 : 8)
  const added = Buffer.alloc(count)
  const fill = random.chance(0.5)
  const value = random.below(256)
  for (let i = 0; i < count; i++) added[i] = fill ? value : random.below(256)
  return splice(bytes, random.below(bytes.length + 1), 0, added)
}

function remove(bytes, random) {
  const at = random.below(bytes.length + 1)
  return splice(bytes, at, 1 + random.below(Math.min(64, bytes.length) + 1), Buffer.alloc(0))
}

function repeat(bytes, random) {
  const at = random.below(bytes.length + 1)
  const part = bytes.subarray(at, at + 1 + random.below(64))
  return splice(bytes, random.below(bytes.length + 1), 0, part)
}

function cut(bytes, random) {
  return Buffer.from(bytes.subarray(0, random.below(bytes.length + 1)))
}

/** The beginning of one, the end of another. */
function cross(bytes, random, other) {
  const at = random.below(bytes.length + 1)
  return splice(bytes, at, bytes.length, other.subarray(random.below(other.length + 1)))
}

const WAYS = [flip, flip, setByte, setByte, setInteger, insert, remove, repeat, cut, cross]

/** One to eight changes. */
export function mutateBytes(bytes, random, other) {
  let changed = bytes
  for (let left = 1 + random.below(random.chance(0.2) ? 8 : 3); left > 0; left--) {
    changed = random.pick(WAYS)(changed, random, other)
  }
  return changed.subarray(0, LARGEST)
}

/** Changes of text: a word of the language is put in, or takes the place of something. */
export function mutateText(bytes, random, other, words) {
  if (random.chance(0.4)) return mutateBytes(bytes, random, other)
  const word = random.chance(0.8) ? random.pick(words) : String(random.number())
  const at = random.below(bytes.length + 1)
  const removed = random.chance(0.5) ? 0 : random.below(12)
  return splice(bytes, at, removed, Buffer.from(word, 'latin1')).subarray(0, LARGEST)
}
