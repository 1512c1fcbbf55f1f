/**
 * The text form of protocol buffers, as far as a flat message of strings and doubles needs it:
 * what Python's `google/protobuf/text_format.py` prints, and what it accepts.
 *
 * @module
 */

// Codes of the C escapes of one letter.
const LETTER_ESCAPES: Readonly<Record<string, number>> = {
  a: 0x07,
  b: 0x08,
  t: 0x09,
  n: 0x0a,
  v: 0x0b,
  f: 0x0c,
  r: 0x0d,
  '"': 0x22,
  "'": 0x27,
  '?': 0x3f,
  '\\': 0x5c,
}

const PRINTED_ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  "'": "\\'",
  '\\': '\\\\',
}

// No octal numbers: 010 is an error in a double, not ten and not eight.
const FLOAT = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?f?$/i
const INFINITE = /^[+-]?inf(?:inity)?f?$/i
const NOT_A_NUMBER = /^[+-]?nanf?$/i

/** More digits than the exact value of any double has. */
const LONGEST_NUMBER = 2000

/** A quoted string. Control bytes become three octal digits; other text stays as it is. */
export function printString(value: string): string {
  const escaped = value.replace(/[\p{Cc}"'\\]/gu, (char) => {
    const code = char.charCodeAt(0)
    // Cc also holds U+0080 to U+009F, which are two bytes in UTF-8 and no control bytes.
    if (code > 0x7f) return char
    return PRINTED_ESCAPES[char] ?? `\\${code.toString(8).padStart(3, '0')}`
  })
  return `"${escaped}"`
}

/** A double as Python's `repr` prints it: the shortest digits that read back the same. */
export function printDouble(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.0'
  const [mantissa = '', power = ''] = value.toExponential().split('e')
  const exponent = Number(power)
  // Python changes to exponents below 1e-4 and from 1e16, JavaScript elsewhere.
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    const digits = String(Math.abs(exponent)).padStart(2, '0')
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`
  }
  return Number.isInteger(value) ? `${String(value)}.0` : String(value)
}

/** Thrown for text that does not follow the form; callers name the file. */
export class TextError extends Error {}

/** Reads tokens from the front. Each method skips white space and comments first. */
export class TextReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** An error that names the current line. */
  fail(why: string): TextError {
    let line = 1
    for (let i = 0; i < this.#at; i++) if (this.#text[i] === '\n') line++
    return new TextError(`line ${String(line)}: ${why}`)
  }

  /** The next character, or '' at the end. */
  peek(): string {
    for (;;) {
      const char = this.#text[this.#at] ?? ''
      if (char === '#') {
        const end = this.#text.indexOf('\n', this.#at)
        this.#at = end < 0 ? this.#text.length : end
      } else if (char !== '' && ' \t\n\r\v\f'.includes(char)) this.#at++
      else return char
    }
  }

  /** Consumes one of `chars`, if it comes next. */
  accept(chars: string): boolean {
    const char = this.peek()
    if (char === '' || !chars.includes(char)) return false
    this.#at++
    return true
  }

  expect(char: string): void {
    if (!this.accept(char)) throw this.fail(`expected '${char}'${this.#found()}`)
  }

  identifier(): string {
    const name = /^[a-z_]/i.test(this.peek()) ? this.#run(/\w/) : ''
    if (name === '') throw this.fail(`expected a field name${this.#found()}`)
    return name
  }

  double(): number {
    this.peek()
    const sign = this.accept('-') ? '-' : ''
    this.peek()
    const token = sign + this.#run(/[\w.+-]/)
    if (token.length <= LONGEST_NUMBER) {
      if (FLOAT.test(token)) return Number(token.replace(/f$/i, ''))
      if (INFINITE.test(token)) return token.startsWith('-') ? -Infinity : Infinity
      if (NOT_A_NUMBER.test(token)) return NaN
    }
    throw this.fail(`expected a number${this.#found()}`)
  }

  /** A string: one literal, or several in a row that are joined. */
  string(): string {
    if (!this.#atQuote()) throw this.fail(`expected a string${this.#found()}`)
    // One char per byte: escapes may give the bytes of a character one by one.
    let bytes = ''
    while (this.#atQuote()) bytes += this.#literal()
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
      return decoder.decode(Buffer.from(bytes, 'latin1'))
    } catch {
      throw this.fail('a string is not valid UTF-8')
    }
  }

  #atQuote(): boolean {
    const char = this.peek()
    return char === '"' || char === "'"
  }

  #literal(): string {
    const text = this.#text
    const quote = text[this.#at++] ?? ''
    let bytes = ''
    for (let start = this.#at; ;) {
      const char = text[this.#at] ?? '\n'
      if (char === '\n') throw this.fail('a string has no end on its line')
      if (char !== quote && char !== '\\') {
        this.#at++
        continue
      }
      bytes += utf8(text.slice(start, this.#at))
      this.#at++
      if (char === quote) return bytes
      bytes += this.#escape()
      start = this.#at
    }
  }

  /** The bytes of an escape; the backslash is consumed. */
  #escape(): string {
    const char = this.#text[this.#at] ?? ''
    if (/[0-7]/.test(char)) return this.#byte(this.#digits(/[0-7]/, 1, 3), 8)
    this.#at++
    switch (char) {
      case 'x':
      case 'X':
        return this.#byte(this.#digits(/[\da-f]/i, 1, 2), 16)
      case 'u':
        return this.#unicode(4)
      case 'U':
        return this.#unicode(8)
      default: {
        const code = LETTER_ESCAPES[char]
        if (code === undefined) throw this.fail(`unknown escape '\\${char}'`)
        return String.fromCharCode(code)
      }
    }
  }

  #byte(digits: string, radix: number): string {
    const code = Number.parseInt(digits, radix)
    if (code > 0xff) throw this.fail(`escape '\\${digits}' is above one byte`)
    return String.fromCharCode(code)
  }

  #unicode(length: number): string {
    let code = Number.parseInt(this.#digits(/[\da-f]/i, length, length), 16)
    // A high surrogate needs its low one behind it, in the same notation.
    if (code >= 0xd800 && code < 0xdc00 && this.#text.startsWith('\\u', this.#at)) {
      this.#at += 2
      const low = Number.parseInt(this.#digits(/[\da-f]/i, 4, 4), 16)
      code = low >= 0xdc00 && low < 0xe000 ? 0x10000 + (code - 0xd800) * 0x400 + low - 0xdc00 : -1
    }
    if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
      throw this.fail('an escape is no Unicode character')
    }
    return utf8(String.fromCodePoint(code))
  }

  #digits(digit: RegExp, least: number, most: number): string {
    const start = this.#at
    while (this.#at - start < most && digit.test(this.#text[this.#at] ?? '')) this.#at++
    if (this.#at - start < least) throw this.fail('an escape is cut off')
    return this.#text.slice(start, this.#at)
  }

  #run(char: RegExp): string {
    const start = this.#at
    while (char.test(this.#text[this.#at] ?? '')) this.#at++
    return this.#text.slice(start, this.#at)
  }

  #found(): string {
    const char = this.peek()
    return char === '' ? ', found the end' : `, found '${char}'`
  }
}

/** UTF-8 of `text`, one char per byte. */
function utf8(text: string): string {
  return Buffer.from(text).toString('latin1')
}
