/**
 * Text in the language of Graphviz: https://graphviz.org/doc/info/lang.html and, for what stands
 * inside labels and tooltips, https://graphviz.org/docs/attr-types/escString/.
 *
 * @module
 */
import { constants } from 'node:buffer'
import { CheckpointError } from '../errors.js'

/** A quoted string that is shown as this text, whatever is in it. */
export const quoted = (text: string): string => `"${text.replace(/["\\&]|\p{Cc}/gu, escaped)}"`

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`
  // Entities are resolved as in HTML.
  if (character === '&') return '&amp;'
  if (character === '\n') return '\\n'
  // A zero byte would end the file, and no other control character can stand in an SVG: its number.
  return `\\\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** So many at a time: an array of millions of strings takes more than their text. */
const CHUNK = 4096

/**
 * Lines as one string, each ended by a line feed.
 *
 * @throws CheckpointError CKPT_TOO_LARGE if no string can be that long
 */
export function joinLines(lines: Iterable<string>, path: string): string {
  const limit = constants.MAX_STRING_LENGTH
  const chunks: string[] = []
  let chunk: string[] = []
  let length = 0
  const flush = (): void => {
    chunks.push(chunk.join(''))
    chunk = []
  }
  for (const line of lines) {
    length += line.length + 1
    if (length > limit) throw tooLong(length, limit, path)
    chunk.push(line, '\n')
    if (chunk.length >= CHUNK) flush()
  }
  flush()
  return chunks.join('')
}

function tooLong(bytes: number, limit: number, path: string): CheckpointError {
  const message = `the object graph of '${path}' is too large to be drawn: its text would be longer than a string can be`
  return new CheckpointError('CKPT_TOO_LARGE', message, { bytes, limit, path })
}
