/**
 * Keys as strings and back. TensorFlow's keys are bytes, mostly ASCII.
 *
 * @module
 */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * A key as a string. Keys need not be UTF-8: a byte that is not becomes a lone surrogate U+DC80 …
 * U+DCFF, as Python does, so that different keys stay different.
 */
export function decodeKey(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const text = buffer.toString('utf8')
  if (!text.includes('\ufffd')) return text
  try {
    return strict.decode(bytes)
  } catch {
    return decodePieces(buffer)
  }
}

function decodePieces(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at] ?? 0)
    const piece = bytes.subarray(at, at + length)
    const decoded = piece.toString('utf8')
    if (piece.length === length && Buffer.from(decoded).equals(piece)) {
      text += decoded
      at += length
    } else {
      text += String.fromCharCode(0xdc00 + (bytes[at++] ?? 0))
    }
  }
  return text
}

const sequenceLength = (first: number): number =>
  first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4

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
