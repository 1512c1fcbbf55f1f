import fc from 'fast-check'
import t from 'tap'
import {
  formatCheckpointState,
  parseCheckpointState,
  resolveState,
  resolveStatePath,
  statePath,
  type CheckpointState,
} from '../../lib/bundle/state-file.js'

const CANONICAL = `model_checkpoint_path: "ckpt-3"
all_model_checkpoint_paths: "ckpt-2"
all_model_checkpoint_paths: "ckpt-3"
all_model_checkpoint_timestamps: 1795370215.1110408
all_model_checkpoint_timestamps: 1795370215.132859
last_preserved_timestamp: 1795370214.0476604
`

const parse = (text: string): CheckpointState => parseCheckpointState(text, 'run/checkpoint')

/** The newest path of a file that says only that. */
const path = (value: string): string => parse(`model_checkpoint_path: ${value}`).modelCheckpointPath

const timestamp = (value: string): number | undefined =>
  parse(`model_checkpoint_path: "a" last_preserved_timestamp: ${value}`).lastPreservedTimestamp

t.test('canonical text', (t) => {
  const state = {
    modelCheckpointPath: 'ckpt-3',
    allModelCheckpointPaths: ['ckpt-2', 'ckpt-3'],
    allModelCheckpointTimestamps: [1795370215.1110408, 1795370215.132859],
    lastPreservedTimestamp: 1795370214.0476604,
  }
  t.equal(formatCheckpointState(state), CANONICAL)
  t.strictSame(parse(CANONICAL), state)
  t.end()
})

t.test('defaults are left out', (t) => {
  const empty = {
    modelCheckpointPath: '',
    allModelCheckpointPaths: [],
    allModelCheckpointTimestamps: [],
  }
  t.equal(formatCheckpointState(empty), '')
  const state = { ...empty, modelCheckpointPath: 'a', lastPreservedTimestamp: 0 }
  t.equal(formatCheckpointState(state), 'model_checkpoint_path: "a"\n')
  t.end()
})

t.test('strings are escaped as Python does', (t) => {
  const state = { allModelCheckpointPaths: [], allModelCheckpointTimestamps: [] }
  const print = (modelCheckpointPath: string): string =>
    formatCheckpointState({ ...state, modelCheckpointPath })
  t.equal(
    print('a\n\r\t"\'\\\x01\x7f\x85 é'),
    `model_checkpoint_path: "a\\n\\r\\t\\"\\'\\\\\\001\\177\x85 é"\n`,
  )
  t.end()
})

