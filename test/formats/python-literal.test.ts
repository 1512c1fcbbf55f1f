import fc from 'fast-check'
import t from 'tap'
import {
  formatPythonString,
  parsePythonLiteral,
  type PythonValue,
} from '../../lib/formats/python-literal.js'

const tuple = (...items: PythonValue[]): PythonValue => ({ tuple: true, items })
const list = (...items: PythonValue[]): PythonValue => ({ tuple: false, items })

t.test('values', (t) => {
  const cases: [string, PythonValue][] = [
    ['True', true],
    ['False', false],
    ['None', null],
    ['0', 0],
    ['-12', -12],
    ['+7', 7],
    ['3L', 3],
    ['9007199254740991', 2 ** 53 - 1],
    [`''`, ''],
    [`"a'b"`, "a'b"],
    [`'a' "b"\n'c'`, 'abc'],
    ['()', tuple()],
    ['(1,)', tuple(1)],
    ['(1)', 1],
    ['((1))', 1],
    ['(1, 2)', tuple(1, 2)],
    ['(1, 2, )', tuple(1, 2)],
    ['[]', list()],
    ['[1]', list(1)],
    ["[('a', '<f8'), ('b', '|S3', (2,))]", list(tuple('a', '<f8'), tuple('b', '|S3', tuple(2)))],
    ['{}', new Map()],
    [
      "{'a': 1, 'b': (True,), }",
      new Map<string, PythonValue>([
        ['a', 1],
        ['b', tuple(true)],
      ]),
    ],
    ["{'a': 1, 'a': 2}", new Map([['a', 2]])],
    [' \t\n( \n1\f,\r2 ) \n', tuple(1, 2)],
    ['(None,)', tuple(null)],
    ['(None)', null],
  ]
  for (const [text, value] of cases) t.strictSame(parsePythonLiteral(text), value, text)
  t.end()
})

t.test('escapes', (t) => {
  const cases: [string, string][] = [
    [String.raw`'\\\'\"\a\b\f\n\r\t\v'`, '\\\'"\x07\b\f\n\r\t\v'],
    [String.raw`'\x41\u00e9\U0001F600'`, 'Aé😀'],
    [String.raw`'\1\12\1234'`, '\x01\nS4'],
    ["'a\\\nb'", 'ab'],
  ]
  for (const [text, value] of cases) t.equal(parsePythonLiteral(text), value, text)
  t.end()
})

t.test('what is no literal is refused where it stops fitting', (t) => {
  const cases: [string, RegExp][] = [
    ['', /^expected a value at character 0$/],
    ['(', /^expected a value at character 1$/],
    ['(1 2)', /^expected ',' or '\)' at character 3$/],
    ['[1)', /^expected ',' or '\]' at character 2$/],
    ['(,)', /^expected a value at character 1$/],
    ["{'a' 1}", /^expected ':' at character 5$/],
    ["{'a': 1 'b': 2}", /^expected ',' or '}'/],
    ['{1: 2}', /^a key that is not a string/],
    ['1 1', /^unexpected text at character 2$/],
    ["'a", /^unfinished string/],
    ["'a\n'", /^unfinished string/],
    [String.raw`'\q'`, /^unknown escape/],
    [String.raw`'\xg0'`, /^unknown escape/],
    [String.raw`'\U00110000'`, /^escape outside Unicode/],
    ['1.5', /^unexpected text/],
    ['1e5', /^unexpected text/],
    ['9007199254740992', /^not an integer in range/],
    ['nan', /^not an integer in range/],
    ['L', /^not an integer in range/],
    ['true', /^not an integer in range/],
    ['os.system', /^not an integer in range/],
    ['#', /^expected a value/],
  ]
  for (const [text, message] of cases) {
    t.throws(() => parsePythonLiteral(text), { name: 'SyntaxError', message }, text)
  }
  t.end()
})

t.test('depth is bounded', (t) => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
  t.doesNotThrow(() => parsePythonLiteral(nested(64)))
  for (const open of ['[', '(', "{'a':"]) {
    t.throws(() => parsePythonLiteral(open.repeat(1e5)), { message: /^nested too deeply/ })
  }
  t.end()
})

t.test('strings are printed as repr does', (t) => {
  const cases: [string, string][] = [
    ['a', `'a'`],
    ["it's", `"it's"`],
    [`it's "it"`, String.raw`'it\'s "it"'`],
    ['"', `'"'`],
    ['\\\n\r\t\0\x1b\x7f', String.raw`'\\\n\r\t\x00\x1b\x7f'`],
    ['é😀 中', `'é😀 中'`],
    ['\xa0\xad', String.raw`'\xa0\xad'`],
    ['\u200b\u2028\ue000', String.raw`'\u200b\u2028\ue000'`],
    ['\u{e0001}', String.raw`'\U000e0001'`],
    ['\ud800', String.raw`'\ud800'`],
  ]
  for (const [value, text] of cases) t.equal(formatPythonString(value), text)
  t.end()
})

t.test('any string survives', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      t.equal(parsePythonLiteral(formatPythonString(value)), value)
    }),
  )
  t.end()
})

t.test('any text is parsed or refused with a syntax error', (t) => {
  const pieces = [...Array.from('(){}[],:\'"\\ \n'), '1', 'L', 'True', '\\x4', '-']
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 20 }), (parts) => {
      try {
        parsePythonLiteral(parts.join(''))
      } catch (error) {
        t.match(error, { name: 'SyntaxError' })
      }
    }),
    { numRuns: 2000 },
  )
  t.end()
})
