// Changes to protocol buffers field by field, with lengths that fit again.
import { mutateBytes } from './mutate.mjs'

/** A varint of any value, of more bytes than it needs if `padding` says so. */
export function varint(value, padding = 0) {
  const bytes = []
  let rest = BigInt(value)
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  bytes.push(Number(rest))
  for (let i = 0; i < padding; i++) {
    bytes[bytes.length - 1] |= 0x80
    bytes.push(0)
  }
  return Buffer.from(bytes)
}

function readVarint(bytes, start) {
  let value = 0n
  for (let at = start, shift = 0n; at < bytes.length && at < start + 10; at++, shift += 7n) {
    value |= BigInt(bytes[at] & 0x7f) << shift
    if (bytes[at] < 0x80) return { value, end: at + 1 }
  }
  return undefined
}

/** The fields as [tag, payload]; undefined for what is no message. */
function fieldsOf(bytes) {
  const fields = []
  for (let at = 0; at < bytes.length;) {
    const tag = readVarint(bytes, at)
    if (tag === undefined) return undefined
    let end = tag.end
    if ((tag.value & 7n) === 0n) end = readVarint(bytes, end)?.end
    else if ((tag.value & 7n) === 5n) end += 4
    else if ((tag.value & 7n) === 1n) end += 8
    else if ((tag.value & 7n) === 2n) {
      const length = readVarint(bytes, end)
      if (length === undefined) return undefined
      end = length.end + Number(length.value)
      fields.push({ tag: tag.value, content: bytes.subarray(length.end, end) })
    } else return undefined
    if (end === undefined || end > bytes.length) return undefined
    if ((tag.value & 7n) !== 2n) fields.push({ tag: tag.value, raw: bytes.subarray(tag.end, end) })
    at = end
  }
  return fields
}

function encode({ tag, content, raw, lie }) {
  if (content === undefined) return Buffer.concat([varint(tag), raw])
  return Buffer.concat([varint(tag), varint(lie ?? content.length), content])
}

/** One field of another kind, number, value or length; one more, one less, or one inside it. */
function change(fields, random, other) {
  const at = random.below(fields.length + 1)
  const field = fields[at]
  if (field === undefined || random.chance(0.1)) {
    const tag = BigInt(((1 + random.below(8)) << 3) | random.pick([0, 0, 2, 2, 5, 1, 3, 4]))
    const isMessage = (tag & 7n) === 2n
    const content = isMessage ? other.subarray(0, random.below(20)) : undefined
    fields.splice(at, 0, { tag, content, raw: varint(random.number()) })
  } else if (random.chance(0.15)) fields.splice(at, 1)
  else if (random.chance(0.15)) fields.splice(random.below(fields.length), 0, field)
  else if (random.chance(0.05)) fields[at] = { ...field, tag: field.tag ^ BigInt(random.below(64)) }
  else if (field.content === undefined) {
    const isVarint = (field.tag & 7n) === 0n
    const value = random.chance(0.1) ? 2n ** 64n - 1n : random.number()
    const raw = isVarint ? varint(value, random.below(12) === 0 ? 3 : 0) : Buffer.from(field.raw)
    if (!isVarint) raw[random.below(raw.length)] ^= 1 << random.below(8)
    fields[at] = { ...field, raw }
  } else if (random.chance(0.05)) fields[at] = { ...field, lie: random.number() }
  else fields[at] = { ...field, content: mutateMessage(field.content, random, other) }
}

export function mutateMessage(bytes, random, other) {
  const fields = random.chance(0.85) ? fieldsOf(bytes) : undefined
  if (fields === undefined) return mutateBytes(bytes, random, other)
  for (let left = 1 + random.below(3); left > 0; left--) change(fields, random, other)
  return Buffer.concat(fields.map(encode))
}
