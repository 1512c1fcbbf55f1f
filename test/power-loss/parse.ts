/**
 * Reads what `strace -f -y -xx -o FILE` writes: each line begins with the number of a thread, a call
 * during which another thread did something is cut into an `<unfinished ...>` and a `resumed` line,
 * strings are hexadecimal, and descriptors have their path behind them.
 *
 * @module
 */

/** A call of the system that has returned. */
export interface Call {
  /**
   * Lines of the trace. Between the two the call had its effect; a call that ended before another
   * began came before it.
   */
  readonly began: number
  readonly ended: number
  readonly name: string
  /** As they are written. */
  readonly args: readonly string[]
  /** Negative: it failed. */
  readonly result: number
  /** What follows the number: an address's is in `args` of other calls, an error has its name. */
  readonly shown: string
}

const UNFINISHED = '<unfinished ...>'

/** Sorted by their ends. Calls that never returned are left out. */
export function parseTrace(text: string): Call[] {
  const calls: Call[] = []
  const unfinished = new Map<string, { readonly began: number; readonly text: string }>()
  for (const [number, line] of text.split('\n').entries()) {
    const space = line.indexOf(' ')
    if (space < 0) continue
    const thread = line.slice(0, space)
    const rest = line.slice(space).trimStart()
    // A signal, or the end of a thread.
    if (rest.startsWith('---') || rest.startsWith('+++')) continue
    if (rest.endsWith(UNFINISHED)) {
      unfinished.set(thread, { began: number, text: rest.slice(0, -UNFINISHED.length) })
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(rest)?.[0]
    const start = resumed === undefined ? undefined : unfinished.get(thread)
    if (resumed !== undefined && start === undefined) throw cannotRead(line)
    unfinished.delete(thread)
    const whole = (start?.text ?? '') + rest.slice(resumed?.length ?? 0)
    const call = parseCall(whole, start?.began ?? number, number)
    if (call !== undefined) calls.push(call)
  }
  return calls
}

function parseCall(text: string, began: number, ended: number): Call | undefined {
  const name = /^(\w+)\(/.exec(text)?.[1]
  if (name === undefined) throw cannotRead(text)
  const { args, end } = splitArguments(text, name.length + 1)
  const shown = /^\s*= (\S+)/.exec(text.slice(end))?.[1]
  if (shown === undefined) throw cannotRead(text)
  // The thread ended within it.
  if (shown.startsWith('?')) return undefined
  return { began, ended, name, args, result: parseInt(shown), shown }
}

/** `end`: behind the closing parenthesis. */
function splitArguments(text: string, from: number): { args: string[]; end: number } {
  const args: string[] = []
  let depth = 0
  let start = from
  const take = (end: number): void => {
    const arg = text.slice(start, end).trim()
    if (arg !== '') args.push(arg)
    start = end + 1
  }
  for (let i = from; i < text.length; i++) {
    const char = text[i] ?? ''
    if (char === '"') i = endOfString(text, i)
    else if (char === '<') i = closing(text, '>', i)
    else if ('([{'.includes(char)) depth++
    else if (char === ')' && depth === 0) {
      take(i)
      return { args, end: i + 1 }
    } else if (')]}'.includes(char)) depth--
    else if (char === ',' && depth === 0) take(i)
  }
  throw cannotRead(text)
}

/** Where the string that begins at `start` has its closing quote. */
function endOfString(text: string, start: number): number {
  for (let at = closing(text, '"', start); ; at = closing(text, '"', at)) {
    let slashes = 0
    while (text[at - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return at
  }
}

function closing(text: string, char: string, from: number): number {
  const at = text.indexOf(char, from + 1)
  if (at < 0) throw cannotRead(text)
  return at
}

const cannotRead = (line: string): Error => new Error(`no line of strace's: ${line.slice(0, 200)}`)

/** A string's bytes. */
export function bytesOf(arg: string | undefined): Buffer {
  if (arg?.startsWith('"') !== true) throw new Error(`no string: ${arg?.slice(0, 200) ?? ''}`)
  if (!arg.endsWith('"')) throw new Error(`a string that strace has cut: ${arg.slice(-200)}`)
  return unescape(arg.slice(1, -1))
}

export const textOf = (arg: string | undefined): string => bytesOf(arg).toString()

/** The path of a descriptor; undefined if it has none: a pipe, or a file without a name. */
export function pathOf(arg: string | undefined): string | undefined {
  const shown = /^(?:-?\d+|AT_FDCWD)<(.*)>$/s.exec(arg ?? '')?.[1]
  const path = shown === undefined ? undefined : unescape(shown).toString()
  return path?.startsWith('/') === true ? path : undefined
}

/** Of megabytes: a string without the escapes would be made of a million pieces. */
function unescape(text: string): Buffer {
  if (!text.includes('\\')) return Buffer.from(text)
  const escapes = Buffer.from(text, 'latin1')
  const bytes = Buffer.alloc(Math.ceil(escapes.length / ESCAPE))
  for (let i = 0; i < bytes.length; i++) {
    const at = i * ESCAPE
    const value = 16 * digit(escapes[at + 2]) + digit(escapes[at + 3])
    if (escapes[at] !== BACKSLASH || escapes[at + 1] !== X || !(value >= 0)) {
      throw new Error(`not hexadecimal: ${text.slice(0, 200)}`)
    }
    bytes[i] = value
  }
  return bytes
}

/** Characters of one. */
const ESCAPE = 4
const BACKSLASH = 0x5c
const X = 0x78

const digit = (code = 0): number =>
  code >= 0x30 && code <= 0x39 ? code - 0x30 : code >= 0x61 && code <= 0x66 ? code - 0x57 : NaN
