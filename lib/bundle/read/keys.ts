/**
 * Keys as strings and back. TensorFlow's keys are bytes, mostly ASCII.
 *
 * @module
 */

/**
 * A key as a string. Keys need not be UTF-8: a byte that is not becomes a lone surrogate U+DC80 …
 * U+DCFF, as Python does, so that different keys stay different.
 */
export function decodeKey(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('utf8')
  // U+FFFD stands for what is no UTF-8, and for itself.
  return text.includes('\ufffd') ? decodePieces(bytes) : text
}

/** In one go, without a string for each piece: keys may share bytes, and so be many times the file. */
function decodePieces(bytes: Uint8Array): string {
  // A sequence of bytes never has more code units than bytes.
  const units = new Uint16Array(bytes.length)
  let count = 0
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at)
    const first = bytes[at] ?? 0
    if (length < 2) {
      units[count++] = length === 1 ? first : 0xdc00 + first
      at++
      continue
    }
    let point = first & (0x7f >> length)
    for (let i = 1; i < length; i++) point = (point << 6) | ((bytes[at + i] ?? 0) & 0x3f)
    if (point > 0xffff) {
      units[count++] = 0xd7c0 + (point >> 10)
      point = 0xdc00 + (point & 0x3ff)
    }
    units[count++] = point
    at += length
  }
  return Buffer.from(units.buffer, 0, 2 * count).toString('utf16le')
}

/** Bytes of the UTF-8 sequence at a place, or 0 if there is none: Unicode 15, table 3-7. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4) return 0
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
  const second = bytes[at + 1] ?? 0
  // Neither longer than need be, nor a surrogate, nor above U+10FFFF.
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most) return 0
  for (let i = 2; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0
  return length
}

/** The bytes of a key that `decodeKey` made. */
export function encodeKey(key: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(key)) return Buffer.from(key)
  const parts = Array.from(key, (character) => {
    const code = character.charCodeAt(0)
    const lone = character.length === 1 && code >= 0xdc80 && code <= 0xdcff
    return lone ? Buffer.of(code - 0xdc00) : Buffer.from(character)
  })
  return Buffer.concat(parts)
}
