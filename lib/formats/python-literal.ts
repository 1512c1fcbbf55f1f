/**
 * The part of Python's literal syntax that `.npy` headers use: strings, integers, booleans, tuples,
 * lists and dicts. Linear in its input, bounded in depth.
 *
 * @module
 */

/** Dicts become maps, tuples and lists arrays; `tuple` tells them apart. */
export type PythonValue =
  string | number | boolean | null | PythonSequence | Map<string, PythonValue>

export interface PythonSequence {
  readonly tuple: boolean
  readonly items: readonly PythonValue[]
}

/** Deeper than any real dtype; keeps a hostile header from exhausting the stack. */
const MAX_DEPTH = 64

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
}

/** @throws SyntaxError with the position of the first character that does not fit. */
export function parsePythonLiteral(text: string): PythonValue {
  const parser = new Parser(text)
  const value = parser.value(0)
  parser.end()
  return value
}

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): PythonValue {
    if (depth > MAX_DEPTH) this.#fail('nested too deeply')
    const next = this.#peek()
    if (next === '(') return this.#sequence(')', depth)
    if (next === '[') return this.#sequence(']', depth)
    if (next === '{') return this.#dict(depth)
    if (next === "'" || next === '"') return this.#strings()
    return this.#word()
  }

  end(): void {
    if (this.#peek() !== '') this.#fail('unexpected text')
  }

  /** Next character that is not white space, or '' at the end. */
  #peek(): string {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
    return this.#text[this.#at] ?? ''
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at++
    return true
  }

  #expect(character: string): void {
    if (!this.#take(character)) this.#fail(`expected '${character}'`)
  }

  #fail(what: string): never {
    throw new SyntaxError(`${what} at character ${String(this.#at)}`)
  }

  #sequence(close: ')' | ']', depth: number): PythonValue {
    this.#at++
    const items: PythonValue[] = []
    let comma = true
    while (!this.#take(close)) {
      if (!comma) this.#fail(`expected ',' or '${close}'`)
      items.push(this.value(depth + 1))
      comma = this.#take(',')
    }
    const [only] = items
    // (x) is x in parentheses; (x,) is a tuple.
    if (close === ')' && items.length === 1 && !comma && only !== undefined) return only
    return { tuple: close === ')', items }
  }

  #dict(depth: number): Map<string, PythonValue> {
    this.#at++
    const entries = new Map<string, PythonValue>()
    let comma = true
    while (!this.#take('}')) {
      if (!comma) this.#fail("expected ',' or '}'")
      const key = this.value(depth + 1)
      if (typeof key !== 'string') this.#fail('a key that is not a string')
      this.#expect(':')
      entries.set(key, this.value(depth + 1))
      comma = this.#take(',')
    }
    return entries
  }

  /** Adjacent literals are one string. */
  #strings(): string {
    let value = ''
    do {
      value += this.#string()
    } while (this.#peek() === "'" || this.#peek() === '"')
    return value
  }

  #string(): string {
    const quote = this.#text[this.#at++]
    let value = ''
    for (;;) {
      const character = this.#text[this.#at++]
      if (character === undefined || character === '\n') this.#fail('unfinished string')
      if (character === quote) return value
      value += character === '\\' ? this.#escape() : character
    }
  }

  #escape(): string {
    const rest = this.#text.slice(this.#at, this.#at + 9)
    const code = /^(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3}))/.exec(rest)
    if (code !== null) {
      this.#at += code[0].length
      const octal = code[4]
      const point = octal === undefined ? parseInt(code[0].slice(1), 16) : parseInt(octal, 8)
      if (point > 0x10ffff) this.#fail('escape outside Unicode')
      return String.fromCodePoint(point)
    }
    const simple = SIMPLE_ESCAPES[rest[0] ?? '']
    if (simple === undefined) this.#fail('unknown escape')
    this.#at++
    return simple
  }

  #word(): PythonValue {
    // The L is Python 2's mark of a long integer.
    const match = /[-+]?\d+L?|[A-Za-z]+/y
    match.lastIndex = this.#at
    const word = match.exec(this.#text)?.[0]
    if (word === undefined) this.#fail('expected a value')
    this.#at += word.length
    if (word === 'True') return true
    if (word === 'False') return false
    if (word === 'None') return null
    const integer = /\d/.test(word) ? Number(word.replace(/L$/, '')) : NaN
    if (!Number.isSafeInteger(integer)) this.#fail('not an integer in range')
    return integer
  }
}

/** A string as Python's `repr` prints it. */
export function formatPythonString(value: string): string {
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'"
  let text = quote
  for (const character of value) {
    const code = character.codePointAt(0) ?? 0
    if (character === quote || character === '\\') text += `\\${character}`
    else if (character === '\n') text += '\\n'
    else if (character === '\r') text += '\\r'
    else if (character === '\t') text += '\\t'
    else if (isPrintable(character)) text += character
    else if (code < 0x100) text += `\\x${hex(code, 2)}`
    else text += code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`
  }
  return text + quote
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0')

/** As `str.isprintable`: no controls, formats, surrogates, private use, nor separators but space. */
const isPrintable = (character: string): boolean =>
  character === ' ' || !/[\p{C}\p{Z}]/u.test(character)