t.test('doubles are printed as Python does', (t) => {
  const cases: [number, string][] = [
    [1795369157, '1795369157.0'],
    [1e22, '1e+22'],
    [1e-7, '1e-07'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [123456789012345680, '1.2345678901234568e+17'],
    [9007199254740993, '9007199254740992.0'],
    [0.0001, '0.0001'],
    [0.00012345, '0.00012345'],
    [0.00001, '1e-05'],
    [1.5e-5, '1.5e-05'],
    [-0.5, '-0.5'],
    [-0, '-0.0'],
    [0, '0.0'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
    [NaN, 'nan'],
  ]
  for (const [value, text] of cases) {
    const state = {
      modelCheckpointPath: 'a',
      allModelCheckpointPaths: [],
      allModelCheckpointTimestamps: [value],
    }
    const written = formatCheckpointState(state)
    t.equal(written, `model_checkpoint_path: "a"\nall_model_checkpoint_timestamps: ${text}\n`)
    t.strictSame(parse(written), state)
  }
  t.end()
})

t.test('accepted strings', (t) => {
  const cases: [string, string][] = [
    [`"a"`, 'a'],
    [`'a"b'`, 'a"b'],
    [`"a" 'b'\n  "c"`, 'abc'],
    [`"a" # one\n # two\n "b"`, 'ab'],
    [`"\\n\\r\\t\\"\\'\\\\\\a\\b\\f\\v\\?"`, '\n\r\t"\'\\\x07\b\f\v?'],
    [`"\\303\\251"`, 'é'],
    [`"\\xc3\\xA9"`, 'é'],
    [`"\\303" "\\251"`, 'é'],
    [`"\\1\\12\\1234"`, '\x01\nS4'],
    [`"\\x41g\\X42"`, 'AgB'],
    [`"\\u00e9\\U0001F600"`, 'é😀'],
    [`"\\ud83d\\ude00"`, '😀'],
    [`"é😀"`, 'é😀'],
    [`"\ufeffa"`, '\ufeffa'],
    [`"a#b;c"`, 'a#b;c'],
    [`"a";`, 'a'],
    [`"a",`, 'a'],
    [`"a" model_checkpoint_path: "b"`, 'b'],
    [`"a" all_model_checkpoint_paths: []`, 'a'],
  ]
  for (const [text, value] of cases) t.equal(path(text), value, text)
  t.equal(parse(' #x\n model_checkpoint_path # y\n :"a"#z').modelCheckpointPath, 'a')
  t.end()
})

t.test('accepted numbers', (t) => {
  const cases: [string, number][] = [
    ['0', 0],
    ['17', 17],
    ['1.5f', 1.5],
    ['1F', 1],
    ['1.', 1],
    ['.5', 0.5],
    ['+2', 2],
    ['- 3', -3],
    ['1e3', 1000],
    ['1E-3', 0.001],
    ['inf', Infinity],
    ['-inf', -Infinity],
    ['Infinity', Infinity],
    ['nan', NaN],
    ['-nan', NaN],
    ['2;', 2],
    ['1 last_preserved_timestamp: 2', 2],
  ]
  for (const [text, value] of cases) t.ok(Object.is(timestamp(text), value), text)
  t.end()
})

t.test('repeated fields take lists and any order', (t) => {
  const state = parse(`
    all_model_checkpoint_timestamps: [1, 2.5f]
    all_model_checkpoint_paths: ["a" 'b', "c"],
    model_checkpoint_path: "c"; all_model_checkpoint_paths: "d"
    all_model_checkpoint_timestamps: 3`)
  t.strictSame(state, {
    modelCheckpointPath: 'c',
    allModelCheckpointPaths: ['ab', 'c', 'd'],
    allModelCheckpointTimestamps: [1, 2.5, 3],
  })
  t.end()
})

t.test('refused texts name their line', (t) => {
  const cases: [string, RegExp][] = [
    ['', /line 1: no model_checkpoint_path/],
    ['model_checkpoint_path: ""', /no model_checkpoint_path/],
    ['all_model_checkpoint_paths: "a"\n', /line 2: no model_checkpoint_path/],
    ['model_checkpoint_path: "a"\n\nother: 1', /line 3: unknown field 'other'/],
    ['model_checkpoint_path "a"', /line 1: expected ':', found '"'/],
    ['model_checkpoint_path: 3', /expected a string, found '3'/],
    ['model_checkpoint_path: ["a"]', /expected a string, found '\['/],
    ['model_checkpoint_path: ', /expected a string, found the end/],
    ['model_checkpoint_path: "a', /line 1: a string has no end/],
    ['model_checkpoint_path: "a\n"', /line 1: a string has no end/],
    ['model_checkpoint_path: "a\\', /a string has no end|unknown escape/],
    ['model_checkpoint_path: "\\q"', /unknown escape '\\q'/],
    ['model_checkpoint_path: "\\xg"', /an escape is cut off/],
    ['model_checkpoint_path: "\\u12"', /an escape is cut off/],
    ['model_checkpoint_path: "\\777"', /above one byte/],
    ['model_checkpoint_path: "\\ud83d"', /no Unicode character/],
    ['model_checkpoint_path: "\\ud83d\\u0041"', /no Unicode character/],
    ['model_checkpoint_path: "\\ude00"', /no Unicode character/],
    ['model_checkpoint_path: "\\U00110000"', /no Unicode character/],
    ['model_checkpoint_path: "\\377"', /not valid UTF-8/],
    ['model_checkpoint_path: "a" ;; ', /expected a field name, found ';'/],
    ['{', /expected a field name, found '{'/],
    ['model_checkpoint_path: "a"\nlast_preserved_timestamp: x', /line 2: expected a number/],
    ['last_preserved_timestamp: 010', /expected a number/],
    ['last_preserved_timestamp: 0x10', /expected a number/],
    ['last_preserved_timestamp: --1', /expected a number/],
    ['last_preserved_timestamp: "1"', /expected a number, found '"'/],
    ['last_preserved_timestamp: [1]', /expected a number/],
    [`last_preserved_timestamp: ${'9'.repeat(3000)}`, /expected a number/],
    ['all_model_checkpoint_paths: ["a",]', /expected a string, found '\]'/],
    ['all_model_checkpoint_paths: ["a" ; "b"]', /expected '\]', found ';'/],
  ]
  for (const [text, message] of cases) {
    const details = { reason: 'framing', path: 'run/checkpoint' }
    t.throws(() => parse(text), { code: 'CKPT_CORRUPT', message, details }, JSON.stringify(text))
  }
  t.end()
})

t.test('any state survives', (t) => {
  const state = fc.record(
    {
      modelCheckpointPath: fc.string({ unit: 'grapheme', minLength: 1 }),
      allModelCheckpointPaths: fc.array(fc.string({ unit: 'grapheme' })),
      allModelCheckpointTimestamps: fc.array(fc.double()),
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(state, (state) => {
      t.strictSame(parse(formatCheckpointState(state)), state)
    }),
  )
  t.end()
})

t.test('any text is parsed or refused', (t) => {
  const pieces = [
    ...Array.from(`"'[]\\:;,#.-\n 0xuUfé`),
    'model_checkpoint_path',
    'last_preserved_timestamp',
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 30 }), (parts) => {
      try {
        parse(parts.join(''))
      } catch (error) {
        t.match(error, { code: 'CKPT_CORRUPT' })
      }
    }),
    { numRuns: 2000 },
  )
  t.end()
})

t.test('relative paths are joined to the directory', (t) => {
  t.equal(resolveStatePath('run', 'ckpt-1'), 'run/ckpt-1')
  t.equal(resolveStatePath('/a/run', 'sub/ckpt-1'), '/a/run/sub/ckpt-1')
  t.equal(resolveStatePath('', 'ckpt-1'), 'ckpt-1')
  t.equal(resolveStatePath('run', '/b/ckpt-1'), '/b/ckpt-1')
  t.equal(resolveStatePath('run/', 'ckpt-1'), 'run/ckpt-1')
  t.equal(resolveStatePath('link', '../a-1'), 'link/../a-1', 'the link may lead anywhere')
  const state = {
    modelCheckpointPath: 'b',
    allModelCheckpointPaths: ['/a', 'b'],
    allModelCheckpointTimestamps: [1, 2],
    lastPreservedTimestamp: 3,
  }
  t.strictSame(resolveState('run', state), {
    ...state,
    modelCheckpointPath: 'run/b',
    allModelCheckpointPaths: ['/a', 'run/b'],
  })
  t.equal(statePath('run'), 'run/checkpoint')
  t.end()
})
