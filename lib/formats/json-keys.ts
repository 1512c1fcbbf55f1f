/**
 * Keys that occur twice in an object of a JSON text. `JSON.parse` takes the last one and says nothing;
 * other parsers take the first, so that such a file means one thing here and another there.
 *
 * @module
 */

/**
 * @param text valid JSON: what `JSON.parse` has accepted
 * @returns the first key that its object has already, or undefined
 */
export function duplicateKey(text: string): string | undefined {
  // Of the objects and arrays around the place: the keys so far, or undefined in an array.
  const around: (Set<string> | undefined)[] = []
  let isKey = false
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case OPEN_OBJECT:
        around.push(new Set())
        isKey = true
        break
      case OPEN_ARRAY:
        around.push(undefined)
        isKey = false
        break
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        around.pop()
        isKey = false
        break
      case COMMA:
        isKey = around.at(-1) !== undefined
        break
      case QUOTE: {
        const end = endOfString(text, at)
        const keys = around.at(-1)
        if (isKey && keys !== undefined) {
          // Decoded, since "a" and "\u0061" are one key.
          const key = JSON.parse(text.slice(at, end)) as string
          if (keys.has(key)) return key
          keys.add(key)
          isKey = false
        }
        at = end - 1
      }
    }
  }
  return undefined
}

const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const COMMA = 0x2c
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Index behind the closing quote of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  }
  return at + 1
}
